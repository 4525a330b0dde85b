//! What is filled in, and what comes of it: TLS 1.2.

use qwebsocket::{
    HostAddress, PeerVerifyMode, SocketError, SocketState, SslCipher, SslConfiguration, SslMode,
    SslProtocol, WebSocketServer,
};

use super::pair::{KEY, client, keys_alone, knowing_ada};
use super::support::pair::next_connection;
use super::support::tls::{Identity, secure_url};
use super::support::transcript::Recorder;
use super::support::{run_until, settle};

const NO_KEY: &str =
    "Error during SSL handshake: error:0A0000DF:SSL routines::psk identity not found";

fn tls12() -> SslConfiguration {
    keys_alone(SslProtocol::TlsV1_2)
}

#[test]
fn both_ends_are_asked_once() {
    let mut configuration = tls12();
    configuration.set_pre_shared_key_identity_hint("QtTestServerHint");
    let (server, of_server) = knowing_ada(configuration);
    let (socket, of_client) = client(tls12(), "ada", KEY);
    socket.open(secure_url(&server));
    let accepted = next_connection(&server);
    run_until(|| socket.state() == SocketState::Connected);

    let question = of_client.only();
    assert_eq!(question.identity_hint(), b"QtTestServerHint");
    assert_eq!(question.identity(), b"");
    assert_eq!(question.pre_shared_key(), b"");
    assert_eq!(question.maximum_identity_length(), 255);
    assert_eq!(question.maximum_pre_shared_key_length(), 512);
    let question = of_server.only();
    assert_eq!(question.identity(), b"ada");
    assert_eq!(question.identity_hint(), b"");
    assert_eq!(question.maximum_identity_length(), 0);

    for end in [&socket, &accepted] {
        let configuration = end.ssl_configuration();
        assert_eq!(configuration.session_protocol(), SslProtocol::TlsV1_2);
        let cipher = configuration.session_cipher().expect("a cipher");
        assert!(cipher.name().contains("PSK"), "{cipher:?}");
        assert_eq!(configuration.peer_certificate(), None);
    }
    let texts = accepted.text_message_received.collect();
    socket.send_text_message("hello");
    run_until(|| texts.count() == 1);
}

#[test]
fn each_suite() {
    let (server, _) = knowing_ada(tls12());
    for name in [
        "PSK-AES128-GCM-SHA256",
        "DHE-PSK-AES256-GCM-SHA384",
        "ECDHE-PSK-AES128-CBC-SHA256",
        "ECDHE-PSK-CHACHA20-POLY1305",
        "PSK-AES256-CBC-SHA",
    ] {
        let mut configuration = SslConfiguration::new();
        configuration.set_peer_verify_mode(PeerVerifyMode::None);
        configuration.set_ciphers(SslCipher::from_names(name).expect("known"));
        let (socket, seen) = client(configuration, "ada", KEY);
        socket.open(secure_url(&server));
        run_until(|| socket.state() != SocketState::Connecting);
        let cipher = socket.ssl_configuration().session_cipher();
        assert_eq!(cipher.map(SslCipher::name), Some(name));
        assert_eq!(seen.only().identity_hint(), b"");
    }
}

/// Nobody vouches for a server with a key but the key: whoever verifies hears that there is no certificate.
#[test]
fn the_question_comes_before_those_about_the_certificate() {
    let (server, _) = knowing_ada(tls12());
    for ignores in [false, true] {
        let mut configuration = tls12();
        configuration.set_peer_verify_mode(PeerVerifyMode::Auto);
        let (socket, _) = client(configuration, "ada", KEY);
        let recorder = Recorder::new(&socket);
        let log = recorder.clone();
        socket
            .pre_shared_key_authentication_required
            .connect_to(&socket, move |socket, _| {
                log.note("pre_shared_key_authentication_required");
                if ignores {
                    socket.ignore_ssl_errors();
                }
            });
        recorder.call("open", |socket| socket.open(secure_url(&server)));
        let questions = "
            [open
              state_changed(Connecting)           {Connecting | no error | 1000}
            ]
            pre_shared_key_authentication_required
            peer_verify_error(NoPeerCertificate)  {Connecting | no error | 1000}
            ssl_errors(NoPeerCertificate)         {Connecting | no error | 1000}";
        if ignores {
            recorder.run_until("connected");
            recorder.expect(&format!(
                "{questions}
                state_changed(Connected)  {{Connected, valid | no error | 1000}}
                connected                 {{Connected, valid | no error | 1000}}
                "
            ));
        } else {
            recorder.run_until("read_channel_finished");
            settle();
            let facts = r#"SslHandshakeFailed "The peer did not present any certificate" | 1006"#;
            recorder.expect(&format!(
                "{questions}
                error(SslHandshakeFailed)  {{Connecting | {facts}}}
                state_changed(Unconnected) {{Unconnected | {facts}}}
                disconnected               {{Unconnected | {facts}}}
                read_channel_finished      {{Unconnected | {facts}}}
                "
            ));
        }
    }
}

/// Opens to a server that knows `ada`, and gives what the client says of the failure.
#[track_caller]
fn failure(identity: &[u8], key: &[u8]) -> String {
    let (server, _) = knowing_ada(tls12());
    let (socket, seen) = client(tls12(), identity, key);
    socket.open(secure_url(&server));
    run_until(|| socket.state() == SocketState::Unconnected);
    settle();
    assert_eq!(socket.error(), SocketError::SslHandshakeFailed);
    assert_eq!(seen.count(), 1);
    assert!(!server.has_pending_connections());
    socket.error_string()
}

#[test]
fn without_a_key_the_handshake_fails() {
    assert_eq!(failure(b"ada", b""), NO_KEY);
    assert_eq!(failure(b"", b""), NO_KEY);
}

#[test]
fn what_is_too_long_is_not_cut() {
    let too_long = "Error during SSL handshake: the pre-shared key is too long";
    assert_eq!(failure(b"ada", &[1; 513]), too_long);
    let identity = "Error during SSL handshake: the identity for the pre-shared key is too long or \
                    has a zero byte in it";
    assert_eq!(failure(&[b'a'; 256], &KEY), identity);
    assert_eq!(failure(b"a\0da", &KEY), identity);
}

#[test]
fn a_wrong_key_fails_with_an_alert() {
    let text = failure(b"ada", b"another");
    assert!(text.ends_with("alert bad record mac"), "{text}"); // what is before it depends on OpenSSL's version
}

#[test]
fn somebody_unknown_is_told_so() {
    let text = failure(b"grace", &KEY);
    assert!(text.ends_with("tlsv1 alert unknown psk identity"), "{text}");
}

/// The longest that may be, and nothing at all.
#[test]
fn an_identity_is_sent_as_it_is() {
    for identity in [vec![b'a'; 255], Vec::new(), vec![0xFF, 0x80]] {
        let server = WebSocketServer::new("", SslMode::Secure);
        let expected = identity.clone();
        server
            .pre_shared_key_authentication_required
            .connect(move |authenticator| {
                assert_eq!(authenticator.identity(), expected);
                authenticator.set_pre_shared_key([7; 512]);
            });
        server.set_ssl_configuration(tls12());
        assert!(server.listen(HostAddress::LOCAL_HOST, 0));
        let (socket, _) = client(tls12(), identity, [7; 512]);
        socket.open(secure_url(&server));
        run_until(|| socket.state() != SocketState::Connecting);
        assert_eq!(socket.error_string(), "");
        assert_eq!(socket.state(), SocketState::Connected);
    }
}

/// A server with a certificate is not asked for keys, and the client needs none.
#[test]
fn a_certificate_that_is_chosen_asks_nobody() {
    let identity = Identity::new();
    let server = identity.listening();
    for protocol in [SslProtocol::SecureProtocols, SslProtocol::TlsV1_2] {
        let mut configuration = identity.trusting();
        configuration.set_protocol(protocol);
        let (socket, seen) = client(configuration, "ada", KEY);
        let errors = socket.peer_verify_error.collect();
        socket.open(secure_url(&server));
        run_until(|| socket.state() != SocketState::Connecting);
        assert_eq!(socket.error_string(), "");
        assert_eq!((seen.count(), errors.count()), (0, 0));
        let configuration = socket.ssl_configuration();
        assert_eq!(
            configuration.peer_certificate(),
            Some(&identity.certificate())
        );
    }
}

/// A key may have changed since.
#[test]
fn every_connection_asks_anew() {
    let (server, of_server) = knowing_ada(tls12());
    let (socket, of_client) = client(tls12(), "ada", KEY);
    for count in 1..=3 {
        socket.open(secure_url(&server));
        run_until(|| socket.state() == SocketState::Connected);
        assert!(!socket.ssl_configuration().is_resumed());
        assert_eq!((of_client.count(), of_server.count()), (count, count));
    }
}
