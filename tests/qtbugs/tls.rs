//! Certificates that do not verify.

use std::cell::RefCell;
use std::rc::Rc;

use qwebsocket::{SocketState, SslCertificate, SslErrorKind, WebSocket};

use super::support::pair::next_connection;
use super::support::run_until;
use super::support::tls::{Identity, secure_url};

/// `sslErrors` never came, and what it asked about could not be looked at: a user had nothing to decide on.
#[test]
fn qtbug_36676_the_certificates_are_there_when_the_errors_are_told() {
    let stranger = Identity::new();
    let server = stranger.listening();
    let socket = WebSocket::new();
    let seen = Rc::new(RefCell::new(Vec::new()));
    socket.ssl_errors.connect_to(&socket, {
        let seen = seen.clone();
        move |socket, errors| {
            let kinds: Vec<SslErrorKind> = errors.iter().map(|error| error.kind()).collect();
            let configuration = socket.ssl_configuration();
            let chain: Vec<SslCertificate> = configuration.peer_certificate_chain().to_vec();
            seen.borrow_mut()
                .push((kinds, configuration.peer_certificate().cloned(), chain));
            socket.ignore_ssl_errors();
        }
    });
    socket.open(secure_url(&server));
    let _accepted = next_connection(&server);
    run_until(|| socket.state() == SocketState::Connected);
    let certificate = stranger.certificate();
    assert_eq!(
        *seen.borrow(),
        [(
            vec![SslErrorKind::SelfSignedCertificate],
            Some(certificate.clone()),
            vec![certificate]
        )]
    );
}
