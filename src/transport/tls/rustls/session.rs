//! One end of a TLS connection.

use std::io::{self, BufRead, Write};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use rustls::{Connection, Error, HandshakeKind};

use super::alerts;
use super::config::Trust;
use crate::network::{
    AlertType, PeerVerifyMode, SocketError, SslCertificate, SslCipher, SslConfiguration,
    SslProtocol, SslSession,
};
use crate::transport::Failure;
use crate::transport::tls::verdict::{self, Case, Peer};
use crate::transport::tls::{Alerts, TlsSession, Verdict};

pub(super) struct RustlsSession {
    connection: Connection,
    configuration: SslConfiguration,
    /// Whom a client wants to talk to.
    host: Option<String>,
    trust: Trust,
    alerts: Alerts,
    /// An error ended it.
    has_failed: bool,
}

impl RustlsSession {
    pub(super) fn boxed(
        connection: Connection,
        configuration: &SslConfiguration,
        trust: Trust,
        host: Option<String>,
    ) -> Box<dyn TlsSession> {
        Box::new(Self {
            connection,
            configuration: configuration.with_session(None),
            host,
            trust,
            alerts: Alerts::default(),
            has_failed: false,
        })
    }

    /// What was agreed on.
    fn outcome(&self) -> SslSession {
        let connection = &self.connection;
        let cipher = connection
            .negotiated_cipher_suite()
            .and_then(|suite| SslCipher::from_number(suite.suite().into()));
        SslSession {
            peer_certificate_chain: self.peer_chain(),
            cipher,
            protocol: cipher.map_or(SslProtocol::Unknown, SslCipher::protocol),
            next_protocol: connection.alpn_protocol().map(<[u8]>::to_vec),
            is_resumed: connection.handshake_kind() == Some(HandshakeKind::Resumed),
        }
    }

    fn peer_chain(&self) -> Vec<SslCertificate> {
        let chain = self.connection.peer_certificates().unwrap_or_default();
        chain
            .iter()
            .map(|der| SslCertificate::from_der(der))
            .collect()
    }

    fn note_failure(&mut self, error: &Error) {
        self.has_failed = true;
        self.alerts.received = alerts::received(error);
        self.alerts.sent = alerts::sent(error);
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

    fn verdict(&self) -> Verdict {
        if self.host.is_none() && self.configuration.peer_verify_mode() == PeerVerifyMode::None {
            return Verdict::default(); // nobody wants to know, and strangers' chains take time to judge
        }
        let case = Case {
            chain: &self.peer_chain(),
            peer: match &self.host {
                Some(host) => Peer::Server { host },
                None => Peer::Client,
            },
            trusted: &self.trust.store,
            now: seconds_since_1970(),
            max_depth: max_depth(&self.configuration),
            algorithms: self.trust.algorithms,
        };
        verdict::judge(&case).under(&self.configuration, self.host.is_some())
    }

    fn configuration(&self) -> SslConfiguration {
        let outcome = (!self.is_handshaking()).then(|| Arc::new(self.outcome()));
        self.configuration.with_session(outcome)
    }

    fn receive(
        &mut self,
        mut ciphertext: &[u8],
        plaintext: &mut dyn FnMut(&[u8]),
    ) -> Result<(), Failure> {
        while !ciphertext.is_empty() && !self.peer_has_closed() {
            // It takes a few KiB at a time; plaintext never piles up, since it is fetched in each round.
            let taken = self.connection.read_tls(&mut ciphertext);
            if taken.map_err(|error| read_failure(&error))? == 0 {
                break;
            }
            let was_handshaking = self.is_handshaking();
            let outcome = self.connection.process_new_packets();
            self.hand_on(plaintext);
            let state = outcome.map_err(|error| {
                self.note_failure(&error);
                match was_handshaking {
                    true => failure(&error),
                    false => read_failure(&error),
                }
            })?;
            if state.peer_has_closed() {
                self.alerts.received = Some(AlertType::CloseNotify);
            }
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
        if !self.has_failed {
            self.connection.send_close_notify();
            self.alerts.sent = Some(AlertType::CloseNotify);
        }
    }

    fn peer_has_closed(&self) -> bool {
        self.alerts.received == Some(AlertType::CloseNotify)
    }

    fn alerts(&self) -> Alerts {
        self.alerts
    }
}

/// Whatever fails here fails before the peer is known: a certificate's faults are in the verdict.
pub(super) fn failure(error: &Error) -> Failure {
    Failure::new(
        SocketError::SslHandshakeFailed,
        format!("Error during SSL handshake: {error}"),
    )
}

/// What goes wrong on a connection that stands. An alert about our certificate may come so late too.
fn read_failure(error: &impl std::fmt::Display) -> Failure {
    let text = format!("Error while reading: {error}");
    Failure::new(SocketError::SslInternal, text)
}

pub(super) fn max_depth(configuration: &SslConfiguration) -> usize {
    match configuration.peer_verify_depth() {
        0 => verdict::DEFAULT_MAX_DEPTH,
        depth => depth as usize,
    }
}

fn seconds_since_1970() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs() as i64)
}
