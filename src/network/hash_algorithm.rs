//! Hashes for fingerprints.

use sha1::{Digest, Sha1};

/// A hash function, for the fingerprints of certificates.
#[doc(alias = "QCryptographicHash::Algorithm")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HashAlgorithm {
    /// 16 bytes. Others can make certificates that have the same: no proof of anything.
    Md5,
    /// 20 bytes. Broken like MD5, at a higher price.
    Sha1,
    /// 32 bytes.
    Sha256,
}

impl HashAlgorithm {
    pub(crate) fn hash(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Md5 => md5::Md5::digest(bytes).to_vec(),
            Self::Sha1 => Sha1::digest(bytes).to_vec(),
            Self::Sha256 => sha2::Sha256::digest(bytes).to_vec(),
        }
    }
}
