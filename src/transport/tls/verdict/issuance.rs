//! Whether one certificate can be the issuer of another, as far as that shows without looking at the signature.

use super::Certificate;
use super::signature_algorithm::SignatureAlgorithm;

/// Whether `issuer` looks like the issuer of `certificate`.
pub(super) fn may_have_issued(issuer: &Certificate<'_>, certificate: &Certificate<'_>) -> bool {
    issuer.subject == certificate.issuer
        && authority_key_id_fits(issuer, certificate)
        && signature_fits_key(issuer, certificate)
}

/// Whether the certificate looks like its own issuer.
pub(super) fn is_self_signed(certificate: &Certificate<'_>) -> bool {
    may_have_issued(certificate, certificate)
}

/// The candidate that is valid now; if none is, the one that was valid longest.
pub(super) fn best_issuer<'a>(
    certificate: &Certificate<'_>,
    candidates: impl Iterator<Item = Certificate<'a>>,
    now: i64,
) -> Option<Certificate<'a>> {
    let mut best: Option<Certificate<'a>> = None;
    for candidate in candidates.filter(|candidate| may_have_issued(candidate, certificate)) {
        if candidate.is_valid_at(now) {
            return Some(candidate);
        }
        if best.is_none_or(|best| candidate.not_after > best.not_after) {
            best = Some(candidate);
        }
    }
    best
}

/// Whether what the certificate says of its issuer's key holds.
fn authority_key_id_fits(issuer: &Certificate<'_>, certificate: &Certificate<'_>) -> bool {
    let Some(id) = certificate.extensions.authority_key_id else {
        return true;
    };
    let key_id_fits = match (id.key_id, issuer.extensions.subject_key_id) {
        (Some(named), Some(own)) => named == own,
        _ => true,
    };
    key_id_fits
        && id.serial.is_none_or(|serial| serial == issuer.serial)
        && id.issuer.is_none_or(|name| name == issuer.issuer)
}

/// Whether the certificate's signature is one that the issuer's kind of key makes.
fn signature_fits_key(issuer: &Certificate<'_>, certificate: &Certificate<'_>) -> bool {
    SignatureAlgorithm::read(certificate.signature_algorithm)
        .is_some_and(|algorithm| algorithm.is_made_by(&issuer.public_key))
}
