//! Handshakes that fail, and what each end is told of it.

use qwebsocket::{SocketError, SslCipher, SslConfiguration, SslGroup};

use super::conversations::begin;
use super::s_server::Server;
use crate::openssl::watched::Watched;
use crate::openssl::{Checks, Version, by_library};

pub fn check(checks: &mut Checks<'_>) {
    check_no_common_version(checks);
    let (cipher, its) = match checks.version {
        Version::Tls12 => (
            "ECDHE-ECDSA-AES128-GCM-SHA256",
            ["-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384"],
        ),
        Version::Tls13 => (
            "TLS_AES_128_GCM_SHA256",
            ["-ciphersuites", "TLS_AES_256_GCM_SHA384"],
        ),
    };
    received(
        checks,
        "no common cipher",
        &its,
        ("HandshakeFailure", "handshake failure"),
        |settings| {
            settings.set_ciphers(SslCipher::from_names(cipher).expect("a cipher"));
        },
    );
    received(
        checks,
        "no common group",
        &["-groups", "P-521"],
        ("HandshakeFailure", "handshake failure"),
        |settings| {
            settings.set_groups([SslGroup::from_name("X25519").expect("a group")]);
        },
    );
    let alpn = ("NoApplicationProtocol", "no application protocol");
    received(
        checks,
        "no common application protocol",
        &["-alpn", "h2"],
        alpn,
        |settings| {
            settings.set_allowed_next_protocols([b"http/1.1".to_vec()]);
        },
    );
    checks.client(
        "clear text on a connection that stands",
        |version, certificates| {
            let server = Server::start(version, certificates, &["-state"]);
            let client = Watched::open(server.port, &certificates.trusting());
            begin(&server, &client);
            server.tool.type_in(b"P\n");
            server.tool.read_to("SSL3 alert read:fatal:");
            client.expect_error(SocketError::SslInternal, "Error while reading: ");
            server.end_of_connection();
            client.expect_agreement_on_alerts(&server.tool);
        },
    );
}

fn check_no_common_version(checks: &mut Checks<'_>) {
    checks.client("no common version", |version, certificates| {
        let server = Server::start(version.other(), certificates, &["-state"]);
        let mut configuration = certificates.trusting();
        configuration.set_protocol(version.protocol());
        let client = Watched::open(server.port, &configuration);
        client.expect_failure(
            SocketError::SslHandshakeFailed,
            by_library("ProtocolVersion", "protocol version"),
        );
        server.expect("SSL3 alert write:fatal:protocol version");
        server.expect_no_request();
        client.expect_agreement_on_alerts(&server.tool);
    });
    checks.client("a version that is too old", |_, certificates| {
        let options = ["-state", "-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"];
        let server = Server::start_with(certificates, &options);
        let client = Watched::open(server.port, &certificates.trusting());
        client.expect_failure(
            SocketError::SslHandshakeFailed,
            by_library("ProtocolVersion", "protocol version"),
        );
        server.expect("SSL3 alert write:fatal:protocol version");
        server.expect_no_request();
        client.expect_agreement_on_alerts(&server.tool);
    });
}

/// The server, started with these options, refuses; our text and its words for the alert.
fn received(
    checks: &mut Checks<'_>,
    name: &str,
    options: &[&str],
    (ours, its): (&str, &str),
    change: impl FnOnce(&mut SslConfiguration),
) {
    checks.client(name, |version, certificates| {
        let server = Server::start(version, certificates, &[&["-state"], options].concat());
        let mut configuration = certificates.trusting();
        change(&mut configuration);
        let client = Watched::open(server.port, &configuration);
        client.expect_failure(SocketError::SslHandshakeFailed, by_library(ours, its));
        server.expect(&format!("SSL3 alert write:fatal:{its}"));
        server.expect_no_request();
        client.expect_agreement_on_alerts(&server.tool);
    });
}
