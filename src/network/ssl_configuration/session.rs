//! What came out of a handshake.

use std::sync::Arc;

use super::{SslCipher, SslConfiguration, SslProtocol};
use crate::network::SslCertificate;

/// What only a connection knows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Session {
    pub(crate) peer_certificate_chain: Vec<SslCertificate>,
    pub(crate) cipher: Option<SslCipher>,
    pub(crate) protocol: SslProtocol,
    pub(crate) next_protocol: Option<Vec<u8>>,
    pub(crate) is_resumed: bool,
}

/// # What came out of the handshake
/// These getters give something only on the configuration of a socket whose TLS handshake is over, from the first
/// `peer_verify_error` or `ssl_errors` on.
impl SslConfiguration {
    /// The certificate that the peer showed, trusted or not.
    #[doc(alias = "peerCertificate")]
    pub fn peer_certificate(&self) -> Option<&SslCertificate> {
        self.peer_certificate_chain().first()
    }

    /// The certificate that the peer showed, and the issuers it sent along, as it sent them.
    #[doc(alias = "peerCertificateChain")]
    pub fn peer_certificate_chain(&self) -> &[SslCertificate] {
        self.session
            .as_ref()
            .map_or(&[], |session| &session.peer_certificate_chain)
    }

    /// The cipher suite in use.
    #[doc(alias = "sessionCipher")]
    pub fn session_cipher(&self) -> Option<SslCipher> {
        self.session.as_ref()?.cipher
    }

    /// The version of TLS in use; [`SslProtocol::Unknown`] before.
    #[doc(alias = "sessionProtocol")]
    pub fn session_protocol(&self) -> SslProtocol {
        self.session
            .as_ref()
            .map_or(SslProtocol::Unknown, |session| session.protocol)
    }

    /// The application protocol that was agreed on (ALPN).
    #[doc(alias = "nextNegotiatedProtocol")]
    #[doc(alias = "nextProtocolNegotiationStatus")]
    pub fn next_negotiated_protocol(&self) -> Option<&[u8]> {
        self.session.as_ref()?.next_protocol.as_deref()
    }

    /// Whether the session of an earlier connection was resumed.
    pub fn is_resumed(&self) -> bool {
        self.session
            .as_ref()
            .is_some_and(|session| session.is_resumed)
    }

    pub(crate) fn session(&self) -> Option<&Arc<Session>> {
        self.session.as_ref()
    }

    /// These settings with what came out of a handshake, or without.
    pub(crate) fn with_session(&self, session: Option<Arc<Session>>) -> Self {
        Self {
            session,
            ..self.clone()
        }
    }
}
