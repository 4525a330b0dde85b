//! What the handshake looks like on the wire, and how it is read.

use std::net::TcpListener;
use std::sync::mpsc;

use qwebsocket::{NetworkRequest, SocketError, SocketState, Version, WebSocket};

use super::REQUEST;
use super::support::pair::{listening, next_connection};
use super::support::raw_peer::{RawPeer, accepting, header, raw_client};
use super::support::run_until;

/// What a client sends that `open` opens; it gets the port.
fn request_of(open: impl FnOnce(u16)) -> String {
    let (tell, told) = mpsc::channel();
    let peer = RawPeer::new(move |wire| {
        tell.send(wire.read_head()).expect("the test waits");
    });
    open(peer.port());
    let mut request = None;
    run_until(|| {
        request = told.try_recv().ok();
        request.is_some()
    });
    peer.join();
    request.expect("run_until saw it")
}

/// The first line of the request for a URL, given as what stands behind the port.
#[track_caller]
fn expect_target(rest: &str, target: &str) {
    let socket = WebSocket::new();
    let request = request_of(|port| socket.open(format!("ws://127.0.0.1:{port}{rest}")));
    assert_eq!(
        request.lines().next(),
        Some(format!("GET {target} HTTP/1.1").as_str())
    );
}

/// `Host` did not say which.
#[test]
fn qtbug_39355_host_names_the_port() {
    let (socket, mut port) = (WebSocket::new(), 0);
    let request = request_of(|at| {
        port = at;
        socket.open(format!("ws://127.0.0.1:{port}"));
    });
    let host = format!("127.0.0.1:{port}");
    assert_eq!(header(&request, "Host"), Some(host.as_str()));
}

/// An IPv6 address lost its brackets.
#[test]
fn qtbug_77526_host_of_an_ipv6_address_has_brackets() {
    let listener = TcpListener::bind("[::1]:0").expect("IPv6 on loopback");
    let port = listener.local_addr().expect("an address").port();
    let peer = std::thread::spawn(move || {
        use std::io::{BufRead, BufReader};
        let (stream, _) = listener.accept().expect("a connection");
        let lines = BufReader::new(stream)
            .lines()
            .map(|line| line.expect("text"));
        lines
            .take_while(|line| !line.is_empty())
            .collect::<Vec<String>>()
    });
    let socket = WebSocket::new();
    socket.open(format!("ws://[::1]:{port}"));
    run_until(|| peer.is_finished());
    let request = peer.join().expect("a request");
    assert!(
        request.contains(&format!("Host: [::1]:{port}")),
        "{request:?}"
    );
    assert_eq!(socket.peer_name(), "::1");
}

/// The header was called `Sec-WebSocket-Origin`, as in drafts.
#[test]
fn qtbug_68245_the_origin_is_sent_as_origin() {
    let socket = WebSocket::with_origin("https://example.com", Version::LATEST);
    let request = request_of(|port| socket.open(format!("ws://127.0.0.1:{port}")));
    assert!(
        request.contains("\r\nOrigin: https://example.com\r\n"),
        "{request}"
    );
    assert!(!request.contains("Sec-WebSocket-Origin"));

    let server = listening();
    let client = raw_client(server.server_port(), |wire| {
        wire.send(REQUEST.replace("Upgrade: ", "origin: https://example.com\r\nUpgrade: "));
        wire.read_head();
    });
    assert_eq!(next_connection(&server).origin(), "https://example.com");
    client.join().expect("it is accepted");
}

/// What was encoded in the URL was sent decoded.
#[test]
fn qtbug_44310_the_path_stays_encoded() {
    expect_target("/a%20b/%C3%A9%2F%3F", "/a%20b/%C3%A9%2F%3F");
    expect_target("/a b/\u{E9}", "/a%20b/%C3%A9");
}

/// The query was lost, or decoded.
#[test]
fn qtbug_44889_the_query_is_sent_as_it_is() {
    expect_target("/chat?a=%26&b=c%3Dd&e=1+1", "/chat?a=%26&b=c%3Dd&e=1+1");
    let server = listening();
    let client = WebSocket::new();
    let port = server.server_port();
    client.open(format!("ws://127.0.0.1:{port}/chat?a=%26&b"));
    let accepted = next_connection(&server);
    assert_eq!(accepted.resource_name(), "/chat?a=%26&b");
    let url = accepted.request_url().expect("a URL");
    assert_eq!(url.query(), Some("a=%26&b"));
}

/// A URL without a path asked for nothing at all.
#[test]
fn qtbug_41285_no_path_is_the_root() {
    expect_target("", "/");
    expect_target("/", "/");
}

#[test]
fn qtbug_120492_no_path_but_a_query_is_the_root_too() {
    expect_target("?a=b", "/?a=b");
}

/// Names of headers had to be written as in the RFC.
#[test]
fn qtbug_37975_the_names_of_a_servers_headers_may_have_any_case() {
    let changes: [fn(&str) -> String; 2] = [str::to_ascii_lowercase, str::to_ascii_uppercase];
    for change in changes {
        let peer = RawPeer::new(move |wire| {
            let answer = accepting(&wire.read_head());
            let lines = answer
                .split("\r\n")
                .map(|line| match line.split_once(": ") {
                    Some((name, value)) => format!("{}: {value}", change(name)),
                    None => line.to_owned(),
                });
            wire.send(lines.collect::<Vec<String>>().join("\r\n"));
            wire.expect_close(1001, "Connection closed");
        });
        let socket = WebSocket::new();
        socket.open(peer.url());
        run_until(|| socket.state() == SocketState::Connected);
        drop(socket);
        peer.join();
    }
}

#[test]
fn qtbug_40615_the_names_of_a_clients_headers_may_have_any_case() {
    let changes: [fn(&str) -> String; 2] = [str::to_ascii_lowercase, str::to_ascii_uppercase];
    for change in changes {
        let server = listening();
        let client = raw_client(server.server_port(), move |wire| {
            let lines = REQUEST
                .split("\r\n")
                .map(|line| match line.split_once(": ") {
                    Some((name, value)) => format!("{}: {value}", change(name)),
                    None => line.to_owned(),
                });
            wire.send(lines.collect::<Vec<String>>().join("\r\n"));
            let answer = wire.read_head();
            assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
            wire.expect_close(1001, "Connection closed");
        });
        drop(next_connection(&server));
        client.join().expect("it is accepted");
    }
}

/// What makes a head malformed, whoever sends it.
const FAULTS: [(&str, &str); 5] = [
    ("\r\nUpgrade:", "\nUpgrade:"),
    ("\r\nUpgrade:", "\r\n folded\r\nUpgrade:"),
    ("\r\nUpgrade:", "\r\nUpgrade :"),
    ("\r\nUpgrade:", "\r\nno colon\r\nUpgrade:"),
    ("\r\nUpgrade:", "\r\nX: a\0b\r\nUpgrade:"),
];

/// Two parsers read heads, each with bugs of its own: what one refused the other took.
#[test]
fn qtbug_80700_what_is_malformed_is_refused_from_servers_and_from_clients() {
    for (good, bad) in FAULTS {
        refused_answer(move |answer| answer.replace(good, bad));
        refused_request(REQUEST.replace(good, bad), "400");
    }
}

#[test]
fn qtbug_80701_the_first_line_is_read_strictly() {
    for line in [
        "HTTP/1.1101 Yes",
        "HTTP/1.1 1010 Yes",
        "HTTP/x.1 101 Yes",
        "101 Yes",
        "HTTP/1.0 101 Yes",
    ] {
        refused_answer(move |answer| answer.replace("HTTP/1.1 101 Switching Protocols", line));
    }
    for (line, status) in [
        ("GET  /chat HTTP/1.1", "400"),
        ("GET /chat HTTP/1.1 ", "400"),
        ("GET /chat", "400"),
        ("GET /chat HTTP/x", "400"),
        ("GET /chat HTTP/1.0", "505"),
    ] {
        refused_request(REQUEST.replace("GET /chat HTTP/1.1", line), status);
    }
}

fn refused_answer(change: impl FnOnce(String) -> String + Send + 'static) {
    let peer = RawPeer::new(move |wire| {
        let answer = accepting(&wire.read_head());
        let changed = change(answer.clone());
        assert_ne!(changed, answer);
        wire.send(changed);
        wire.expect_end();
    });
    let socket = WebSocket::new();
    let (ended, connected) = (socket.disconnected.collect(), socket.connected.collect());
    socket.open(peer.url());
    run_until(|| ended.count() == 1);
    assert_eq!(
        (connected.count(), socket.error()),
        (0, SocketError::ConnectionRefused)
    );
    peer.join();
}

fn refused_request(request: String, status: &'static str) {
    assert_ne!(request, REQUEST);
    let server = listening();
    let client = raw_client(server.server_port(), move |wire| {
        wire.send(&request);
        let answer = wire.read_head();
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{request:?}: {answer}"
        );
    });
    run_until(|| client.is_finished());
    client.join().expect("it is refused");
    assert!(!server.has_pending_connections());
}

/// The name of a user in `Host` was accepted.
#[test]
fn qtbug_57357_a_host_has_no_user() {
    for host in [
        "user@localhost",
        "user:password@localhost",
        "localhost/",
        "localhost:port",
    ] {
        refused_request(
            REQUEST.replace("Host: localhost", &format!("Host: {host}")),
            "400",
        );
    }
}

/// There were none.
#[test]
fn qtbug_38742_a_subprotocol_can_be_agreed_on() {
    let server = listening();
    server.set_supported_subprotocols(["soap", "chat"]);
    let client = WebSocket::new();
    open_offering(&client, server.server_port(), "mqtt, chat, soap");
    let accepted = next_connection(&server);
    run_until(|| client.state() == SocketState::Connected);
    assert_eq!(
        (client.subprotocol(), accepted.subprotocol()),
        ("chat".into(), "chat".into())
    );
}

/// When there were, those who had offered them by a header of their own were refused.
#[test]
fn qtbug_108276_subprotocols_may_be_offered_by_a_header() {
    let peer = RawPeer::new(|wire| {
        let request = wire.read_head();
        assert_eq!(
            header(&request, "Sec-WebSocket-Protocol"),
            Some("mqtt, chat")
        );
        let answer = accepting(&request);
        wire.send(answer.replace("Upgrade: ", "Sec-WebSocket-Protocol: chat\r\nUpgrade: "));
        wire.expect_close(1001, "Connection closed");
    });
    let client = WebSocket::new();
    open_offering(&client, peer.port(), "mqtt, chat");
    run_until(|| client.state() == SocketState::Connected);
    assert_eq!(client.subprotocol(), "chat");
    drop(client);
    peer.join();
}

fn open_offering(client: &WebSocket, port: u16, names: &str) {
    let url = format!("ws://127.0.0.1:{port}").parse().expect("a URL");
    let mut request = NetworkRequest::new(url);
    request.set_raw_header("Sec-WebSocket-Protocol", names);
    client.open(request);
}
