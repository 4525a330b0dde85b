//! The main road: connect, talk, close, for both ends.

mod support;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use qwebsocket::{
    CloseCode, EventLoop, HostAddress, SocketState, SslMode, WebSocket, WebSocketServer,
};
use support::frames::*;
use support::pair;
use support::raw_peer::{RawPeer, raw_client};
use support::run_until;

#[test]
fn a_client_talks_to_a_raw_server() {
    let peer = RawPeer::new(|wire| {
        let request = wire.accept_upgrade();
        assert!(
            request.starts_with("GET /chat?room=1 HTTP/1.1\r\n"),
            "{request}"
        );
        wire.expect_frame(TEXT, "hello");
        wire.send(frame(TEXT, b"welcome"));
        wire.expect_frame(BINARY, [1, 2, 3]);
        wire.send(frame(PING, b"there?"));
        wire.expect_frame(PONG, "there?");
        wire.send(frame(BINARY, &[4, 5]));
        wire.expect_close(1000, "bye");
        wire.send(close(1000, "bye"));
    });
    let socket = WebSocket::new();
    socket
        .connected
        .connect_to(&socket, |socket| socket.send_text_message("hello"));
    socket
        .text_message_received
        .connect_to(&socket, |socket, text| {
            assert_eq!(text, "welcome");
            socket.send_binary_message([1, 2, 3]);
        });
    socket
        .binary_message_received
        .connect_to(&socket, |socket, bytes| {
            assert_eq!(bytes, [4, 5]);
            socket.close_with(CloseCode::NORMAL, "bye");
        });
    socket.open(format!("{}/chat?room=1", peer.url()));
    run_until(|| socket.state() == SocketState::Unconnected);
    assert_eq!(
        (socket.close_code(), socket.close_reason()),
        (CloseCode::NORMAL, "bye".into())
    );
    peer.join();
}

/// On Windows a look for bytes that are not there makes a new edge of a socket that can be written.
#[test]
fn a_connection_that_is_idle_lets_the_loop_sleep() {
    let server = pair::listening();
    let client = WebSocket::new();
    client.open(server.server_url().expect("it listens"));
    let accepted = pair::next_connection(&server);
    let received = accepted.text_message_received.collect();
    run_until(|| client.state() == SocketState::Connected);
    client.send_text_message("hello");
    run_until(|| received.count() == 1);
    let event_loop = EventLoop::new();
    let sleeps = || {
        let (start, nap) = (Instant::now(), Duration::from_millis(30));
        let _ = event_loop.wait_for_events(Some(nap));
        start.elapsed() >= nap / 2
    };
    assert!((0..20).any(|_| sleeps()), "the loop spins");
    assert!((0..3).all(|_| sleeps()), "something woke it");
}

#[test]
fn a_server_talks_to_a_raw_client() {
    let server = WebSocketServer::new("test", SslMode::NonSecure);
    assert!(server.listen(HostAddress::LOCAL_HOST, 0));
    let client = raw_client(server.server_port(), |wire| {
        let answer = wire.upgrade();
        assert!(answer.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
        wire.send(masked(TEXT, "hé".as_bytes()));
        wire.expect_frame(TEXT, "hé");
        wire.send(masked(CLOSE, &close_payload(1001, "off")));
        wire.expect_close(1001, "off");
        wire.expect_end();
    });
    run_until(|| server.has_pending_connections());
    let socket = server.next_pending_connection().expect("a connection");
    socket
        .text_message_received
        .connect_to(&socket, |socket, text| socket.send_text_message(text));
    let states = Rc::new(RefCell::new(Vec::new()));
    socket
        .state_changed
        .connect_to(&states, |states, state| states.borrow_mut().push(state));
    run_until(|| socket.state() == SocketState::Unconnected);
    assert_eq!(
        *states.borrow(),
        [SocketState::Closing, SocketState::Unconnected]
    );
    assert_eq!(socket.close_code(), CloseCode::GOING_AWAY);
    client.join().expect("the client saw what it expected");
}

#[test]
fn accepted_sockets_outlive_their_server() {
    let server = WebSocketServer::new("test", SslMode::NonSecure);
    assert!(server.listen(HostAddress::LOCAL_HOST, 0));
    let client = raw_client(server.server_port(), |wire| {
        wire.upgrade();
        wire.send(masked(TEXT, b"still there?"));
        wire.expect_frame(TEXT, "yes");
        wire.send(masked(CLOSE, &close_payload(1000, "")));
        wire.expect_close(1000, "");
    });
    run_until(|| server.has_pending_connections());
    let socket = server.next_pending_connection().expect("a connection");
    socket
        .text_message_received
        .connect_to(&socket, |socket, _| socket.send_text_message("yes"));
    drop(server);
    run_until(|| socket.state() == SocketState::Unconnected);
    client.join().expect("the client saw what it expected");
}

#[test]
fn a_client_that_nobody_took_is_told_when_the_server_goes() {
    let server = WebSocketServer::new("test", SslMode::NonSecure);
    assert!(server.listen(HostAddress::LOCAL_HOST, 0));
    let client = raw_client(server.server_port(), |wire| {
        wire.upgrade();
        wire.expect_close(1001, "Server closed.");
        wire.expect_end();
    });
    run_until(|| server.has_pending_connections());
    drop(server);
    client.join().expect("the client saw what it expected");
}
