//! Real handshakes, over memory instead of a network.

mod certificate_cases;
mod client_certificates;
mod foreign_keys;
mod pki;
mod sessions;
mod settings;

use std::sync::Arc;

use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::NoClientAuth;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ServerConfig, ServerConnection};

use self::pki::Identity;
use super::rustls::session_on;
use super::{TlsSession, client_session};
use crate::network::{SslConfiguration, SslError, SslProtocol};
use crate::transport::Failure;

/// Lets both talk until both are done or one fails; gives who failed, with its reason.
fn talk(client: &mut dyn TlsSession, server: &mut dyn TlsSession) -> Result<(), (Side, Failure)> {
    loop {
        let upwards = take_ciphertext(client);
        server
            .receive(&upwards, &mut |_| {})
            .map_err(|failure| (Side::Server, failure))?;
        let downwards = take_ciphertext(server);
        client
            .receive(&downwards, &mut |_| {})
            .map_err(|failure| (Side::Client, failure))?;
        if upwards.is_empty() && downwards.is_empty() {
            return Ok(());
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Client,
    Server,
}

fn take_ciphertext(session: &mut dyn TlsSession) -> Vec<u8> {
    let mut bytes = Vec::new();
    while session.wants_write() {
        session
            .write_ciphertext(&mut bytes)
            .expect("memory takes all");
    }
    bytes
}

/// A server that shows whatever it is given, wrong as it may be.
struct ScriptedServer {
    config: Arc<ServerConfig>,
}

impl ScriptedServer {
    fn new(identity: &Identity) -> Self {
        Self::with_config(identity, |_| {})
    }

    fn with_config(identity: &Identity, change: impl FnOnce(&mut ServerConfig)) -> Self {
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

    fn session(&self) -> Box<dyn TlsSession> {
        let connection = ServerConnection::new(self.config.clone()).expect("a session");
        session_on(connection.into())
    }
}

/// A client's session after its handshake with the server.
fn connect(
    configuration: &SslConfiguration,
    host: &str,
    server: &ScriptedServer,
) -> Box<dyn TlsSession> {
    let mut client = client_session(configuration, host).expect("a session");
    talk(&mut *client, &mut *server.session()).expect("a handshake");
    assert!(!client.is_handshaking());
    client
}

/// Both versions, by the protocol to set.
const VERSIONS: [SslProtocol; 2] = [SslProtocol::TlsV1_2, SslProtocol::TlsV1_3];

/// Errors as `Kind: subject`.
fn lines(errors: &[SslError]) -> Vec<String> {
    let line = |error: &SslError| match error.certificate() {
        Some(certificate) => format!("{:?}: {}", error.kind(), certificate.subject_display_name()),
        None => format!("{:?}", error.kind()),
    };
    errors.iter().map(line).collect()
}
