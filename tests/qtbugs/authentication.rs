//! Servers that ask who one is.

use qwebsocket::{SocketState, WebSocket};

use super::support::raw_peer::{RawPeer, accepting, header};
use super::support::run_until;

const CHALLENGE: &str = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"lab\"\r\nContent-Length: 0\r\n\r\n";

/// A 401 was the end of every connection.
#[test]
fn qtbug_92858_a_401_asks_for_credentials() {
    let peer = RawPeer::new(|wire| {
        let request = wire.read_head();
        assert_eq!(header(&request, "Authorization"), None);
        wire.send(CHALLENGE);
        let request = wire.read_head();
        // ada:lovelace
        assert_eq!(
            header(&request, "Authorization"),
            Some("Basic YWRhOmxvdmVsYWNl")
        );
        wire.send(accepting(&request));
        wire.expect_close(1000, "");
    });
    let socket = WebSocket::new();
    let errors = socket.error.collect();
    socket.authentication_required.connect(|authenticator| {
        assert_eq!(authenticator.realm(), "lab");
        authenticator.set_user("ada");
        authenticator.set_password("lovelace");
    });
    socket
        .connected
        .connect_to(&socket, |socket| socket.close());
    socket.open(peer.url());
    run_until(|| socket.state() == SocketState::Unconnected);
    assert_eq!(errors.count(), 0);
    peer.join();
}
