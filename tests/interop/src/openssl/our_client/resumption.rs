//! Sessions that are taken up again.

use qwebsocket::SslConfiguration;

use super::conversations::{begin, close};
use super::s_server::Server;
use crate::certificates::Certificates;
use crate::openssl::watched::Watched;
use crate::openssl::{Checks, Version};

pub fn check(checks: &mut Checks<'_>) {
    checks.client(
        "a session is resumed by its ticket",
        |version, certificates| {
            let server = Server::start(version, certificates, &[]);
            let configuration = certificates.trusting();
            assert_resumes(&server, &configuration, [false, true, true]);
        },
    );
    checks.client(
        "a session is resumed by the server's memory",
        |version, certificates| {
            let server = Server::start(version, certificates, &["-no_ticket"]);
            let configuration = certificates.trusting();
            assert_resumes(&server, &configuration, [false, true, true]);
        },
    );
    checks.client(
        "a session with a client certificate is resumed",
        |version, certificates| {
            let server = Server::start(version, certificates, &["-Verify", "1"]);
            let configuration = certificates.configuration();
            assert_resumes(&server, &configuration, [false, true, true]);
        },
    );
    checks.client(
        "without tickets nothing is resumed",
        |version, certificates| {
            let server = Server::start(version, certificates, &[]);
            let mut configuration = certificates.trusting();
            configuration.set_uses_session_tickets(false);
            assert_resumes(&server, &configuration, [false, false]);
        },
    );
    checks.client(
        "another configuration resumes nothing",
        |version, certificates| {
            let server = Server::start(version, certificates, &[]);
            assert_resumes(&server, &certificates.trusting(), [false, true]);
            assert_resumes(&server, &certificates.trusting(), [false, true]);
        },
    );
    checks.client("a ticket that nobody knows any more", forgotten);
}

/// One connection after the other, and whether each resumes a session, as the server sees it.
#[track_caller]
fn assert_resumes<const COUNT: usize>(
    server: &Server,
    configuration: &SslConfiguration,
    expected: [bool; COUNT],
) {
    let resumes = [(); COUNT].map(|()| {
        let start = server.tool.printed().len();
        let client = Watched::open(server.port, configuration);
        begin(server, &client);
        close(server, &client);
        server.tool.printed()[start..].contains("Reused session-id")
    });
    assert_eq!(resumes, expected, "whether sessions were resumed");
}

/// The server was started anew on its port, with other ticket keys.
fn forgotten(version: Version, certificates: &Certificates) {
    let configuration = certificates.trusting();
    let first = Server::start(version, certificates, &[]);
    assert_resumes(&first, &configuration, [false, true]);
    let port = first.port;
    drop(first);
    let second = Server::start_on(port, certificates, &[version.flag()]);
    assert_resumes(&second, &configuration, [false, true]);
}
