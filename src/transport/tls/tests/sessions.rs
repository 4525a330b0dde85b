//! What a session enforces and tells, whatever the certificate.

use super::pki::{root, self_signed, version_1};
use super::{End, ScriptedServer, Side, VERSIONS, client_session, connect, lines, talk};
use crate::network::{PeerVerifyMode, SslConfiguration, SslProtocol};

#[test]
fn a_peer_without_the_certificates_key_fails_whatever_is_ignored() {
    let root = root("root");
    let mut thief = root.server();
    thief.key = root.server().key;
    let mut old_thief = version_1();
    old_thief.key = version_1().key;
    for (thief, version) in [thief, old_thief]
        .iter()
        .flat_map(|thief| VERSIONS.map(|version| (thief, version)))
    {
        let mut configuration = SslConfiguration::new();
        configuration.set_ca_certificates([root.certificate.clone()]);
        configuration.set_peer_verify_mode(PeerVerifyMode::None);
        configuration.set_protocol(version);
        let mut client = client_session(&configuration, "localhost").expect("a session");
        let server = ScriptedServer::new(thief);
        let (side, failure) =
            talk(&mut *client, &mut server.session()).expect_err("no key, no handshake");
        assert_eq!(side, Side::Client, "{version:?}");
        let text = failure.text.replace(' ', "").to_lowercase();
        assert!(text.contains("badsignature"), "{}", failure.text);
    }
}

#[test]
fn the_verdict_comes_before_the_server_can_go_on() {
    let server = ScriptedServer::new(&self_signed(&|_| {}));
    let mut client = client_session(&SslConfiguration::new(), "localhost").expect("a session");
    let mut server = server.session();
    End::receive(&mut *client, &[]).expect("a client begins");
    server.receive(&client.take_ciphertext()).expect("a hello");
    End::receive(&mut *client, &server.take_ciphertext()).expect("a flight");
    assert!(!client.is_handshaking() && client.wants_write());
    assert!(client.verdict().refusal().is_some());
    assert!(server.is_handshaking());
}

#[test]
fn a_resumed_session_reports_its_errors_again() {
    for version in VERSIONS {
        let server = ScriptedServer::new(&self_signed(&|_| {}));
        let mut configuration = SslConfiguration::new();
        configuration.set_protocol(version);
        for is_resumed in [false, true, true] {
            let client = connect(&configuration.clone(), "localhost", &server);
            assert_eq!(
                client.configuration().is_resumed(),
                is_resumed,
                "{version:?}"
            );
            let errors = client.verdict().errors();
            assert_eq!(lines(&errors), ["SelfSignedCertificate: localhost"]);
        }
        configuration.set_uses_session_tickets(false);
        for _ in 0..2 {
            let client = connect(&configuration, "localhost", &server);
            assert!(!client.configuration().is_resumed(), "{version:?}");
        }
    }
}

/// Whoever watches must not see by it that two connections are of one client.
#[test]
fn a_ticket_of_tls13_is_offered_once() {
    let server = ScriptedServer::with_config(&self_signed(&|_| {}), |config| {
        config.send_tls13_tickets = 1;
    });
    let mut configuration = SslConfiguration::new();
    configuration.set_protocol(SslProtocol::TlsV1_3); // its own: all that are new share their tickets
    connect(&configuration, "localhost", &server);
    let length_of_hello = || {
        let mut client = client_session(&configuration, "localhost").expect("a session");
        End::receive(&mut *client, &[]).expect("a client begins");
        client.take_ciphertext().len()
    };
    let (with_ticket, without) = (length_of_hello(), length_of_hello());
    assert!(with_ticket > without, "{with_ticket} and {without}");
}

/// Another server under the name of a trusted one: what is known of that one must not speak for it.
#[test]
fn a_session_that_is_not_resumed_says_nothing_about_the_server() {
    for version in VERSIONS {
        let (known, other) = (self_signed(&|_| {}), self_signed(&|_| {}));
        let mut configuration = SslConfiguration::new();
        configuration.set_protocol(version);
        configuration.set_ca_certificates(known.chain.clone());
        let client = connect(&configuration, "localhost", &ScriptedServer::new(&known));
        assert!(client.verdict().errors().is_empty());
        let client = connect(&configuration, "localhost", &ScriptedServer::new(&other));
        let live = client.configuration();
        assert!(!live.is_resumed());
        assert_eq!(live.peer_certificate(), other.chain.first());
        let errors = client.verdict().errors();
        assert_eq!(lines(&errors), ["SelfSignedCertificate: localhost"]);
    }
}

#[test]
fn hosts_without_a_name_share_no_sessions() {
    let server = ScriptedServer::new(&self_signed(&|_| {}));
    let configuration = SslConfiguration::new();
    for host in ["a-.test", "b-.test", "a-.test"] {
        let client = connect(&configuration, host, &server);
        assert!(!client.configuration().is_resumed());
    }
}

#[test]
fn a_session_tells_what_was_agreed_on() {
    let root = root("root");
    let identity = root.server();
    let server = ScriptedServer::with_config(&identity, |config| {
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
    });
    let mut configuration = SslConfiguration::new();
    configuration.set_ca_certificates([root.certificate.clone()]);
    configuration.set_allowed_next_protocols([b"h2".to_vec(), b"http/1.1".to_vec()]);
    let client = connect(&configuration, "localhost", &server);
    let live = client.configuration();
    assert_eq!(live, configuration);
    assert_eq!(live.peer_certificate(), identity.chain.first());
    assert_eq!(live.peer_certificate_chain(), identity.chain);
    assert_eq!(live.session_protocol(), SslProtocol::TlsV1_3);
    let cipher = live.session_cipher().map(|cipher| cipher.name());
    assert_eq!(cipher, Some("TLS_AES_256_GCM_SHA384"));
    assert_eq!(live.next_negotiated_protocol(), Some(&b"http/1.1"[..]));
    assert!(!live.is_resumed());

    assert_eq!(configuration.peer_certificate(), None);
    assert_eq!(configuration.session_protocol(), SslProtocol::Unknown);
    assert_eq!(configuration.session_cipher(), None);
}
