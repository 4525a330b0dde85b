//! What slots of a server may do while they are asked.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::time::Duration;

use qwebsocket::{
    HostAddress, PeerVerifyMode, SocketState, SslCipher, SslConfiguration, SslMode,
    SslPreSharedKeyAuthenticator, SslProtocol, WebSocket, WebSocketServer,
};

use super::pair::{KEY, client, keys_alone, knowing_ada};
use super::support::pair::stopped_clock;
use super::support::tls::{Identity, secure_url};
use super::support::{run_until, settle};

fn both() -> [SslConfiguration; 2] {
    let mut tls13 = keys_alone(SslProtocol::TlsV1_3);
    tls13.set_uses_pre_shared_keys_in_tls13(true);
    [keys_alone(SslProtocol::TlsV1_2), tls13]
}

fn listening(
    configuration: SslConfiguration,
    slot: impl Fn(&Rc<WebSocketServer>, &SslPreSharedKeyAuthenticator) + 'static,
) -> Rc<WebSocketServer> {
    let server = WebSocketServer::new("", SslMode::Secure);
    let weak = Rc::downgrade(&server);
    server
        .pre_shared_key_authentication_required
        .connect(move |authenticator| {
            if let Some(server) = weak.upgrade() {
                slot(&server, authenticator);
            }
        });
    server.set_ssl_configuration(configuration);
    assert!(server.listen(HostAddress::LOCAL_HOST, 0));
    server
}

/// A client that knows the key fails, and the server never has a connection.
#[track_caller]
fn expect_no_connection(server: &WebSocketServer, configuration: SslConfiguration) {
    let (socket, _) = client(configuration, "ada", KEY);
    let connections = server.new_connection.collect();
    socket.open(secure_url(server));
    run_until(|| socket.state() == SocketState::Unconnected);
    settle();
    assert_eq!(connections.count(), 0);
    assert!(!server.has_pending_connections());
}

#[test]
fn may_close_the_server() {
    for configuration in both() {
        let server = listening(configuration.clone(), |server, authenticator| {
            authenticator.set_pre_shared_key(KEY);
            server.close();
        });
        expect_no_connection(&server, configuration);
    }
}

#[test]
fn may_drop_the_server() {
    for configuration in both() {
        let held = Rc::new(Cell::new(None));
        let holder = held.clone();
        let server = listening(configuration.clone(), move |_, authenticator| {
            authenticator.set_pre_shared_key(KEY);
            drop(holder.take());
        });
        let weak = Rc::downgrade(&server);
        let url = secure_url(&server);
        held.set(Some(server));
        let (socket, _) = client(configuration, "ada", KEY);
        socket.open(url);
        run_until(|| socket.state() == SocketState::Unconnected);
        assert_eq!(weak.strong_count(), 0);
    }
}

/// The other client is served, also in the middle of this one's handshake.
#[test]
fn may_run_a_loop() {
    for configuration in both() {
        let (other, _) = client(configuration.clone(), "grace", KEY);
        let (waited_for, is_first) = (other.clone(), Cell::new(true));
        let server = listening(configuration.clone(), move |_, authenticator| {
            if is_first.replace(false) {
                run_until(|| waited_for.state() == SocketState::Connected);
            }
            authenticator.set_pre_shared_key(KEY);
        });
        let (socket, _) = client(configuration, "ada", KEY);
        socket.open(secure_url(&server));
        other.open(secure_url(&server));
        run_until(|| socket.state() == SocketState::Connected);
        assert_eq!(other.state(), SocketState::Connected);
    }
}

/// The server's time goes on, and who is late is not taken in afterwards.
#[test]
fn are_asked_for_as_long_as_the_handshake_may_take() {
    for configuration in both() {
        let clock = stopped_clock();
        let server = listening(configuration.clone(), move |_, authenticator| {
            authenticator.set_pre_shared_key(KEY);
            clock.advance(Duration::from_secs(11));
            settle();
        });
        expect_no_connection(&server, configuration);
    }
}

#[test]
fn may_panic() {
    for configuration in both() {
        let server = listening(configuration.clone(), |_, authenticator| {
            authenticator.set_pre_shared_key(KEY);
            std::panic::resume_unwind(Box::new("deliberate"));
        });
        let (socket, _) = client(configuration.clone(), "ada", KEY);
        socket.open(secure_url(&server));
        let panic = catch_unwind(AssertUnwindSafe(|| {
            run_until(|| socket.state() == SocketState::Unconnected);
        }));
        assert!(panic.is_err());
        run_until(|| socket.state() == SocketState::Unconnected);
        assert!(server.is_listening());
    }
}

/// Who has no key may come with the certificate.
#[test]
fn a_server_can_have_both() {
    let identity = Identity::new();
    let server = listening(identity.showing(), |_, authenticator| {
        authenticator.set_pre_shared_key(KEY);
    });
    let plain = WebSocket::new();
    plain.set_ssl_configuration(identity.trusting());
    plain.open(secure_url(&server));
    run_until(|| plain.state() == SocketState::Connected);

    let mut configuration = keys_alone(SslProtocol::TlsV1_2);
    let suites = SslCipher::from_names("PSK-AES128-GCM-SHA256").expect("known");
    configuration.set_ciphers(suites);
    let (socket, seen) = client(configuration, "ada", KEY);
    socket.open(secure_url(&server));
    run_until(|| socket.state() == SocketState::Connected);
    assert_eq!(seen.count(), 1);
}

#[test]
fn hints_that_cannot_be_sent_are_refused() {
    for (hint, text) in [
        (
            vec![b'h'; 257],
            "the identity hint for pre-shared keys is too long",
        ),
        (
            b"a\0b".to_vec(),
            "the identity hint for pre-shared keys has a zero byte in it",
        ),
    ] {
        let mut configuration = keys_alone(SslProtocol::TlsV1_2);
        configuration.set_pre_shared_key_identity_hint(hint);
        let server = WebSocketServer::new("", SslMode::Secure);
        server
            .pre_shared_key_authentication_required
            .connect(|_| panic!("nobody comes"));
        server.set_ssl_configuration(configuration);
        assert!(!server.listen(HostAddress::LOCAL_HOST, 0));
        assert_eq!(server.error_string(), text);
    }
}

/// As servers do by default: they look at a certificate if there is one.
#[test]
fn may_belong_to_a_server_that_asks_for_certificates() {
    for configuration in both() {
        for mode in [PeerVerifyMode::Auto, PeerVerifyMode::Query] {
            let (socket, _) = client(configuration.clone(), "ada", KEY);
            let mut configuration = configuration.clone();
            configuration.set_peer_verify_mode(mode);
            let (server, _) = knowing_ada(configuration);
            socket.open(secure_url(&server));
            run_until(|| socket.state() != SocketState::Connecting);
            assert_eq!(socket.error_string(), "", "{mode:?}");
        }
    }
}
