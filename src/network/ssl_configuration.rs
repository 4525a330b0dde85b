//! How a socket or server does TLS.

use std::fmt;
use std::sync::{Arc, OnceLock};

use super::{SslCertificate, SslKey};

/// The TLS settings of a socket or a server: whom it trusts, and who it is.
///
/// A value: cloning is cheap, and a changed clone leaves the original alone. The default trusts the
/// certificates of the system's store, or Mozilla's where the system has none, and has no certificate of its own.
///
/// ```
/// use qwebsocket::{SslCertificate, SslConfiguration};
///
/// # fn run(ca_pem: &[u8]) -> Result<(), Box<dyn std::error::Error>> {
/// let mut configuration = SslConfiguration::new();
/// configuration.set_ca_certificates(SslCertificate::from_pem(ca_pem)?);
/// # Ok(())
/// # }
/// ```
#[doc(alias = "QSslConfiguration")]
#[derive(Clone)]
pub struct SslConfiguration {
    ca_certificates: Option<Arc<[SslCertificate]>>,
    local_certificate_chain: Arc<[SslCertificate]>,
    private_key: Option<SslKey>,
    /// What the TLS backend built from these settings, made at first use and shared by all clones: sockets that
    /// share a configuration share its sessions and its parsed roots.
    #[cfg(feature = "rustls")]
    backend: BackendCache,
}

impl SslConfiguration {
    /// The default settings.
    #[doc(alias = "defaultConfiguration")]
    pub fn new() -> Self {
        Self::default()
    }

    /// The certificates that are trusted; `None` while these are the system's.
    #[doc(alias = "caCertificates")]
    pub fn ca_certificates(&self) -> Option<&[SslCertificate]> {
        self.ca_certificates.as_deref()
    }

    /// Trusts exactly these certificates, and no longer the system's.
    #[doc(alias = "setCaCertificates")]
    pub fn set_ca_certificates(&mut self, certificates: impl Into<Vec<SslCertificate>>) {
        self.ca_certificates = Some(certificates.into().into());
        self.changed();
    }

    /// The certificate this end shows to the peer, followed by its issuers; empty for none.
    #[doc(alias = "localCertificateChain")]
    pub fn local_certificate_chain(&self) -> &[SslCertificate] {
        &self.local_certificate_chain
    }

    /// Sets the certificate this end shows to the peer: itself first, then its issuers.
    #[doc(alias = "setLocalCertificateChain")]
    #[doc(alias = "setLocalCertificate")]
    pub fn set_local_certificate_chain(&mut self, chain: impl Into<Vec<SslCertificate>>) {
        self.local_certificate_chain = chain.into().into();
        self.changed();
    }

    /// The key of the local certificate.
    #[doc(alias = "privateKey")]
    pub fn private_key(&self) -> Option<&SslKey> {
        self.private_key.as_ref()
    }

    /// Sets the key that belongs to the local certificate.
    #[doc(alias = "setPrivateKey")]
    pub fn set_private_key(&mut self, key: SslKey) {
        self.private_key = Some(key);
        self.changed();
    }

    #[cfg(feature = "rustls")]
    pub(crate) fn backend(&self) -> &BackendCache {
        &self.backend
    }

    fn changed(&mut self) {
        #[cfg(feature = "rustls")]
        {
            self.backend = BackendCache::default();
        }
    }
}

impl Default for SslConfiguration {
    fn default() -> Self {
        // One for all, so that sockets that never heard of TLS settings share roots and sessions too.
        static DEFAULT: OnceLock<SslConfiguration> = OnceLock::new();
        let default = DEFAULT.get_or_init(|| Self {
            ca_certificates: None,
            local_certificate_chain: Arc::new([]),
            private_key: None,
            #[cfg(feature = "rustls")]
            backend: BackendCache::default(),
        });
        default.clone()
    }
}

impl PartialEq for SslConfiguration {
    fn eq(&self, other: &Self) -> bool {
        self.ca_certificates == other.ca_certificates
            && self.local_certificate_chain == other.local_certificate_chain
            && self.private_key == other.private_key
    }
}

impl Eq for SslConfiguration {}

impl fmt::Debug for SslConfiguration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SslConfiguration")
            .field(
                "ca_certificates",
                &self.ca_certificates.as_ref().map(|list| list.len()),
            )
            .field(
                "local_certificate_chain",
                &self.local_certificate_chain.len(),
            )
            .field("private_key", &self.private_key)
            .finish_non_exhaustive()
    }
}

/// The backend's own configurations, one per role.
#[cfg(feature = "rustls")]
#[derive(Clone, Default)]
pub(crate) struct BackendCache {
    client: Arc<OnceLock<Arc<rustls::ClientConfig>>>,
    server: Arc<OnceLock<Arc<rustls::ServerConfig>>>,
}

#[cfg(feature = "rustls")]
impl BackendCache {
    pub(crate) fn client(&self) -> &OnceLock<Arc<rustls::ClientConfig>> {
        &self.client
    }

    pub(crate) fn server(&self) -> &OnceLock<Arc<rustls::ServerConfig>> {
        &self.server
    }
}
