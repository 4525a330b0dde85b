//! TLS behind one private trait.
//!
//! A backend is bytes in, bytes out. What it must supply is [`TlsSession`]; it never sees a socket's state, never
//! emits, never blocks and never reads a clock but for the validity of certificates. It must
//!
//! * verify the peer itself, and fail the handshake with a readable [`Failure`] when that does not succeed;
//! * take all ciphertext it is given and hand on all plaintext this makes, so that nothing waits inside;
//! * keep what it wants to send until [`write_ciphertext`](TlsSession::write_ciphertext) took it, alerts included.

#[cfg(feature = "rustls")]
mod rustls;
#[cfg(feature = "rustls")]
mod rustls_config;
#[cfg(not(feature = "rustls"))]
mod unavailable;

use std::io;

use super::Failure;

#[cfg(feature = "rustls")]
pub(crate) use self::rustls::{client_session, server_session};
#[cfg(not(feature = "rustls"))]
pub(crate) use self::unavailable::{client_session, server_session};

/// One end of one TLS connection.
pub(crate) trait TlsSession {
    fn is_handshaking(&self) -> bool;

    /// Takes ciphertext and hands the plaintext it holds, in order, to `plaintext`.
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

    fn send_close_notify(&mut self);

    /// Whether the peer's close_notify came.
    fn peer_has_closed(&self) -> bool;
}
