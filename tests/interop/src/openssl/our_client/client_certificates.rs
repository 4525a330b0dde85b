//! Servers that want to know who we are.

use qwebsocket::SocketError;

use super::conversations::{begin, close};
use super::s_server::Server;
use crate::certificates::Certificates;
use crate::openssl::watched::Watched;
use crate::openssl::{Checks, Version, by_library};

/// A certificate is asked for, or it is required.
const ASKED: &[&str] = &["-state", "-verify", "1"];
const REQUIRED: &[&str] = &["-state", "-Verify", "1", "-verify_return_error"];

pub fn check(checks: &mut Checks<'_>) {
    for (name, options) in [("asked", ASKED), ("required", REQUIRED)] {
        let name = format!("a client certificate is {name} for and delivered");
        checks.client(
            &name.replace("required for", "required"),
            |version, certificates| {
                deliver(version, certificates, options);
            },
        );
    }
    checks.client(
        "a client certificate is asked for and there is none",
        asked_in_vain,
    );
    checks.client(
        "a client certificate is required and there is none",
        required_in_vain,
    );
    checks.client("a client certificate of an unknown authority", unknown);
}

fn deliver(version: Version, certificates: &Certificates, options: &[&str]) {
    let server = Server::start(version, certificates, options);
    let client = Watched::open(server.port, &certificates.configuration());
    server
        .tool
        .read_to("Client certificate\n-----BEGIN CERTIFICATE-----\n");
    let shown = server.tool.read_to("-----END CERTIFICATE-----\n");
    let ours = std::fs::read_to_string(certificates.certificate()).expect("a file");
    let ours = ours.replace("\r\n", "\n");
    assert!(ours.ends_with(&shown), "{shown} is not {ours}");
    begin(&server, &client);
    close(&server, &client);
}

fn asked_in_vain(version: Version, certificates: &Certificates) {
    let server = Server::start(version, certificates, ASKED);
    let client = Watched::open(server.port, &certificates.trusting());
    begin(&server, &client);
    close(&server, &client);
    assert!(!server.tool.printed().contains("Client certificate"));
}

fn required_in_vain(version: Version, certificates: &Certificates) {
    let server = Server::start(version, certificates, REQUIRED);
    let client = Watched::open(server.port, &certificates.trusting());
    let (error, alert) = match version {
        Version::Tls12 => (SocketError::SslHandshakeFailed, "handshake failure"),
        // For us the handshake is over when the server looks at our answer.
        Version::Tls13 => (SocketError::SslInternal, "certificate required"),
    };
    client.expect_failure(error, "alert");
    let received = client.take_alerts().received;
    assert_eq!(received, [format!("fatal:{alert}")]);
    server.expect_no_request();
}

fn unknown(version: Version, certificates: &Certificates) {
    let mut configuration = certificates.trusting();
    Certificates::generate().be_shown_by(&mut configuration);
    let server = Server::start(version, certificates, REQUIRED);
    let client = Watched::open(server.port, &configuration);
    let error = match version {
        Version::Tls12 => SocketError::SslHandshakeFailed,
        Version::Tls13 => SocketError::SslInternal,
    };
    client.expect_failure(error, by_library("UnknownCA", "unknown ca"));
    server.expect("SSL3 alert write:fatal:unknown CA");
    server.expect_no_request();
    client.expect_agreement_on_alerts(&server.tool);
}
