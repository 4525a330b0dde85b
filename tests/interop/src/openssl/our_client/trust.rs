//! Servers whose certificate does not verify, and what the application says about it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use qwebsocket::{PauseModes, SocketError, SslConfiguration, SslError, SslErrorKind, single_shot};

use super::conversations::{begin, close};
use super::s_server::Server;
use super::verification::{expired, for_another_host};
use crate::certificates::Certificates;
use crate::openssl::watched::{Alerts, Watched};
use crate::openssl::{Checks, Version};
use crate::wait::wait_until;

const EXPIRED: SslErrorKind = SslErrorKind::CertificateExpired;

pub fn check(checks: &mut Checks<'_>) {
    checks.client("the errors of a certificate are told", |version, _| {
        let attempt = Attempt::on(version, &expired(), |_| {});
        attempt.refused();
        assert_eq!(attempt.told(), [EXPIRED]);
    });
    checks.client("errors are ignored when they are told", |version, _| {
        let attempt = Attempt::on(version, &for_another_host(), |_| {});
        let socket = &attempt.client.socket;
        socket
            .ssl_errors
            .connect_to(socket, |socket, _| socket.ignore_ssl_errors());
        attempt.accepted();
        assert_eq!(attempt.told(), [SslErrorKind::HostNameMismatch]);
    });
    checks.client("errors that were expected are ignored", expected);
    checks.client("errors that nobody expected", |version, _| {
        let attempt = Attempt::on(version, &for_another_host(), |_| {});
        let expected = SslError::new(EXPIRED);
        attempt.client.socket.ignore_these_ssl_errors(&[expected]);
        attempt.refused();
    });
    checks.client("a pause to ask about errors", pause);
    checks.client("an error interrupts the handshake", |version, _| {
        let attempt = Attempt::on(version, &expired(), interrupting);
        let interruptions = Rc::new(Cell::new(0));
        let count = interruptions.clone();
        let socket = &attempt.client.socket;
        socket
            .handshake_interrupted_on_error
            .connect(move |_| count.set(count.get() + 1));
        attempt.refused();
        assert_eq!((interruptions.get(), attempt.told()), (1, vec![]));
    });
    checks.client(
        "a handshake goes on behind an interruption",
        |version, _| {
            let attempt = Attempt::on(version, &expired(), interrupting);
            let socket = &attempt.client.socket;
            socket
                .handshake_interrupted_on_error
                .connect_to(socket, |socket, _| socket.continue_interrupted_handshake());
            socket
                .ssl_errors
                .connect_to(socket, |socket, _| socket.ignore_ssl_errors());
            attempt.accepted();
            assert_eq!(attempt.told(), [EXPIRED]);
        },
    );
}

fn interrupting(configuration: &mut SslConfiguration) {
    configuration.set_handshake_must_interrupt_on_error(true);
}

/// A client that trusts the authority of a server, but not the server.
struct Attempt {
    server: Server,
    configuration: SslConfiguration,
    client: Watched,
    told: Rc<RefCell<Vec<SslErrorKind>>>,
}

impl Attempt {
    fn on(
        version: Version,
        shown: &Certificates,
        change: impl FnOnce(&mut SslConfiguration),
    ) -> Self {
        let server = Server::start(version, shown, &["-state"]);
        let mut configuration = shown.trusting();
        change(&mut configuration);
        let client = Watched::open(server.port, &configuration);
        let told = Rc::<RefCell<Vec<_>>>::default();
        client.socket.ssl_errors.connect_to(&told, |told, errors| {
            told.borrow_mut().extend(errors.iter().map(SslError::kind));
        });
        Self {
            server,
            configuration,
            client,
            told,
        }
    }

    fn told(&self) -> Vec<SslErrorKind> {
        self.told.take()
    }

    #[track_caller]
    fn accepted(&self) {
        begin(&self.server, &self.client);
        close(&self.server, &self.client);
    }

    /// The server gets nothing, not even an alert.
    #[track_caller]
    fn refused(&self) {
        self.client
            .expect_failure(SocketError::SslHandshakeFailed, "");
        let printed = self.server.expect_no_request();
        assert_eq!(Alerts::in_output(&printed).received, [""; 0]);
    }
}

/// They are known by kind and certificate, also when the session is resumed.
fn expected(version: Version, _: &Certificates) {
    let certificates = expired();
    let attempt = Attempt::on(version, &certificates, |_| {});
    let socket = &attempt.client.socket;
    let known = SslError::with_certificate(EXPIRED, certificates.first_certificate());
    socket.ignore_these_ssl_errors(&[known]);
    attempt.accepted();
    assert_eq!(attempt.told(), [EXPIRED]);
    attempt
        .client
        .open_again(attempt.server.port, &attempt.configuration);
    attempt.accepted();
    assert_eq!(attempt.told(), [EXPIRED]);
    assert!(attempt.server.tool.printed().contains("Reused session-id"));
}

/// While the application makes up its mind, the server hears nothing.
fn pause(version: Version, _: &Certificates) {
    let attempt = Attempt::on(version, &expired(), |_| {});
    let socket = &attempt.client.socket;
    socket.set_pause_mode(PauseModes::ON_SSL_ERRORS);
    wait_until("errors are told", || !attempt.told.borrow().is_empty());
    let is_over = Rc::new(Cell::new(false));
    let over = is_over.clone();
    single_shot(Duration::from_millis(300), move || over.set(true));
    wait_until("some time has passed", || is_over.get());
    let printed = attempt.server.tool.printed();
    assert!(!printed.contains("GET "), "{printed}");
    socket.ignore_ssl_errors();
    socket.resume();
    attempt.accepted();
}
