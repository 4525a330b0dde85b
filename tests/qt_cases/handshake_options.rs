//! Qt's tests of what a client asks for in its handshake.

use qwebsocket::{
    NetworkRequest, SocketError, SocketState, Url, WebSocket, WebSocketHandshakeOptions,
};

use super::echo::EchoServer;
use super::support::run_until;

fn options(names: &[&str]) -> WebSocketHandshakeOptions {
    let mut options = WebSocketHandshakeOptions::new();
    options.set_subprotocols(names.iter().copied());
    options
}

fn request(url: &str) -> NetworkRequest {
    let url = Url::parse(&format!("{url}/segment%20with%20spaces?query=with spaces"));
    let mut request = NetworkRequest::new(url.expect("a URL"));
    request.set_raw_header("X-Custom-Header", "A custom header");
    request
}

/// The value of the header with which a client offers these names; `None` if that fails.
fn offered(names: &[&str]) -> Option<Option<String>> {
    let server = EchoServer::new();
    let socket = WebSocket::new();
    let errors = socket.error.collect();
    socket.open_with_options(request(&server.url()), &options(names));
    if let Some((error,)) = errors.try_next() {
        assert_eq!(error, SocketError::ConnectionRefused);
        assert_eq!(socket.state(), SocketState::Unconnected);
        return None;
    }
    run_until(|| socket.state() == SocketState::Connected);
    let accepted = server.connection(1);
    let seen = accepted.request();
    assert_eq!(seen.raw_header("X-Custom-Header"), Some("A custom header"));
    assert_eq!(accepted.request_url(), socket.request_url());
    Some(seen.raw_header("Sec-WebSocket-Protocol").map(str::to_owned))
}

fn header(value: &str) -> Option<Option<String>> {
    Some(Some(value.to_owned()))
}

/// Deviation 15: a name that is none makes `open` fail; Qt leaves it out with a warning.
#[test]
fn open_request() {
    assert_eq!(offered(&[]), Some(None));
    assert_eq!(offered(&["chat", "superchat"]), header("chat, superchat"));
    assert_eq!(offered(&["chat", "foo\r\nbar: baz", "superchat"]), None);
    assert_eq!(offered(&["chat", "foo bar", "superchat"]), None);
    assert_eq!(offered(&["chat", "foo{}", "superchat"]), None);
}

#[test]
fn protocol_accessor() {
    let server = EchoServer::new();
    let socket = WebSocket::new();
    socket.open_with_options(server.url(), &options(&["foo", "protocol2"]));
    run_until(|| socket.state() == SocketState::Connected);
    assert_eq!(socket.subprotocol(), "protocol2");
    assert_eq!(server.connection(1).subprotocol(), "protocol2");
}

/// Deviation 15: as in `open_request`.
#[test]
fn protocols_header_generation() {
    assert_eq!(offered(&["chat foo", "{}", ""]), None);
    assert_eq!(offered(&["chat"]), header("chat"));
    assert_eq!(offered(&["chat", "superchat"]), header("chat, superchat"));
}
