//! The forms of `Host`, as a server sees them.

use super::*;

#[test]
fn every_form_of_a_host() {
    for host in [
        "10.0.0.1",
        "example.com",
        "[2001:db8::1]",
        "[v12.some:thing]",
    ] {
        for port in ["", ":1234"] {
            let line = format!("Host: {host}{port}");
            let hello = hello(server_sees(&request_with(&line)));
            assert_eq!(hello.host(), format!("{host}{port}"));
        }
    }
}

#[test]
fn what_is_no_host() {
    for host in [
        "",
        "user@h",
        "user:password@h:1",
        "h/",
        "h:1234/",
        "[2001:db8::1",
        "2001:db8::1]",
        "2001:db8::1",
        "[2001:db8::1]]:1",
        "h:65536",
        "h:x",
        "h, i",
    ] {
        assert_eq!(
            status(server_sees(&request_with(&format!("Host: {host}")))),
            400,
            "{host}"
        );
    }
    for twice in ["Host: h\r\nHost: h", "Host: h\r\nhost: other"] {
        assert_eq!(status(server_sees(&request_with(twice))), 400, "{twice}");
    }
}
