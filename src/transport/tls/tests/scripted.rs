//! A server that is none of ours.

use std::io::Read;
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::NoClientAuth;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ServerConfig, ServerConnection};

use super::End;
use super::pki::Identity;
use crate::network::SocketError;
use crate::transport::Failure;

/// A server that shows whatever it is given, wrong as it may be.
pub(super) struct ScriptedServer {
    config: Arc<ServerConfig>,
}

/// Its end of one connection.
pub(super) struct ScriptedSession(ServerConnection);

impl ScriptedServer {
    pub(super) fn new(identity: &Identity) -> Self {
        Self::with_config(identity, |_| {})
    }

    pub(super) fn with_config(identity: &Identity, change: impl FnOnce(&mut ServerConfig)) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let key = PrivateKeyDer::try_from(identity.key.to_der().to_vec()).expect("a key");
        let key = provider
            .key_provider
            .load_private_key(key)
            .expect("a usable key");
        let chain = identity.chain.iter();
        let chain = chain
            .map(|certificate| CertificateDer::from(certificate.to_der().to_vec()))
            .collect();
        let resolver = SingleCertAndKey::from(CertifiedKey::new(chain, key));
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_client_cert_verifier(Arc::new(NoClientAuth))
            .with_cert_resolver(Arc::new(resolver));
        change(&mut config);
        Self {
            config: Arc::new(config),
        }
    }

    pub(super) fn session(&self) -> ScriptedSession {
        ScriptedSession(ServerConnection::new(self.config.clone()).expect("a session"))
    }
}

impl ScriptedSession {
    /// Takes new keys, and asks the client to do the same.
    #[cfg(feature = "openssl")]
    pub(super) fn change_keys(&mut self) {
        self.0.refresh_traffic_keys().expect("TLS 1.3");
    }

    pub(super) fn is_handshaking(&self) -> bool {
        self.0.is_handshaking()
    }
}

impl End for ScriptedSession {
    fn receive(&mut self, mut ciphertext: &[u8]) -> Result<(), Failure> {
        while !ciphertext.is_empty() {
            self.0.read_tls(&mut ciphertext).expect("from memory");
            let outcome = self.0.process_new_packets();
            outcome.map_err(|error| {
                Failure::new(SocketError::SslHandshakeFailed, error.to_string())
            })?;
            let _ = self.0.reader().read_to_end(&mut Vec::new()); // to the end of what there is
        }
        Ok(())
    }

    fn take_ciphertext(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        while self.0.wants_write() {
            self.0.write_tls(&mut bytes).expect("memory takes all");
        }
        bytes
    }
}
