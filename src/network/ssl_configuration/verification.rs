//! Whether and how the peer is verified.

use super::SslConfiguration;

/// Whether a peer's certificate is verified, and what follows from what is found. The numbers are Qt's.
///
/// Whatever the mode, the peer must prove that it has the key of the certificate that it shows.
#[doc(alias = "QSslSocket::PeerVerifyMode")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
#[non_exhaustive]
pub enum PeerVerifyMode {
    /// The certificate is not verified: anyone can be in the middle. Only a name that does not fit is told, and ends
    /// nothing. A server asks for none.
    #[doc(alias = "VerifyNone")]
    None = 0,
    /// The certificate is verified and errors are told, but they end nothing. A server asks for a certificate.
    #[doc(alias = "QueryPeer")]
    Query = 1,
    /// The certificate is verified, and errors end the connection unless they are ignored. A server asks for a
    /// certificate, and counts it as an error if the client has none.
    #[doc(alias = "VerifyPeer")]
    Peer = 2,
    /// A client does as with `Peer`, a server as with `Query`.
    #[doc(alias = "AutoVerifyPeer")]
    #[default]
    Auto = 3,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Settings {
    mode: PeerVerifyMode,
    depth: u32,
    name: String,
    must_interrupt: bool,
    missing_certificate_is_fatal: bool,
}

impl SslConfiguration {
    /// Whether the peer's certificate is verified.
    #[doc(alias = "peerVerifyMode")]
    pub fn peer_verify_mode(&self) -> PeerVerifyMode {
        self.settings.verification.mode
    }

    /// Sets whether the peer's certificate is verified.
    #[doc(alias = "setPeerVerifyMode")]
    pub fn set_peer_verify_mode(&mut self, mode: PeerVerifyMode) {
        self.change(|settings| settings.verification.mode = mode);
    }

    /// How many issuers may stand between the peer's certificate and a root; 0, the default, for any number that is
    /// not absurd.
    #[doc(alias = "peerVerifyDepth")]
    pub fn peer_verify_depth(&self) -> u32 {
        self.settings.verification.depth
    }

    /// Sets how many issuers may stand between the peer's certificate and a root; 0 for any number.
    #[doc(alias = "setPeerVerifyDepth")]
    pub fn set_peer_verify_depth(&mut self, depth: u32) {
        self.change(|settings| settings.verification.depth = depth);
    }

    /// The name that the server's certificate must be made out for; empty while it is the URL's host.
    #[doc(alias = "peerVerifyName")]
    pub fn peer_verify_name(&self) -> &str {
        &self.settings.verification.name
    }

    /// Sets the name that the server's certificate must be made out for, and that the server is asked for, instead of
    /// the URL's host; an empty name is the host again.
    #[doc(alias = "setPeerVerifyName")]
    pub fn set_peer_verify_name(&mut self, name: &str) {
        let name = name.to_owned();
        self.change(|settings| settings.verification.name = name);
    }

    /// Whether an error in the server's chain interrupts the handshake.
    #[doc(alias = "handshakeMustInterruptOnError")]
    pub fn handshake_must_interrupt_on_error(&self) -> bool {
        self.settings.verification.must_interrupt
    }

    /// Sets whether an error in the server's chain interrupts the handshake; it does not by default. If it does, and
    /// errors would end the connection, `handshake_interrupted_on_error` comes instead of `peer_verify_error`, and the
    /// handshake fails unless its slot calls
    /// [`continue_interrupted_handshake`](crate::WebSocket::continue_interrupted_handshake).
    #[doc(alias = "setHandshakeMustInterruptOnError")]
    pub fn set_handshake_must_interrupt_on_error(&mut self, interrupts: bool) {
        self.change(|settings| settings.verification.must_interrupt = interrupts);
    }

    /// Whether a server's handshake fails if the client has no certificate.
    #[doc(alias = "missingCertificateIsFatal")]
    pub fn missing_certificate_is_fatal(&self) -> bool {
        self.settings.verification.missing_certificate_is_fatal
    }

    /// Sets whether the handshake of a server that verifies by [`PeerVerifyMode::Peer`] fails, with an alert that says
    /// why, if the client has no certificate. By default it does not: then the missing certificate is an error like
    /// others, found after the handshake. A server always has a certificate, so for clients it makes no difference.
    #[doc(alias = "setMissingCertificateIsFatal")]
    pub fn set_missing_certificate_is_fatal(&mut self, is_fatal: bool) {
        self.change(|settings| settings.verification.missing_certificate_is_fatal = is_fatal);
    }
}
