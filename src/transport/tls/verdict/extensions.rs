//! Who may issue, what for, and how far.

use super::path::Path;
use super::{Certificate, Findings, Peer, issuance};
use crate::network::SslErrorKind;

/// Rule by rule, from the peer upwards.
pub(super) fn every_certificate_may_stand_where_it_does(
    path: &Path<'_>,
    peer: Peer<'_>,
    findings: &mut Findings,
) {
    let last = path.certificates().len() - 1;
    let mut cas_below = 0;
    for (depth, certificate) in path.certificates().iter().enumerate() {
        let place = match depth {
            0 => Place::Peer,
            _ if depth == last => Place::Top,
            _ => Place::Between,
        };
        if certificate.extensions.has_unknown_critical {
            findings.add(SslErrorKind::Unspecified, certificate);
        }
        if !may_issue(certificate, place) {
            findings.add(SslErrorKind::InvalidCaCertificate, certificate);
        }
        if !serves(certificate, peer, place) {
            findings.add(SslErrorKind::InvalidPurpose, certificate);
        }
        if !allows(certificate, cas_below) {
            findings.add(SslErrorKind::PathLengthExceeded, certificate);
        }
        if place != Place::Peer && !certificate.is_self_issued() {
            cas_below += 1;
        }
    }
}

/// Where in a path a certificate stands. A peer that is its own issuer stands below.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Peer,
    Between,
    Top,
}

/// What makes a certificate a CA, if anything does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ca {
    No,
    /// It says so.
    Yes,
    /// It is of a time or a maker that did not say so: good enough for the top.
    Tolerated,
}

/// Rule: a certificate with another one below is a CA, between them one that says so.
fn may_issue(certificate: &Certificate<'_>, place: Place) -> bool {
    match place {
        Place::Peer => true,
        Place::Between => ca(certificate) == Ca::Yes,
        Place::Top => ca(certificate) != Ca::No,
    }
}

fn ca(certificate: &Certificate<'_>) -> Ca {
    let extensions = &certificate.extensions;
    if extensions
        .key_usage
        .is_some_and(|usage| !usage.key_cert_sign())
    {
        return Ca::No;
    }
    match extensions.basic_constraints {
        Some(constraints) if constraints.is_ca => Ca::Yes,
        Some(_) => Ca::No,
        None if certificate.version == 1 && issuance::is_self_signed(certificate) => Ca::Tolerated,
        None if extensions.key_usage.is_some() => Ca::Tolerated,
        None => Ca::No,
    }
}

/// Rule: the extended key usage, where there is one, names what the peer acts as, all the way up; an issuer is a CA, and
/// the peer's key may be used as TLS will use it.
fn serves(certificate: &Certificate<'_>, peer: Peer<'_>, place: Place) -> bool {
    let extensions = &certificate.extensions;
    let is_named = extensions
        .extended_key_usage
        .is_none_or(|usage| match peer {
            Peer::Server { .. } => usage.server_auth,
            Peer::Client => usage.client_auth,
        });
    let may_be_used = match (place, extensions.key_usage) {
        (Place::Between | Place::Top, _) => ca(certificate) != Ca::No,
        (Place::Peer, None) => true,
        (Place::Peer, Some(usage)) => {
            let encrypts = matches!(peer, Peer::Server { .. }) && usage.key_encipherment();
            usage.digital_signature() || usage.key_agreement() || encrypts
        }
    };
    is_named && may_be_used
}

/// Rule: no more CAs stand below a CA than it allows.
fn allows(certificate: &Certificate<'_>, cas_below: u32) -> bool {
    let constraints = certificate.extensions.basic_constraints;
    constraints
        .and_then(|constraints| constraints.path_length)
        .is_none_or(|limit| cas_below <= limit)
}
