//! The bytes that go out.

use super::*;

const PLAIN: UpgradeRequest<'_> = UpgradeRequest {
    resource: "/p?q",
    host: "h:80",
    key: KEY,
    origin: "",
    subprotocols: &[],
    headers: &[],
};

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_plain_request() {
    assert_eq!(
        text(PLAIN.write().unwrap()),
        "GET /p?q HTTP/1.1\r\n\
         Host: h:80\r\n\
         Upgrade: websocket\r\n\
         Connection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Version: 13\r\n\
         \r\n"
    );
}

#[test]
fn a_request_with_everything() {
    let request = UpgradeRequest {
        resource: "/",
        host: "[::1]",
        origin: "http://o",
        subprotocols: &["a".to_owned(), "b".to_owned()],
        headers: &[
            ("X-B".to_owned(), "1".to_owned()),
            ("x-a".to_owned(), String::new()),
        ],
        ..PLAIN
    };
    assert_eq!(
        text(request.write().unwrap()),
        "GET / HTTP/1.1\r\n\
         Host: [::1]\r\n\
         Upgrade: websocket\r\n\
         Connection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Origin: http://o\r\n\
         Sec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Protocol: a, b\r\n\
         X-B: 1\r\n\
         x-a: \r\n\
         \r\n"
    );
}

#[test]
fn no_part_of_a_request_can_break_it() {
    for evil in ["\r\nX: 1", "\r", "\n", "\0", "\x1b", "\x7f"] {
        let bad = format!("a{evil}b");
        let path = format!("/{bad}");
        let owned = [bad.clone()];
        let name = [(bad.clone(), "v".to_owned())];
        let value = [("N".to_owned(), bad.clone())];
        for (request, error) in [
            (
                UpgradeRequest {
                    resource: &path,
                    ..PLAIN
                },
                InvalidRequest::Resource,
            ),
            (
                UpgradeRequest {
                    host: &bad,
                    ..PLAIN
                },
                InvalidRequest::Host,
            ),
            (UpgradeRequest { key: &bad, ..PLAIN }, InvalidRequest::Key),
            (
                UpgradeRequest {
                    origin: &bad,
                    ..PLAIN
                },
                InvalidRequest::Origin,
            ),
            (
                UpgradeRequest {
                    subprotocols: &owned,
                    ..PLAIN
                },
                InvalidRequest::Subprotocol(bad.clone()),
            ),
            (
                UpgradeRequest {
                    headers: &name,
                    ..PLAIN
                },
                InvalidRequest::Header(bad.clone()),
            ),
            (
                UpgradeRequest {
                    headers: &value,
                    ..PLAIN
                },
                InvalidRequest::Header("N".to_owned()),
            ),
        ] {
            assert_eq!(request.write(), Err(error), "{evil:?}");
        }
    }
    assert_eq!(
        InvalidRequest::Origin.to_string(),
        "The origin contains newlines. Possible attack detected."
    );
}

#[test]
fn what_a_client_writes_a_server_accepts_and_back() {
    let offered = ["chat".to_owned()];
    let request = UpgradeRequest {
        origin: "http://o",
        subprotocols: &offered,
        ..PLAIN
    };
    let hello = hello(server_sees(&request.write().unwrap()));
    assert_eq!(
        (hello.resource(), hello.host(), hello.origin()),
        ("/p?q", "h:80", Some("http://o"))
    );
    let answer = write_accept(&hello, Some("chat"), "server");
    let (accepted, head, length) = accepted(client_sees(&answer, &["chat"]));
    assert_eq!(accepted.subprotocol.as_deref(), Some("chat"));
    assert_eq!(head.headers.get("server"), Some("server"));
    assert_eq!(length, answer.len());
}

#[test]
fn the_answer_that_accepts() {
    let hello = hello(server_sees(&head(&GOOD_REQUEST)));
    assert_eq!(
        text(write_accept(&hello, Some("chat"), "labsrv")),
        "HTTP/1.1 101 Switching Protocols\r\n\
         Upgrade: websocket\r\n\
         Connection: Upgrade\r\n\
         Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\
         Sec-WebSocket-Protocol: chat\r\n\
         Server: labsrv\r\n\
         \r\n"
    );
    let plain = text(write_accept(&hello, None, ""));
    for (subprotocol, server_name) in [("a\r\nX: 1", "a\r\nX: 1"), ("a\n", "\n"), ("", "\0")] {
        assert_eq!(
            text(write_accept(&hello, Some(subprotocol), server_name)),
            plain
        );
    }
}

#[test]
fn the_answers_that_refuse() {
    assert_eq!(
        text(write_refusal(&HttpRefusal::bad_request("no"))),
        "HTTP/1.1 400 Bad Request\r\n\
         Connection: close\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\
         Content-Length: 3\r\n\
         \r\n\
         no\n"
    );
    for (refusal, status_line, header) in [
        (
            HttpRefusal::method_not_allowed(),
            "405 Method Not Allowed",
            "Allow: GET",
        ),
        (
            HttpRefusal::upgrade_required(),
            "426 Upgrade Required",
            "Sec-WebSocket-Version: 13",
        ),
        (
            HttpRefusal::upgrade_required(),
            "426 Upgrade Required",
            "Upgrade: websocket",
        ),
        (
            HttpRefusal::head_too_large("x"),
            "431 Request Header Fields Too Large",
            "Content-Length: 2",
        ),
        (
            HttpRefusal::unavailable("x"),
            "503 Service Unavailable",
            "Connection: close",
        ),
        (
            HttpRefusal::http_version_not_supported(),
            "505 HTTP Version Not Supported",
            "",
        ),
    ] {
        let answer = text(write_refusal(&refusal));
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status_line}\r\n")),
            "{answer}"
        );
        assert!(answer.contains(&format!("{header}\r\n")), "{answer}");
        assert!(answer.contains("\r\nConnection: close\r\n"), "{answer}");
        let seen = client_sees(answer.as_bytes(), &[]);
        assert!(
            matches!(seen, Progress::Refused(seen) if seen.head.as_ref().is_some_and(|(head, _)| head.status == refusal.status))
        );
    }
}
