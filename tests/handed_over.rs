//! Connections that the application accepted itself, and a server that is to upgrade them.

mod support;

use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::rc::Rc;

use qwebsocket::{SocketState, SslMode, WebSocket, WebSocketServer};
use support::frames::*;
use support::raw_peer::raw_client;
use support::{run_until, settle};

const REQUEST: &str = "GET /chat HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                       Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

fn acceptor() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    (listener, port)
}

fn accept(listener: &TcpListener) -> TcpStream {
    listener.accept().expect("a connection").0
}

fn next_connection(server: &WebSocketServer) -> Rc<WebSocket> {
    run_until(|| server.has_pending_connections());
    server.next_pending_connection().expect("a connection")
}

#[test]
fn whatever_was_read_of_the_request_counts() {
    let masked_text = masked(TEXT, b"hello");
    for read in [
        0,
        1,
        40,
        REQUEST.len() - 1,
        REQUEST.len(),
        REQUEST.len() + 3,
    ] {
        let (listener, port) = acceptor();
        let sent = masked_text.clone();
        let client = raw_client(port, move |wire| {
            wire.send([REQUEST.as_bytes(), &sent].concat());
            let answer = wire.read_head();
            assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
            wire.expect_close(1000, "");
            wire.send(masked(CLOSE, &close_payload(1000, "")));
            wire.expect_end();
        });
        let server = WebSocketServer::new("", SslMode::NonSecure);
        let mut stream = accept(&listener);
        let mut received = vec![0; read];
        stream.read_exact(&mut received).expect("it was sent");
        assert!(server.upgrade_from(stream, received));
        let socket = next_connection(&server);
        let texts = socket.text_message_received.collect();
        run_until(|| texts.count() == 1);
        assert_eq!(texts.try_next(), Some(("hello".to_owned(),)));
        assert_eq!(socket.resource_name(), "/chat");
        socket.close();
        run_until(|| socket.state() == SocketState::Unconnected);
        client.join().expect("the script holds");
    }
}

#[test]
fn what_is_no_request_is_answered() {
    let (listener, port) = acceptor();
    let client = raw_client(port, |wire| {
        let answer = wire.read_head();
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
        assert_eq!(wire.read_rest(), b"the first line is malformed\n");
    });
    let server = WebSocketServer::new("", SslMode::NonSecure);
    assert!(server.upgrade_from(accept(&listener), "garbage\r\n\r\n"));
    run_until(|| client.is_finished());
    client.join().expect("the script holds");
    assert!(!server.has_pending_connections());
}

#[test]
fn a_client_that_is_gone_makes_no_connection() {
    let (listener, port) = acceptor();
    drop(TcpStream::connect(("127.0.0.1", port)).expect("a connection"));
    let server = WebSocketServer::new("", SslMode::NonSecure);
    assert!(server.handle_connection(accept(&listener)));
    settle();
    assert!(!server.has_pending_connections());
}

#[test]
fn a_secure_server_that_cannot_be_one_says_so() {
    let (listener, port) = acceptor();
    let client = raw_client(port, |wire| wire.expect_end());
    let server = WebSocketServer::new("", SslMode::Secure);
    assert!(!server.handle_connection(accept(&listener)));
    assert_ne!(server.error_string(), "");
    client.join().expect("the script holds");
}

#[cfg(any(feature = "ring", feature = "aws-lc-rs", feature = "openssl"))]
#[test]
fn a_secured_connection_of_which_the_first_bytes_were_read() {
    use support::tls::Identity;

    let identity = Identity::new();
    for read in [0, 1, 100] {
        let (listener, port) = acceptor();
        listener.set_nonblocking(true).expect("a listener");
        let client = WebSocket::new();
        client.set_ssl_configuration(identity.trusting());
        client.open(format!("wss://localhost:{port}"));
        let mut stream = None;
        run_until(|| {
            stream = listener.accept().ok();
            stream.is_some()
        });
        let (mut stream, _) = stream.expect("a connection");
        let mut received = vec![0; read];
        let mut count = 0;
        run_until(|| {
            stream.set_nonblocking(true).expect("a stream");
            count += stream.read(&mut received[count..]).unwrap_or(0);
            count == read
        });
        let server = WebSocketServer::new("", SslMode::Secure);
        server.set_ssl_configuration(identity.showing());
        assert!(server.upgrade_from(stream, received));
        let accepted = next_connection(&server);
        run_until(|| client.state() == SocketState::Connected);
        let texts = accepted.text_message_received.collect();
        client.send_text_message("hello");
        run_until(|| texts.count() == 1);
    }
}
