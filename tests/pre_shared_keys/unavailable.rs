//! Where there is nobody who could use a key.

use qwebsocket::{
    HostAddress, SocketError, SslBackend, SslCipher, SslConfiguration, SslMode, WebSocket,
    WebSocketServer,
};

/// `open` with a slot for the key.
fn error_of(configuration: SslConfiguration) -> (SocketError, String) {
    let socket = WebSocket::new();
    socket.set_ssl_configuration(configuration);
    socket
        .pre_shared_key_authentication_required
        .connect(|_| panic!("nobody is asked"));
    socket.open("wss://localhost:1");
    (socket.error(), socket.error_string())
}

#[test]
fn rustls_has_no_keys() {
    let mut configuration = SslConfiguration::new();
    configuration.set_backend(SslBackend::Rustls);
    let (error, text) = error_of(configuration);
    assert_eq!(error, SocketError::SslInvalidUserData);
    assert_eq!(
        text,
        "rustls has no pre-shared keys: choose another backend, or ciphers without PSK"
    );
}

/// Whoever chose the ciphers forgot the slot. A server would refuse every client, and nobody would know why.
#[test]
fn ciphers_for_keys_without_a_slot_are_an_error() {
    const TEXT: &str =
        "all chosen ciphers need a pre-shared key, and no slot is there to ask for one";
    let mut configuration = SslConfiguration::new();
    configuration.set_ciphers(SslCipher::from_names("PSK-AES128-GCM-SHA256").expect("known"));
    for backend in [SslBackend::Auto, SslBackend::Rustls, SslBackend::OpenSsl] {
        configuration.set_backend(backend);
        let socket = WebSocket::new();
        socket.set_ssl_configuration(configuration.clone());
        socket.open("wss://localhost:1");
        assert_eq!(socket.error(), SocketError::SslInvalidUserData);
        assert_eq!(socket.error_string(), TEXT);
        let server = WebSocketServer::new("", SslMode::Secure);
        server.set_ssl_configuration(configuration.clone());
        assert!(!server.listen(HostAddress::LOCAL_HOST, 0));
        assert_eq!(server.error_string(), TEXT);
    }
}

#[cfg(not(feature = "openssl"))]
#[test]
fn a_wish_without_the_feature_is_an_error() {
    const TEXT: &str =
        "A pre-shared key is not available: qwebsocket was built without the feature `openssl`";
    let wished = error_of(SslConfiguration::new());
    assert_eq!(wished, (SocketError::SslInvalidUserData, TEXT.into()));

    let server = WebSocketServer::new("", SslMode::Secure);
    server
        .pre_shared_key_authentication_required
        .connect(|_| panic!("nobody is asked"));
    assert!(!server.listen(HostAddress::LOCAL_HOST, 0));
    assert_eq!(server.error_string(), TEXT);

    let mut configuration = SslConfiguration::new();
    configuration.set_backend(SslBackend::OpenSsl);
    let socket = WebSocket::new();
    socket.set_ssl_configuration(configuration);
    socket.open("wss://localhost:1");
    assert_eq!(socket.error(), SocketError::SslInvalidUserData);
}

/// A slot alone is no wish: without suites for keys nobody could be asked.
#[cfg(all(feature = "ring", not(feature = "openssl")))]
#[test]
fn without_suites_for_keys_a_slot_is_no_wish() {
    use super::support::run_until;
    use super::support::tls::{Identity, secure_url};
    use qwebsocket::{SocketState, SslProtocol};

    let identity = Identity::new();
    let server = identity.listening();
    let mut configuration = identity.trusting();
    configuration.set_protocol(SslProtocol::TlsV1_3);
    let socket = WebSocket::new();
    socket.set_ssl_configuration(configuration);
    socket
        .pre_shared_key_authentication_required
        .connect(|_| panic!("nobody is asked"));
    socket.open(secure_url(&server));
    run_until(|| socket.state() == SocketState::Connected);
}

#[cfg(feature = "openssl")]
#[test]
fn a_server_without_slot_needs_a_certificate() {
    let server = WebSocketServer::new("", SslMode::Secure);
    assert!(!server.listen(HostAddress::LOCAL_HOST, 0));
    assert_eq!(
        server.error_string(),
        "a secure server needs a certificate and its key"
    );
}
