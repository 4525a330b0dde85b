//! One end of a TLS connection.

use std::io::{self, Write};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use openssl::ssl::{ErrorCode, ShutdownState, Ssl, SslStream};

use super::conversation::Conversation;
use super::errors::{handshake_failure, read_failure, reason, text, unusable};
use super::memory::Memory;
use super::tickets::{Ticket, Tickets};
use crate::network::{AlertType, PeerVerifyMode, SslConfiguration};
use crate::transport::Failure;
use crate::transport::tls::{Alerts, KeyAsker, TlsSession, Verdict};

pub(super) struct OpensslSession {
    pub(super) stream: SslStream<Memory>,
    pub(super) conversation: Rc<Conversation>,
    configuration: SslConfiguration,
    pub(super) client: Option<Client>,
    is_handshaking: bool,
    /// An error ended it.
    failure: Option<Failure>,
}

/// What only a client has.
pub(super) struct Client {
    /// Whom it wants to talk to.
    pub(super) host: String,
    tickets: Option<Arc<Tickets>>,
    /// The session that it would like to resume, and then the one that it resumed.
    pub(super) resumed: Option<Ticket>,
}

/// The largest piece of plaintext that TLS allows.
const PIECE: usize = 16 * 1024;
/// So much ciphertext may wait before no more is made.
const MOST_WAITING: usize = 4 * PIECE;
/// What OpenSSL answers by itself comes on top. A peer that takes nothing and asks so often wants our memory.
const FAR_TOO_MUCH_WAITING: usize = 4 * MOST_WAITING;

impl OpensslSession {
    pub(super) fn of_client(
        mut ssl: Ssl,
        configuration: &SslConfiguration,
        host: &str,
        tickets: Option<Arc<Tickets>>,
        asker: Option<KeyAsker>,
    ) -> Result<Box<dyn TlsSession>, Failure> {
        let kept = tickets.as_ref();
        let kept = kept.and_then(|tickets| tickets.take(host, seconds_since_1970()));
        let client = Client {
            host: host.to_owned(),
            tickets,
            resumed: kept.filter(|ticket| ticket.session.offer(&mut ssl)),
        };
        Self::boxed(ssl, configuration, Some(client), asker)
    }

    pub(super) fn of_server(
        ssl: Ssl,
        configuration: &SslConfiguration,
        asker: Option<KeyAsker>,
    ) -> Result<Box<dyn TlsSession>, Failure> {
        Self::boxed(ssl, configuration, None, asker)
    }

    fn boxed(
        ssl: Ssl,
        configuration: &SslConfiguration,
        client: Option<Client>,
        asker: Option<KeyAsker>,
    ) -> Result<Box<dyn TlsSession>, Failure> {
        let stream = SslStream::new(ssl, Memory::default());
        Ok(Box::new(Self {
            stream: stream.map_err(|error| unusable(text(&error)))?,
            conversation: Conversation::new(asker),
            configuration: configuration.with_session(None),
            client,
            is_handshaking: true,
            failure: None,
        }))
    }
}

impl OpensslSession {
    /// Goes on with the handshake; `true` when it is over.
    fn shake_hands(&mut self) -> Result<bool, Failure> {
        // Stays if a slot panics: the session cannot go on then.
        self.failure = Some(handshake_failure(
            "a slot that was asked for a key panicked",
        ));
        let conversation = self.conversation.clone();
        let outcome = conversation.run(|| self.stream.do_handshake());
        self.failure = None;
        if let Some(refusal) = conversation.key_refusal.get() {
            if outcome.as_ref().is_err_and(is_blocked) {
                self.stream.get_mut().discard(); // OpenSSL would go on without the key
            }
            return Err(handshake_failure(refusal));
        }
        match outcome {
            Ok(()) => {
                self.is_handshaking = false;
                conversation.forget_key();
                let is_resumed = self.stream.ssl().session_reused();
                if let Some(client) = self.client.as_mut().filter(|_| !is_resumed) {
                    client.resumed = None;
                }
                Ok(true)
            }
            Err(error) if is_blocked(&error) => Ok(false),
            Err(error) => Err(handshake_failure(&reason(&error))),
        }
    }

    fn answers_are_taken(&self) -> Result<(), Failure> {
        match self.stream.get_ref().waiting() {
            ..=FAR_TOO_MUCH_WAITING => Ok(()),
            _ => Err(read_failure("the peer asks and asks, and takes no answer")),
        }
    }

    fn keep_tickets(&mut self) {
        let sessions = self.conversation.tickets.take();
        let Some(client) = &self.client else { return };
        let Some(tickets) = &client.tickets else {
            return;
        };
        for session in sessions {
            let ticket = Ticket {
                session,
                findings: self.findings(),
                chain: self.peer_chain(),
            };
            tickets.add(&client.host, ticket);
        }
    }

    fn read(
        &mut self,
        failure: fn(&str) -> Failure,
        plaintext: &mut dyn FnMut(&[u8]),
    ) -> Result<(), Failure> {
        let mut piece = [0; PIECE];
        let conversation = self.conversation.clone();
        loop {
            match conversation.run(|| self.stream.ssl_read(&mut piece)) {
                Ok(count) => plaintext(&piece[..count]),
                Err(error) if is_blocked(&error) => return Ok(()),
                Err(error) if error.code() == ErrorCode::ZERO_RETURN => return Ok(()),
                Err(error) => return Err(failure(&reason(&error))),
            }
        }
    }
}

impl TlsSession for OpensslSession {
    fn is_handshaking(&self) -> bool {
        self.is_handshaking
    }

    fn verdict(&self) -> Verdict {
        let is_client = self.client.is_some();
        match self.configuration.peer_verify_mode() {
            PeerVerifyMode::None if !is_client => Verdict::default(),
            _ => self.found_wrong().under(&self.configuration, is_client),
        }
    }

    fn configuration(&self) -> SslConfiguration {
        let outcome = (!self.is_handshaking()).then(|| Arc::new(self.outcome()));
        self.configuration.with_session(outcome)
    }

    fn receive(
        &mut self,
        ciphertext: &[u8],
        plaintext: &mut dyn FnMut(&[u8]),
    ) -> Result<(), Failure> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        if self.peer_has_closed() {
            return Ok(());
        }
        self.stream.get_mut().feed(ciphertext);
        // What comes together with the end of the handshake comes before the verdict.
        let (outcome, failure): (_, fn(&str) -> Failure) = match self.is_handshaking {
            true => (self.shake_hands(), handshake_failure),
            false => (Ok(true), read_failure),
        };
        let outcome = match outcome {
            Ok(true) => self
                .read(failure, plaintext)
                .and_then(|()| self.answers_are_taken()),
            Ok(false) => Ok(()),
            Err(failure) => Err(failure),
        };
        self.keep_tickets();
        outcome.inspect_err(|failure| self.failure = Some(failure.clone()))
    }

    fn write_plaintext(&mut self, plaintext: &[u8]) -> usize {
        let is_full = self.stream.get_ref().waiting() >= MOST_WAITING;
        if plaintext.is_empty() || is_full || self.is_handshaking || self.failure.is_some() {
            return 0;
        }
        let conversation = self.conversation.clone();
        conversation
            .run(|| self.stream.ssl_write(plaintext))
            .unwrap_or(0)
    }

    fn wants_write(&self) -> bool {
        self.stream.get_ref().waiting() > 0
    }

    fn write_ciphertext(&mut self, network: &mut dyn Write) -> io::Result<usize> {
        self.stream.get_mut().write_to(network)
    }

    fn send_close_notify(&mut self) {
        if !self.is_handshaking && self.failure.is_none() {
            let conversation = self.conversation.clone();
            let _ = conversation.run(|| self.stream.shutdown()); // to memory: it goes out
        }
    }

    fn peer_has_closed(&self) -> bool {
        self.alerts().received == Some(AlertType::CloseNotify)
    }

    fn alerts(&self) -> Alerts {
        self.conversation.alerts.get()
    }
}

impl Drop for OpensslSession {
    /// To OpenSSL, a connection that just goes away spoils its session: the next one could not resume it.
    fn drop(&mut self) {
        if self.failure.is_none() {
            self.stream
                .set_shutdown(ShutdownState::SENT | ShutdownState::RECEIVED);
        }
    }
}

/// OpenSSL wants more from the network before it goes on.
fn is_blocked(error: &openssl::ssl::Error) -> bool {
    matches!(error.code(), ErrorCode::WANT_READ | ErrorCode::WANT_WRITE)
}

fn seconds_since_1970() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs() as i64)
}
