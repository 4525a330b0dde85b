//! Keys that both ends have beforehand.

use super::SslConfiguration;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Settings {
    identity_hint: Vec<u8>,
    in_tls13: bool,
}

/// # Pre-shared keys
/// Who connects to `pre_shared_key_authentication_required`, of a [`WebSocket`](crate::WebSocket) or a
/// [`WebSocketServer`](crate::WebSocketServer), is asked for the key, if a suite with `PSK` in its name is among the
/// [`ciphers`](Self::ciphers), as it is by default, and TLS 1.2 may be spoken. That needs the feature `openssl`.
impl SslConfiguration {
    /// What a server tells clients before it asks for their key; empty for nothing.
    #[doc(alias = "preSharedKeyIdentityHint")]
    pub fn pre_shared_key_identity_hint(&self) -> &[u8] {
        &self.settings.pre_shared_keys.identity_hint
    }

    /// Sets what a server tells clients before it asks for their key (TLS 1.2 only). Clients ignore it. A server cannot
    /// use a hint that is longer than 256 bytes or has a zero byte in it.
    #[doc(alias = "setPreSharedKeyIdentityHint")]
    pub fn set_pre_shared_key_identity_hint(&mut self, hint: impl Into<Vec<u8>>) {
        let hint = hint.into();
        self.change(|settings| settings.pre_shared_keys.identity_hint = hint);
    }

    /// Whether pre-shared keys are used in TLS 1.3 too.
    #[doc(alias = "QT_USE_TLS_1_3_PSK")]
    pub fn uses_pre_shared_keys_in_tls13(&self) -> bool {
        self.settings.pre_shared_keys.in_tls13
    }

    /// Sets whether pre-shared keys are used in TLS 1.3 too. They are not by default: there a client must name its
    /// identity before it hears anything of the server, so that its slot is asked in every handshake, also with servers
    /// that have certificates. Keys belong to a digest there, here SHA-256, so one of the suites with that digest must be
    /// among the [`ciphers`](Self::ciphers).
    #[doc(alias = "QT_USE_TLS_1_3_PSK")]
    pub fn set_uses_pre_shared_keys_in_tls13(&mut self, uses: bool) {
        self.change(|settings| settings.pre_shared_keys.in_tls13 = uses);
    }

    /// Whether a handshake with these settings can come to the point where somebody is asked for a key.
    pub(crate) fn admits_pre_shared_keys(&self) -> bool {
        let mut ciphers = self.ciphers().iter();
        let has_suite =
            self.ciphers().is_empty() || ciphers.any(|suite| suite.needs_pre_shared_key());
        let protocol = self.protocol();
        (protocol.includes_tls12() && has_suite)
            || (protocol.includes_tls13() && self.uses_pre_shared_keys_in_tls13())
    }

    /// Whether no handshake with these settings can do without a key.
    pub(crate) fn demands_pre_shared_keys(&self) -> bool {
        let mut ciphers = self.ciphers().iter();
        !self.ciphers().is_empty() && ciphers.all(|suite| suite.needs_pre_shared_key())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{SslCipher, SslProtocol};

    #[test]
    fn ciphers_and_versions_decide_whether_keys_can_be_asked_for() {
        let mut configuration = SslConfiguration::new();
        assert!(configuration.admits_pre_shared_keys());
        configuration.set_protocol(SslProtocol::TlsV1_3);
        assert!(!configuration.admits_pre_shared_keys());
        configuration.set_uses_pre_shared_keys_in_tls13(true);
        assert!(configuration.admits_pre_shared_keys());
        configuration.set_protocol(SslProtocol::TlsV1_2);
        let ciphers = |names| SslCipher::from_names(names).expect("known");
        configuration.set_ciphers(ciphers("ECDHE-RSA-AES128-GCM-SHA256"));
        assert!(!configuration.admits_pre_shared_keys());
        configuration.set_ciphers(ciphers("ECDHE-RSA-AES128-GCM-SHA256:PSK-AES128-GCM-SHA256"));
        assert!(configuration.admits_pre_shared_keys());
    }
}
