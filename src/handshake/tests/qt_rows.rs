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

/// Seventeen requests that are none, and why: each with the status that it gets.
#[test]
fn invalid_stream() {
    for garbage in [
        "foofoo\r\nfoo\r\n\r\n",
        "foofoofoo\r\n\r\n",
        "VERB RESOURCE PROTOCOL\r\n\r\n",
        "V R P\r\n\r\n",
        "V R\0 P\r\n\r\n",
        "V R HTTP/invalid\r\n\r\n",
        "GET / HTTP/1.1\r\nHEADER: \r\n\r\n",
        "\0\0\0\0\0\0\0\0\0\0",
        "GET / HTTP/1.1\r\nHost: \u{FF}\u{FF}\r\n\r\n",
    ] {
        assert_eq!(status(server_sees(garbage.as_bytes())), 400, "{garbage:?}");
    }
    for (line, expected) in [
        ("Sec-WebSocket-Version: \u{FF}\u{FF}", 426),
        ("XXX / HTTP/1.1", 405),
        ("GET / HTTP/a.1", 400),
        ("Connection: xxxxxxx", 400),
        ("Upgrade: wabsocket", 400),
        ("Host: example.com\r\nX-Custom foo", 400),
    ] {
        assert_eq!(
            status(server_sees(&request_with(line))),
            expected,
            "{line:?}"
        );
    }
    let folded = head(&["GET / HTTP/1.1", " Host: foo"]);
    assert_eq!(status(server_sees(&folded)), 400, "begins with a fold");
    // Deviation 14: `Upgrade` is a list here. Qt refuses one.
    hello(server_sees(&request_with("Upgrade: websocket,ftp")));
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

/// The port is the one that the client named.
#[test]
fn qtbug_39355() {
    let hello = hello(server_sees(&request_with("Host: localhost:1234")));
    assert_eq!(hello.host(), "localhost:1234");
}

/// A line of 8192 bytes and 100 header lines are allowed, one more is not.
#[test]
fn qtbug_48123() {
    let line = |length: usize| format!("X: {}", "c".repeat(length - 3));
    hello(server_sees(&request_with(&line(8192))));
    assert_eq!(status(server_sees(&request_with(&line(8193)))), 431);
    let no_header = format!("Host: example.com\r\n{}", "c".repeat(8192));
    assert_eq!(status(server_sees(&request_with(&no_header))), 400);
    let lines = |count: usize| {
        let own = GOOD_REQUEST.len() - 1;
        let more = (own..count).map(|at| format!("X-{at}: c"));
        request_with(&more.collect::<Vec<_>>().join("\r\n"))
    };
    hello(server_sees(&lines(100)));
    assert_eq!(status(server_sees(&lines(101))), 431);
}

/// Deviation 36: the answer of Qt's server says what time it is. A client is told a date as it was sent.
#[test]
fn date_response() {
    let hello = hello(server_sees(&head(&GOOD_REQUEST)));
    let answer = String::from_utf8(write_accept(&hello, None, "")).unwrap();
    assert!(!answer.contains("Date:"), "{answer}");
    let date = "Mon, 02 Nov 2015 21:38:46 GMT";
    let (_, head, _) = accepted(client_sees(&answer_with(&format!("Date: {date}")), &[]));
    assert_eq!(head.headers.get("date"), Some(date));
}
