//! Requests that a server refuses, and clients that never finish one.

use std::sync::mpsc;
use std::time::Duration;

use super::support::frames::{CLOSE, TEXT, close_payload, masked};
use super::support::pair::{listening, next_connection, stopped_clock};
use super::support::raw_peer::{Wire, raw_client};
use super::support::{run_until, settle};

/// A request, and the HTTP answer to it.
pub(crate) struct Request {
    pub(crate) name: &'static str,
    pub(crate) input: &'static str,
    pub(crate) bytes: Vec<u8>,
    pub(crate) status: &'static str,
    pub(crate) body: &'static str,
}

macro_rules! requests {
    ($($name:ident: $input:literal, $bytes:expr => $status:literal, $body:literal;)*) => {
        pub(crate) fn rows() -> Vec<Request> {
            vec![$(Request {
                name: stringify!($name),
                input: $input,
                bytes: $bytes.into(),
                status: $status,
                body: $body,
            }),*]
        }

        mod each {
            $(#[test]
            fn $name() {
                let mut rows = super::rows().into_iter();
                super::check(rows.find(|row| row.name == stringify!($name)).expect("the row"));
            })*
        }
    };
}

const GOOD: &str = "GET /chat HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";

requests! {
    garbage: "garbage instead of HTTP", "garbage\r\n\r\n" => "400 Bad Request", "the first line is malformed";
    tls_to_a_plain_server: "TLS to a server that has none", [0x16, 0x03, 0x01, 0x02, 0x00] => "400 Bad Request", "the head contains a control character";
    post: "method POST", changed("GET", "POST") => "405 Method Not Allowed", "the method must be GET";
    no_method: "no method", changed("GET ", " ") => "400 Bad Request", "a line begins with white space";
    bad_target: "a target that is neither path nor URL", changed("/chat", "chat") => "400 Bad Request", "the target must be a path or a URL";
    target_of_another_host: "a URL of another host as target", changed("/chat", "http://elsewhere/chat") => "400 Bad Request", "target and Host name different hosts";
    http_1_0: "HTTP/1.0", changed("HTTP/1.1", "HTTP/1.0") => "505 HTTP Version Not Supported", "the HTTP version must be 1.1";
    http_2_0: "HTTP/2.0", changed("HTTP/1.1", "HTTP/2.0") => "505 HTTP Version Not Supported", "the HTTP version must be 1.1";
    no_host: "no Host", changed("Host: localhost\r\n", "") => "400 Bad Request", "there must be one valid Host";
    two_hosts: "Host twice", changed("Host: localhost", "Host: localhost\r\nHost: localhost") => "400 Bad Request", "there must be one valid Host";
    bad_host: "Host that is no host", changed("Host: localhost", "Host: a/b") => "400 Bad Request", "there must be one valid Host";
    no_upgrade: "no Upgrade", changed("Upgrade: websocket\r\n", "") => "400 Bad Request", "Upgrade must contain websocket";
    wrong_upgrade: "Upgrade: h2c", changed("Upgrade: websocket", "Upgrade: h2c") => "400 Bad Request", "Upgrade must contain websocket";
    no_connection: "no Connection", changed("Connection: Upgrade\r\n", "") => "400 Bad Request", "Connection must contain Upgrade";
    keep_alive: "Connection: keep-alive", changed("Connection: Upgrade", "Connection: keep-alive") => "400 Bad Request", "Connection must contain Upgrade";
    no_key: "no Sec-WebSocket-Key", changed("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "") => "400 Bad Request", "there must be one Sec-WebSocket-Key of sixteen bytes";
    short_key: "Sec-WebSocket-Key of fifteen bytes", changed("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25j") => "400 Bad Request", "there must be one Sec-WebSocket-Key of sixteen bytes";
    two_keys: "Sec-WebSocket-Key twice", with("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n") => "400 Bad Request", "there must be one Sec-WebSocket-Key of sixteen bytes";
    no_version: "no Sec-WebSocket-Version", changed("Sec-WebSocket-Version: 13\r\n", "") => "426 Upgrade Required", "the WebSocket version must be 13";
    old_version: "Sec-WebSocket-Version: 8", changed("Version: 13", "Version: 8") => "426 Upgrade Required", "the WebSocket version must be 13";
    two_origins: "Origin twice", with("Origin: http://a\r\nOrigin: http://b\r\n") => "400 Bad Request", "there is more than one Origin";
    a_body: "Content-Length: 5", with("Content-Length: 5\r\n") => "400 Bad Request", "the request must not have a body";
    chunked: "Transfer-Encoding: chunked", with("Transfer-Encoding: chunked\r\n") => "400 Bad Request", "the request must not have a body";
    bare_lf: "a line that ends with a bare LF", changed("websocket\r\n", "websocket\n") => "400 Bad Request", "a line ends with a bare line feed";
    folded: "a folded header", with("X: y\r\n z\r\n") => "400 Bad Request", "a line begins with white space";
    nul: "NUL in a header", with("X: \0\r\n") => "400 Bad Request", "the head contains a control character";
    space_before_colon: "a space before the colon", with("X : y\r\n") => "400 Bad Request", "a header line is malformed";
    long_line: "8 KiB and one byte in a line", with(&format!("X: {}\r\n", "x".repeat(8 * 1024 - 2))) => "431 Request Header Fields Too Large", "a line of the head is too long";
    many_lines: "101 header lines", with(&"X: y\r\n".repeat(96)) => "431 Request Header Fields Too Large", "the head has too many lines";
    large_head: "64 KiB and one byte of head without an end", format!("GET / HTTP/1.1\r\n{}", format!("X: {}\r\n", "x".repeat(4091)).repeat(16)) => "431 Request Header Fields Too Large", "the head is too large";
}

fn changed(part: &str, other: &str) -> String {
    assert!(GOOD.contains(part), "{part}");
    GOOD.replacen(part, other, 1)
}

fn with(line: &str) -> String {
    changed("\r\n\r\n", &format!("\r\n{line}\r\n"))
}

fn check(row: Request) {
    stopped_clock();
    let server = listening();
    let client = raw_client(server.server_port(), move |wire| {
        wire.send(row.bytes);
        expect_refusal(wire, row.status, row.body);
    });
    run_until(|| client.is_finished());
    client.join().expect(row.input);
    assert!(!server.has_pending_connections(), "{}", row.input);
    // And the next one is served as if nothing had been.
    let client = raw_client(server.server_port(), |wire| {
        wire.upgrade();
    });
    next_connection(&server).abort();
    client.join().expect(row.input);
}

fn expect_refusal(wire: &mut Wire, status: &str, body: &str) {
    let head = wire.read_head();
    assert!(
        head.starts_with(&format!("HTTP/1.1 {status}\r\n")),
        "{head}"
    );
    assert!(head.contains("\r\nConnection: close\r\n"), "{head}");
    assert!(
        head.contains(&format!("\r\nContent-Length: {}\r\n", body.len() + 1)),
        "{head}"
    );
    let rest = wire.read_rest();
    assert_eq!(String::from_utf8_lossy(&rest), format!("{body}\n"));
}

#[test]
fn a_refusal_names_what_would_do() {
    stopped_clock();
    let server = listening();
    let client = raw_client(server.server_port(), |wire| {
        wire.send(changed("Version: 13", "Version: 99"));
        let head = wire.read_head();
        for line in ["Sec-WebSocket-Version: 13", "Upgrade: websocket"] {
            assert!(head.contains(&format!("\r\n{line}\r\n")), "{head}");
        }
    });
    run_until(|| client.is_finished());
    client.join().expect("the script holds");
}

#[test]
fn a_full_server_says_503_and_goes_on_when_there_is_room() {
    stopped_clock();
    let server = listening();
    server.set_max_pending_connections(1);
    let port = server.server_port();
    let first = raw_client(port, |wire| {
        wire.upgrade();
        wire.send(masked(CLOSE, &close_payload(1000, "")));
        wire.expect_close(1000, "");
    });
    run_until(|| server.has_pending_connections());
    let second = raw_client(port, |wire| {
        wire.send(GOOD);
        expect_refusal(
            wire,
            "503 Service Unavailable",
            "too many connections wait here",
        );
    });
    run_until(|| second.is_finished());
    second.join().expect("the refused one");
    let socket = server.next_pending_connection().expect("the first one");
    let third = raw_client(port, |wire| {
        wire.upgrade();
    });
    next_connection(&server).abort();
    third.join().expect("the third one");
    run_until(|| socket.state() == qwebsocket::SocketState::Unconnected);
    first.join().expect("the first one");
}

/// The deadline counts from TCP on, however much the client says meanwhile.
#[test]
fn slow_clients_are_dropped_at_the_handshake_timeout() {
    let clock = stopped_clock();
    let server = listening();
    let timeout = server.handshake_timeout().expect("a default");
    assert_eq!(timeout, Duration::from_secs(10));
    let port = server.server_port();
    let (begun, have_begun) = mpsc::channel();
    let clients: Vec<_> = ["", "GET / HTTP/1.1\r\nHost: loc"]
        .into_iter()
        .map(|beginning| {
            let begun = begun.clone();
            raw_client(port, move |wire| {
                wire.send(beginning);
                begun.send(()).expect("the test waits");
                wire.expect_end();
            })
        })
        .collect();
    clients
        .iter()
        .for_each(|_| have_begun.recv().expect("a client"));
    // A third one is accepted behind them, so both of them are.
    let third = raw_client(port, |wire| {
        wire.upgrade();
        wire.expect_frame(TEXT, "no deadline any more");
    });
    let socket = next_connection(&server);
    clock.advance(timeout - Duration::from_millis(1));
    settle();
    assert!(clients.iter().all(|client| !client.is_finished()));
    clock.advance(Duration::from_millis(1));
    run_until(|| clients.iter().all(|client| client.is_finished()));
    for client in clients {
        client.join().expect("it is just dropped");
    }
    assert!(!server.has_pending_connections());
    socket.send_text_message("no deadline any more");
    run_until(|| third.is_finished());
    third.join().expect("the one in time");
}

/// Clients that go away in the middle leave nothing behind.
#[test]
fn clients_that_vanish_in_the_handshake_are_forgotten() {
    stopped_clock();
    let server = listening();
    let port = server.server_port();
    let half = &GOOD[..40];
    let ends: [fn(&mut Wire); 2] = [|wire| wire.fin(), |wire| wire.reset()];
    for (beginning, end) in ends.iter().flat_map(|&end| [("", end), (half, end)]) {
        let client = raw_client(port, move |wire| {
            wire.send(beginning);
            end(wire);
            wire.expect_end();
        });
        run_until(|| client.is_finished());
        client.join().expect("no answer");
    }
    let client = raw_client(port, |wire| {
        wire.upgrade();
    });
    next_connection(&server).abort();
    client.join().expect("it is served");
    assert!(!server.has_pending_connections());
}

/// What follows the head in the same packet are frames, even if they are bad ones.
#[test]
fn frames_right_behind_the_request_are_kept() {
    stopped_clock();
    let server = listening();
    let client = raw_client(server.server_port(), |wire| {
        wire.send([GOOD.as_bytes(), &masked(TEXT, b"early"), &[0xFF, 0x80]].concat());
        wire.read_head();
        wire.expect_close(1002, "Rsv field is non-zero");
    });
    let socket = next_connection(&server);
    let recorder = super::support::transcript::Recorder::new(&socket);
    recorder.run_until("read_channel_finished");
    assert_eq!(recorder.count("text_message_received(\"early\")"), 1);
    client.join().expect("the script holds");
}
