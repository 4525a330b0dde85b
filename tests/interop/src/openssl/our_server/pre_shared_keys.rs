//! Clients that have a key in common with us.

use qwebsocket::{HostAddress, SslMode, WebSocketServer};

use super::conversations::{accept, converse};
use super::start;
use crate::certificates::Certificates;
use crate::openssl::keys::{DIGITS, IDENTITY, KEY, Questions, answer_for, keys_alone};
use crate::openssl::{Checks, Version};

pub fn check(checks: &mut Checks<'_>) {
    let suites = match checks.version {
        Version::Tls12 => &[
            "PSK-AES128-GCM-SHA256",
            "DHE-PSK-AES128-GCM-SHA256",
            "ECDHE-PSK-AES128-CBC-SHA256",
            "ECDHE-PSK-CHACHA20-POLY1305",
        ][..],
        Version::Tls13 => &["TLS_AES_128_GCM_SHA256"],
    };
    for suite in suites {
        for hint in ["", "who are you?"] {
            let name = match hint {
                "" => format!("a pre-shared key, {suite}"),
                _ => format!("a pre-shared key, {suite}, with a hint"),
            };
            checks.server(&name, |version, certificates| {
                a_key(version, certificates, suite, hint);
            });
        }
    }
    checks.server("a pre-shared key that is wrong", |version, certificates| {
        let alert = match version {
            Version::Tls12 => "bad record mac",
            Version::Tls13 => "illegal parameter",
        };
        refuse(version, certificates, b"another", alert);
    });
    // TLS 1.3 has no empty identity: the tool fails before it says a word.
    if checks.version == Version::Tls12 {
        checks.server("a pre-shared key of nobody", empty_identity);
    }
    checks.server("a pre-shared key of a stranger", |version, certificates| {
        let alert = match version {
            Version::Tls12 => "unknown PSK identity",
            Version::Tls13 => "handshake failure",
        };
        refuse(version, certificates, b"", alert);
    });
}

fn listen(
    version: Version,
    hint: &str,
    key: &'static [u8],
) -> (std::rc::Rc<WebSocketServer>, Questions) {
    let server = WebSocketServer::new("interop", SslMode::Secure);
    let questions = answer_for(&server, key);
    let mut configuration = keys_alone(version);
    configuration.set_pre_shared_key_identity_hint(hint);
    server.set_ssl_configuration(configuration);
    assert!(
        server.listen(HostAddress::LOCAL_HOST, 0),
        "{}",
        server.error_string()
    );
    (server, questions)
}

fn empty_identity(version: Version, certificates: &Certificates) {
    let (server, questions) = listen(version, "", &KEY);
    let options = ["-psk", DIGITS, "-psk_identity", ""];
    let tool = start(&server, version, certificates, &options);
    let socket = accept(&server, &tool);
    converse(&tool, &socket);
    assert_eq!(questions.only().identity(), b"");
}

fn options(version: Version, suite: Option<&str>) -> Vec<&str> {
    let mut options = vec!["-psk", DIGITS, "-psk_identity", IDENTITY];
    if let Some(suite) = suite {
        let option = match version {
            Version::Tls12 => "-cipher",
            Version::Tls13 => "-ciphersuites",
        };
        options.extend([option, suite]);
    }
    options
}

fn a_key(version: Version, certificates: &Certificates, suite: &str, hint: &str) {
    let (server, questions) = listen(version, hint, &KEY);
    let tool = start(
        &server,
        version,
        certificates,
        &options(version, Some(suite)),
    );
    let socket = accept(&server, &tool);
    converse(&tool, &socket);
    let question = questions.only();
    assert_eq!(question.identity(), IDENTITY.as_bytes());
    assert_eq!(question.maximum_identity_length(), 0);
    let cipher = socket.socket.ssl_configuration().session_cipher();
    assert_eq!(cipher.map(|cipher| cipher.name()), Some(suite));
    if version == Version::Tls12 {
        let told = if hint.is_empty() { "None" } else { hint };
        let line = format!("PSK identity hint: {told}\n");
        assert!(tool.printed().contains(&line), "no {line}");
    }
}

fn refuse(version: Version, certificates: &Certificates, key: &'static [u8], alert: &str) {
    let (server, questions) = listen(version, "", key);
    let printed = start(&server, version, certificates, &options(version, None)).wait_for_end();
    let line = format!("SSL3 alert read:fatal:{alert}\n");
    assert!(printed.contains(&line), "no {alert}: {printed}");
    assert!(!server.has_pending_connections());
    questions.only();
}
