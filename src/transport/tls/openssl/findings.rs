//! What is wrong with the certificates a peer showed, as OpenSSL finds it.

use openssl::x509::{X509Ref, X509StoreContextRef};

use super::conversation::Conversation;
use super::errors::forget_others;
use crate::network::{SslCertificate, SslError, SslErrorKind};

/// The callback of the verification: notes every error and goes on to the next, so that all can be told at once when
/// the handshake is over.
pub(super) fn note(is_good: bool, context: &mut X509StoreContextRef) -> bool {
    if let Some(conversation) = Conversation::current() {
        let error = (!is_good).then(|| error(context));
        // The last step looks at the peer's own certificate, when the whole path is known.
        let path = (context.error_depth() == 0).then(|| path(context));
        conversation.findings.with(|findings| {
            findings.errors.extend(error);
            findings.path = path.unwrap_or_default();
        });
    }
    forget_others(); // of the verification: they are no reason to end
    true
}

fn error(context: &X509StoreContextRef) -> SslError {
    let kind = kind(context.error().as_raw());
    match context.current_cert().and_then(certificate) {
        Some(certificate) => SslError::with_certificate(kind, certificate),
        None => SslError::new(kind),
    }
}

fn path(context: &X509StoreContextRef) -> Vec<SslCertificate> {
    let chain = context.chain().into_iter().flatten();
    chain.filter_map(certificate).collect()
}

pub(super) fn certificate(certificate: &X509Ref) -> Option<SslCertificate> {
    let der = certificate.to_der().ok()?;
    Some(SslCertificate::from_der(&der))
}

/// Qt's names for the errors of `openssl/x509_vfy.h`.
pub(super) fn kind(number: i32) -> SslErrorKind {
    match number {
        2 => SslErrorKind::UnableToGetIssuerCertificate,
        4 => SslErrorKind::UnableToDecryptCertificateSignature,
        6 => SslErrorKind::UnableToDecodeIssuerPublicKey,
        7 => SslErrorKind::CertificateSignatureFailed,
        9 => SslErrorKind::CertificateNotYetValid,
        10 => SslErrorKind::CertificateExpired,
        13 => SslErrorKind::InvalidNotBeforeField,
        14 => SslErrorKind::InvalidNotAfterField,
        18 => SslErrorKind::SelfSignedCertificate,
        19 => SslErrorKind::SelfSignedCertificateInChain,
        20 => SslErrorKind::UnableToGetLocalIssuerCertificate,
        21 => SslErrorKind::UnableToVerifyFirstCertificate,
        23 => SslErrorKind::CertificateRevoked,
        24 if is_older_than_3() => SslErrorKind::InvalidCaCertificate,
        25 => SslErrorKind::PathLengthExceeded,
        26 => SslErrorKind::InvalidPurpose,
        27 => SslErrorKind::CertificateUntrusted,
        28 => SslErrorKind::CertificateRejected,
        29 => SslErrorKind::SubjectIssuerMismatch,
        30 => SslErrorKind::AuthorityIssuerSerialNumberMismatch,
        79 if !is_older_than_3() => SslErrorKind::InvalidCaCertificate,
        _ => SslErrorKind::Unspecified,
    }
}

/// OpenSSL 3 gave the error another number.
fn is_older_than_3() -> bool {
    openssl::version::number() < 0x3000_0000
}
