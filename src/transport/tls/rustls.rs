//! The backend on rustls.

use std::io::{self, BufRead, Write};

use rustls::pki_types::ServerName;
use rustls::{CertificateError, ClientConnection, Connection, Error, ServerConnection};

use super::{TlsSession, rustls_config};
use crate::network::{SocketError, SslConfiguration};
use crate::transport::Failure;

/// A client's session that will accept only a certificate for `host`.
pub(crate) fn client_session(
    configuration: &SslConfiguration,
    host: &str,
) -> Result<Box<dyn TlsSession>, Failure> {
    let name = ServerName::try_from(host.to_owned()).map_err(|_| {
        handshake_failed(format!(
            "`{host}` is no host name that a certificate can be made out for"
        ))
    })?;
    let config = rustls_config::client(configuration)?;
    let connection = ClientConnection::new(config, name).map_err(|error| failure(&error))?;
    Ok(RustlsSession::boxed(connection.into()))
}

/// A server's session.
pub(crate) fn server_session(
    configuration: &SslConfiguration,
) -> Result<Box<dyn TlsSession>, Failure> {
    let config = rustls_config::server(configuration)?;
    let connection = ServerConnection::new(config).map_err(|error| failure(&error))?;
    Ok(RustlsSession::boxed(connection.into()))
}

struct RustlsSession {
    connection: Connection,
    peer_has_closed: bool,
}

impl RustlsSession {
    fn boxed(connection: Connection) -> Box<dyn TlsSession> {
        Box::new(Self {
            connection,
            peer_has_closed: false,
        })
    }

    fn hand_on(&mut self, plaintext: &mut dyn FnMut(&[u8])) {
        let mut reader = self.connection.reader();
        // Ends with `WouldBlock`, or empty after a close_notify.
        while let Ok(chunk) = reader.fill_buf() {
            if chunk.is_empty() {
                break;
            }
            plaintext(chunk);
            let count = chunk.len();
            reader.consume(count);
        }
    }
}

impl TlsSession for RustlsSession {
    fn is_handshaking(&self) -> bool {
        self.connection.is_handshaking()
    }

    fn receive(
        &mut self,
        mut ciphertext: &[u8],
        plaintext: &mut dyn FnMut(&[u8]),
    ) -> Result<(), Failure> {
        let was_handshaking = self.is_handshaking();
        while !ciphertext.is_empty() && !self.peer_has_closed {
            // It takes a few KiB at a time; plaintext never piles up, since it is fetched in each round.
            if matches!(self.connection.read_tls(&mut ciphertext), Ok(0) | Err(_)) {
                break;
            }
            let outcome = self.connection.process_new_packets();
            self.hand_on(plaintext);
            let state = outcome.map_err(|error| match was_handshaking {
                true => failure(&error),
                false => read_failure(&error),
            })?;
            self.peer_has_closed = state.peer_has_closed();
        }
        Ok(())
    }

    fn write_plaintext(&mut self, plaintext: &[u8]) -> usize {
        self.connection.writer().write(plaintext).unwrap_or(0)
    }

    fn wants_write(&self) -> bool {
        self.connection.wants_write()
    }

    fn write_ciphertext(&mut self, mut network: &mut dyn Write) -> io::Result<usize> {
        self.connection.write_tls(&mut network)
    }

    fn send_close_notify(&mut self) {
        self.connection.send_close_notify();
    }

    fn peer_has_closed(&self) -> bool {
        self.peer_has_closed
    }
}

/// What goes wrong on a connection that stands. An alert about our certificate may come so late too.
fn read_failure(error: &Error) -> Failure {
    let text = format!("Error while reading: {error}");
    Failure::new(SocketError::SslInternal, text)
}

/// rustls' errors in the words Qt has for them.
fn failure(error: &Error) -> Failure {
    let text = match error {
        Error::InvalidCertificate(problem) => certificate_text(problem),
        _ => format!("Error during SSL handshake: {error}"),
    };
    handshake_failed(text)
}

fn certificate_text(problem: &CertificateError) -> String {
    use CertificateError as Problem;
    match problem {
        Problem::Expired | Problem::ExpiredContext { .. } => "The certificate has expired".into(),
        Problem::NotValidYet | Problem::NotValidYetContext { .. } => {
            "The certificate is not yet valid".into()
        }
        Problem::NotValidForName | Problem::NotValidForNameContext { .. } => {
            "The host name did not match any of the valid hosts for this certificate".into()
        }
        Problem::UnknownIssuer => {
            "The issuer certificate of a locally looked up certificate could not be found".into()
        }
        Problem::BadSignature => "The signature of the certificate is invalid".into(),
        Problem::Revoked => "The certificate has been revoked".into(),
        Problem::InvalidPurpose | Problem::InvalidPurposeContext { .. } => {
            "The supplied certificate is unsuitable for this purpose".into()
        }
        other => format!("The certificate is not acceptable: {other}"),
    }
}

pub(super) fn handshake_failed(text: impl Into<String>) -> Failure {
    Failure::new(SocketError::SslHandshakeFailed, text)
}
