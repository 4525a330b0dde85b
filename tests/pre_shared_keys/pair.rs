//! Ends that know a key.

use std::cell::RefCell;
use std::rc::Rc;

use qwebsocket::{
    HostAddress, PeerVerifyMode, SslConfiguration, SslMode, SslPreSharedKeyAuthenticator,
    SslProtocol, WebSocket, WebSocketServer,
};

pub(super) const KEY: [u8; 16] = [0x1A; 16];

/// The settings of an end that has no certificate and wants none.
pub(super) fn keys_alone(protocol: SslProtocol) -> SslConfiguration {
    let mut configuration = SslConfiguration::new();
    configuration.set_protocol(protocol);
    configuration.set_peer_verify_mode(PeerVerifyMode::None);
    configuration
}

/// A server without a certificate that knows `ada` by her key, and notes who asks.
pub(super) fn knowing_ada(configuration: SslConfiguration) -> (Rc<WebSocketServer>, Seen) {
    let server = WebSocketServer::new("", SslMode::Secure);
    let seen = Seen::default();
    let log = seen.clone();
    server
        .pre_shared_key_authentication_required
        .connect(move |authenticator| {
            log.note(authenticator);
            if authenticator.identity() == b"ada" {
                authenticator.set_pre_shared_key(KEY);
            }
        });
    server.set_ssl_configuration(configuration);
    assert!(
        server.listen(HostAddress::LOCAL_HOST, 0),
        "{}",
        server.error_string()
    );
    (server, seen)
}

/// A client whose slot fills this in, and notes what it was asked.
pub(super) fn client(
    configuration: SslConfiguration,
    identity: impl Into<Vec<u8>>,
    key: impl Into<Vec<u8>>,
) -> (Rc<WebSocket>, Seen) {
    let socket = WebSocket::new();
    socket.set_ssl_configuration(configuration);
    let (seen, identity, key) = (Seen::default(), identity.into(), key.into());
    let log = seen.clone();
    socket
        .pre_shared_key_authentication_required
        .connect(move |authenticator| {
            log.note(authenticator);
            authenticator.set_identity(identity.clone());
            authenticator.set_pre_shared_key(key.clone());
        });
    (socket, seen)
}

/// What slots were asked.
#[derive(Clone, Default)]
pub(super) struct Seen(Rc<RefCell<Vec<SslPreSharedKeyAuthenticator>>>);

impl Seen {
    fn note(&self, authenticator: &SslPreSharedKeyAuthenticator) {
        self.0.borrow_mut().push(authenticator.clone());
    }

    pub(super) fn count(&self) -> usize {
        self.0.borrow().len()
    }

    /// The one question there was.
    #[track_caller]
    pub(super) fn only(&self) -> SslPreSharedKeyAuthenticator {
        let mut seen = self.0.take();
        assert_eq!(seen.len(), 1, "asked once");
        seen.remove(0)
    }
}
