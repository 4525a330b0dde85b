//! Certificates as values.

use std::fmt;
use std::sync::Arc;

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

/// One X.509 certificate. Cheap to clone.
#[doc(alias = "QSslCertificate")]
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SslCertificate {
    der: Arc<[u8]>,
}

impl SslCertificate {
    /// Every certificate in PEM text, in order; whatever else stands there is skipped.
    ///
    /// # Errors
    /// When a PEM section is broken, or when there is no certificate at all.
    #[doc(alias = "fromData")]
    pub fn from_pem(pem: &[u8]) -> Result<Vec<Self>, SslDataError> {
        let certificates = CertificateDer::pem_slice_iter(pem)
            .map(|der| der.map(|der| Self::from_der(&der)))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| SslDataError(format!("not a PEM certificate: {error}")))?;
        if certificates.is_empty() {
            return Err(SslDataError("no certificate in the PEM data".into()));
        }
        Ok(certificates)
    }

    /// A certificate from its DER bytes. They are looked into when the certificate is used.
    #[doc(alias = "fromData")]
    pub fn from_der(der: &[u8]) -> Self {
        Self { der: der.into() }
    }

    /// The DER bytes.
    #[doc(alias = "toDer")]
    pub fn to_der(&self) -> &[u8] {
        &self.der
    }
}

impl fmt::Debug for SslCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SslCertificate({} bytes)", self.der.len())
    }
}

/// Certificate or key data that cannot be used, with the reason as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SslDataError(pub(crate) String);

impl fmt::Display for SslDataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SslDataError {}
