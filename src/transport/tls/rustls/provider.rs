//! The crypto library and what of it may be used.

use std::sync::Arc;

use rustls::SupportedProtocolVersion;
use rustls::crypto::CryptoProvider;

use super::config::unusable;
use crate::network::SslConfiguration;
use crate::transport::Failure;

/// The crypto library, confined to the ciphers and groups that were chosen.
pub(super) fn provider(configuration: &SslConfiguration) -> Result<Arc<CryptoProvider>, Failure> {
    let mut provider = whole_provider()?;
    if !configuration.ciphers().is_empty() {
        let all = std::mem::take(&mut provider.cipher_suites);
        let chosen = configuration.ciphers().iter();
        provider.cipher_suites = chosen
            .filter_map(|cipher| {
                all.iter()
                    .find(|suite| u16::from(suite.suite()) == cipher.number())
                    .copied()
            })
            .collect();
    }
    if !configuration.groups().is_empty() {
        let all = std::mem::take(&mut provider.kx_groups);
        let chosen = configuration.groups().iter();
        provider.kx_groups = chosen
            .filter_map(|group| {
                all.iter()
                    .find(|known| u16::from(known.name()) == group.number())
                    .copied()
            })
            .collect();
    }
    Ok(Arc::new(provider))
}

/// The versions of TLS that may be spoken.
pub(super) fn versions(
    configuration: &SslConfiguration,
) -> Result<Vec<&'static SupportedProtocolVersion>, Failure> {
    let protocol = configuration.protocol();
    let mut versions = Vec::new();
    if protocol.includes_tls13() {
        versions.push(&rustls::version::TLS13);
    }
    if protocol.includes_tls12() {
        versions.push(&rustls::version::TLS12);
    }
    if versions.is_empty() {
        return Err(unusable(format!("{protocol:?} is not spoken")));
    }
    Ok(versions)
}

/// The provider is named here and handed over, never installed for the process: what another crate installed, or
/// that two are compiled in, changes nothing.
fn whole_provider() -> Result<CryptoProvider, Failure> {
    #[cfg(feature = "aws-lc-rs")]
    return Ok(rustls::crypto::aws_lc_rs::default_provider());
    #[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
    return Ok(rustls::crypto::ring::default_provider());
    #[cfg(not(any(feature = "ring", feature = "aws-lc-rs")))]
    return Err(Failure::new(
        crate::network::SocketError::UnsupportedSocketOperation,
        "TLS is not available: qwebsocket was built without the feature `ring` or `aws-lc-rs`",
    ));
}
