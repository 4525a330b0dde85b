//! The second judge.

use std::time::Duration;

use rustls_pki_types::{CertificateDer, UnixTime};
use webpki::{EndEntityCert, Error, KeyUsage};

use super::path::Path;
use super::{Case, Findings, Peer};
use crate::network::SslErrorKind;

/// Rule: webpki finds the chain good as well. Its objection counts where the other rules found nothing.
///
/// There are two exceptions, in which users of OpenSSL rely on its answer: a peer whose own certificate is in the trust
/// store, and a peer with a CA's certificate, unless a CA above it is confined to certain names: webpki objects to such a
/// peer before it looks at those.
pub(super) fn webpki_agrees(path: &Path<'_>, case: &Case<'_>, findings: &mut Findings) {
    if !findings.0.is_empty() {
        return;
    }
    let Err(objection) = verdict(case) else {
        return;
    };
    let peer = &path.certificates()[0];
    let is_excepted = case.trusted.contains(peer.source)
        || (objection == Error::CaUsedAsEndEntity && !path.is_confined());
    if !is_excepted {
        findings.add(kind(&objection), peer);
    }
}

fn verdict(case: &Case<'_>) -> Result<(), Error> {
    let chain: Vec<_> = case
        .chain
        .iter()
        .map(|certificate| CertificateDer::from(certificate.to_der()))
        .collect();
    let seconds = u64::try_from(case.now).unwrap_or(0);
    let now = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    let usage = match case.peer {
        Peer::Server { .. } => KeyUsage::server_auth(),
        Peer::Client => KeyUsage::client_auth(),
    };
    let (algorithms, anchors) = (case.algorithms, case.trusted.anchors());
    EndEntityCert::try_from(&chain[0])?
        .verify_for_usage(algorithms, anchors, &chain[1..], now, usage, None, None)
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
