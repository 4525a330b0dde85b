//! The cases of Qt's own tests for its handshake parsers.

use super::*;

/// What a server knows of a good request. It has no port of its own to fall back on: the host is kept as it came.
#[test]
fn initialization() {
    let hello = hello(server_sees(&head(&GOOD_REQUEST)));
    assert_eq!(hello.origin(), None);
    assert_eq!(hello.subprotocols().count(), 0);
    assert_eq!(
        (hello.host(), hello.resource()),
        ("example.com:8080", "/p?q=1")
    );
}

#[test]
fn invalid_stream() {
    for garbage in ["\r\n", "garbage\r\n\r\n", "garbage garbage garbage\r\n\r\n"] {
        assert_eq!(status(server_sees(garbage.as_bytes())), 400, "{garbage:?}");
    }
    for (line, expected) in [
        ("GET . HTTP/1.1", 400),
        ("GET . HTTP/a.b", 400),
        ("GET . HTTP/1.a", 400),
        ("GET / HTTP/1.0", 505),
        ("GET / HTTP/2.1", 505),
        ("GET / HTTP/", 400),
        ("GET / XTTP/1.1", 400),
        ("FOO / HTTP/1.1", 405),
        ("GET /", 400),
        ("Sec-WebSocket-Version: \u{410}\u{411}", 426),
        ("Connection: xxxxxxx", 400),
        ("Upgrade: wabsocket", 400),
        ("Upgrade: wabsocket, h2c", 400),
        ("Host: foo bar", 400),
        ("Host: ", 400),
        ("X-Custom", 400),
        ("X-Custom : 1", 400),
    ] {
        let request = match line {
            "X-Custom" => head(&["GET / HTTP/1.1", "Host: h", "X-Custom"]),
            _ => request_with(line),
        };
        assert_eq!(status(server_sees(&request)), expected, "{line:?}");
    }
    let folded = head(&["GET / HTTP/1.1", " Host: h"]);
    assert_eq!(status(server_sees(&folded)), 400, "a leading fold");
}

#[test]
fn multiple_values_in_connection_header() {
    hello(server_sees(&request_with("Connection: Upgrade,keepalive")));
}

/// Deviation 14: Qt unfolds headers. White space around a value is no part of it, here as there.
#[test]
fn parsing_whitespace_in_headers() {
    let folded = request_with("Sec-WebSocket-Key: AVD  \r\n\tFBDDFF ");
    assert_eq!(status(server_sees(&folded)), 400);
    let padded = request_with(&format!("Sec-WebSocket-Key: \t {KEY} \t "));
    assert_eq!(hello(server_sees(&padded)).key(), KEY);
}

/// Qt sorts the versions that a client names; here it is enough that 13 is one of them.
#[test]
fn multiple_versions() {
    for versions in [
        "4, 5, 6, 7, 8, 13",
        "13, 8",
        "7\r\nSec-WebSocket-Version: 13",
    ] {
        hello(server_sees(&request_with(&format!(
            "Sec-WebSocket-Version: {versions}"
        ))));
    }
    let old = request_with("Sec-WebSocket-Version: 4, 5, 6, 7, 8");
    assert_eq!(status(server_sees(&old)), 426);
}

#[test]
fn the_port_of_the_host_counts() {
    let hello = hello(server_sees(&request_with("Host: localhost:1234")));
    assert_eq!(hello.host(), "localhost:1234");
}

/// A line of 8192 bytes and 100 header lines are allowed, one more is not.
#[test]
fn header_limits() {
    let line = |length: usize| format!("X: {}", "c".repeat(length - 3));
    hello(server_sees(&request_with(&line(8192))));
    assert_eq!(status(server_sees(&request_with(&line(8193)))), 431);
    let lines = |count: usize| {
        let own = GOOD_REQUEST.len() - 1;
        let more = (own..count).map(|at| format!("X-{at}: c"));
        request_with(&more.collect::<Vec<_>>().join("\r\n"))
    };
    hello(server_sees(&lines(100)));
    assert_eq!(status(server_sees(&lines(101))), 431);
}

/// Dates are headers like any other to a client: handed on as they came.
#[test]
fn date_response() {
    let date = "Mon, 02 Nov 2015 21:38:46 GMT";
    let (_, head, _) = accepted(client_sees(&answer_with(&format!("Date: {date}")), &[]));
    assert_eq!(head.headers.get("date"), Some(date));
}
