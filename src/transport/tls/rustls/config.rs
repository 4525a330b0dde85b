//! rustls' own configurations, made from ours once and then shared.

use std::sync::{Arc, OnceLock};

use rustls::client::Resumption;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, SignatureVerificationAlgorithm};
use rustls::server::NoServerSessionStorage;
use rustls::{ClientConfig, ServerConfig};

use super::key_log::KeyLogAdapter;
use super::provider::{provider, versions};
use super::verifier::DeferringVerifier;
use crate::network::{SocketError, SslCertificate, SslConfiguration};
use crate::transport::Failure;
use crate::transport::tls::verdict::TrustStore;

/// What the sessions of a client share.
#[derive(Debug)]
pub(super) struct ClientSide {
    pub(super) config: Arc<ClientConfig>,
    pub(super) trust: Trust,
}

/// What the sessions of a server share.
#[derive(Debug)]
pub(super) struct ServerSide {
    pub(super) config: Arc<ServerConfig>,
    pub(super) trust: Trust,
}

/// What peers are judged by.
#[derive(Clone, Debug)]
pub(super) struct Trust {
    pub(super) store: Arc<TrustStore>,
    pub(super) algorithms: &'static [&'static dyn SignatureVerificationAlgorithm],
}

/// The client side of `configuration`.
pub(super) fn client(configuration: &SslConfiguration) -> Result<Arc<ClientSide>, Failure> {
    configuration.backend_cache().get_or_make(|| {
        let provider = provider(configuration)?;
        let verifier = Arc::new(DeferringVerifier::for_client(&provider));
        let algorithms = provider.signature_verification_algorithms.all;
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&versions(configuration)?)
            .map_err(unusable_choice)?
            .dangerous()
            .with_custom_certificate_verifier(verifier);
        let mut config = match local_identity(configuration)? {
            None => builder.with_no_client_auth(),
            Some((chain, key)) => builder
                .with_client_auth_cert(chain, key)
                .map_err(unusable_identity)?,
        };
        config.alpn_protocols = configuration.allowed_next_protocols().to_vec();
        config.enable_sni = configuration.sends_server_name();
        if !configuration.uses_session_tickets() {
            config.resumption = Resumption::disabled();
        }
        if let Some(log) = configuration.key_log() {
            config.key_log = Arc::new(KeyLogAdapter(log));
        }
        Ok(ClientSide {
            config: Arc::new(config),
            trust: Trust {
                store: store(configuration)?,
                algorithms,
            },
        })
    })
}

/// The server side of `configuration`.
pub(super) fn server(configuration: &SslConfiguration) -> Result<Arc<ServerSide>, Failure> {
    configuration.backend_cache().get_or_make(|| {
        let (chain, key) = local_identity(configuration)?
            .ok_or_else(|| unusable("a secure server needs a certificate and its key"))?;
        let provider = provider(configuration)?;
        let verifier = Arc::new(DeferringVerifier::for_server(&provider, configuration));
        let algorithms = provider.signature_verification_algorithms.all;
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&versions(configuration)?)
            .map_err(unusable_choice)?
            .with_client_cert_verifier(verifier)
            .with_single_cert(chain, key)
            .map_err(unusable_identity)?;
        config.alpn_protocols = configuration.allowed_next_protocols().to_vec();
        if !configuration.uses_session_tickets() {
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        }
        if let Some(log) = configuration.key_log() {
            config.key_log = Arc::new(KeyLogAdapter(log));
        }
        Ok(ServerSide {
            config: Arc::new(config),
            trust: Trust {
                store: store(configuration)?,
                algorithms,
            },
        })
    })
}

type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// `None` when the configuration names neither certificate nor key; an error when it names one without the other.
fn local_identity(configuration: &SslConfiguration) -> Result<Option<Identity>, Failure> {
    let chain = configuration.local_certificate_chain();
    match (chain.is_empty(), configuration.private_key()) {
        (true, None) => Ok(None),
        (false, Some(key)) => {
            let chain = chain
                .iter()
                .map(|certificate| CertificateDer::from(certificate.to_der().to_vec()));
            Ok(Some((chain.collect(), key.to_rustls())))
        }
        (true, Some(_)) => Err(unusable("there is a private key but no certificate for it")),
        (false, None) => Err(unusable("there is a certificate but no private key for it")),
    }
}

/// The trusted certificates; the system's are read and sorted once for all configurations.
fn store(configuration: &SslConfiguration) -> Result<Arc<TrustStore>, Failure> {
    static SYSTEM: OnceLock<Arc<TrustStore>> = OnceLock::new();
    let make = |certificates: &[SslCertificate]| {
        let store = TrustStore::new(certificates.iter().cloned());
        Arc::new(store)
    };
    match configuration.ca_certificates() {
        Some(certificates) if certificates.iter().any(SslCertificate::is_null) => Err(unusable(
            "a CA certificate cannot be used: it is no X.509 certificate",
        )),
        Some(certificates) => Ok(make(certificates)),
        None => Ok(SYSTEM
            .get_or_init(|| make(SslConfiguration::system_ca_certificates()))
            .clone()),
    }
}

fn unusable_choice(error: rustls::Error) -> Failure {
    unusable(format!(
        "the chosen TLS versions, ciphers and groups do not go together: {error}"
    ))
}

fn unusable_identity(error: rustls::Error) -> Failure {
    unusable(format!(
        "the local certificate or its key cannot be used: {error}"
    ))
}

pub(super) fn unusable(text: impl Into<String>) -> Failure {
    Failure::new(SocketError::SslInvalidUserData, text)
}
