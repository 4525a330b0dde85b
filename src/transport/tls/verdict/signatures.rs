//! Signatures and dates, from the root downwards.

use rustls_pki_types::SignatureVerificationAlgorithm;

use super::path::Path;
use super::{Case, Certificate, Findings, issuance, strength};
use crate::network::SslErrorKind;
use crate::network::x509::PublicKey;

/// Rule: everyone's signature is its issuer's, and everyone is valid now.
///
/// A root's own signature proves nothing, so it is not looked at. A top that is no root is judged only if it stands
/// alone, as having nobody who vouches for it.
pub(super) fn every_signature_and_date_is_good(
    path: &Path<'_>,
    case: &Case<'_>,
    findings: &mut Findings,
) {
    let [below @ .., top] = path.certificates() else {
        return;
    };
    let is_alone = below.is_empty();
    let is_root = issuance::is_self_signed(top);
    if is_alone && !is_root {
        findings.add(SslErrorKind::UnableToVerifyFirstCertificate, top);
    }
    if is_alone || is_root {
        is_valid_now(top, case.now, findings);
    }
    for pair in path.certificates().windows(2).rev() {
        let (certificate, issuer) = (&pair[0], &pair[1]);
        may_sign_certificates(issuer, findings);
        is_signed_by(certificate, issuer, case.algorithms, findings);
        is_valid_now(certificate, case.now, findings);
    }
}

/// Rule: an issuer's key may be used to sign certificates.
fn may_sign_certificates(issuer: &Certificate<'_>, findings: &mut Findings) {
    let usage = issuer.extensions.key_usage;
    if usage.is_some_and(|usage| !usage.key_cert_sign()) {
        findings.add(SslErrorKind::Unspecified, issuer);
    }
}

/// Rule: the certificate's signature is the issuer's.
fn is_signed_by(
    certificate: &Certificate<'_>,
    issuer: &Certificate<'_>,
    algorithms: &[&dyn SignatureVerificationAlgorithm],
    findings: &mut Findings,
) {
    match signature(certificate, &issuer.public_key, algorithms) {
        Signature::Good => {}
        Signature::Bad => findings.add(SslErrorKind::CertificateSignatureFailed, certificate),
        Signature::NotChecked => {
            let is_reported = strength::has_weak_signature(certificate)
                || strength::has_weak_key(&issuer.public_key);
            if !is_reported {
                findings.add(SslErrorKind::Unspecified, certificate);
            }
        }
    }
}

/// Rule: the certificate is valid now.
fn is_valid_now(certificate: &Certificate<'_>, now: i64, findings: &mut Findings) {
    match certificate.not_before {
        None => findings.add(SslErrorKind::InvalidNotBeforeField, certificate),
        Some(start) if start > now => {
            findings.add(SslErrorKind::CertificateNotYetValid, certificate);
        }
        Some(_) => {}
    }
    match certificate.not_after {
        None => findings.add(SslErrorKind::InvalidNotAfterField, certificate),
        Some(end) if end <= now => findings.add(SslErrorKind::CertificateExpired, certificate),
        Some(_) => {}
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Signature {
    Good,
    Bad,
    /// The crypto library does not do this algorithm, or not with such a key.
    NotChecked,
}

fn signature(
    certificate: &Certificate<'_>,
    issuer: &PublicKey<'_>,
    algorithms: &[&dyn SignatureVerificationAlgorithm],
) -> Signature {
    // Weak keys are refused by the library, whatever the signature.
    let mut outcome = Signature::NotChecked;
    if strength::has_weak_key(issuer) {
        return outcome;
    }
    for algorithm in algorithms {
        if algorithm.signature_alg_id().as_ref() == certificate.signature_algorithm
            && algorithm.public_key_alg_id().as_ref() == issuer.algorithm
        {
            outcome = Signature::Bad;
            let signed = certificate.signed_part;
            if algorithm
                .verify_signature(issuer.key, signed, certificate.signature)
                .is_ok()
            {
                return Signature::Good;
            }
        }
    }
    outcome
}
