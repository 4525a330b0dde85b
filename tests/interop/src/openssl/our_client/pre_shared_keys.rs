//! Servers that have a key in common with us.

use qwebsocket::{SocketError, SslCipher};

use super::conversations::converse;
use super::s_server::Server;
use crate::certificates::Certificates;
use crate::openssl::keys::{DIGITS, IDENTITY, KEY, keys_alone, open};
use crate::openssl::{Checks, Version};

const SUITES_12: [&str; 4] = [
    "PSK-AES128-GCM-SHA256",
    "DHE-PSK-AES128-GCM-SHA256",
    "ECDHE-PSK-AES128-CBC-SHA256",
    "ECDHE-PSK-CHACHA20-POLY1305",
];
/// Keys of TLS 1.3 belong to a digest, this one's.
const SUITES_13: [&str; 2] = ["TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256"];

pub fn check(checks: &mut Checks<'_>) {
    let suites = match checks.version {
        Version::Tls12 => &SUITES_12[..],
        Version::Tls13 => &SUITES_13,
    };
    for suite in suites {
        for hint in [None, Some("who are you?")] {
            let name = match hint {
                None => format!("a pre-shared key, {suite}"),
                Some(_) => format!("a pre-shared key, {suite}, with a hint"),
            };
            checks.client(&name, |version, certificates| {
                a_key(version, certificates, suite, hint);
            });
        }
    }
    checks.client("a pre-shared key that is wrong", wrong_key);
    checks.client("a pre-shared key that is empty", empty_key);
    checks.client("a pre-shared key of nobody", empty_identity);
}

fn start(version: Version, certificates: &Certificates, more: &[&str]) -> Server {
    let options = [
        "-state",
        "-nocert",
        "-psk",
        DIGITS,
        "-psk_identity",
        IDENTITY,
    ];
    Server::start(version, certificates, &[&options, more].concat())
}

fn a_key(version: Version, certificates: &Certificates, suite: &str, hint: Option<&str>) {
    let hint_option = hint.map_or(vec![], |hint| vec!["-psk_hint", hint]);
    let server = start(version, certificates, &hint_option);
    let mut configuration = keys_alone(version);
    configuration.set_ciphers(SslCipher::from_names(suite).expect("known"));
    let (client, questions) = open(server.port, &configuration, IDENTITY, &KEY);
    converse(&server, &client);
    let question = questions.only();
    let expected = match version {
        Version::Tls12 => hint.unwrap_or_default(),
        Version::Tls13 => "", // there are none
    };
    assert_eq!(question.identity_hint(), expected.as_bytes());
    let used = client.socket.ssl_configuration().session_cipher();
    // Its connection is over, and told before.
    assert!(used.is_none_or(|used| used.name() == suite), "{used:?}");
    assert!(server.tool.printed().contains(suite), "{suite}");
}

fn wrong_key(version: Version, certificates: &Certificates) {
    let server = start(version, certificates, &[]);
    let (client, questions) = open(server.port, &keys_alone(version), IDENTITY, b"another");
    let alert = match version {
        Version::Tls12 => "bad record mac",
        Version::Tls13 => "illegal parameter",
    };
    client.expect_failure(SocketError::SslHandshakeFailed, alert);
    server.expect_no_request();
    client.expect_agreement_on_alerts(&server.tool);
    questions.only();
}

fn empty_key(version: Version, certificates: &Certificates) {
    let server = start(version, certificates, &[]);
    let (client, questions) = open(server.port, &keys_alone(version), IDENTITY, b"");
    let reason = match version {
        Version::Tls12 => "psk identity not found",
        Version::Tls13 => "handshake failure", // it is offered none
    };
    client.expect_failure(SocketError::SslHandshakeFailed, reason);
    server.expect_no_request();
    client.expect_agreement_on_alerts(&server.tool);
    questions.only();
}

/// In TLS 1.2 the tool takes any identity. TLS 1.3 has no empty one.
fn empty_identity(version: Version, certificates: &Certificates) {
    let server = start(version, certificates, &[]);
    let (client, questions) = open(server.port, &keys_alone(version), "", &KEY);
    match version {
        Version::Tls12 => converse(&server, &client),
        Version::Tls13 => {
            client.expect_failure(SocketError::SslHandshakeFailed, "empty");
            server.expect_no_request();
        }
    }
    questions.only();
}
