//! What a client offers, and what it is told.

mod support;

use qwebsocket::{NetworkRequest, SocketError, SocketState, WebSocket, WebSocketHandshakeOptions};
use support::pair::{listening, next_connection};
use support::raw_peer::{RawPeer, accepting, header};
use support::run_until;

fn options(names: &[&str]) -> WebSocketHandshakeOptions {
    let mut options = WebSocketHandshakeOptions::new();
    options.set_subprotocols(names.iter().copied());
    options
}

/// What goes out for the names in the options and those in a header.
#[track_caller]
fn offers(names: &[&str], in_header: Option<&str>, expected: Option<&str>) {
    let (tell, told) = std::sync::mpsc::channel();
    let peer = RawPeer::new(move |wire| {
        let request = wire.accept_upgrade();
        let offered = header(&request, "Sec-WebSocket-Protocol").map(str::to_owned);
        tell.send(offered).expect("a listener");
        wire.read_rest();
    });
    let socket = WebSocket::new();
    let mut request = NetworkRequest::new(peer.url().parse().expect("a URL"));
    if let Some(value) = in_header {
        request.set_raw_header("Sec-WebSocket-Protocol", value);
    }
    socket.open_with_options(request, &options(names));
    assert_eq!(socket.handshake_options(), options(names));
    run_until(|| socket.state() == SocketState::Connected);
    assert_eq!(socket.subprotocol(), "");
    drop(socket);
    peer.join();
    assert_eq!(told.recv().expect("a request").as_deref(), expected);
}

#[test]
fn the_options_come_first_and_each_name_once() {
    offers(&[], None, None);
    offers(&["chat"], None, Some("chat"));
    offers(&["b", "a", "b"], None, Some("b, a"));
    offers(&["b", "c"], Some("a, b"), Some("b, c, a"));
    offers(&[], Some("a"), Some("a"));
}

#[test]
fn a_name_that_is_none_fails_at_once() {
    for bad in ["", " ", "a b", "a,b", "{}", "a\r\nX: 1", "a\0", "é"] {
        let socket = WebSocket::new();
        let errors = socket.error.collect();
        socket.open_with_options("ws://127.0.0.1:1", &options(&["good", bad]));
        assert_eq!(
            errors.try_next(),
            Some((SocketError::ConnectionRefused,)),
            "{bad:?}"
        );
        let text = format!("Invalid subprotocol name: {bad:?}.");
        assert_eq!(socket.error_string(), text);
        assert_eq!(socket.state(), SocketState::Unconnected);
        assert_eq!(socket.handshake_options(), options(&[]));
    }
}

#[test]
fn the_server_chooses_among_those_offered() {
    let server = listening();
    server.set_supported_subprotocols(["protocol1", "protocol2"]);
    let client = WebSocket::new();
    let url = format!("ws://127.0.0.1:{}", server.server_port());
    client.open_with_options(&url, &options(&["foo", "protocol2"]));
    let accepted = next_connection(&server);
    run_until(|| client.state() == SocketState::Connected);
    assert_eq!(client.subprotocol(), "protocol2");
    assert_eq!(accepted.subprotocol(), "protocol2");
    assert_eq!(accepted.handshake_options(), options(&["foo", "protocol2"]));
    client.abort();
    assert_eq!(client.subprotocol(), "protocol2");
    client.open(&url);
    assert_eq!(client.subprotocol(), "", "that was another connection");
}

#[test]
fn another_open_offers_anew() {
    let server = listening();
    let url = format!("ws://127.0.0.1:{}", server.server_port());
    let client = WebSocket::new();
    client.open_with_options(&url, &options(&["a"]));
    client.open(&url);
    assert_eq!(
        client.handshake_options(),
        WebSocketHandshakeOptions::default()
    );
}

/// Names are compared with regard to case.
#[test]
fn what_was_not_offered_cannot_be_chosen() {
    let peer = RawPeer::new(|wire| {
        let request = wire.read_head();
        let choice = "\r\nSec-WebSocket-Protocol: chat\r\n\r\n";
        wire.send(accepting(&request).replace("\r\n\r\n", choice));
        wire.expect_end();
    });
    let socket = WebSocket::new();
    socket.open_with_options(peer.url(), &options(&["Chat"]));
    run_until(|| socket.state() == SocketState::Unconnected);
    peer.join();
    assert_eq!(
        socket.error_string(),
        "WebSocket server has chosen protocol chat which has not been requested"
    );
}
