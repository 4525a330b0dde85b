//! What a configuration asks for reaches the server.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use qwebsocket::{SslCipher, SslConfiguration, SslGroup};

use super::conversations::{begin, close};
use super::s_server::Server;
use crate::certificates::Certificates;
use crate::openssl::tool::path;
use crate::openssl::watched::Watched;
use crate::openssl::{Checks, Version};

pub fn check(checks: &mut Checks<'_>) {
    checks.client("the version is ours to choose", |version, certificates| {
        let server = Server::start_with(certificates, &[]);
        let printed = converse(&server, certificates, |configuration| {
            configuration.set_protocol(version.protocol());
        });
        let cipher = printed
            .lines()
            .find_map(|line| line.strip_prefix("CIPHER is "));
        let cipher = cipher.and_then(SslCipher::from_name).expect("a cipher");
        assert_eq!(cipher.protocol(), version.protocol());
    });
    for cipher in SslCipher::supported() {
        // The others need a key of another kind than those of the certificates here.
        let starts = ["TLS_", "ECDHE-ECDSA-", "ECDHE-RSA-"];
        if starts.iter().any(|start| cipher.name().starts_with(start)) {
            check_cipher(checks, cipher);
        }
    }
    for group in ["X25519", "P-256", "P-384"] {
        checks.client(&format!("the group {group}"), |version, _| {
            key_exchange(version, group);
        });
    }
    if checks.version == Version::Tls13 {
        checks.client("a group that we did not guess", another_group);
    }
    check_server_name(checks);
    check_alpn(checks);
    checks.client("the key log is the server's", key_log);
    checks.client("both ends know what was agreed on", agreement);
}

/// Connects with changed settings, has a conversation and gives what the server printed.
fn converse(
    server: &Server,
    certificates: &Certificates,
    change: impl FnOnce(&mut SslConfiguration),
) -> String {
    let client = open(server, certificates, change);
    begin(server, &client);
    close(server, &client);
    server.tool.printed()
}

fn open(
    server: &Server,
    certificates: &Certificates,
    change: impl FnOnce(&mut SslConfiguration),
) -> Watched {
    let mut configuration = certificates.trusting();
    change(&mut configuration);
    Watched::open(server.port, &configuration)
}

fn check_cipher(checks: &mut Checks<'_>, cipher: SslCipher) {
    let name = cipher.name();
    let needs_rsa = name.starts_with("ECDHE-RSA");
    if cipher.protocol() != checks.version.protocol() {
        return;
    }
    checks.client(&format!("the cipher {name}"), |version, certificates| {
        let rsa = needs_rsa.then(|| Certificates::self_signed_by_openssl(&["rsa:2048"]));
        let certificates = rsa.as_ref().unwrap_or(certificates);
        let server = Server::start(version, certificates, &[]);
        let printed = converse(&server, certificates, |configuration| {
            configuration.set_ciphers([cipher]);
        });
        assert_line(&printed, &format!("Shared ciphers:{name}"));
        assert_line(&printed, &format!("CIPHER is {name}"));
    });
}

/// With RSA, because the curve of a certificate's key would be restricted as well.
fn key_exchange(version: Version, group: &str) {
    let certificates = Certificates::self_signed_by_openssl(&["rsa:2048"]);
    let server = Server::start(version, &certificates, &[]);
    let chosen = SslGroup::from_name(group).expect("a group");
    let printed = converse(&server, &certificates, |configuration| {
        configuration.set_groups([chosen]);
    });
    let its_name = match group {
        "X25519" => "x25519",
        "P-256" => "secp256r1",
        _ => "secp384r1",
    };
    assert_line(&printed, &format!("Supported groups: {its_name}"));
}

/// The server asks for another hello.
fn another_group(version: Version, certificates: &Certificates) {
    let server = Server::start(version, certificates, &["-groups", "P-384", "-msg"]);
    let printed = converse(&server, certificates, |_| {});
    assert_line(&printed, "Shared groups: secp384r1");
    let hellos = printed.matches("ClientHello\n").count();
    assert_eq!(hellos, 2);
}

fn check_server_name(checks: &mut Checks<'_>) {
    checks.client(
        "the server name chooses the certificate",
        |version, certificates| {
            let other = Certificates::self_signed_by_openssl(&["rsa:2048"]);
            let server = start_for_localhost(version, &other, certificates);
            let printed = converse(&server, certificates, |_| {});
            assert_line(&printed, &format!("{NAME_SHOWN}\"localhost\""));
        },
    );
    checks.client("the server name is withheld", |version, certificates| {
        let other = Certificates::self_signed_by_openssl(&["rsa:2048"]);
        let server = start_for_localhost(version, certificates, &other);
        let printed = converse(&server, certificates, |configuration| {
            configuration.set_sends_server_name(false);
        });
        assert!(!printed.contains(NAME_SHOWN), "{printed}");
    });
    checks.client(
        "the server name is another than the host",
        |version, certificates| {
            let server = start_for_localhost(version, certificates, certificates);
            let _client = open(&server, certificates, |configuration| {
                configuration.set_peer_verify_name("elsewhere.test");
            });
            server.expect(&format!("{NAME_SHOWN}\"elsewhere.test\""));
        },
    );
}

const NAME_SHOWN: &str = "Hostname in TLS extension: ";

/// A server with one certificate for `localhost` and another for everyone else.
fn start_for_localhost(
    version: Version,
    default: &Certificates,
    localhost: &Certificates,
) -> Server {
    let [certificate, key] = [localhost.certificate(), localhost.key()];
    let files = ["-cert2", path(&certificate), "-key2", path(&key)];
    let options = [&["-servername", "localhost"], &files[..]].concat();
    Server::start(version, default, &options)
}

fn check_alpn(checks: &mut Checks<'_>) {
    checks.client(
        "an application protocol is agreed on",
        |version, certificates| {
            let server = Server::start(version, certificates, &["-alpn", "h2,http/1.1"]);
            let printed = converse(&server, certificates, |configuration| {
                configuration.set_allowed_next_protocols([b"x".to_vec(), b"http/1.1".to_vec()]);
            });
            assert_line(
                &printed,
                "ALPN protocols advertised by the client: x, http/1.1",
            );
            assert_line(&printed, "ALPN protocols selected: http/1.1");
        },
    );
    checks.client(
        "no application protocol is offered",
        |version, certificates| {
            let server = Server::start(version, certificates, &["-alpn", "h2,http/1.1"]);
            let printed = converse(&server, certificates, |_| {});
            assert!(!printed.contains("ALPN"), "{printed}");
        },
    );
    checks.client(
        "an application protocol that it does not speak of",
        |version, certificates| {
            let server = Server::start(version, certificates, &[]);
            converse(&server, certificates, |configuration| {
                configuration.set_allowed_next_protocols([b"http/1.1".to_vec()]);
            });
        },
    );
}

/// Our configuration tells it from the handshake on.
fn agreement(version: Version, certificates: &Certificates) {
    let server = Server::start(version, certificates, &["-alpn", "http/1.1"]);
    let mut configuration = certificates.trusting();
    configuration.set_allowed_next_protocols([b"http/1.1".to_vec()]);
    for is_resumed in [false, true] {
        let client = Watched::open(server.port, &configuration);
        begin(&server, &client);
        let ours = client.socket.ssl_configuration();
        assert_eq!(ours.session_protocol(), version.protocol());
        let cipher = ours.session_cipher().expect("a cipher");
        assert_line(
            &server.tool.printed(),
            &format!("CIPHER is {}", cipher.name()),
        );
        let shown = certificates.first_certificate();
        assert_eq!(ours.peer_certificate(), Some(&shown));
        assert_eq!(ours.next_negotiated_protocol(), Some(&b"http/1.1"[..]));
        assert_eq!(ours.is_resumed(), is_resumed);
        close(&server, &client);
    }
}

fn key_log(version: Version, _: &Certificates) {
    let certificates = Certificates::generate();
    let [ours, its] = ["ours.log", "its.log"].map(|name| certificates.file(name));
    let server = Server::start(version, &certificates, &["-keylogfile", path(&its)]);
    let told = Arc::<Mutex<BTreeSet<String>>>::default();
    let teller = told.clone();
    converse(&server, &certificates, |configuration| {
        configuration.set_key_log(move |line| {
            teller.lock().expect("no panic").insert(line.to_owned());
        });
    });
    let its_lines = log_lines(&its);
    assert!(!its_lines.is_empty());
    assert_eq!(*told.lock().expect("no panic"), its_lines);

    converse(&server, &certificates, |configuration| {
        configuration.set_key_log_file(&ours).expect("a file");
    });
    let both = log_lines(&its);
    let second: BTreeSet<_> = both.difference(&its_lines).cloned().collect();
    assert_eq!(log_lines(&ours), second);
}

/// Without the comments.
fn log_lines(file: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(file).expect("a key log");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(str::to_owned).collect()
}

#[track_caller]
fn assert_line(printed: &str, line: &str) {
    assert!(
        printed.lines().any(|other| other == line),
        "no {line:?}: {printed}"
    );
}
