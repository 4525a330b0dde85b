//! The second judge.

use std::time::Duration;

use rustls_pki_types::{CertificateDer, UnixTime};
use webpki::{EndEntityCert, Error, KeyUsage};

use super::path::Path;
use super::{Case, Findings, Peer};
use crate::network::SslErrorKind;

/// Rule: webpki finds the chain good as well.
///
/// Its objection counts where the other rules found nothing, and where it is one they have no word for. There are two
/// exceptions, in which users of OpenSSL rely on its answer: a peer whose own certificate is in the trust store, and a
/// peer with a CA's certificate.
pub(super) fn webpki_agrees(path: &Path<'_>, case: &Case<'_>, findings: &mut Findings) {
    let Err(objection) = verdict(case, moment(path, case.now)) else {
        return;
    };
    let peer = &path.certificates()[0];
    let is_new = findings.0.is_empty() || objection == Error::NameConstraintViolation;
    let is_excepted = case.trusted.contains(peer.source) || objection == Error::CaUsedAsEndEntity;
    if is_new && !is_excepted {
        findings.add(kind(&objection), peer);
    }
}

/// Now; but if somebody is not valid now, which is known by then, a moment when all were or will be, so that this does
/// not hide what else is wrong.
fn moment(path: &Path<'_>, now: i64) -> i64 {
    let certificates = path.certificates().iter();
    let starts = certificates
        .clone()
        .map(|certificate| certificate.not_before);
    let ends = certificates.map(|certificate| certificate.not_after);
    match (starts.max().flatten(), ends.min().flatten()) {
        (Some(start), Some(end)) if start < end && !(start..end).contains(&now) => start,
        _ => now,
    }
}

fn verdict(case: &Case<'_>, moment: i64) -> Result<(), Error> {
    let chain: Vec<_> = case
        .chain
        .iter()
        .map(|certificate| CertificateDer::from(certificate.to_der()))
        .collect();
    let seconds = u64::try_from(moment).unwrap_or(0);
    let moment = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    let usage = match case.peer {
        Peer::Server { .. } => KeyUsage::server_auth(),
        Peer::Client => KeyUsage::client_auth(),
    };
    let (algorithms, anchors) = (case.algorithms, case.trusted.anchors());
    EndEntityCert::try_from(&chain[0])?
        .verify_for_usage(algorithms, anchors, &chain[1..], moment, usage, None, None)
        .map(|_| ())
}

/// webpki's errors by Qt's names.
fn kind(objection: &Error) -> SslErrorKind {
    match objection {
        Error::CertExpired { .. } => SslErrorKind::CertificateExpired,
        Error::CertNotValidYet { .. } => SslErrorKind::CertificateNotYetValid,
        Error::CertDistrusted => SslErrorKind::CertificateBlacklisted,
        Error::UnknownIssuer => SslErrorKind::UnableToGetLocalIssuerCertificate,
        Error::InvalidSignatureForPublicKey => SslErrorKind::CertificateSignatureFailed,
        Error::EndEntityUsedAsCa => SslErrorKind::InvalidCaCertificate,
        Error::PathLenConstraintViolated => SslErrorKind::PathLengthExceeded,
        Error::RequiredEkuNotFoundContext(_) | Error::EmptyEkuExtension => {
            SslErrorKind::InvalidPurpose
        }
        _ => SslErrorKind::Unspecified,
    }
}
