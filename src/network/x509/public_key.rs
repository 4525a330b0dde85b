//! The public key in a certificate.

use super::der::{self, BIT_STRING, Der, INTEGER, OID, SEQUENCE};
use crate::network::SslKeyAlgorithm;

/// A SubjectPublicKeyInfo.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PublicKey<'a> {
    /// With its tag.
    pub(crate) spki: &'a [u8],
    /// The content of the AlgorithmIdentifier.
    pub(crate) algorithm: &'a [u8],
    pub(crate) key: &'a [u8],
}

impl<'a> PublicKey<'a> {
    /// Reads a SubjectPublicKeyInfo with its tag.
    pub(super) fn read(spki: &'a [u8]) -> Option<Self> {
        let mut fields = Der::new(spki).enter(SEQUENCE)?;
        let algorithm = fields.take(SEQUENCE)?;
        let key = der::bits(fields.take(BIT_STRING)?)?;
        Some(Self {
            spki,
            algorithm,
            key,
        })
    }

    pub(crate) fn algorithm(&self) -> SslKeyAlgorithm {
        algorithm(self.algorithm)
    }

    /// The length of the key in bits, 0 where it is not known.
    pub(crate) fn bits(&self) -> usize {
        match self.algorithm() {
            SslKeyAlgorithm::Rsa => rsa_modulus_bits(Der::new(self.key)).unwrap_or(0),
            _ => curve_bits(self.algorithm),
        }
    }
}

/// The kind of key that an AlgorithmIdentifier's content names.
pub(crate) fn algorithm(identifier: &[u8]) -> SslKeyAlgorithm {
    match Der::new(identifier).take(OID) {
        Some(RSA | RSA_PSS) => SslKeyAlgorithm::Rsa,
        Some(EC) => SslKeyAlgorithm::Ec,
        Some(DSA) => SslKeyAlgorithm::Dsa,
        _ => SslKeyAlgorithm::Opaque,
    }
}

/// The size of the curve that an AlgorithmIdentifier's content names, 0 if it names none that is known.
pub(crate) fn curve_bits(identifier: &[u8]) -> usize {
    let mut fields = Der::new(identifier);
    match fields.take(OID) {
        Some(EC) => fields.take(OID).map_or(0, named_curve_bits),
        Some(ED25519) => 256,
        Some(ED448) => 456,
        _ => 0,
    }
}

pub(crate) fn named_curve_bits(curve: &[u8]) -> usize {
    match curve {
        [0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 1] => 192,
        [0x2B, 0x81, 4, 0, 33] => 224,
        [0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 7] | [0x2B, 0x81, 4, 0, 10] => 256,
        [0x2B, 0x81, 4, 0, 34] => 384,
        [0x2B, 0x81, 4, 0, 35] => 521,
        _ => 0,
    }
}

/// The length of the first large integer in an RSA key: its modulus.
pub(crate) fn rsa_modulus_bits(mut key: Der<'_>) -> Option<usize> {
    let mut fields = key.enter(SEQUENCE)?;
    loop {
        let integer = fields.take(INTEGER)?;
        let digits = integer.strip_prefix(&[0]).unwrap_or(integer);
        // A private key has its version in front.
        if let [first, rest @ ..] = digits
            && !rest.is_empty()
        {
            return Some(digits.len() * 8 - first.leading_zeros() as usize);
        }
    }
}

const RSA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 1];
const RSA_PSS: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 10];
const EC: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1];
const DSA: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x38, 4, 1];
const ED25519: &[u8] = &[0x2B, 0x65, 0x70];
const ED448: &[u8] = &[0x2B, 0x65, 0x71];
