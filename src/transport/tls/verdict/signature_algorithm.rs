//! The signature algorithms there are.

use crate::network::x509::PublicKey;
use crate::network::x509::der::{self, Der, OID, SEQUENCE};

/// What is known of a signature algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SignatureAlgorithm {
    key: Key,
    /// How hard it is to find two texts that have one digest, as a power of two.
    pub(super) digest_strength: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Rsa,
    RsaPss,
    Dsa,
    Ec,
    Ed25519,
    Ed448,
}

impl SignatureAlgorithm {
    /// From the content of an AlgorithmIdentifier; `None` for one that nobody knows.
    pub(super) fn read(identifier: &[u8]) -> Option<Self> {
        let mut fields = Der::new(identifier);
        let (key, digest_strength) = match fields.take(OID)? {
            [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, number] => match number {
                4 => (Key::Rsa, MD5),
                5 => (Key::Rsa, SHA_1),
                10 => (Key::RsaPss, pss_digest_strength(fields).unwrap_or(SHA_1)),
                11 => (Key::Rsa, SHA_256),
                12 => (Key::Rsa, SHA_384),
                13 => (Key::Rsa, SHA_512),
                14 => (Key::Rsa, SHA_224),
                _ => return None,
            },
            [0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 1] => (Key::Ec, SHA_1),
            [0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, number] => {
                let strength = match number {
                    1 => SHA_224,
                    2 => SHA_256,
                    3 => SHA_384,
                    4 => SHA_512,
                    _ => return None,
                };
                (Key::Ec, strength)
            }
            [0x2A, 0x86, 0x48, 0xCE, 0x38, 4, 3] => (Key::Dsa, SHA_1),
            [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 1] => (Key::Dsa, SHA_224),
            [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 2] => (Key::Dsa, SHA_256),
            [0x2B, 0x65, 0x70] => (Key::Ed25519, 128),
            [0x2B, 0x65, 0x71] => (Key::Ed448, 224),
            _ => return None,
        };
        Some(Self {
            key,
            digest_strength,
        })
    }

    /// Whether such a key makes such signatures.
    pub(super) fn is_made_by(self, key: &PublicKey<'_>) -> bool {
        match Der::new(key.algorithm).take(OID) {
            Some([0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 1]) => {
                matches!(self.key, Key::Rsa | Key::RsaPss)
            }
            Some([0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 10]) => self.key == Key::RsaPss,
            Some([0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1]) => self.key == Key::Ec,
            Some([0x2A, 0x86, 0x48, 0xCE, 0x38, 4, 1]) => self.key == Key::Dsa,
            Some([0x2B, 0x65, 0x70]) => self.key == Key::Ed25519,
            Some([0x2B, 0x65, 0x71]) => self.key == Key::Ed448,
            _ => false,
        }
    }
}

/// RSA-PSS names its digest in a parameter.
fn pss_digest_strength(mut parameters: Der<'_>) -> Option<u32> {
    const DIGEST: u8 = der::explicit(0);
    let digest = parameters.enter(SEQUENCE)?.enter(DIGEST)?.enter(SEQUENCE)?;
    match { digest }.take(OID)? {
        [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, number] => match number {
            1 => Some(SHA_256),
            2 => Some(SHA_384),
            3 => Some(SHA_512),
            4 => Some(SHA_224),
            _ => None,
        },
        _ => None,
    }
}

const MD5: u32 = 39;
const SHA_1: u32 = 63;
const SHA_224: u32 = 112;
const SHA_256: u32 = 128;
const SHA_384: u32 = 192;
const SHA_512: u32 = 256;
