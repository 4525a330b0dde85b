//! TLS behind one private trait.
//!
//! A backend is bytes in, bytes out. What it must supply is [`TlsSession`]; it never sees a socket's state, never
//! emits, never blocks and never reads a clock but for the validity of certificates. It must
//!
//! * make sure, in the handshake, that the peer has the key of the certificate it shows, and give a [`Verdict`] on the
//!   certificate after it, before any application data leaves. In TLS 1.3 our last message is held back as well; in
//!   TLS 1.2 the peer has it, and our certificate with it, before the handshake ends;
//! * take all ciphertext it is given and hand on all plaintext this makes, so that nothing waits inside;
//! * keep what it wants to send until [`write_ciphertext`](TlsSession::write_ciphertext) took it, alerts included.

mod backend;
#[cfg(any(feature = "rustls", feature = "openssl"))]
mod host_name;
#[cfg(feature = "openssl")]
mod openssl;
#[cfg(feature = "rustls")]
mod rustls;
#[cfg(all(test, any(feature = "ring", feature = "openssl")))]
mod tests;
#[cfg(feature = "rustls")]
pub(crate) mod verdict;

use std::io;
use std::rc::Rc;

use super::Failure;
use crate::network::{
    AlertType, SocketError, SslConfiguration, SslError, SslPreSharedKeyAuthenticator,
};
#[cfg(any(feature = "rustls", feature = "openssl"))]
use crate::network::{PeerVerifyMode, SslErrorKind};

pub(crate) use self::backend::{client_session, server_session};
#[cfg(all(feature = "rustls", any(fuzzing, feature = "__internals")))]
pub use self::rustls::chain_errors;

/// Asks the slots of an application for a pre-shared key; gives whether they still want the connection. A backend calls it
/// in the middle of [`TlsSession::receive`], so whoever calls that holds no guard.
pub(crate) type KeyAsker = Rc<dyn Fn(&SslPreSharedKeyAuthenticator) -> bool>;

/// One end of one TLS connection.
pub(crate) trait TlsSession {
    fn is_handshaking(&self) -> bool;

    /// What is wrong with the peer's certificates, once the handshake is over; the same however often it is asked, and
    /// also when the session was resumed.
    fn verdict(&self) -> Verdict;

    /// The settings it was made with and, once the handshake is over, what was agreed on.
    fn configuration(&self) -> SslConfiguration;

    /// Takes ciphertext and hands the plaintext it holds, in order, to `plaintext`. A client's first call, perhaps with
    /// nothing, makes it say its first words.
    ///
    /// # Errors
    /// The session is over; an alert for the peer may wait in `write_ciphertext`. Plaintext in front of the fault was
    /// handed on.
    fn receive(
        &mut self,
        ciphertext: &[u8],
        plaintext: &mut dyn FnMut(&[u8]),
    ) -> Result<(), Failure>;

    /// Encrypts from the front of `plaintext`; gives how much was taken.
    fn write_plaintext(&mut self, plaintext: &[u8]) -> usize;

    /// Whether ciphertext waits to be sent.
    fn wants_write(&self) -> bool;

    /// Writes ciphertext once.
    fn write_ciphertext(&mut self, network: &mut dyn io::Write) -> io::Result<usize>;

    /// Does nothing on a session that is over because of an error.
    fn send_close_notify(&mut self);

    /// Whether the peer's close_notify came.
    fn peer_has_closed(&self) -> bool;

    /// What both ends said last.
    fn alerts(&self) -> Alerts;
}

/// The alerts that ended a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Alerts {
    pub(crate) received: Option<AlertType>,
    /// `None` also where a backend does not tell what it says.
    pub(crate) sent: Option<AlertType>,
}

/// Everything that is wrong with a peer's certificates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) host_name: Option<SslError>,
    pub(crate) chain: Vec<SslError>,
    /// Errors that nobody ignores are the end of the connection.
    pub(crate) is_binding: bool,
    /// Each error of the chain is to be answered for before anything else is asked.
    pub(crate) interrupts: bool,
}

impl Verdict {
    /// What follows from the errors for an end with this configuration.
    #[cfg(any(feature = "rustls", feature = "openssl"))]
    fn under(mut self, configuration: &SslConfiguration, is_client: bool) -> Self {
        let mode = configuration.peer_verify_mode();
        self.is_binding = match mode {
            PeerVerifyMode::Peer => true,
            PeerVerifyMode::Auto => is_client,
            PeerVerifyMode::None | PeerVerifyMode::Query => false,
        };
        self.interrupts = self.is_binding && configuration.handshake_must_interrupt_on_error();
        let none_shown = [SslError::new(SslErrorKind::NoPeerCertificate)];
        if mode == PeerVerifyMode::None || (!self.is_binding && self.chain == none_shown) {
            self.chain.clear();
        }
        self
    }

    /// The errors as the user gets them: the host name first, then the chain.
    pub(crate) fn errors(&self) -> Vec<SslError> {
        self.host_name.iter().chain(&self.chain).cloned().collect()
    }

    /// What ends the connection if nothing is ignored: the first error's text says it.
    pub(crate) fn refusal(&self) -> Option<Failure> {
        let first = self.host_name.as_ref().or(self.chain.first())?;
        self.is_binding
            .then(|| Failure::new(SocketError::SslHandshakeFailed, first.error_string()))
    }
}
