//! Clients that show who they are, or do not.

use std::rc::Rc;

use qwebsocket::{PeerVerifyMode, WebSocketServer};

use super::conversations::{accept, converse};
use super::start;
use crate::certificates::Certificates;
use crate::openssl::tool::path;
use crate::openssl::watched::Alerts;
use crate::openssl::{Checks, Version, by_library};
use crate::session::serve_with;

pub fn check(checks: &mut Checks<'_>) {
    checks.server("it has a client certificate", |version, certificates| {
        let server = serve_asking(certificates, PeerVerifyMode::Peer);
        let [certificate, key] = [certificates.certificate(), certificates.key()];
        let options = ["-cert", path(&certificate), "-key", path(&key)];
        let tool = start(&server, version, certificates, &options);
        let socket = accept(&server, &tool);
        let configuration = socket.socket.ssl_configuration();
        let shown = certificates.first_certificate();
        assert_eq!(configuration.peer_certificate(), Some(&shown));
        converse(&tool, &socket);
    });
    checks.server(
        "it has a client certificate of an unknown authority",
        |version, certificates| {
            let others = Certificates::generate();
            let server = serve_asking(certificates, PeerVerifyMode::Peer);
            let [certificate, key] = [others.certificate(), others.key()];
            let options = ["-cert", path(&certificate), "-key", path(&key)];
            let tool = start(&server, version, certificates, &options);
            tool.wait_for_end();
            assert!(!server.has_pending_connections());
        },
    );
    checks.server(
        "it has no client certificate, which we want",
        |version, certificates| {
            let server = serve_asking(certificates, PeerVerifyMode::Query);
            let tool = start(&server, version, certificates, &[]);
            converse(&tool, &accept(&server, &tool));
        },
    );
    checks.server(
        "it has no client certificate, which we need",
        |version, certificates| {
            let server = serve_asking(certificates, PeerVerifyMode::Peer);
            let tool = start(&server, version, certificates, &[]);
            tool.wait_for_end();
            assert!(!server.has_pending_connections());
        },
    );
    checks.server(
        "it has no client certificate, and is told so",
        |version, certificates| {
            let mut configuration = certificates.configuration();
            configuration.set_peer_verify_mode(PeerVerifyMode::Peer);
            configuration.set_missing_certificate_is_fatal(true);
            let server = serve_with(Some(configuration));
            let tool = start(&server, version, certificates, &[]);
            let received = Alerts::in_output(&tool.wait_for_end()).received;
            // OpenSSL 3.0 has no name for the alert, and sends another one before TLS 1.3.
            let expected = match version {
                Version::Tls12 => by_library("fatal:unknown", "fatal:handshake failure"),
                Version::Tls13 => "fatal:unknown",
            };
            assert_eq!(received, [expected]);
            assert!(!server.has_pending_connections());
        },
    );
}

fn serve_asking(certificates: &Certificates, mode: PeerVerifyMode) -> Rc<WebSocketServer> {
    let mut configuration = certificates.configuration();
    configuration.set_peer_verify_mode(mode);
    serve_with(Some(configuration))
}
