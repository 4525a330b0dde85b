//! Private keys as values.

use std::fmt;
use std::sync::Arc;

use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;

use super::SslDataError;

/// A private key: PKCS#8, SEC1 (EC) or PKCS#1 (RSA). Cheap to clone; never printed.
#[doc(alias = "QSslKey")]
#[derive(Clone)]
pub struct SslKey {
    der: Arc<PrivateKeyDer<'static>>,
}

impl SslKey {
    /// The first private key in PEM text.
    ///
    /// # Errors
    /// When there is none, or when its PEM section is broken.
    pub fn from_pem(pem: &[u8]) -> Result<Self, SslDataError> {
        PrivateKeyDer::from_pem_slice(pem)
            .map(|der| Self { der: Arc::new(der) })
            .map_err(|error| SslDataError(format!("not a PEM private key: {error}")))
    }

    /// A private key from DER bytes; the format is recognised.
    ///
    /// # Errors
    /// When the bytes are none of the known formats.
    pub fn from_der(der: &[u8]) -> Result<Self, SslDataError> {
        PrivateKeyDer::try_from(der.to_vec())
            .map(|der| Self { der: Arc::new(der) })
            .map_err(|reason| SslDataError(format!("not a DER private key: {reason}")))
    }

    #[cfg(feature = "rustls")]
    pub(crate) fn to_rustls(&self) -> PrivateKeyDer<'static> {
        self.der.clone_key()
    }
}

impl PartialEq for SslKey {
    fn eq(&self, other: &Self) -> bool {
        self.der.secret_der() == other.der.secret_der()
    }
}

impl Eq for SslKey {}

impl fmt::Debug for SslKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SslKey(..)")
    }
}
