//! Private keys as values.

use std::fmt;
use std::sync::Arc;

use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;

use super::x509::der::{self, Der, INTEGER, OCTET_STRING, OID, SEQUENCE};
use super::x509::{algorithm, curve_bits, named_curve_bits, rsa_modulus_bits};
use super::{SslDataError, pem};

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
            .map(Self::new)
            .map_err(|error| SslDataError(format!("not a PEM private key: {error}")))
    }

    /// A private key from DER bytes; the format is recognised.
    ///
    /// # Errors
    /// When the bytes are none of the known formats.
    pub fn from_der(der: &[u8]) -> Result<Self, SslDataError> {
        PrivateKeyDer::try_from(der.to_vec())
            .map(Self::new)
            .map_err(|reason| SslDataError(format!("not a DER private key: {reason}")))
    }

    /// The first private key in PEM text that a passphrase protects (PKCS#8, `ENCRYPTED PRIVATE KEY`).
    ///
    /// # Errors
    /// When there is none, and when the passphrase is wrong or the encryption is not one of PBES2 with AES.
    #[cfg(feature = "encrypted-keys")]
    pub fn from_encrypted_pem(pem: &[u8], passphrase: &[u8]) -> Result<Self, SslDataError> {
        let der = pem::read("ENCRYPTED PRIVATE KEY", pem)
            .ok_or_else(|| SslDataError("no encrypted private key in the PEM data".into()))?;
        Self::from_encrypted_der(&der, passphrase)
    }

    /// A private key from DER bytes that a passphrase protects (PKCS#8).
    ///
    /// # Errors
    /// When the bytes are no such key, and when the passphrase is wrong.
    #[cfg(feature = "encrypted-keys")]
    pub fn from_encrypted_der(der: &[u8], passphrase: &[u8]) -> Result<Self, SslDataError> {
        let key = pkcs8::EncryptedPrivateKeyInfoRef::try_from(der)
            .map_err(|error| SslDataError(format!("not an encrypted private key: {error}")))?;
        let plain = key
            .decrypt(passphrase)
            .map_err(|error| SslDataError(format!("the key cannot be decrypted: {error}")))?;
        Self::from_der(plain.as_bytes())
    }

    /// What kind of key it is.
    pub fn algorithm(&self) -> SslKeyAlgorithm {
        match &*self.der {
            PrivateKeyDer::Pkcs1(_) => SslKeyAlgorithm::Rsa,
            PrivateKeyDer::Sec1(_) => SslKeyAlgorithm::Ec,
            PrivateKeyDer::Pkcs8(key) => Pkcs8::read(key.secret_pkcs8_der())
                .map_or(SslKeyAlgorithm::Opaque, |key| algorithm(key.algorithm)),
            _ => SslKeyAlgorithm::Opaque,
        }
    }

    /// The length of the key in bits; 0 where it is not known.
    pub fn length(&self) -> usize {
        match &*self.der {
            PrivateKeyDer::Pkcs1(key) => rsa_modulus_bits(Der::new(key.secret_pkcs1_der())),
            PrivateKeyDer::Sec1(key) => sec1_curve_bits(Der::new(key.secret_sec1_der())),
            PrivateKeyDer::Pkcs8(key) => Pkcs8::read(key.secret_pkcs8_der()).map(|key| key.bits()),
            _ => None,
        }
        .unwrap_or(0)
    }

    /// The DER bytes, in the format they came in. They are the secret itself.
    #[doc(alias = "toDer")]
    pub fn to_der(&self) -> &[u8] {
        self.der.secret_der()
    }

    /// The key as PEM text, in the format it came in. It is the secret itself.
    #[doc(alias = "toPem")]
    pub fn to_pem(&self) -> String {
        let label = match &*self.der {
            PrivateKeyDer::Pkcs1(_) => "RSA PRIVATE KEY",
            PrivateKeyDer::Sec1(_) => "EC PRIVATE KEY",
            _ => "PRIVATE KEY",
        };
        pem::write(label, self.to_der())
    }

    fn new(der: PrivateKeyDer<'static>) -> Self {
        Self { der: Arc::new(der) }
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
        write!(f, "SslKey({:?}, {} bits)", self.algorithm(), self.length())
    }
}

/// The kind of a key, with Qt's numbers.
#[doc(alias = "QSsl::KeyAlgorithm")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[non_exhaustive]
pub enum SslKeyAlgorithm {
    /// Another kind, such as Ed25519.
    Opaque = 0,
    /// RSA.
    Rsa = 1,
    /// DSA.
    Dsa = 2,
    /// Elliptic curves.
    Ec = 3,
    /// Diffie-Hellman.
    Dh = 4,
}

/// A PKCS#8 PrivateKeyInfo.
struct Pkcs8<'a> {
    algorithm: &'a [u8],
    key: &'a [u8],
}

impl<'a> Pkcs8<'a> {
    fn read(der: &'a [u8]) -> Option<Self> {
        let mut fields = Der::new(der).enter(SEQUENCE)?;
        fields.take(INTEGER)?;
        let algorithm = fields.take(SEQUENCE)?;
        let key = fields.take(OCTET_STRING)?;
        Some(Self { algorithm, key })
    }

    fn bits(&self) -> usize {
        match algorithm(self.algorithm) {
            SslKeyAlgorithm::Rsa => rsa_modulus_bits(Der::new(self.key)).unwrap_or(0),
            _ => curve_bits(self.algorithm),
        }
    }
}

fn sec1_curve_bits(mut key: Der<'_>) -> Option<usize> {
    const PARAMETERS: u8 = der::explicit(0);
    let mut fields = key.enter(SEQUENCE)?;
    while !fields.is_empty() {
        let field = fields.next()?;
        if field.tag == PARAMETERS {
            return Der::new(field.content).take(OID).map(named_curve_bits);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use rcgen::{KeyPair, PKCS_ECDSA_P384_SHA384, PKCS_ED25519};

    use super::*;

    #[test]
    fn kind_and_length_are_read() {
        let of = |algorithm| {
            let pair = KeyPair::generate_for(algorithm).expect("a key");
            let key = SslKey::from_der(pair.serialized_der()).expect("PKCS#8");
            (key.algorithm(), key.length())
        };
        assert_eq!(of(&PKCS_ECDSA_P384_SHA384), (SslKeyAlgorithm::Ec, 384));
        assert_eq!(of(&PKCS_ED25519), (SslKeyAlgorithm::Opaque, 256));
    }

    #[test]
    fn pem_and_back_is_the_same_and_debug_keeps_the_secret() {
        let pair = KeyPair::generate().expect("a key");
        let key = SslKey::from_pem(pair.serialize_pem().as_bytes()).expect("PEM");
        assert_eq!(SslKey::from_pem(key.to_pem().as_bytes()), Ok(key.clone()));
        assert_eq!(SslKey::from_der(key.to_der()), Ok(key.clone()));
        assert_eq!(format!("{key:?}"), "SslKey(Ec, 256 bits)");
        assert!(SslKey::from_pem(b"").is_err() && SslKey::from_der(b"").is_err());
    }

    #[cfg(feature = "encrypted-keys")]
    #[test]
    fn a_passphrase_opens_a_protected_key() {
        const PROTECTED: &[u8] = b"\
-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjK5/ya9OpqmAICA+gw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEKJS7A3Fqa9S9t91kneG+i8EgZBX
cI5976+qatQsPHwk40t+xuniCJ5fA7fqzetrLTOFI/N4Tyi+sacDZkWLAEErH9zL
8/VLMrLFYaxpxgMc5aVR6Nc7aTfXn8jA3unqGfAi1i/jpbvD5nle98sFq9W5+9sI
LAD3kB3NCugWu8lvoMEIxI9YDib0FDvOktJTWAqVz+wZiKFJl+wk2O4MZh0uBao=
-----END ENCRYPTED PRIVATE KEY-----";
        let key = SslKey::from_encrypted_pem(PROTECTED, b"secret").expect("the right passphrase");
        assert_eq!((key.algorithm(), key.length()), (SslKeyAlgorithm::Ec, 256));
        assert!(SslKey::from_encrypted_pem(PROTECTED, b"wrong").is_err());
        assert!(SslKey::from_encrypted_pem(b"", b"secret").is_err());
        assert!(SslKey::from_pem(PROTECTED).is_err());
    }
}
