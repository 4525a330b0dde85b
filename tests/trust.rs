//! A server that is not trusted gets nothing.
#![cfg(any(feature = "ring", feature = "openssl"))]

mod support;

use std::cell::Cell;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use qwebsocket::{
    AlertLevel, AlertType, EventLoop, PauseModes, PeerVerifyMode, SocketError, SocketState,
    SslConfiguration, SslErrorKind, SslProtocol, WebSocket,
};
use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ServerConfig, ServerConnection};
use support::pair::{next_connection, stopped_clock};
use support::raw_peer::accepting;
use support::tls::{Identity, by_library, listening, secure_url};
use support::{PATIENCE, run_until, settle};

/// What a server saw of one connection.
#[derive(Debug)]
struct Seen {
    handshake_was_over: bool,
    plaintext: Vec<u8>,
    error: Option<rustls::Error>,
}

/// A server on a thread of its own, by rustls itself. It says nothing, unless it is to answer an upgrade.
struct Server {
    port: u16,
    /// Bytes on the wire.
    received: Arc<AtomicUsize>,
    thread: JoinHandle<Seen>,
}

impl Server {
    fn new() -> Self {
        Self::with(config(&KeyPair::generate().expect("a key"), None), false)
    }

    fn with(config: Arc<ServerConfig>, answers: bool) -> Self {
        Self::running(move |tcp, received| {
            let tls = ServerConnection::new(config).expect("a session");
            serve(tcp, tls, answers, received)
        })
    }

    /// What `speak` has it say, or gives as bytes for the wire, leaves together with its last message of the handshake.
    fn speaking_first(
        speak: impl FnOnce(&mut ServerConnection, &TcpStream) -> Vec<u8> + Send + 'static,
    ) -> Self {
        let mut config = config(&KeyPair::generate().expect("a key"), None);
        Arc::make_mut(&mut config).send_half_rtt_data = true;
        Self::running(move |mut tcp, received| {
            let mut tls = ServerConnection::new(config).expect("a session");
            while !tls.wants_write() {
                assert_ne!(tls.read_tls(&mut tcp).expect("a hello"), 0);
                tls.process_new_packets().expect("a good hello");
            }
            let behind = speak(&mut tls, &tcp);
            let mut said = Vec::new();
            while tls.wants_write() {
                tls.write_tls(&mut said).expect("room");
            }
            said.extend(behind);
            tcp.write_all(&said).expect("written");
            serve(tcp, tls, false, received)
        })
    }

    fn running(serve: impl FnOnce(TcpStream, &AtomicUsize) -> Seen + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let received = Arc::new(AtomicUsize::new(0));
        let count = received.clone();
        let thread = std::thread::spawn(move || {
            let (tcp, _) = listener.accept().expect("a connection");
            tcp.set_read_timeout(Some(PATIENCE)).expect("a timeout");
            serve(tcp, &count)
        });
        Self {
            port,
            received,
            thread,
        }
    }

    fn url(&self) -> String {
        format!("wss://localhost:{}/secret", self.port)
    }

    fn received(&self) -> usize {
        self.received.load(Ordering::SeqCst)
    }

    fn join(self) -> Seen {
        self.thread.join().expect("the server saw the end")
    }
}

fn serve(
    mut tcp: TcpStream,
    mut tls: ServerConnection,
    answers: bool,
    received: &AtomicUsize,
) -> Seen {
    let mut plaintext = Vec::new();
    let mut error = None;
    while error.is_none() {
        while tls.wants_write() {
            tls.write_tls(&mut tcp).expect("written");
        }
        // A reset is an end as well.
        let count = tls.read_tls(&mut tcp).unwrap_or(0);
        if count == 0 {
            break;
        }
        received.fetch_add(count, Ordering::SeqCst);
        error = tls.process_new_packets().err();
        let _ = tls.reader().read_to_end(&mut plaintext);
        if answers && plaintext.ends_with(b"\r\n\r\n") {
            let head = String::from_utf8(plaintext.clone()).expect("a head is text");
            let answer = accepting(&head);
            tls.writer().write_all(answer.as_bytes()).expect("room");
        }
    }
    Seen {
        handshake_was_over: !tls.is_handshaking(),
        plaintext,
        error,
    }
}

/// The settings of a server that shows a certificate that it signed itself, with this key or another one.
fn config(key: &KeyPair, other: Option<&KeyPair>) -> Arc<ServerConfig> {
    let params = CertificateParams::new(["localhost".to_owned()]).expect("a name");
    let certificate = params.self_signed(key).expect("a certificate");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = PrivateKeyDer::try_from(other.unwrap_or(key).serialize_der()).expect("PKCS#8");
    let key = provider.key_provider.load_private_key(key).expect("usable");
    let chain = vec![CertificateDer::from(certificate.der().to_vec())];
    let resolver = SingleCertAndKey::from(CertifiedKey::new(chain, key));
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(resolver));
    Arc::new(config)
}

const VERSIONS: [SslProtocol; 2] = [SslProtocol::TlsV1_2, SslProtocol::TlsV1_3];

/// A client that speaks this version and trusts the system's certificates.
fn client(protocol: SslProtocol) -> Rc<WebSocket> {
    let mut configuration = SslConfiguration::new();
    configuration.set_protocol(protocol);
    let socket = WebSocket::new();
    socket.set_ssl_configuration(configuration);
    socket
}

#[test]
fn a_server_that_is_not_trusted_gets_not_one_byte_of_ours() {
    for protocol in VERSIONS {
        let server = Server::new();
        let socket = client(protocol);
        socket.open(server.url());
        run_until(|| socket.state() == SocketState::Unconnected);
        assert_eq!(
            socket.error_string(),
            "The certificate is self-signed, and untrusted"
        );
        let seen = server.join();
        assert_eq!(seen.plaintext, b"");
        // In TLS 1.3 nothing at all follows the hello; in TLS 1.2 the handshake is over by then.
        assert_eq!(seen.handshake_was_over, protocol == SslProtocol::TlsV1_2);
        assert_eq!(seen.error, None);
    }
}

/// Nothing is written or read, however long the loop turns.
#[test]
fn while_paused_nothing_moves() {
    for (protocol, is_accepted) in VERSIONS
        .into_iter()
        .flat_map(|protocol| [(protocol, true), (protocol, false)])
    {
        let key = KeyPair::generate().expect("a key");
        let server = Server::with(config(&key, None), true);
        let socket = client(protocol);
        socket.set_pause_mode(PauseModes::ON_SSL_ERRORS);
        let asked = Rc::new(Cell::new(false));
        socket.ssl_errors.connect_notify({
            let asked = asked.clone();
            move || asked.set(true)
        });
        let written = socket.bytes_written.collect();
        socket.open(server.url());
        run_until(|| asked.get());
        spin(Duration::from_millis(50)); // what the handshake said may still be on its way
        let before = server.received();
        spin(Duration::from_millis(300));
        assert_eq!(server.received(), before, "{protocol:?}");
        assert_eq!(
            (socket.state(), written.count()),
            (SocketState::Connecting, 0)
        );
        if is_accepted {
            socket.ignore_ssl_errors();
        }
        socket.resume();
        run_until(|| socket.state() != SocketState::Connecting);
        assert_eq!(socket.is_valid(), is_accepted);
        drop(socket);
        let seen = server.join();
        assert_eq!(seen.plaintext.is_empty(), !is_accepted);
        assert!(is_accepted || protocol == SslProtocol::TlsV1_2 || !seen.handshake_was_over);
    }
}

/// Whom a slot agreed to trust was one server: another one that answers in its place has to be agreed to as well.
#[test]
fn consent_is_not_carried_to_the_connection_that_brings_the_password() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let thread = std::thread::spawn(move || {
        let [asks, robs] = [(); 2].map(|()| config(&KeyPair::generate().expect("a key"), None));
        let (mut tcp, _) = listener.accept().expect("a connection");
        let mut tls = ServerConnection::new(asks).expect("a session");
        let mut stream = rustls::Stream::new(&mut tls, &mut tcp);
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).expect("a request");
            head.push(byte[0]);
        }
        stream
            .write_all(
                b"HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"r\"\r\nConnection: close\r\n\r\n",
            )
            .expect("written");
        let (tcp, _) = listener.accept().expect("a connection");
        tcp.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let tls = ServerConnection::new(robs).expect("a session");
        serve(tcp, tls, true, &AtomicUsize::new(0))
    });
    let socket = client(SslProtocol::SecureProtocols);
    let asked = Rc::new(Cell::new(0));
    socket.ssl_errors.connect_to(&socket, {
        let asked = asked.clone();
        move |socket, _errors| {
            asked.set(asked.get() + 1);
            if asked.get() == 1 {
                socket.ignore_ssl_errors();
            }
        }
    });
    socket.open(format!("wss://ada:secret@localhost:{port}/"));
    run_until(|| socket.state() != SocketState::Connecting);
    assert_eq!(socket.error(), SocketError::SslHandshakeFailed);
    assert_eq!(asked.get(), 2);
    assert_eq!(thread.join().expect("a server").plaintext, b"");
}

/// Turns the loop for so long.
fn spin(time: Duration) {
    let (event_loop, end) = (EventLoop::new(), Instant::now() + time);
    while let Some(rest) = end.checked_duration_since(Instant::now()) {
        let _ = event_loop.wait_for_events(Some(rest.min(Duration::from_millis(10))));
        settle();
    }
}

/// An answer is not a resume, whatever turns the connection has meanwhile.
#[test]
fn ignoring_does_not_end_a_pause() {
    let (hand_over, tcp) = mpsc::channel();
    let server = Server::speaking_first(move |_, tcp| {
        let tcp = tcp.try_clone().expect("a descriptor");
        hand_over.send(tcp).expect("somebody waits");
        Vec::new()
    });
    let socket = client(SslProtocol::TlsV1_3);
    socket.set_pause_mode(PauseModes::ON_SSL_ERRORS);
    let asked = socket.peer_verify_error.collect();
    socket.open(server.url());
    run_until(|| asked.count() == 1);
    settle();
    socket.ignore_ssl_errors();
    let tcp = tcp.recv().expect("a connection");
    let before = server.received();
    (&tcp).write_all(&[0]).expect("an edge");
    settle();
    assert_eq!(socket.state(), SocketState::Connecting);
    assert_eq!(server.received(), before);
    socket.resume();
    run_until(|| socket.state() == SocketState::Unconnected);
    assert!(server.join().plaintext.starts_with(b"GET /secret"));
}

/// It is read with the handshake, as a server may speak before it hears that we have finished, and waits for the verdict.
#[test]
fn what_an_untrusted_server_says_counts_when_it_is_trusted() {
    for is_accepted in [true, false] {
        let server = Server::speaking_first(|tls, _| {
            let refusal = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
            tls.writer().write_all(refusal).expect("room");
            Vec::new()
        });
        let socket = client(SslProtocol::TlsV1_3);
        socket.ssl_errors.connect_to(&socket, move |socket, _| {
            assert_eq!(socket.error(), SocketError::Unknown);
            if is_accepted {
                socket.ignore_ssl_errors();
            }
        });
        socket.open(server.url());
        run_until(|| socket.state() == SocketState::Unconnected);
        let expected = match is_accepted {
            true => SocketError::ConnectionRefused,
            false => SocketError::SslHandshakeFailed,
        };
        assert_eq!(socket.error(), expected);
        let seen = server.join();
        assert_eq!(seen.plaintext.is_empty(), !is_accepted);
        assert_eq!(seen.handshake_was_over, is_accepted);
    }
}

/// Not even an alert, which could only follow our last message of the handshake.
#[test]
fn what_is_broken_behind_the_handshake_is_not_answered() {
    let server = Server::speaking_first(|_, _| {
        const APPLICATION_DATA: [u8; 5] = [0x17, 3, 3, 0, 32];
        [&APPLICATION_DATA[..], &[0; 32]].concat()
    });
    let socket = client(SslProtocol::TlsV1_3);
    socket.ssl_errors.connect(|_| panic!("nobody is asked"));
    let alerts = socket.alert_sent.collect();
    socket.open(server.url());
    run_until(|| socket.state() == SocketState::Unconnected);
    assert_eq!(socket.error(), SocketError::SslHandshakeFailed);
    assert_eq!(alerts.count(), 0);
    let seen = server.join();
    assert_eq!((seen.handshake_was_over, seen.error), (false, None));
}

/// Whatever is ignored, whoever shows a certificate must have its key.
#[test]
fn a_man_in_the_middle_fails_though_everything_is_ignored() {
    for protocol in VERSIONS {
        let [key, own] = [(); 2].map(|()| KeyPair::generate().expect("a key"));
        let server = Server::with(config(&key, Some(&own)), false);
        let socket = client(protocol);
        let mut configuration = socket.ssl_configuration();
        configuration.set_peer_verify_mode(PeerVerifyMode::None);
        socket.set_ssl_configuration(configuration);
        socket.ssl_errors.connect(|_| panic!("nobody is asked"));
        let alerts = socket.alert_sent.collect();
        socket.ignore_ssl_errors();
        socket.open(server.url());
        socket.ignore_ssl_errors();
        run_until(|| socket.state() == SocketState::Unconnected);
        assert_eq!(socket.error(), SocketError::SslHandshakeFailed);
        let reason = by_library("BadSignature", "bad signature");
        assert!(socket.error_string().contains(reason));
        let (level, alert, description) = alerts.try_next().expect("an alert");
        assert_eq!((level, alert), (AlertLevel::Fatal, AlertType::DecryptError));
        assert_eq!(description, "decrypt error");
        let seen = server.join();
        let told = rustls::Error::AlertReceived(rustls::AlertDescription::DecryptError);
        assert_eq!(seen.error, Some(told), "{protocol:?}");
        assert_eq!(seen.plaintext, b"");
    }
}

#[test]
fn a_clients_certificate_reaches_a_server_that_asks_for_one() {
    for protocol in VERSIONS {
        let [ours, theirs] = [Identity::new(), Identity::new()];
        let mut configuration = ours.showing();
        configuration.set_ca_certificates([theirs.certificate()]);
        configuration.set_peer_verify_mode(PeerVerifyMode::Peer);
        let server = listening(configuration);
        let mut configuration = theirs.showing();
        configuration.set_ca_certificates([ours.certificate()]);
        configuration.set_protocol(protocol);
        let client = WebSocket::new();
        client.set_ssl_configuration(configuration);
        client.open(secure_url(&server));
        let accepted = next_connection(&server);
        let shown = accepted.ssl_configuration();
        assert_eq!(shown.peer_certificate(), Some(&theirs.certificate()));
        assert_eq!(shown.session_protocol(), protocol);
        assert_eq!(
            shown.local_certificate_chain(),
            [ours.certificate()],
            "its own settings as well"
        );
    }
}

/// The handshake is over by then, so there is nobody to tell but the client, by the end of TCP.
#[test]
fn a_client_that_is_not_trusted_is_refused_where_that_is_demanded() {
    for (protocol, mode) in VERSIONS.into_iter().flat_map(|protocol| {
        [PeerVerifyMode::Peer, PeerVerifyMode::Query].map(|mode| (protocol, mode))
    }) {
        for shows_one in [false, true] {
            let [ours, theirs] = [Identity::new(), Identity::new()];
            let mut configuration = ours.showing();
            configuration.set_ca_certificates([]);
            configuration.set_peer_verify_mode(mode);
            // Nothing is fatal for a server that only asks.
            configuration.set_missing_certificate_is_fatal(mode == PeerVerifyMode::Query);
            let server = listening(configuration);
            let mut configuration = match shows_one {
                true => theirs.showing(),
                false => SslConfiguration::new(),
            };
            configuration.set_ca_certificates([ours.certificate()]);
            configuration.set_protocol(protocol);
            let client = WebSocket::new();
            client.set_ssl_configuration(configuration);
            client.open(secure_url(&server));
            run_until(|| client.state() != SocketState::Connecting);
            let is_refused = mode == PeerVerifyMode::Peer;
            assert_eq!(client.is_valid(), !is_refused, "{protocol:?} {mode:?}");
            assert_eq!(server.has_pending_connections(), !is_refused);
        }
    }
}

/// In TLS 1.3 the client has finished by then, and hears of it as an error of reading.
#[test]
fn a_client_without_certificate_is_told_so_where_that_is_fatal() {
    let errors = [SocketError::SslHandshakeFailed, SocketError::SslInternal];
    for (protocol, error) in VERSIONS.into_iter().zip(errors) {
        let ours = Identity::new();
        let mut configuration = ours.showing();
        configuration.set_peer_verify_mode(PeerVerifyMode::Peer);
        configuration.set_missing_certificate_is_fatal(true);
        let server = listening(configuration);
        let mut configuration = ours.trusting();
        configuration.set_protocol(protocol);
        let client = WebSocket::new();
        client.set_ssl_configuration(configuration);
        let received = client.alert_received.collect();
        let sent = client.alert_sent.collect();
        client.open(secure_url(&server));
        run_until(|| client.state() == SocketState::Unconnected);
        let (level, alert, _) = received.try_next().expect("an alert");
        // TLS 1.2 did not know that alert yet, and OpenSSL does not send it there.
        let expected = match protocol {
            SslProtocol::TlsV1_2 => {
                by_library(AlertType::CertificateRequired, AlertType::HandshakeFailure)
            }
            _ => AlertType::CertificateRequired,
        };
        assert_eq!(
            (level, alert, client.error()),
            (AlertLevel::Fatal, expected, error)
        );
        assert_eq!(sent.count(), 0, "a session that failed says nothing more");
    }
}

#[test]
fn a_resumed_session_reports_its_errors_again() {
    for protocol in VERSIONS {
        let server = Identity::new().listening();
        let client = client(protocol);
        for is_resumed in [false, true, true] {
            let told = Rc::new(std::cell::RefCell::new(Vec::new()));
            let connection = client.ssl_errors.connect_to(&client, {
                let told = told.clone();
                move |client, errors| {
                    let kinds: Vec<_> = errors.iter().map(|error| error.kind()).collect();
                    let resumed = client.ssl_configuration().is_resumed();
                    told.borrow_mut().push((kinds, resumed));
                    client.ignore_ssl_errors();
                }
            });
            client.open(secure_url(&server));
            run_until(|| client.state() != SocketState::Connecting);
            let accepted = next_connection(&server);
            let hello = client.text_message_received.collect();
            accepted.send_text_message("and here are your tickets");
            run_until(|| hello.count() == 1);
            let expected = (vec![SslErrorKind::SelfSignedCertificate], is_resumed);
            assert_eq!(*told.borrow(), [expected], "{protocol:?}");
            connection.disconnect();
            client.abort();
        }
        client.open(secure_url(&server));
        run_until(|| client.state() != SocketState::Connecting);
        assert_eq!(client.error(), SocketError::SslHandshakeFailed);
    }
}

#[test]
fn the_configuration_is_live_in_the_slots() {
    let identity = Identity::new();
    let server = identity.listening();
    let client = client(SslProtocol::TlsV1_2OrLater);
    assert_eq!(client.ssl_configuration().peer_certificate(), None);
    let certificate = identity.certificate();
    let check = move |client: &WebSocket| {
        let live = client.ssl_configuration();
        assert_eq!(live.peer_certificate(), Some(&certificate));
        assert_eq!(
            live.peer_certificate_chain(),
            std::slice::from_ref(&certificate)
        );
        assert_eq!(live.session_protocol(), SslProtocol::TlsV1_3);
        let cipher = live.session_cipher().map(|cipher| cipher.name());
        assert_eq!(cipher, Some("TLS_AES_256_GCM_SHA384"));
        assert_eq!(live.protocol(), SslProtocol::TlsV1_2OrLater);
    };
    let asked = client.peer_verify_error.collect();
    client.peer_verify_error.connect_to(&client, {
        let check = check.clone();
        move |client, _| check(client)
    });
    client.ssl_errors.connect_to(&client, {
        let check = check.clone();
        move |client, _| {
            check(client);
            client.ignore_ssl_errors();
        }
    });
    client.open(secure_url(&server));
    assert_eq!(client.ssl_configuration().peer_certificate(), None);
    run_until(|| client.state() == SocketState::Connected);
    assert_eq!(asked.count(), 1);
    check(&client);
    client.abort();
    check(&client);
    let errors = client.ssl_errors();
    assert_eq!(errors.len(), 1);
    // The next attempt knows nothing of it, from its first signal on.
    let starting = client.state_changed.connect_to(&client, |client, _| {
        assert_eq!(client.ssl_configuration().peer_certificate(), None);
        assert_eq!(client.ssl_errors(), []);
    });
    client.open(secure_url(&server));
    starting.disconnect();
    run_until(|| client.state() == SocketState::Connected);
    assert_eq!(client.ssl_errors(), errors);
    // What is live on one socket is not on another one.
    let other = WebSocket::new();
    other.set_ssl_configuration(client.ssl_configuration());
    assert_eq!(other.ssl_configuration().peer_certificate(), None);
    assert_eq!(other.ssl_configuration(), client.ssl_configuration());
}

/// Neither a user who reads a dialog nor a paused connection uses up the time for connecting.
#[test]
fn the_clock_stands_still_while_somebody_is_asked() {
    const TIMEOUT: Duration = Duration::from_secs(30);
    const MOMENT: Duration = Duration::from_millis(1);
    let clock = stopped_clock();
    let server = Server::new();
    let socket = client(SslProtocol::SecureProtocols);
    socket.set_pause_mode(PauseModes::ON_SSL_ERRORS);
    let asked = socket.peer_verify_error.collect();
    let reading = clock.clone();
    socket.ssl_errors.connect(move |_| {
        reading.advance(TIMEOUT * 2);
        settle();
    });
    let written = socket.bytes_written.collect();
    socket.open(server.url());
    clock.advance(Duration::from_secs(10));
    run_until(|| asked.count() == 1);
    settle();
    clock.advance(TIMEOUT * 2);
    settle();
    assert_eq!(socket.state(), SocketState::Connecting);
    socket.ignore_ssl_errors();
    socket.resume();
    run_until(|| written.count() > 0);
    clock.advance(TIMEOUT - Duration::from_secs(10) - MOMENT);
    settle();
    assert_eq!(socket.state(), SocketState::Connecting);
    clock.advance(MOMENT);
    run_until(|| socket.state() == SocketState::Unconnected);
    assert_eq!(socket.error(), SocketError::SocketTimeout);
    let seen = server.join();
    assert!(seen.plaintext.starts_with(b"GET /secret"));
}

#[test]
fn a_server_that_is_not_verified_gets_the_request() {
    for mode in [PeerVerifyMode::None, PeerVerifyMode::Query] {
        let server = Server::new();
        let mut configuration = SslConfiguration::new();
        configuration.set_peer_verify_mode(mode);
        let socket = WebSocket::new();
        socket.set_ssl_configuration(configuration);
        let written = socket.bytes_written.collect();
        socket.open(server.url());
        run_until(|| written.count() > 0);
        socket.abort();
        let seen = server.join();
        assert!(seen.plaintext.starts_with(b"GET /secret HTTP/1.1\r\n"));
    }
}
