//! The backend on rustls.

mod config;
mod key_log;
mod provider;
mod verifier;

use std::io::{self, BufRead, Write};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use rustls::client::Resumption;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, Connection, Error, HandshakeKind, ServerConnection};

use self::config::Trust;
use super::verdict::{self, Case, Peer};
use super::{TlsSession, Verdict};
use crate::network::{
    PeerVerifyMode, SocketError, SslCertificate, SslCipher, SslConfiguration, SslProtocol,
    SslSession,
};
use crate::transport::Failure;

/// A client's session with the server `host`.
pub(crate) fn client_session(
    configuration: &SslConfiguration,
    host: &str,
) -> Result<Box<dyn TlsSession>, Failure> {
    let host = match configuration.peer_verify_name() {
        "" => host,
        name => name,
    };
    let side = config::client(configuration)?;
    let (config, name) = match ServerName::try_from(host.to_owned()) {
        Ok(name) => (side.config.clone(), name),
        Err(_) => nameless(&side.config),
    };
    let connection = ClientConnection::new(config, name).map_err(|error| failure(&error))?;
    let host = Some(host.to_owned());
    Ok(RustlsSession::boxed(
        connection.into(),
        configuration,
        side.trust.clone(),
        host,
    ))
}

/// A server's session.
pub(crate) fn server_session(
    configuration: &SslConfiguration,
) -> Result<Box<dyn TlsSession>, Failure> {
    let side = config::server(configuration)?;
    let connection = ServerConnection::new(side.config.clone()).map_err(|error| failure(&error))?;
    Ok(RustlsSession::boxed(
        connection.into(),
        configuration,
        side.trust.clone(),
        None,
    ))
}

/// What is wrong with a server's chain at a time (seconds since 1970), whatever its name, for tests. Nothing, where the
/// configuration cannot be used.
#[cfg(any(fuzzing, feature = "__internals"))]
pub fn chain_errors(
    configuration: &SslConfiguration,
    chain: &[SslCertificate],
    now: i64,
) -> Vec<crate::network::SslError> {
    let Ok(side) = config::client(configuration) else {
        return Vec::new();
    };
    let case = Case {
        chain,
        peer: Peer::Server { host: "" },
        trusted: &side.trust.store,
        now,
        max_depth: max_depth(configuration),
        algorithms: side.trust.algorithms,
    };
    verdict::judge(&case).chain
}

/// A session of a connection made elsewhere, which trusts nobody.
#[cfg(all(test, feature = "ring"))]
pub(super) fn session_on(connection: Connection) -> Box<dyn TlsSession> {
    let trust = Trust {
        store: Arc::default(),
        algorithms: &[],
    };
    RustlsSession::boxed(connection, &SslConfiguration::new(), trust, None)
}

/// For a host whose name rustls would not send, such as one with a hyphen at the end of a label: it is sent none. Its sessions are not
/// kept, for they would be found under the name that stands in.
fn nameless(config: &ClientConfig) -> (Arc<ClientConfig>, ServerName<'static>) {
    let mut config = config.clone();
    config.enable_sni = false;
    config.resumption = Resumption::disabled();
    let nobody = std::net::Ipv4Addr::UNSPECIFIED;
    (Arc::new(config), ServerName::IpAddress(nobody.into()))
}

struct RustlsSession {
    connection: Connection,
    peer_has_closed: bool,
    /// Whom a client wants to talk to.
    host: Option<String>,
    trust: Trust,
    mode: PeerVerifyMode,
    max_depth: usize,
}

impl RustlsSession {
    fn boxed(
        connection: Connection,
        configuration: &SslConfiguration,
        trust: Trust,
        host: Option<String>,
    ) -> Box<dyn TlsSession> {
        Box::new(Self {
            connection,
            peer_has_closed: false,
            host,
            trust,
            mode: configuration.peer_verify_mode(),
            max_depth: max_depth(configuration),
        })
    }

    fn peer_chain(&self) -> Vec<SslCertificate> {
        let chain = self.connection.peer_certificates().unwrap_or_default();
        chain
            .iter()
            .map(|der| SslCertificate::from_der(der))
            .collect()
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
        if self.host.is_none() && self.mode == PeerVerifyMode::None {
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
            max_depth: self.max_depth,
            algorithms: self.trust.algorithms,
        };
        let mut verdict = verdict::judge(&case);
        verdict.is_binding = match self.mode {
            PeerVerifyMode::Peer => true,
            PeerVerifyMode::Auto => self.host.is_some(),
            PeerVerifyMode::None | PeerVerifyMode::Query => false,
        };
        let needs_none = case.chain.is_empty() && !verdict.is_binding;
        if self.mode == PeerVerifyMode::None || needs_none {
            verdict.chain.clear();
        }
        verdict
    }

    fn session(&self) -> SslSession {
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

    fn receive(
        &mut self,
        mut ciphertext: &[u8],
        plaintext: &mut dyn FnMut(&[u8]),
    ) -> Result<(), Failure> {
        while !ciphertext.is_empty() && !self.peer_has_closed {
            // It takes a few KiB at a time; plaintext never piles up, since it is fetched in each round.
            let taken = self.connection.read_tls(&mut ciphertext);
            if taken.map_err(|error| read_failure(&error))? == 0 {
                break;
            }
            let was_handshaking = self.is_handshaking();
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

/// Whatever fails here fails before the peer is known: a certificate's faults are in the verdict.
fn failure(error: &Error) -> Failure {
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

fn max_depth(configuration: &SslConfiguration) -> usize {
    match configuration.peer_verify_depth() {
        0 => verdict::DEFAULT_MAX_DEPTH,
        depth => depth as usize,
    }
}

fn seconds_since_1970() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs() as i64)
}
