//! What a server makes of a client's request.

use super::*;

#[track_caller]
fn accepts_line(line: &str) -> ClientHello {
    hello(server_sees(&request_with(line)))
}

#[test]
fn a_good_request() {
    let request = request_with("Origin: http://o\r\nSec-WebSocket-Protocol: x, a");
    let frames = b"\x81\x82\0\0\0\0hi";
    let outcome = server_sees(&[&request, &frames[..]].concat());
    let Progress::Complete((hello, length)) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(length, request.len());
    assert_eq!(hello.target(), "/p?q=1");
    assert_eq!(hello.resource(), "/p?q=1");
    assert_eq!(hello.host(), "example.com:8080");
    assert_eq!(hello.origin(), Some("http://o"));
    assert_eq!(hello.key(), KEY);
    assert!(hello.subprotocols().eq(["x", "a"]));
    assert_eq!(hello.headers().get("upgrade"), Some("websocket"));
}

#[test]
fn variations_that_are_fine() {
    for line in [
        "Upgrade: WebSocket",
        "Upgrade: websocket, foo",
        "Upgrade: foo\r\nUpgrade: websocket",
        "Connection: Upgrade,keepalive",
        "Connection: keep-alive, Upgrade",
        "Connection: keep-alive\r\nconnection: upgrade",
        "Sec-WebSocket-Version: 8, 13",
        "Sec-WebSocket-Version: 7\r\nSec-WebSocket-Version: 13",
        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
        "Sec-WebSocket-Key:  dGhlIHNhbXBsZSBub25jZQ== \t",
        "Content-Length: 0",
        "X-Unknown: caf\u{e9}",
        "Origin: null",
    ] {
        accepts_line(line);
    }
    assert_eq!(hello(server_sees(&head(&GOOD_REQUEST))).origin(), None);
}

#[test]
fn a_target_may_be_a_whole_url() {
    let target = |target: &str| request_with(&format!("GET {target} HTTP/1.1"));
    for (whole, resource) in [
        ("ws://example.com:8080/p?q=1", "/p?q=1"),
        ("http://EXAMPLE.com:8080", "/"),
        ("WSS://example.com:8080?x=a://b", "?x=a://b"),
    ] {
        let hello = hello(server_sees(&target(whole)));
        assert_eq!((hello.target(), hello.resource()), (whole, resource));
    }
    let hello = hello(server_sees(&target("/redirect?to=ws://other/x")));
    assert_eq!(hello.resource(), "/redirect?to=ws://other/x");
    for bad in [
        "ws://other:8080/p",
        "ws://example.com/p",
        "ws://user@example.com:8080/p",
        "ws:///p",
        "ftp://example.com:8080/p",
        "example.com:8080",
        "*",
        "p",
        "/p#f",
        "/p\u{e9}",
    ] {
        assert_eq!(status(server_sees(&target(bad))), 400, "{bad}");
    }
}

/// The cases of Qt's own test of its request parser, and more of their kind.
#[test]
fn broken_requests() {
    let good = head(&GOOD_REQUEST);
    assert_eq!(status(server_sees(b"garbage\r\n\r\n")), 400);
    assert_eq!(status(server_sees(b"\r\n")), 400);
    assert_eq!(status(server_sees(&[b"\r\n", &good[..]].concat())), 400);
    for (line, expected) in [
        ("GET / HTTP/1.1 x", 400),
        ("GET /", 400),
        ("GET / ", 400),
        ("GET  / HTTP/1.1", 400),
        ("GET / HTTX/1.1", 400),
        ("GET / HTTP/a.b", 400),
        ("GET / HTTP/1", 400),
        ("GET / http/1.1", 400),
        ("G(T / HTTP/1.1", 400),
        ("GET / HTTP/1.0", 505),
        ("GET / HTTP/2.0", 505),
        ("GET / HTTP/0.9", 505),
        ("POST / HTTP/1.1", 405),
        ("get / HTTP/1.1", 405),
        ("CONNECT example.com:8080 HTTP/1.1", 405),
        ("Upgrade: h2c", 400),
        ("Upgrade: websocket/13", 400),
        ("Upgrade:", 400),
        ("Connection: close", 400),
        ("Connection: xUpgrade", 400),
        ("Sec-WebSocket-Version: 8", 426),
        ("Sec-WebSocket-Version: abc", 426),
        ("Sec-WebSocket-Version: 113", 426),
        ("Sec-WebSocket-Version:", 426),
        ("Sec-WebSocket-Key:", 400),
        ("Sec-WebSocket-Key: AAAA", 400),
        (
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            400,
        ),
        ("Origin: http://a\r\nOrigin: http://b", 400),
        ("Content-Length: 1", 400),
        ("Content-Length: +0", 400),
        ("Content-Length:", 400),
        ("Content-Length: 0\r\nContent-Length: 5", 400),
        ("Content-Length: 0, 5", 400),
        ("Transfer-Encoding: chunked", 400),
        ("X: 1\r\n folded", 400),
        ("X: 1\nY: 2", 400),
        ("X: 1\rY: 2", 400),
        ("X: a\0b", 400),
        ("X : 1", 400),
        (": 1", 400),
    ] {
        assert_eq!(
            status(server_sees(&request_with(line))),
            expected,
            "{line:?}"
        );
    }
    assert_eq!(
        status(server_sees(&[b" ", &good[..]].concat())),
        400,
        "leading fold"
    );
    assert_eq!(
        status(server_sees(&head(&["GET / HTTP/1.1", "no colon"]))),
        400
    );
    for (name, expected) in [
        ("Host", 400),
        ("Upgrade", 400),
        ("Connection", 400),
        ("Sec-WebSocket-Key", 400),
        ("Sec-WebSocket-Version", 426),
    ] {
        assert_eq!(
            status(server_sees(&without(&good, name))),
            expected,
            "without {name}"
        );
    }
}

#[test]
fn a_folded_key_is_refused() {
    let request = request_with("Sec-WebSocket-Key: AVD  \r\n\tFBDDFF ");
    assert_eq!(status(server_sees(&request)), 400);
}

#[test]
fn another_protocol_is_refused_before_its_head_ends() {
    for bytes in [
        &b"\x16\x03\x01\x02\0"[..],
        b"SSH-2.0-x\n",
        b"\0",
        b"GET / HTTP/1.1\r\nX\r\r",
    ] {
        assert_eq!(status(server_sees(bytes)), 400, "{bytes:?}");
    }
}

#[test]
fn a_request_without_its_end_is_waited_for() {
    let request = head(&GOOD_REQUEST);
    for end in [0, 1, request.len() - 2, request.len() - 1] {
        assert_eq!(server_sees(&request[..end]), Progress::Partial);
    }
}
