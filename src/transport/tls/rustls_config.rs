//! rustls' own configurations, made from ours once and then shared.

use std::sync::{Arc, OnceLock};

use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::{
    ClientConfig, ConfigBuilder, RootCertStore, ServerConfig, WantsVerifier, WantsVersions,
};

use crate::network::{SocketError, SslCertificate, SslConfiguration};
use crate::transport::Failure;

/// The client side of `configuration`.
pub(super) fn client(configuration: &SslConfiguration) -> Result<Arc<ClientConfig>, Failure> {
    cached(configuration.backend().client(), || {
        let builder = with_versions(ClientConfig::builder_with_provider(provider()?))?
            .with_root_certificates(roots(configuration)?);
        let config = match local_identity(configuration) {
            None => builder.with_no_client_auth(),
            Some(identity) => {
                let (chain, key) = identity?;
                builder
                    .with_client_auth_cert(chain, key)
                    .map_err(unusable_identity)?
            }
        };
        Ok(config)
    })
}

/// The server side of `configuration`.
pub(super) fn server(configuration: &SslConfiguration) -> Result<Arc<ServerConfig>, Failure> {
    cached(configuration.backend().server(), || {
        let identity = local_identity(configuration)
            .unwrap_or_else(|| Err(unusable("a secure server needs a certificate and its key")));
        let (chain, key) = identity?;
        with_versions(ServerConfig::builder_with_provider(provider()?))?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(unusable_identity)
    })
}

fn cached<T>(
    cell: &OnceLock<Arc<T>>,
    make: impl FnOnce() -> Result<T, Failure>,
) -> Result<Arc<T>, Failure> {
    if let Some(config) = cell.get() {
        return Ok(Arc::clone(config));
    }
    let config = Arc::new(make()?);
    Ok(Arc::clone(cell.get_or_init(|| config)))
}

/// The provider is named here and handed over, never installed for the process: what another crate installed, or
/// that two are compiled in, changes nothing.
fn provider() -> Result<Arc<CryptoProvider>, Failure> {
    #[cfg(feature = "aws-lc-rs")]
    return Ok(Arc::new(rustls::crypto::aws_lc_rs::default_provider()));
    #[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
    return Ok(Arc::new(rustls::crypto::ring::default_provider()));
    #[cfg(not(any(feature = "ring", feature = "aws-lc-rs")))]
    return Err(Failure::new(
        SocketError::UnsupportedSocketOperation,
        "TLS is not available: qwebsocket was built without the feature `ring` or `aws-lc-rs`",
    ));
}

fn with_versions<S: rustls::ConfigSide>(
    builder: ConfigBuilder<S, WantsVersions>,
) -> Result<ConfigBuilder<S, WantsVerifier>, Failure> {
    builder
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(format!("the TLS library refuses its defaults: {error}")))
}

type Identity = (
    Vec<CertificateDer<'static>>,
    rustls::pki_types::PrivateKeyDer<'static>,
);

/// `None` when the configuration names neither certificate nor key; an error when it names one without the other.
fn local_identity(configuration: &SslConfiguration) -> Option<Result<Identity, Failure>> {
    let chain = configuration.local_certificate_chain();
    match (chain.is_empty(), configuration.private_key()) {
        (true, None) => None,
        (false, Some(key)) => Some(Ok((chain.iter().map(to_rustls).collect(), key.to_rustls()))),
        (true, Some(_)) => Some(Err(unusable(
            "there is a private key but no certificate for it",
        ))),
        (false, None) => Some(Err(unusable(
            "there is a certificate but no private key for it",
        ))),
    }
}

fn roots(configuration: &SslConfiguration) -> Result<Arc<RootCertStore>, Failure> {
    let Some(certificates) = configuration.ca_certificates() else {
        return Ok(default_roots());
    };
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        roots
            .add(to_rustls(certificate))
            .map_err(|error| unusable(format!("a CA certificate cannot be used: {error}")))?;
    }
    // rustls wants none only where nothing is verified; here it makes every certificate unknown.
    Ok(Arc::new(roots))
}

/// The system's roots, or Mozilla's where the system has none. Read once: the store is on disk.
fn default_roots() -> Arc<RootCertStore> {
    static ROOTS: OnceLock<Arc<RootCertStore>> = OnceLock::new();
    let roots = ROOTS.get_or_init(|| {
        #[allow(unused_mut)]
        let mut roots = RootCertStore::empty();
        #[cfg(feature = "native-roots")]
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        #[cfg(feature = "webpki-roots")]
        if roots.is_empty() {
            roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        }
        Arc::new(roots)
    });
    Arc::clone(roots)
}

fn to_rustls(certificate: &SslCertificate) -> CertificateDer<'static> {
    CertificateDer::from(certificate.to_der().to_vec())
}

fn unusable_identity(error: rustls::Error) -> Failure {
    unusable(format!(
        "the local certificate or its key cannot be used: {error}"
    ))
}

fn unusable(text: impl Into<String>) -> Failure {
    Failure::new(SocketError::SslInvalidUserData, text)
}
