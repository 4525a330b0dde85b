//! Handshakes that fail, and what each end is told of it.

use qwebsocket::SslConfiguration;

use super::start;
use crate::certificates::Certificates;
use crate::openssl::{Checks, Version};
use crate::session::serve_with;

pub fn check(checks: &mut Checks<'_>) {
    checks.server("it does not trust us", |version, certificates| {
        let server = serve_with(Some(certificates.configuration()));
        let others = Certificates::generate();
        let tool = start(&server, version, &others, &[]);
        let printed = tool.wait_for_end();
        assert!(
            printed.contains("SSL3 alert write:fatal:unknown CA"),
            "{printed}"
        );
        assert!(!server.has_pending_connections());
    });
    checks.server("no common version", |version, certificates| {
        let mut configuration = certificates.configuration();
        configuration.set_protocol(version.other().protocol());
        expect_alert(
            configuration,
            version,
            certificates,
            &[],
            "protocol version",
        );
    });
    checks.server("no common application protocol", |version, certificates| {
        let mut configuration = certificates.configuration();
        configuration.set_allowed_next_protocols([b"http/1.1".to_vec()]);
        let alert = "no application protocol";
        expect_alert(
            configuration,
            version,
            certificates,
            &["-alpn", "h2"],
            alert,
        );
    });
}

#[track_caller]
fn expect_alert(
    ours: SslConfiguration,
    version: Version,
    certificates: &Certificates,
    options: &[&str],
    alert: &str,
) {
    let server = serve_with(Some(ours));
    let printed = start(&server, version, certificates, options).wait_for_end();
    let line = format!("SSL3 alert read:fatal:{alert}\n");
    assert!(printed.contains(&line), "no {alert}: {printed}");
    assert!(!server.has_pending_connections());
}
