//! Servers that are trusted, and ones that are not: they get not one byte of the application's.

use qwebsocket::{PeerVerifyMode, SocketError, SslConfiguration};
use rcgen::{SanType, date_time_ymd};

use super::conversations::{begin, close};
use super::s_server::Server;
use crate::certificates::Certificates;
use crate::openssl::tool::path;
use crate::openssl::watched::Watched;
use crate::openssl::{Checks, Version};

pub fn check(checks: &mut Checks<'_>) {
    checks.client("the wrong host name", |version, _| {
        let certificates = for_another_host();
        refuse(
            version,
            &certificates,
            &certificates.trusting(),
            "host name",
        );
    });
    checks.client("an expired certificate", |version, _| {
        let certificates = expired();
        refuse(version, &certificates, &certificates.trusting(), "expired");
    });
    checks.client("a certificate signed by itself", |version, others| {
        let certificates = Certificates::self_signed_by_openssl(&["rsa:2048"]);
        refuse(version, &certificates, &others.trusting(), "self-signed");
    });
    checks.client("an unknown authority", |version, certificates| {
        let others = Certificates::generate();
        refuse(
            version,
            certificates,
            &others.trusting(),
            "issuer certificate",
        );
    });
    checks.client(
        "an unknown authority that is shown",
        |version, certificates| {
            let others = Certificates::generate();
            refuse_shown(version, certificates, &others.trusting());
        },
    );
    checks.client("another name that is asked for", |version, _| {
        let certificates = for_another_host();
        let mut configuration = certificates.trusting();
        configuration.set_peer_verify_name("elsewhere.test");
        accept(version, &certificates, &configuration);
    });
    checks.client("nothing is verified", |version, _| {
        let certificates = expired();
        let mut configuration = SslConfiguration::new();
        configuration.set_peer_verify_mode(PeerVerifyMode::None);
        accept(version, &certificates, &configuration);
    });
}

/// The authority is shown as well, which does not make it known.
fn refuse_shown(version: Version, shown: &Certificates, configuration: &SslConfiguration) {
    let ca = shown.ca();
    let options = ["-cert_chain", path(&ca)];
    let server = Server::start(version, shown, &options);
    let client = Watched::open(server.port, configuration);
    client.expect_failure(SocketError::SslHandshakeFailed, "root certificate");
    server.expect_no_request();
}

pub fn for_another_host() -> Certificates {
    Certificates::generate_with(|params| {
        let name = "elsewhere.test".try_into().expect("a name");
        params.subject_alt_names = vec![SanType::DnsName(name)];
    })
}

pub fn expired() -> Certificates {
    Certificates::generate_with(|params| {
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2020, 2, 1);
    })
}

fn refuse(version: Version, shown: &Certificates, configuration: &SslConfiguration, text: &str) {
    let server = Server::start(version, shown, &[]);
    let client = Watched::open(server.port, configuration);
    client.expect_failure(SocketError::SslHandshakeFailed, text);
    server.expect_no_request();
}

fn accept(version: Version, shown: &Certificates, configuration: &SslConfiguration) {
    let server = Server::start(version, shown, &[]);
    let client = Watched::open(server.port, configuration);
    begin(&server, &client);
    close(&server, &client);
}
