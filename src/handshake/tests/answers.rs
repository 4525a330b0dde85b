//! What a client makes of a server's answer, with the words of Qt 6.8.

use super::*;

#[track_caller]
fn refuses(answer: &[u8], text: &str) {
    assert_eq!(refusal(client_sees(answer, &[])), text);
}

#[track_caller]
fn refuses_line(line: &str, text: &str) {
    refuses(&answer_with(line), text);
}

#[test]
fn a_good_answer() {
    let (accepted, head, length) = accepted(client_sees(&answer_with("X: 1"), &["unused"]));
    assert_eq!(accepted.subprotocol, None);
    assert_eq!((head.status, head.reason()), (101, "Switching Protocols"));
    assert_eq!(head.headers.get("x"), Some("1"));
    assert_eq!(length, answer_with("X: 1").len());
}

#[test]
fn frames_behind_the_head_are_left_alone() {
    let head = answer_with("X: 1");
    let frames = b"\x81\x02hi\r\n\r\n\n\0";
    let (_, _, length) = accepted(client_sees(&[&head, &frames[..]].concat(), &[]));
    assert_eq!(length, head.len());
}

#[test]
fn variations_that_are_fine() {
    for line in [
        "HTTP/1.1 101",
        "HTTP/1.1 101 ",
        "HTTP/1.1 101 caf\u{e9} or whatever",
        "Upgrade: WebSocket",
        "Upgrade: websocket, foo",
        "Upgrade:websocket\t ",
        "Connection: upgrade",
        "Connection: keep-alive, Upgrade",
        "Connection: keep-alive\r\nConnection: Upgrade",
        "upgrade: websocket\r\nconnection: upgrade",
        "Sec-WebSocket-Extensions:",
        "Sec-WebSocket-Protocol:",
        "Sec-WebSocket-Version: 8",
        "X-Empty:",
        "X-Latin1: \u{fc}",
    ] {
        accepted(client_sees(&answer_with(line), &[]));
    }
    let lower = String::from_utf8(answer_with("X: 1")).unwrap();
    accepted(client_sees(
        lower
            .replace("Sec-WebSocket-Accept", "sec-websocket-accept")
            .as_bytes(),
        &[],
    ));
    let mut latin1 = answer_with("X: ?");
    let place = latin1.iter().position(|&byte| byte == b'?').unwrap();
    latin1[place] = 0xe9;
    assert_eq!(
        accepted(client_sees(&latin1, &[])).1.headers.get("X"),
        Some("é")
    );
}

#[test]
fn other_statuses() {
    for (line, seen) in [
        ("HTTP/1.1 100 Continue", "100 (Continue)"),
        ("HTTP/1.1 200 OK", "200 (OK)"),
        ("HTTP/1.1 301 Moved Permanently", "301 (Moved Permanently)"),
        ("HTTP/1.1 302", "302 ()"),
        ("HTTP/1.1 403 Access Forbidden", "403 (Access Forbidden)"),
        ("HTTP/1.1 404 Not Found", "404 (Not Found)"),
        ("HTTP/1.1 426 Upgrade Required", "426 (Upgrade Required)"),
        ("HTTP/1.0 502 Bad Gateway", "502 (Bad Gateway)"),
        (
            "HTTP/1.1 503 Service Unavailable",
            "503 (Service Unavailable)",
        ),
    ] {
        let text =
            format!("QWebSocketPrivate::processHandshake: Unhandled http status code: {seen}.");
        refuses(&head(&[line]), &text);
        refuses_line(line, &text);
    }
}

#[test]
fn a_refusal_carries_the_status() {
    let status = |answer: &[u8]| match client_sees(answer, &[]) {
        Progress::Refused(refusal) => refusal.head.map_or(0, |(head, _)| head.status),
        other => panic!("{other:?}"),
    };
    assert_eq!(status(&head(&["HTTP/1.1 401 Unauthorized"])), 401);
    assert_eq!(status(&answer_with("Upgrade: h2c")), 101);
    assert_eq!(status(b"garbage\r\n\r\n"), 0);
}

#[test]
fn status_400_speaks_of_versions() {
    let unknown = "QWebSocketPrivate::processHandshake: \
                   Unknown error condition encountered. Aborting connection.";
    refuses(&head(&["HTTP/1.1 400 Bad Request"]), unknown);
    refuses(
        &head(&["HTTP/1.1 400 Bad Request", "Sec-WebSocket-Version: 13, 8"]),
        unknown,
    );
    let wrong = "Handshake: Server requests a version that we don't support: 8, 7.";
    refuses(
        &head(&["HTTP/1.1 400 Bad Request", "Sec-WebSocket-Version: 8, 7"]),
        wrong,
    );
    refuses(
        &head(&[
            "HTTP/1.1 400 x",
            "Sec-WebSocket-Version: 8",
            "sec-websocket-version: 7",
        ]),
        wrong,
    );
}

#[test]
fn status_401_speaks_of_challenges() {
    let line = "HTTP/1.1 401 Unauthorized";
    let plural =
        "QWebSocketPrivate::processHandshake: Unsupported WWW-Authenticate challenges encountered.";
    refuses(&head(&[line, "Content-Length: 0"]), plural);
    refuses(
        &head(&[line, "WWW-Authenticate: Weird"]),
        &plural.replace("challenges", "challenge"),
    );
}

#[test]
fn an_upgrade_that_is_none() {
    let text = |size, version, upgrade, connection| {
        format!(
            "Invalid parameter encountered during protocol upgrade: Accept-key size: {size}, \
             version: {version}, upgrade: {upgrade}, connection: {connection}"
        )
    };
    let good = answer_with("X: 1");
    refuses(&without(&good, "Upgrade"), &text(28, "1.1", "", "Upgrade"));
    refuses(
        &without(&good, "Connection"),
        &text(28, "1.1", "websocket", ""),
    );
    refuses(
        &without(&good, "Sec-WebSocket-Accept"),
        &text(0, "1.1", "websocket", "Upgrade"),
    );
    refuses_line("Upgrade: h2c", &text(28, "1.1", "h2c", "Upgrade"));
    refuses_line(
        "Upgrade: websockets",
        &text(28, "1.1", "websockets", "Upgrade"),
    );
    refuses_line(
        "Upgrade: web, socket",
        &text(28, "1.1", "web, socket", "Upgrade"),
    );
    refuses_line(
        "Connection: keep-alive",
        &text(28, "1.1", "websocket", "keep-alive"),
    );
    refuses_line(
        "HTTP/1.0 101 Switching",
        &text(28, "1.0", "websocket", "Upgrade"),
    );
    refuses_line("HTTP/2.0 101 x", &text(28, "2.0", "websocket", "Upgrade"));
    refuses_line("HTTP/1.2 101 x", &text(28, "1.2", "websocket", "Upgrade"));
}

#[test]
fn an_accept_key_that_is_not_ours() {
    let text = |received: &str| {
        format!(
            "Accept-Key received from server {received} does not match the client key {ACCEPT}."
        )
    };
    let wrong = "AAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    refuses_line(&format!("Sec-WebSocket-Accept: {wrong}"), &text(wrong));
    let other_case = ACCEPT.to_lowercase();
    refuses_line(
        &format!("Sec-WebSocket-Accept: {other_case}"),
        &text(&other_case),
    );
    let twice = format!("Sec-WebSocket-Accept: {ACCEPT}\r\nsec-websocket-accept: {ACCEPT}");
    refuses_line(&twice, &text(&format!("{ACCEPT}, {ACCEPT}")));
}

#[test]
fn nothing_that_was_not_offered() {
    refuses_line(
        "Sec-WebSocket-Extensions: permessage-deflate",
        "WebSocket server has chosen extension permessage-deflate which has not been requested",
    );
    let protocol = |chosen: &str, offered: &[&str]| {
        let answer = answer_with(&format!("Sec-WebSocket-Protocol: {chosen}"));
        client_sees(&answer, offered)
    };
    let text = |chosen: &str| {
        format!("WebSocket server has chosen protocol {chosen} which has not been requested")
    };
    assert_eq!(
        accepted(protocol("b", &["a", "b"]))
            .0
            .subprotocol
            .as_deref(),
        Some("b")
    );
    assert_eq!(refusal(protocol("b", &[])), text("b"));
    assert_eq!(refusal(protocol("chat", &["Chat"])), text("chat"));
    assert_eq!(refusal(protocol("a, b", &["a", "b"])), text("a, b"));
    let twice = "a\r\nSec-WebSocket-Protocol: a";
    assert_eq!(refusal(protocol(twice, &["a"])), text("a, a"));
}

#[test]
fn an_answer_that_is_no_http() {
    let status = "Read handshake request status failed";
    for line in [
        "garbage",
        "HTTP/1.1",
        "HTTP/1.1 ",
        "HTTP/1.1 10",
        "HTTP/1.1 1010 x",
        "HTTP/1.1 1o1 x",
        "HTTP/1.1 +11 x",
        "HTTP/1.1 001 x",
        "HTTP/1.1  101 x",
        "HTTP/1.1\t101 x",
        "HTTP/11 101 x",
        "HTTP/1.1.1 101 x",
        "http/1.1 101 ok",
        "ICY 101 x",
        "\u{feff}HTTP/1.1 101 x",
    ] {
        refuses_line(line, status);
        refuses(&head(&[line]), status);
    }
    refuses(b"\r\n", status);
    refuses(&[b"\r\n", &answer_with("X: 1")[..]].concat(), status);
}

#[test]
fn header_lines_that_are_none() {
    let text = "Parsing handshake request header failed";
    for line in [
        "no colon",
        ": no name",
        "X : 1",
        "X\t: 1",
        "X Y: 1",
        "X,Y: 1",
        "(x): 1",
        "\u{e9}: 1",
    ] {
        let answer = [b"HTTP/1.1 101 x\r\n", line.as_bytes(), b"\r\n\r\n"].concat();
        refuses(&answer, text);
    }
    for (line, detail) in [
        ("X: 1\n", "a line ends with a bare line feed"),
        ("X: 1\nY: 2", "a line ends with a bare line feed"),
        ("X: 1\rY: 2", "a carriage return stands alone"),
        ("X: 1\r", "a carriage return stands alone"),
        ("X: 1\r\n folded", "a line begins with white space"),
        ("X: 1\r\n\tfolded", "a line begins with white space"),
        ("X: 1\r\n ", "a line begins with white space"),
        ("X: a\0b", "the head contains a control character"),
        ("X: \x1b[31m", "the head contains a control character"),
        ("X: \x7f", "the head contains a control character"),
    ] {
        refuses_line(line, &format!("{text}: {detail}"));
    }
}

#[test]
fn bare_line_feeds_are_not_waited_on() {
    let answer = String::from_utf8(answer_with("X: 1"))
        .unwrap()
        .replace("\r\n", "\n");
    let text = "Parsing handshake request header failed: a line ends with a bare line feed";
    refuses(answer.as_bytes(), text);
    refuses(b"HTTP/1.1 101 x\n", text);
}

#[test]
fn a_head_without_its_end_is_waited_for() {
    let answer = answer_with("X: 1");
    assert_eq!(
        client_sees(&answer[..answer.len() - 2], &[]),
        Progress::Partial
    );
    assert_eq!(
        client_sees(&answer[..answer.len() - 1], &[]),
        Progress::Partial
    );
    assert_eq!(client_sees(b"", &[]), Progress::Partial);
}
