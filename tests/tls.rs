//! `wss`, against ends of ours and against ones that break off, stay silent or speak something else.
#![cfg(any(feature = "ring", feature = "aws-lc-rs", feature = "openssl"))]

mod support;

use std::cell::RefCell;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;

use qwebsocket::{
    CloseCode, HostAddress, SocketError, SocketState, SslCertificate, SslConfiguration, SslKey,
    SslMode, WebSocket, WebSocketServer,
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use support::frames::*;
use support::pair::{listening, next_connection};
use support::raw_peer::{RawPeer, accepting, raw_client};
use support::tls::by_library;
use support::transcript::Recorder;
use support::{PATIENCE, run_until, settle};

#[test]
fn echo() {
    let authority = Authority::new();
    let (server, client) = authority.pair();
    let echo = client.text_message_received.collect();
    let accepted = next_connection(&server);
    accepted
        .text_message_received
        .connect_to(&accepted, |socket, text| socket.send_text_message(text));
    run_until(|| client.state() == SocketState::Connected);
    let texts = ["", "Hello", "\u{1F600}", &"long ".repeat(20_000)];
    for text in texts {
        client.send_text_message(text);
    }
    run_until(|| echo.count() == texts.len());
    for text in texts {
        assert_eq!(echo.try_next().expect("an echo").0, text);
    }
    assert_eq!(accepted.request_url().expect("a URL").scheme(), "wss");
}

/// A thread-local variable of the application holds the socket until the thread is gone. The library's own variables may
/// be gone before.
#[test]
fn a_socket_that_is_dropped_by_the_end_of_its_thread_says_goodbye() {
    thread_local!(static HELD: RefCell<Option<Rc<WebSocket>>> = const { RefCell::new(None) });
    let authority = Authority::new();
    let server = authority.issue("localhost", |_| {}).listening();
    let url = format!("wss://localhost:{}", server.server_port());
    let trusting = authority.trusting();
    let client = std::thread::spawn(move || {
        assert!(HELD.take().is_none()); // the first variable of a thread is the last one to go
        let socket = WebSocket::new();
        socket.set_ssl_configuration(trusting);
        socket.open(&url);
        run_until(|| socket.state() == SocketState::Connected);
        HELD.set(Some(socket));
    });
    let accepted = next_connection(&server);
    run_until(|| accepted.state() == SocketState::Unconnected);
    assert_eq!(accepted.close_code(), CloseCode::GOING_AWAY);
    client.join().expect("no panic");
}

#[test]
fn sixteen_mib_each_way_at_once() {
    let authority = Authority::new();
    let (server, client) = authority.pair();
    let accepted = next_connection(&server);
    run_until(|| client.state() == SocketState::Connected);
    let (to_client, to_server) = (pattern(1), pattern(2));
    let at_client = client.binary_message_received.collect();
    let at_server = accepted.binary_message_received.collect();
    accepted.send_binary_message(&to_client);
    client.send_binary_message(&to_server);
    run_until(|| at_client.count() + at_server.count() == 2);
    assert!(at_client.try_next().expect("one").0 == to_client);
    assert!(at_server.try_next().expect("one").0 == to_server);
}

fn pattern(seed: u8) -> Vec<u8> {
    let piece: Vec<u8> = (0..=255).map(|byte: u8| byte.wrapping_mul(seed)).collect();
    (0..16 << 12).flat_map(|_| piece.iter().copied()).collect()
}

#[test]
fn each_end_can_close() {
    let authority = Authority::new();
    for client_closes in [true, false] {
        let (server, client) = authority.pair();
        let accepted = next_connection(&server);
        run_until(|| client.state() == SocketState::Connected);
        let closing = if client_closes { &client } else { &accepted };
        closing.close_with(CloseCode(3000), "enough");
        for socket in [&client, &accepted] {
            run_until(|| socket.state() == SocketState::Unconnected);
            assert_eq!(
                (socket.close_code(), socket.close_reason().as_str()),
                (CloseCode(3000), "enough")
            );
            assert_eq!(
                (socket.error(), socket.error_string()),
                (SocketError::Unknown, "".into())
            );
        }
    }
}

#[test]
fn an_address_can_be_certified_too() {
    let authority = Authority::new();
    let server = authority.issue("127.0.0.1", |_| {}).listening();
    let client = authority.trusting_client();
    client.open(format!("wss://127.0.0.1:{}", server.server_port()));
    run_until(|| client.state() == SocketState::Connected);
}

#[test]
fn a_server_that_breaks_off_without_close_notify_is_lost() {
    let authority = Authority::new();
    let (server, port) = authority.raw_server(|stream| {
        upgrade_with(stream, &frame(TEXT, b"last words"));
        let _ = stream.sock.shutdown(Shutdown::Write);
    });
    lost_after_last_words(&authority, port, "");
    server.join().expect("the server said its part");
}

#[test]
fn a_server_that_says_close_notify_and_no_fin_is_lost() {
    let authority = Authority::new();
    let (server, port) = authority.raw_server(|stream| {
        upgrade_with(stream, &frame(TEXT, b"last words"));
        stream.conn.send_close_notify();
        stream.flush().expect("the other end listens");
        expect_end(&mut stream.sock); // TCP stays open until the client ends it
    });
    lost_after_last_words(&authority, port, CLOSE_NOTIFY_RECEIVED);
    server.join().expect("the server said its part");
}

const LOST: &str = r#"RemoteHostClosed "The remote host closed the connection" | 1006"#;
const CLOSE_NOTIFY_RECEIVED: &str = "alert_received(Warning, CloseNotify) \
    {Connected | RemoteHostClosed \"The remote host closed the connection\" | 1006}";

/// `alert` is told before the error.
fn lost_after_last_words(authority: &Authority, port: u16, alert: &str) {
    let client = authority.trusting_client();
    let recorder = Recorder::new(&client);
    recorder.call("open", |client| {
        client.open(format!("wss://localhost:{port}"))
    });
    recorder.run_until("read_channel_finished");
    recorder.expect(&format!(
        r#"
        [open
          state_changed(Connecting)                {{Connecting | no error | 1000}}
        ]
        state_changed(Connected)                   {{Connected, valid | no error | 1000}}
        connected                                  {{Connected, valid | no error | 1000}}
        text_frame_received("last words", true)    {{Connected, valid | no error | 1000}}
        text_message_received("last words")        {{Connected, valid | no error | 1000}}
        {alert}
        error(RemoteHostClosed)          {{Connected | {LOST}}}
        state_changed(Closing)           {{Closing | {LOST}}}
        state_changed(Unconnected)       {{Unconnected | {LOST}}}
        disconnected                     {{Unconnected | {LOST}}}
        read_channel_finished            {{Unconnected | {LOST}}}
        alert_sent(Warning, CloseNotify) {{Unconnected | {LOST}}}
        "#,
    ));
}

#[test]
fn a_client_that_breaks_off_is_lost_behind_what_it_sent_first() {
    for (says_close_notify, alert) in [(false, ""), (true, CLOSE_NOTIFY_RECEIVED)] {
        let authority = Authority::new();
        let server = authority.issue("localhost", |_| {}).listening();
        // The frames leave together with the last message of the TLS handshake.
        let client = authority.raw_client(server.server_port(), move |stream| {
            let last_words = [REQUEST.as_bytes(), &masked(TEXT, b"last words")].concat();
            stream.conn.writer().write_all(&last_words).expect("room");
            read_head(stream);
            if says_close_notify {
                stream.conn.send_close_notify();
                stream.flush().expect("the other end listens");
                expect_end(&mut stream.sock);
            }
        });
        let accepted = next_connection(&server);
        let recorder = Recorder::new(&accepted);
        recorder.run_until("read_channel_finished");
        recorder.expect(&format!(
            r#"
            text_frame_received("last words", true) {{Connected, valid | no error | 1000}}
            text_message_received("last words")     {{Connected, valid | no error | 1000}}
            {alert}
            error(RemoteHostClosed)          {{Connected | {LOST}}}
            state_changed(Closing)           {{Closing | {LOST}}}
            state_changed(Unconnected)       {{Unconnected | {LOST}}}
            disconnected                     {{Unconnected | {LOST}}}
            read_channel_finished            {{Unconnected | {LOST}}}
            alert_sent(Warning, CloseNotify) {{Unconnected | {LOST}}}
            "#,
        ));
        client.join().expect("the client said its part");
    }
}

#[test]
fn bytes_that_were_tampered_with_end_the_connection_behind_what_came_before() {
    tampered_with(|_| {});
}

/// In the slot in which the last good message is told: the end has to wait as well.
#[test]
fn bytes_that_were_tampered_with_while_paused() {
    tampered_with(|client| {
        client
            .text_frame_received
            .connect_to(client, |client, _, _| client.pause());
        let frames = client.text_frame_received.collect();
        run_until(|| frames.count() == 1);
        settle();
        assert_eq!(client.state(), SocketState::Connected);
        client.resume();
    });
}

fn tampered_with(meanwhile: impl FnOnce(&Rc<WebSocket>)) {
    let authority = Authority::new();
    let (server, port) = authority.raw_server(|stream| {
        upgrade_with(stream, &[]);
        let mut ready = [0; 2 + MASK.len()];
        stream.read_exact(&mut ready).expect("a ping");
        stream
            .conn
            .writer()
            .write_all(&frame(TEXT, b"last words"))
            .expect("room");
        let mut records = Vec::new();
        stream.conn.write_tls(&mut records).expect("room");
        records.extend([23, 3, 3, 0, 32]);
        records.extend([0; 32]);
        stream.sock.write_all(&records).expect("the client listens");
        expect_end(&mut stream.sock);
    });
    let client = authority.trusting_client();
    let ended = client.disconnected.collect();
    let heard = client.text_message_received.collect();
    client
        .connected
        .connect_to(&client, |client| client.ping(""));
    client.open(format!("wss://localhost:{port}"));
    meanwhile(&client);
    run_until(|| ended.count() == 1);
    assert_eq!(heard.try_next().expect("a message").0, "last words");
    assert_eq!(client.error(), SocketError::SslInternal);
    let text = by_library(
        "Error while reading: cannot decrypt peer's message",
        "Error while reading: error:0A000119:SSL routines::decryption failed or bad record mac",
    );
    // Later versions of OpenSSL have more to say.
    assert!(client.error_string().starts_with(text), "{client:?}");
    assert_eq!(client.close_code(), CloseCode::ABNORMAL_DISCONNECTION);
    server.join().expect("the server saw the end");
}

#[test]
fn certificates_that_do_not_verify() {
    let authority = Authority::new();
    let cases = [
        (
            authority.issue("other.example", |_| {}),
            &["HostNameMismatch"][..],
            "The host name did not match any of the valid hosts for this certificate",
        ),
        (
            Authority::new().issue("localhost", |_| {}),
            &[
                "UnableToGetLocalIssuerCertificate",
                "UnableToVerifyFirstCertificate",
            ],
            "The issuer certificate of a locally looked up certificate could not be found",
        ),
        (
            authority.issue("localhost", |params| {
                params.not_after = rcgen::date_time_ymd(2001, 1, 1);
            }),
            &["CertificateExpired"],
            "The certificate has expired",
        ),
        (
            authority.issue("localhost", |params| {
                params.not_before = rcgen::date_time_ymd(2999, 1, 1);
            }),
            &["CertificateNotYetValid"],
            "The certificate is not yet valid",
        ),
    ];
    for (identity, kinds, text) in cases {
        let server = identity.listening();
        let errors = kinds.join(", ");
        let mut told: Vec<String> = kinds
            .iter()
            .map(|kind| format!("peer_verify_error({kind}) {{Connecting | no error | 1000}}"))
            .collect();
        told.push(format!(
            "ssl_errors({errors}) {{Connecting | no error | 1000}}"
        ));
        refused(&authority, server.server_port(), text, &told.join("\n"));
        settle();
        assert!(!server.has_pending_connections());
    }
}

#[test]
fn a_server_that_does_not_speak_tls() {
    let peer = RawPeer::new(|wire| {
        wire.send("HTTP/1.1 400 Bad Request\r\n\r\n");
        wire.stream().shutdown(Shutdown::Write).expect("still open");
        let _ = std::io::copy(&mut wire.stream(), &mut std::io::sink());
    });
    let text = by_library(
        "Error during SSL handshake: received corrupt message of type InvalidContentType",
        "Error during SSL handshake: error:0A00010B:SSL routines::wrong version number",
    );
    let alert = format!(
        r#"alert_sent(Fatal, DecodeError) {{Connecting | SslHandshakeFailed "{text}" | 1006}}"#
    );
    let told = by_library(alert.as_str(), "");
    refused(&Authority::new(), peer.port(), text, told);
    peer.join();
}

#[test]
fn a_server_that_ends_the_tls_handshake() {
    let peer = RawPeer::new(|wire| {
        wire.take(5); // the header of the client's first record
        wire.fin();
        let _ = std::io::copy(&mut wire.stream(), &mut std::io::sink());
    });
    let client = Authority::new().trusting_client();
    client.open(format!("wss://localhost:{}", peer.port()));
    run_until(|| client.state() == SocketState::Unconnected);
    assert_eq!(client.error(), SocketError::RemoteHostClosed);
    assert_eq!(
        client.error_string(),
        "The remote host closed the connection"
    );
    assert_eq!(client.close_code(), CloseCode::ABNORMAL_DISCONNECTION);
    peer.join();
}

/// A client that trusts `authority` fails with this text, and tells something before.
#[track_caller]
fn refused(authority: &Authority, port: u16, text: &str, told: &str) {
    let client = authority.trusting_client();
    let recorder = Recorder::new(&client);
    recorder.call("open", |client| {
        client.open(format!("wss://localhost:{port}"))
    });
    recorder.run_until("read_channel_finished");
    let failed = format!("SslHandshakeFailed \"{text}\" | 1006");
    recorder.expect(&format!(
        r#"
        [open
          state_changed(Connecting)  {{Connecting | no error | 1000}}
        ]
        {told}
        error(SslHandshakeFailed)    {{Connecting | {failed}}}
        state_changed(Unconnected)   {{Unconnected | {failed}}}
        disconnected                 {{Unconnected | {failed}}}
        read_channel_finished        {{Unconnected | {failed}}}
        "#,
    ));
}

#[test]
fn a_client_that_does_not_speak_tls_is_dropped_and_others_are_served() {
    let authority = Authority::new();
    let (server, client) = authority.pair();
    let stranger = raw_client(server.server_port(), |wire| {
        wire.send(REQUEST);
        let mut alert = Vec::new();
        let _ = wire.stream().read_to_end(&mut alert);
        let expected = by_library(Some(&21), None);
        assert_eq!(alert.first(), expected, "no HTTP: {alert:?}");
    });
    run_until(|| stranger.is_finished());
    stranger.join().expect("the stranger saw the end");
    run_until(|| client.state() == SocketState::Connected);
    assert!(next_connection(&server).is_valid());
    assert!(!server.has_pending_connections());
}

#[test]
fn a_plain_client_at_a_secure_server_fails() {
    let (server, _client) = Authority::new().pair();
    let plain = WebSocket::new();
    plain.open(format!("ws://localhost:{}", server.server_port()));
    run_until(|| plain.state() == SocketState::Unconnected);
    // By an alert, which is no HTTP, or without a word.
    let error = by_library(
        SocketError::ConnectionRefused,
        SocketError::RemoteHostClosed,
    );
    assert_eq!(plain.error(), error);
}

#[test]
fn a_secure_server_needs_a_certificate_and_its_key() {
    let authority = Authority::new();
    let [own, other] = ["localhost", "localhost"].map(|name| authority.issue(name, |_| {}));
    let mut no_certificate = SslConfiguration::new();
    no_certificate.set_private_key(own.key.clone());
    let mut no_key = SslConfiguration::new();
    no_key.set_local_certificate_chain(own.chain.clone());
    let mut foreign_key = no_key.clone();
    foreign_key.set_private_key(other.key);
    let mut no_certificate_at_all = no_certificate.clone();
    no_certificate_at_all.set_local_certificate_chain([SslCertificate::from_der(b"no DER")]);
    for (configuration, text) in [
        (
            SslConfiguration::new(),
            "a secure server needs a certificate and its key",
        ),
        (
            no_certificate,
            "there is a private key but no certificate for it",
        ),
        (no_key, "there is a certificate but no private key for it"),
        (
            foreign_key,
            by_library(
                "the local certificate or its key cannot be used: keys may not be consistent: KeyMismatch",
                "the local certificate or its key cannot be used: error:05800074:x509 certificate routines::key values mismatch",
            ),
        ),
        (
            no_certificate_at_all,
            "the local certificate or its key cannot be used: ",
        ),
    ] {
        let server = WebSocketServer::new("", SslMode::Secure);
        server.set_ssl_configuration(configuration);
        assert!(!server.listen(HostAddress::LOCAL_HOST, 0));
        let error = server.error_string();
        assert!(error.starts_with(text), "{error}");
        assert!(!server.is_listening());
        server.set_ssl_configuration(own.configuration());
        assert!(
            server.listen(HostAddress::LOCAL_HOST, 0),
            "it can be mended"
        );
        assert_eq!(server.error_string(), "");
    }
}

#[test]
fn a_configuration_that_cannot_be_used_changes_nothing() {
    let plain_server = listening();
    let client = WebSocket::new();
    client.open(plain_server.server_url().expect("it listens"));
    run_until(|| client.state() == SocketState::Connected);
    let recorder = Recorder::new(&client);
    let mut no_authority = SslConfiguration::new();
    no_authority.set_ca_certificates([SslCertificate::from_der(b"no DER")]);
    let mut no_key = SslConfiguration::new();
    no_key.set_local_certificate_chain(Authority::new().issue("me", |_| {}).chain);
    for (configuration, text) in [
        (
            no_authority,
            "a CA certificate cannot be used: it is no X.509 certificate",
        ),
        (no_key, "there is a certificate but no private key for it"),
    ] {
        client.set_ssl_configuration(configuration);
        recorder.clear();
        recorder.call("open", |client| client.open("wss://localhost:1"));
        settle();
        recorder.expect(&format!(
            r#"
            [open
              error(SslInvalidUserData)   {{Connected, valid | SslInvalidUserData "{text}" | 1000}}
            ]
            "#,
        ));
    }
}

const REQUEST: &str = "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                       Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/// A certificate authority of the test's own.
struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate that an authority issued, and its key.
struct Identity {
    chain: Vec<SslCertificate>,
    key: SslKey,
    key_der: Vec<u8>,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        // Authorities of the same name would be told apart by a bad signature only.
        let name = format!("authority {:?}", key.public_key_raw());
        params.distinguished_name.push(DnType::CommonName, name);
        Self(CertifiedIssuer::self_signed(params, key).expect("a certificate"))
    }

    fn issue(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> Identity {
        let mut params = CertificateParams::new([name.to_owned()]).expect("a name");
        change(&mut params);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.0).expect("a certificate");
        Identity {
            chain: vec![SslCertificate::from_der(certificate.der())],
            key: SslKey::from_der(key.serialized_der()).expect("a key"),
            key_der: key.serialize_der(),
        }
    }

    fn trusting(&self) -> SslConfiguration {
        let mut configuration = SslConfiguration::new();
        configuration.set_ca_certificates([SslCertificate::from_der(self.0.der())]);
        configuration
    }

    fn trusting_client(&self) -> Rc<WebSocket> {
        let client = WebSocket::new();
        client.set_ssl_configuration(self.trusting());
        client
    }

    /// A server, and a client on its way to it.
    fn pair(&self) -> (Rc<WebSocketServer>, Rc<WebSocket>) {
        let server = self.issue("localhost", |_| {}).listening();
        let client = self.trusting_client();
        client.open(format!("wss://localhost:{}", server.server_port()));
        (server, client)
    }

    /// Serves one connection by rustls itself, on a thread of its own.
    fn raw_server(
        &self,
        script: impl FnOnce(&mut rustls::StreamOwned<rustls::ServerConnection, TcpStream>)
        + Send
        + 'static,
    ) -> (JoinHandle<()>, u16) {
        let identity = self.issue("localhost", |_| {});
        let chain = vec![CertificateDer::from(identity.chain[0].to_der().to_vec())];
        let key = PrivateKeyDer::try_from(identity.key_der).expect("a key");
        let config = rustls::ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .expect("a certificate and its key");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let server = std::thread::spawn(move || {
            let stream = patient(listener.accept().expect("a connection").0);
            let session = rustls::ServerConnection::new(Arc::new(config)).expect("a session");
            script(&mut rustls::StreamOwned::new(session, stream));
        });
        (server, port)
    }

    /// A client by rustls itself, on a thread of its own.
    fn raw_client(
        &self,
        port: u16,
        script: impl FnOnce(&mut rustls::StreamOwned<rustls::ClientConnection, TcpStream>)
        + Send
        + 'static,
    ) -> JoinHandle<()> {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(self.0.der().clone()).expect("a root");
        let config = rustls::ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        std::thread::spawn(move || {
            let stream = patient(TcpStream::connect(("127.0.0.1", port)).expect("a connection"));
            let name = ServerName::try_from("localhost").expect("a name");
            let session = rustls::ClientConnection::new(Arc::new(config), name).expect("a session");
            script(&mut rustls::StreamOwned::new(session, stream));
        })
    }
}

impl Identity {
    fn configuration(&self) -> SslConfiguration {
        let mut configuration = SslConfiguration::new();
        configuration.set_local_certificate_chain(self.chain.clone());
        configuration.set_private_key(self.key.clone());
        configuration
    }

    fn listening(&self) -> Rc<WebSocketServer> {
        let server = WebSocketServer::new("", SslMode::Secure);
        server.set_ssl_configuration(self.configuration());
        assert!(
            server.listen(HostAddress::LOCAL_HOST, 0),
            "{}",
            server.error_string()
        );
        server
    }
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn patient(stream: TcpStream) -> TcpStream {
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    stream
}

fn read_head(stream: &mut impl Read) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("a head");
        head.push(byte[0]);
    }
    String::from_utf8(head).expect("a head is text")
}

/// Accepts the client's upgrade and sends something in the same breath.
fn upgrade_with(stream: &mut (impl Read + Write), frames: &[u8]) {
    let answer = accepting(&read_head(stream));
    let all = [answer.as_bytes(), frames].concat();
    stream.write_all(&all).expect("the client listens");
}

/// Waits until the other end ends TCP.
fn expect_end(tcp: &mut TcpStream) {
    match std::io::copy(tcp, &mut std::io::sink()) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
        Err(error) => panic!("waited in vain: {error}"),
    }
}
