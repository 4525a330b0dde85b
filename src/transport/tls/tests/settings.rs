//! Each setting takes effect.

use std::sync::{Arc, Mutex};

use rustls::pki_types::DnsName;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::pki::{Identity, self_signed};
use super::{ScriptedServer, Side, client_session, connect, lines, server_session, talk};
use crate::network::{SocketError, SslCipher, SslConfiguration, SslGroup, SslProtocol};

fn server() -> ScriptedServer {
    ScriptedServer::new(&self_signed(&|_| {}))
}

#[test]
fn the_protocol_is_kept_to() {
    for (protocol, expected) in [
        (SslProtocol::TlsV1_2, SslProtocol::TlsV1_2),
        (SslProtocol::TlsV1_3, SslProtocol::TlsV1_3),
        (SslProtocol::TlsV1_3OrLater, SslProtocol::TlsV1_3),
        (SslProtocol::TlsV1_2OrLater, SslProtocol::TlsV1_3),
        (SslProtocol::TlsV1_0OrLater, SslProtocol::TlsV1_3),
        (SslProtocol::SecureProtocols, SslProtocol::TlsV1_3),
    ] {
        let mut configuration = SslConfiguration::new();
        configuration.set_protocol(protocol);
        let client = connect(&configuration, "localhost", &server());
        assert_eq!(
            client.configuration().session_protocol(),
            expected,
            "{protocol:?}"
        );
    }
}

#[test]
fn what_cannot_be_spoken_is_an_error() {
    let mut cases: Vec<&dyn Fn(&mut SslConfiguration)> = vec![
        &|configuration| configuration.set_protocol(SslProtocol::TlsV1_0),
        &|configuration| {
            configuration.set_protocol(SslProtocol::TlsV1_3);
            configuration
                .set_ciphers(SslCipher::from_names("ECDHE-RSA-AES128-GCM-SHA256").expect("known"));
        },
    ];
    if cfg!(feature = "rustls") {
        cases.push(&|configuration| {
            configuration.set_groups([SslGroup::from_name("P-521").expect("known")]);
        });
    }
    for change in cases {
        let mut configuration = SslConfiguration::new();
        change(&mut configuration);
        let outcome = client_session(&configuration, "localhost").map(|_| ());
        let error = outcome.map_err(|failure| failure.error);
        assert_eq!(error, Err(SocketError::SslInvalidUserData));
    }
}

#[test]
fn the_cipher_is_one_of_those_chosen() {
    for name in [
        "TLS_CHACHA20_POLY1305_SHA256",
        "ECDHE-ECDSA-AES128-GCM-SHA256",
    ] {
        let mut configuration = SslConfiguration::new();
        configuration.set_ciphers(SslCipher::from_names(name).expect("known"));
        let client = connect(&configuration, "localhost", &server());
        let cipher = client.configuration().session_cipher().expect("a cipher");
        assert_eq!(cipher.name(), name);
    }
}

#[test]
fn the_group_is_one_of_those_chosen() {
    let only = |name: &str| {
        let mut configuration = SslConfiguration::new();
        configuration.set_groups([SslGroup::from_name(name).expect("known")]);
        configuration
    };
    let identity = self_signed(&|_| {});
    let mut ours = only("secp384r1");
    ours.set_local_certificate_chain(identity.chain.clone());
    ours.set_private_key(identity.key.clone());
    let mut server = server_session(&ours).expect("a session");
    let mut client = client_session(&only("P-384"), "localhost").expect("a session");
    assert_eq!(talk(&mut *client, &mut *server), Ok(()));
    let mut server = server_session(&ours).expect("a session");
    let mut client = client_session(&only("X25519"), "localhost").expect("a session");
    let side = talk(&mut *client, &mut *server).map_err(|(side, _)| side);
    assert_eq!(side, Err(Side::Server));
}

#[test]
fn application_protocols_that_do_not_meet_fail() {
    let server = ScriptedServer::with_config(&self_signed(&|_| {}), |config| {
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
    });
    let mut configuration = SslConfiguration::new();
    configuration.set_allowed_next_protocols([b"h2".to_vec()]);
    let mut client = client_session(&configuration, "localhost").expect("a session");
    let side = talk(&mut *client, &mut server.session()).map_err(|(side, _)| side);
    assert_eq!(side, Err(Side::Server));
}

/// Notes which name clients ask for.
#[derive(Debug)]
struct NameListener {
    inner: Arc<dyn ResolvesServerCert>,
    heard: Arc<Mutex<Vec<Option<String>>>>,
}

impl ResolvesServerCert for NameListener {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let name = hello.server_name().map(str::to_owned);
        self.heard.lock().expect("unpoisoned").push(name);
        self.inner.resolve(hello)
    }
}

#[test]
fn the_server_is_told_the_name_unless_that_is_switched_off() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let identity = self_signed(&|_| {});
    let server = ScriptedServer::with_config(&identity, |config| {
        config.cert_resolver = Arc::new(NameListener {
            inner: config.cert_resolver.clone(),
            heard: heard.clone(),
        });
    });
    let mut configuration = SslConfiguration::new();
    configuration.set_uses_session_tickets(false);
    connect(&configuration, "localhost", &server);
    connect(&configuration, "127.0.0.1", &server);
    connect(&configuration, "hyphen-.test", &server);
    configuration.set_peer_verify_name("other.example");
    connect(&configuration, "localhost", &server);
    configuration.set_sends_server_name(false);
    connect(&configuration, "localhost", &server);
    let heard = heard.lock().expect("unpoisoned").clone();
    let name = |name: &str| Some(name.to_owned());
    let expected = [name("localhost"), None, None, name("other.example"), None];
    assert_eq!(heard, expected);
    assert!(DnsName::try_from("hyphen-.test").is_err());
}

#[test]
fn the_name_to_verify_can_be_another_than_the_host() {
    let server = self_signed(&|_| {});
    let mut configuration = SslConfiguration::new();
    configuration.set_ca_certificates(server.chain.clone());
    configuration.set_peer_verify_name("localhost");
    let server = ScriptedServer::new(&server);
    let verdict = connect(&configuration, "other.example", &server).verdict();
    assert!(verdict.errors().is_empty());
    configuration.set_peer_verify_name("other.example");
    let verdict = connect(&configuration, "localhost", &server).verdict();
    assert_eq!(lines(&verdict.errors()), ["HostNameMismatch: localhost"]);
}

#[test]
fn secrets_are_logged_only_if_asked_for() {
    for (version, label) in [
        (SslProtocol::TlsV1_2, "CLIENT_RANDOM "),
        (SslProtocol::TlsV1_3, "CLIENT_TRAFFIC_SECRET_0 "),
    ] {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let log = lines.clone();
        let mut configuration = SslConfiguration::new();
        configuration.set_protocol(version);
        configuration.set_key_log(move |line| {
            log.lock().expect("unpoisoned").push(line.to_owned());
        });
        connect(&configuration, "localhost", &server());
        let lines = lines.lock().expect("unpoisoned");
        let line = lines
            .iter()
            .find(|line| line.starts_with(label))
            .expect("a secret");
        let parts: Vec<_> = line.split(' ').map(str::len).collect();
        assert_eq!(parts, [label.len() - 1, 64, 96], "{line}");
    }
}

#[test]
fn a_key_log_file_grows_by_lines() {
    let name = format!("qwebsocket-keys-{}", std::process::id());
    let path = std::env::temp_dir().join(name);
    let mut configuration = SslConfiguration::new();
    configuration.set_key_log_file(&path).expect("a file");
    connect(&configuration, "localhost", &server());
    let text = std::fs::read_to_string(&path).expect("written");
    assert!(text.lines().count() >= 4 && text.ends_with('\n'), "{text}");
    std::fs::remove_file(&path).expect("removed");
}

#[test]
fn half_an_identity_is_an_error() {
    let Identity { chain, key } = self_signed(&|_| {});
    let mut without_key = SslConfiguration::new();
    without_key.set_local_certificate_chain(chain);
    let mut without_certificate = SslConfiguration::new();
    without_certificate.set_private_key(key);
    for configuration in [without_key, without_certificate] {
        let outcome = client_session(&configuration, "localhost").map(|_| ());
        let error = outcome.map_err(|failure| failure.error);
        assert_eq!(error, Err(SocketError::SslInvalidUserData));
    }
}
