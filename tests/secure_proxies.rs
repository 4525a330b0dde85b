//! TLS with the proxy itself, and what is said inside of that.
#![cfg(all(feature = "rustls", feature = "ring"))]
#![allow(missing_docs, reason = "a test")]

#[path = "support/mod.rs"]
mod support;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use qwebsocket::{
    NetworkProxy, PeerVerifyMode, ProxyType, SocketError, SocketState, SslCertificate,
    SslConfiguration, WebSocket,
};

use support::raw_peer::accepting;
use support::{PATIENCE, run_until};

/// A certificate for `localhost`, and the server that shows it.
struct Host {
    config: Arc<ServerConfig>,
    certificate: SslCertificate,
}

impl Host {
    fn new() -> Self {
        Self::with_clients(|_, _| WebPkiClientVerifier::no_client_auth())
    }

    /// Lets in only who has its own certificate.
    fn for_itself() -> Self {
        Self::with_clients(|provider, own| {
            let mut roots = RootCertStore::empty();
            roots.add(own).expect("a certificate");
            let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider);
            verifier.build().expect("a verifier")
        })
    }

    fn with_clients(
        clients: fn(Arc<CryptoProvider>, CertificateDer<'static>) -> Arc<dyn ClientCertVerifier>,
    ) -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("made");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let key = made.signing_key.serialize_der();
        let clients = clients(Arc::clone(&provider), made.cert.der().clone());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_client_cert_verifier(clients)
            .with_single_cert(
                vec![made.cert.der().clone()],
                key.try_into().expect("a key"),
            )
            .expect("a certificate and its key");
        Self {
            config: Arc::new(config),
            certificate: SslCertificate::from_der(made.cert.der()),
        }
    }

    fn trusted(&self) -> SslConfiguration {
        let mut configuration = SslConfiguration::new();
        configuration.set_ca_certificates([self.certificate.clone()]);
        configuration
    }

    /// Speaks TLS to whoever is at the other end.
    fn secure<T: Read + Write>(&self, stream: T) -> StreamOwned<ServerConnection, T> {
        let session = ServerConnection::new(self.config.clone()).expect("a session");
        StreamOwned::new(session, stream)
    }
}

/// Serves one connection after the other; gives the proxy that is found there.
fn serving(serve: impl FnOnce(&TcpListener) + Send + 'static) -> (NetworkProxy, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let thread = std::thread::spawn(move || serve(&listener));
    let proxy = NetworkProxy::new(ProxyType::Http, "localhost", port);
    (proxy, thread)
}

fn accept(listener: &TcpListener) -> TcpStream {
    let (stream, _) = listener.accept().expect("a connection");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    stream
}

/// Everything up to a blank line; nothing if the other end left.
fn read_head(stream: &mut impl Read) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && matches!(stream.read(&mut byte), Ok(1)) {
        head.push(byte[0]);
    }
    String::from_utf8(head).expect("a head is text")
}

fn agree(stream: &mut (impl Read + Write)) {
    let request = read_head(stream);
    assert!(request.starts_with("CONNECT localhost:"), "{request}");
    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").expect("taken");
    stream.flush().expect("taken");
}

/// Upgrades, and sends everything back.
fn echo(stream: &mut (impl Read + Write)) {
    let close = echo_until_close(stream);
    stream.write_all(&close).expect("taken");
    stream.flush().expect("taken");
}

/// Everything goes back as it is but for the mask, which is zero: frames of the client become the server's. Gives the
/// last.
fn echo_until_close(stream: &mut (impl Read + Write)) -> Vec<u8> {
    let request = read_head(stream);
    stream
        .write_all(accepting(&request).as_bytes())
        .expect("taken");
    stream.flush().expect("taken");
    let mut head = [0; 14];
    loop {
        stream.read_exact(&mut head[..2]).expect("a header");
        let more = match head[1] & 0x7F {
            127 => 8,
            126 => 2,
            _ => 0,
        };
        stream.read_exact(&mut head[2..6 + more]).expect("a header");
        let length = match more {
            8 => u64::from_be_bytes(head[2..10].try_into().expect("eight bytes")) as usize,
            2 => usize::from(u16::from_be_bytes([head[2], head[3]])),
            _ => usize::from(head[1] & 0x7F),
        };
        let mut payload = vec![0; length];
        stream.read_exact(&mut payload).expect("the payload");
        head[1] &= 0x7F;
        let frame = [&head[..2 + more], &payload].concat();
        if head[0] & 0xF == 8 {
            return frame;
        }
        stream.write_all(&frame).expect("taken");
        stream.flush().expect("taken");
    }
}

/// Masks with zeroes, so that payloads can be sent back as they are.
struct Unmasked;

impl qwebsocket::MaskGenerator for Unmasked {
    fn next_mask(&self) -> u32 {
        0
    }
}

fn client(proxy: NetworkProxy) -> Rc<WebSocket> {
    let socket = WebSocket::new();
    socket.set_mask_generator(Some(Rc::new(Unmasked)));
    socket.set_proxy(proxy);
    socket
}

#[track_caller]
fn talk(socket: &Rc<WebSocket>, url: &str) {
    let texts = socket.text_message_received.collect();
    socket.open(url);
    run_until(|| socket.state() != SocketState::Connecting);
    assert!(socket.is_valid(), "{}", socket.error_string());
    for length in [0, 1, 200, 70_000, 3_000_000] {
        let text = "x".repeat(length);
        socket.send_text_message(&text);
        let mut received = String::new();
        run_until(|| match texts.try_next() {
            Some((message,)) => {
                received = message;
                true
            }
            None => false,
        });
        assert!(received == text, "{} of {length}", received.len());
    }
    socket.close();
    run_until(|| socket.state() == SocketState::Unconnected);
    assert_eq!(socket.error(), SocketError::Unknown);
}

#[test]
fn ws_inside_of_tls_with_the_proxy() {
    let host = Host::new();
    let trusted = host.trusted();
    let (mut proxy, thread) = serving(move |listener| {
        let mut stream = host.secure(accept(listener));
        agree(&mut stream);
        echo(&mut stream);
        let end = stream.read(&mut [0]).expect("a close_notify");
        assert_eq!(end, 0);
    });
    proxy.set_ssl_configuration(Some(trusted));
    let socket = client(proxy);
    talk(&socket, "ws://localhost:81/");
    thread.join().expect("the proxy holds");
}

#[test]
fn the_end_may_come_in_one_piece_with_the_last_frame() {
    let host = Host::new();
    let trusted = host.trusted();
    let (mut proxy, thread) = serving(move |listener| {
        let mut stream = host.secure(accept(listener));
        agree(&mut stream);
        let close = echo_until_close(&mut stream);
        stream.conn.writer().write_all(&close).expect("taken");
        stream.conn.send_close_notify();
        stream.flush().expect("taken");
        // TCP does not end before the client has ended its own direction.
        let mut rest = Vec::new();
        let _ = stream.sock.read_to_end(&mut rest);
    });
    proxy.set_ssl_configuration(Some(trusted));
    let socket = client(proxy);
    socket.set_close_timeout(None);
    talk(&socket, "ws://localhost:81/");
    thread.join().expect("the proxy holds");
}

#[test]
fn wss_inside_of_tls_with_the_proxy() {
    let (host, server) = (Host::new(), Host::new());
    let (of_proxy, of_server) = (host.trusted(), server.trusted());
    let (mut proxy, thread) = serving(move |listener| {
        let mut stream = host.secure(accept(listener));
        agree(&mut stream);
        let mut inner = server.secure(stream);
        echo(&mut inner);
    });
    proxy.set_ssl_configuration(Some(of_proxy));
    let socket = client(proxy);
    socket.set_ssl_configuration(of_server);
    talk(&socket, "wss://localhost:444/");
    thread.join().expect("the proxy holds");
}

#[test]
fn a_password_on_another_connection() {
    let host = Host::new();
    let trusted = host.trusted();
    let (mut proxy, thread) = serving(move |listener| {
        let mut stream = host.secure(accept(listener));
        read_head(&mut stream);
        let asks = b"HTTP/1.1 407 Who?\r\nProxy-Authenticate: Basic\r\nConnection: close\r\n\r\n";
        stream.conn.writer().write_all(asks).expect("taken");
        stream.conn.send_close_notify(); // in one piece with the question
        stream.flush().expect("taken");
        drop(stream);
        let mut stream = host.secure(accept(listener));
        agree(&mut stream);
        echo(&mut stream);
    });
    proxy.set_ssl_configuration(Some(trusted));
    proxy.set_user("ada");
    talk(&client(proxy), "ws://localhost:81/");
    thread.join().expect("the proxy holds");
}

/// The opening fails, and this is what the proxy got to hear of what is inside.
#[track_caller]
fn fails(configuration: SslConfiguration, text: &str) {
    let host = Host::new();
    let (mut proxy, thread) = serving(move |listener| {
        let heard = read_head(&mut host.secure(accept(listener)));
        assert_eq!(heard, "");
    });
    proxy.set_ssl_configuration(Some(configuration));
    let socket = client(proxy);
    socket
        .ssl_errors
        .connect(|_| unreachable!("nobody is asked"));
    socket.open("ws://localhost:81/");
    run_until(|| socket.state() == SocketState::Unconnected);
    assert_eq!(socket.error(), SocketError::SslHandshakeFailed);
    assert_eq!(socket.error_string(), text);
    thread.join().expect("the proxy holds");
}

#[test]
fn a_proxy_that_nobody_trusts_hears_nothing() {
    let text = "The certificate is self-signed, and untrusted";
    fails(Host::new().trusted(), text);
}

#[test]
fn who_does_not_care_is_not_told() {
    let host = Host::new();
    let (mut proxy, thread) = serving(move |listener| {
        let mut stream = host.secure(accept(listener));
        agree(&mut stream);
        echo(&mut stream);
    });
    let mut configuration = SslConfiguration::new();
    configuration.set_peer_verify_mode(PeerVerifyMode::None);
    proxy.set_ssl_configuration(Some(configuration));
    talk(&client(proxy), "ws://localhost:81/");
    thread.join().expect("the proxy holds");
}

#[test]
fn a_proxy_that_speaks_no_tls() {
    let (mut proxy, thread) = serving(|listener| {
        let mut stream = accept(listener);
        stream
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .expect("taken");
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
    });
    proxy.set_ssl_configuration(Some(SslConfiguration::new()));
    let socket = client(proxy);
    socket.open("ws://localhost:81/");
    run_until(|| socket.state() == SocketState::Unconnected);
    assert_eq!(socket.error(), SocketError::SslHandshakeFailed);
    thread.join().expect("the proxy holds");
}

/// In TLS 1.3 the client hears of it only when it has said everything.
#[test]
fn a_proxy_that_wants_a_certificate_of_ours() {
    let host = Host::for_itself();
    let trusted = host.trusted();
    let (mut proxy, thread) = serving(move |listener| {
        let mut stream = host.secure(accept(listener));
        assert_eq!(read_head(&mut stream), "");
        let _ = stream.sock.read_to_end(&mut Vec::new());
    });
    proxy.set_ssl_configuration(Some(trusted));
    let socket = client(proxy);
    socket.open("ws://localhost:81/");
    run_until(|| socket.state() == SocketState::Unconnected);
    assert_eq!(socket.error(), SocketError::SslInternal);
    let text = socket.error_string();
    assert!(text.contains("CertificateRequired"), "{text}");
    thread.join().expect("the proxy holds");
}

#[test]
fn a_proxy_that_leaves_inside_of_the_handshake() {
    let (mut proxy, thread) = serving(|listener| drop(accept(listener)));
    proxy.set_ssl_configuration(Some(SslConfiguration::new()));
    let socket = client(proxy);
    socket.open("ws://localhost:81/");
    run_until(|| socket.state() == SocketState::Unconnected);
    assert_eq!(socket.error(), SocketError::ProxyConnectionClosed);
    thread.join().expect("the proxy holds");
}

/// Behind the upgrade the proxy does this; gives the socket with its error.
fn broken_off(
    end: impl FnOnce(StreamOwned<ServerConnection, TcpStream>) + Send + 'static,
) -> Rc<WebSocket> {
    let host = Host::new();
    let trusted = host.trusted();
    let (mut proxy, thread) = serving(move |listener| {
        let mut stream = host.secure(accept(listener));
        agree(&mut stream);
        let request = read_head(&mut stream);
        let answer = accepting(&request);
        stream.write_all(answer.as_bytes()).expect("taken");
        stream.flush().expect("taken");
        end(stream);
    });
    proxy.set_ssl_configuration(Some(trusted));
    let socket = client(proxy);
    socket.open("ws://localhost:81/");
    run_until(|| socket.state() == SocketState::Unconnected);
    thread.join().expect("the proxy holds");
    socket
}

#[test]
fn what_breaks_the_session_with_the_proxy_has_its_own_name() {
    let reset = broken_off(|stream| {
        let linger = Some(std::time::Duration::ZERO);
        let socket = socket2::SockRef::from(&stream.sock);
        socket.set_linger(linger).expect("a setting");
    });
    assert_eq!(reset.error(), SocketError::RemoteHostClosed);
    let garbled = broken_off(|mut stream| {
        stream.sock.write_all(b"no record").expect("taken");
        let _ = stream.sock.read_to_end(&mut Vec::new());
    });
    assert_eq!(garbled.error(), SocketError::SslInternal);
}

#[test]
fn a_proxy_that_agrees_and_leaves_in_one_piece() {
    let host = Host::new();
    let trusted = host.trusted();
    let (mut proxy, thread) = serving(move |listener| {
        let mut stream = host.secure(accept(listener));
        read_head(&mut stream);
        let mut writer = stream.conn.writer();
        writer.write_all(b"HTTP/1.1 200 OK\r\n\r\n").expect("taken");
        stream.conn.send_close_notify();
        stream.flush().expect("taken");
        // TCP does not end before the client has.
        let _ = stream.sock.read_to_end(&mut Vec::new());
    });
    proxy.set_ssl_configuration(Some(trusted));
    let socket = client(proxy);
    socket.set_connect_timeout(None);
    socket.open("ws://localhost:81/");
    run_until(|| socket.state() == SocketState::Unconnected);
    assert_eq!(socket.error(), SocketError::RemoteHostClosed);
    thread.join().expect("the proxy holds");
}
