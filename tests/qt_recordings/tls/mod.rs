//! TLS as the recordings had it.

pub mod certificates;
pub mod ciphertext;
pub mod end;
#[cfg(feature = "openssl")]
pub mod key_end;
pub mod keys;
pub mod setup;

use self::certificates::Certificates;
use self::ciphertext::Record;
use self::setup::TlsSetup;

/// The peer's end of TLS, for one connection.
pub trait TlsPeer {
    /// What became of the handshake.
    fn account(&self) -> String;

    /// The handshake failed: the peer goes.
    fn has_failed(&self) -> bool;

    /// Takes what came from the client; its plaintext goes to `plaintext`.
    fn receive(&mut self, ciphertext: &[u8], plaintext: &mut Vec<u8>);

    fn end_of_stream(&mut self);

    fn send(&mut self, plaintext: &[u8]);

    fn send_close_notify(&mut self);

    /// The ciphertext to send.
    fn take_outgoing(&mut self) -> Vec<u8>;

    /// The records that the client sent.
    fn records(&self) -> &[Record];
}

/// The end of a peer that speaks TLS in this way.
pub fn peer(setup: &TlsSetup, certificates: &Certificates) -> Box<dyn TlsPeer> {
    #[cfg(feature = "openssl")]
    if let Some(keys) = &setup.keys {
        return Box::new(key_end::KeyEnd::new(setup, keys, certificates));
    }
    Box::new(end::TlsEnd::new(setup, certificates))
}
