//! Keys and digests that can be broken. The bar is OpenSSL's security level 2: 112 bits.

use super::path::Path;
use super::signature_algorithm::SignatureAlgorithm;
use super::{Certificate, Findings};
use crate::network::x509::PublicKey;
use crate::network::{SslErrorKind, SslKeyAlgorithm};

const LEVEL: u32 = 112;

/// Rule: the peer's own key is strong enough.
pub(super) fn peer_has_a_strong_key(path: &Path<'_>, findings: &mut Findings) {
    let peer = &path.certificates()[0];
    if has_weak_key(&peer.public_key) {
        findings.add(SslErrorKind::Unspecified, peer);
    }
}

/// Rule: the issuers' keys are strong enough, and so are all signatures but the topmost, which nobody looks at.
pub(super) fn nothing_else_is_weak(path: &Path<'_>, findings: &mut Findings) {
    let last = path.certificates().len() - 1;
    for (depth, certificate) in path.certificates().iter().enumerate() {
        if depth > 0 && has_weak_key(&certificate.public_key) {
            findings.add(SslErrorKind::Unspecified, certificate);
        }
        if depth < last && has_weak_signature(certificate) {
            findings.add(SslErrorKind::Unspecified, certificate);
        }
    }
}

/// A kind of key that is not known is not weak: nothing can be verified with it either.
pub(super) fn has_weak_key(key: &PublicKey<'_>) -> bool {
    let bits = key.bits();
    match key.algorithm() {
        SslKeyAlgorithm::Rsa | SslKeyAlgorithm::Dsa | SslKeyAlgorithm::Dh => bits < 2048,
        SslKeyAlgorithm::Ec | SslKeyAlgorithm::Opaque => (1..2 * LEVEL as usize).contains(&bits),
    }
}

pub(super) fn has_weak_signature(certificate: &Certificate<'_>) -> bool {
    SignatureAlgorithm::read(certificate.signature_algorithm)
        .is_none_or(|algorithm| algorithm.digest_strength < LEVEL)
}
