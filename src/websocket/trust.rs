//! Whom a socket trusts: what was wrong with the server's certificate, and what the application says about it.

use std::rc::Rc;
use std::sync::Arc;

use qeventloop::reactor::Ready;

use super::WebSocket;
use crate::network::{PauseModes, SslError, SslSession};

/// What the application said, and what the last handshake gave.
#[derive(Default)]
pub(super) struct Trust {
    pub(super) pause_mode: PauseModes,
    /// Counts for one connection.
    pub(super) ignores_all: bool,
    pub(super) ignored: Vec<SslError>,
    pub(super) errors: Rc<[SslError]>,
    pub(super) session: Option<Arc<SslSession>>,
}

impl Trust {
    /// Whether the errors of the last handshake are ignored. A list outranks the call without one.
    pub(super) fn ignores_errors(&self) -> bool {
        match self.ignored.as_slice() {
            [] => self.ignores_all,
            ignored => self.errors.iter().all(|error| ignored.contains(error)),
        }
    }
}

impl WebSocket {
    /// Goes on in spite of everything that is wrong with the server's certificate: whoever is in the middle can read
    /// and change all that is sent. Show the errors to the user before.
    ///
    /// Counts for one connection: for the one that is being made, as in a slot of `ssl_errors`, otherwise for the next.
    /// Should that take another connection, because the server wants a password, such a slot is asked once more.
    /// It makes no difference while there is a [list of errors to ignore](Self::ignore_these_ssl_errors). That the
    /// server has the key of its certificate is demanded in any case.
    ///
    /// ```
    /// use qwebsocket::WebSocket;
    /// # fn user_accepts(_: &str) -> bool { false }
    ///
    /// let socket = WebSocket::new();
    /// socket.ssl_errors.connect_to(&socket, |socket, errors| {
    ///     if errors.iter().all(|error| user_accepts(error.error_string())) {
    ///         socket.ignore_ssl_errors();
    ///     }
    /// });
    /// ```
    #[doc(alias = "ignoreSslErrors")]
    pub fn ignore_ssl_errors(&self) {
        self.change_settings(|settings| settings.trust.ignores_all = true);
    }

    /// Goes on in spite of these errors and no others: each one that comes up must be in the list, with its kind and
    /// its certificate. Replaces the list of an earlier call; an empty one clears it. The list stays for all later
    /// connections.
    ///
    /// ```no_run
    /// use qwebsocket::{SslCertificate, SslError, SslErrorKind, WebSocket};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let pem: &[u8] = &[];
    /// // A server whose self-signed certificate is known.
    /// let known = SslCertificate::from_pem(pem)?.remove(0);
    /// let expected = SslError::with_certificate(SslErrorKind::SelfSignedCertificate, known);
    /// let socket = WebSocket::new();
    /// socket.ignore_these_ssl_errors(&[expected]);
    /// socket.open("wss://device.local/");
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "ignoreSslErrors")]
    pub fn ignore_these_ssl_errors(&self, errors: &[SslError]) {
        self.change_settings(|settings| settings.trust.ignored = errors.to_vec());
    }

    /// All that was wrong with the server's certificate, ignored or not, as `ssl_errors` tells it; from the first
    /// `peer_verify_error` on, until the next `open`.
    #[doc(alias = "sslErrors")]
    pub fn ssl_errors(&self) -> Vec<SslError> {
        self.with_settings(|settings| settings.trust.errors.to_vec())
    }

    /// When the socket pauses; never by default.
    #[doc(alias = "pauseMode")]
    pub fn pause_mode(&self) -> PauseModes {
        self.with_settings(|settings| settings.trust.pause_mode)
    }

    /// Sets when the socket pauses. With [`PauseModes::ON_SSL_ERRORS`] nothing is read or written after `ssl_errors`
    /// until [`resume`](Self::resume), if the errors would end the connection and its slots did not ignore them: time
    /// to ask a user.
    #[doc(alias = "setPauseMode")]
    pub fn set_pause_mode(&self, mode: PauseModes) {
        self.change_settings(|settings| settings.trust.pause_mode = mode);
    }

    /// To be called in a slot of `handshake_interrupted_on_error`: goes on in spite of this error. It comes up once more
    /// in `ssl_errors`, and must be ignored there.
    #[doc(alias = "continueInterruptedHandshake")]
    pub fn continue_interrupted_handshake(&self) {
        self.link.with(|link| {
            if let Some(review) = link.review() {
                review.continue_handshake();
            }
        });
    }

    /// The part of [`resume`](Self::resume) that concerns a connection which paused by itself.
    pub(super) fn end_pause_on_ssl_errors(&self) {
        let paused = self.link.with(|link| link.review()?.end_pause());
        if let (Some(time_left), Some(base)) = (paused, self.base.get()) {
            self.arm(base, time_left);
            base.registration.mark_ready(Ready::READABLE);
        }
    }

    /// The attempt at a connection is over, and with it what was said for this one alone.
    pub(super) fn forget_to_ignore(&self) {
        self.settings.with(|settings| {
            if let Some(settings) = settings {
                settings.trust.ignores_all = false;
            }
        });
    }
}
