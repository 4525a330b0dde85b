//! A server that is not trusted gets nothing.
#![cfg(feature = "ring")]

mod support;

use std::io::Read;
use std::net::TcpListener;
use std::sync::Arc;
use std::thread::JoinHandle;

use qwebsocket::{PeerVerifyMode, SocketState, SslConfiguration, SslProtocol, WebSocket};
use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection};
use support::{PATIENCE, run_until};

/// What a server saw of one connection.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    handshake_was_over: bool,
    plaintext: Vec<u8>,
}

/// A server with a certificate that it signed itself; it says nothing of its own.
fn server() -> (u16, JoinHandle<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let thread = std::thread::spawn(move || {
        let (mut tcp, _) = listener.accept().expect("a connection");
        tcp.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let mut tls = ServerConnection::new(config()).expect("a session");
        let mut plaintext = Vec::new();
        loop {
            while tls.wants_write() {
                tls.write_tls(&mut tcp).expect("written");
            }
            // A reset is an end as well.
            if tls.read_tls(&mut tcp).unwrap_or(0) == 0 {
                break;
            }
            tls.process_new_packets().expect("TLS");
            let _ = tls.reader().read_to_end(&mut plaintext);
            if plaintext.ends_with(b"\r\n\r\n") {
                break;
            }
        }
        Seen {
            handshake_was_over: !tls.is_handshaking(),
            plaintext,
        }
    });
    (port, thread)
}

fn config() -> Arc<ServerConfig> {
    let params = CertificateParams::new(["localhost".to_owned()]).expect("a name");
    let key = KeyPair::generate().expect("a key");
    let certificate = params.self_signed(&key).expect("a certificate");
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("PKCS#8");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key);
    Arc::new(config.expect("a usable identity"))
}

#[test]
fn a_server_that_is_not_trusted_gets_not_one_byte_of_ours() {
    for (protocol, handshake_was_over) in
        [(SslProtocol::TlsV1_3, false), (SslProtocol::TlsV1_2, true)]
    {
        let (port, server) = server();
        let mut configuration = SslConfiguration::new();
        configuration.set_protocol(protocol);
        let socket = WebSocket::new();
        socket.set_ssl_configuration(configuration);
        socket.open(format!("wss://localhost:{port}/secret"));
        run_until(|| socket.state() == SocketState::Unconnected);
        assert_eq!(
            socket.error_string(),
            "The certificate is self-signed, and untrusted"
        );
        let expected = Seen {
            handshake_was_over,
            plaintext: Vec::new(),
        };
        assert_eq!(server.join().expect("it saw the end"), expected);
    }
}

#[test]
fn a_server_that_is_not_verified_gets_the_request() {
    for mode in [PeerVerifyMode::None, PeerVerifyMode::Query] {
        let (port, server) = server();
        let mut configuration = SslConfiguration::new();
        configuration.set_peer_verify_mode(mode);
        let socket = WebSocket::new();
        socket.set_ssl_configuration(configuration);
        socket.open(format!("wss://localhost:{port}/secret"));
        run_until(|| socket.state() == SocketState::Unconnected);
        let seen = server.join().expect("it saw the request");
        assert!(seen.plaintext.starts_with(b"GET /secret HTTP/1.1\r\n"));
    }
}
