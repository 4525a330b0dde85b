//! What is wrong with the certificates a peer showed.
//!
//! A handshake library says yes or no; a user who is to decide wants the whole list. So two judges look at a chain.
//! The rules in this folder follow the phases of OpenSSL's `X509_verify_cert`, with its default flags and security
//! level 2, so that kinds, order and certificates are those that Qt's users know:
//!
//! 1. [`path`]: build the way from the peer to a trusted root, trusted certificates first;
//! 2. [`extensions`]: who may issue, what for, and how far;
//! 3. [`strength`]: keys and digests that can be broken;
//! 4. [`signatures`]: signature and dates, from the root downwards;
//! 5. [`name_constraints`]: names that an issuer may not speak for.
//!
//! Then webpki judges ([`gate`]). A chain is good only if both find nothing, but for the two exceptions named there;
//! where webpki alone objects, its objection becomes the list. Whether a list is the end of a connection depends on the configuration, which is not known here.

mod extensions;
mod gate;
mod issuance;
mod name_constraints;
mod path;
mod signature_algorithm;
mod signatures;
mod strength;
mod trust_store;

use std::ops::Deref;

use rustls_pki_types::SignatureVerificationAlgorithm;

use self::path::Path;
pub(crate) use self::trust_store::TrustStore;
use super::{Verdict, host_name};
use crate::network::x509::ParsedCertificate;
use crate::network::{SslCertificate, SslError, SslErrorKind};

/// What is to be judged.
#[derive(Clone, Copy)]
pub(crate) struct Case<'a> {
    /// As the peer sent them: its own first.
    pub(crate) chain: &'a [SslCertificate],
    pub(crate) peer: Peer<'a>,
    pub(crate) trusted: &'a TrustStore,
    /// Seconds since 1970.
    pub(crate) now: i64,
    /// How many issuers may stand between the peer and a root.
    pub(crate) max_depth: usize,
    pub(crate) algorithms: &'a [&'a dyn SignatureVerificationAlgorithm],
}

/// What the peer acts as, and so what its certificate must be made out for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Peer<'a> {
    Server { host: &'a str },
    Client,
}

/// How many issuers may stand between a peer and a root unless something else is asked for.
pub(crate) const DEFAULT_MAX_DEPTH: usize = 100;

/// Judges everything.
pub(crate) fn judge(case: &Case<'_>) -> Verdict {
    let Some(first) = case.chain.first() else {
        return Verdict {
            chain: vec![SslError::new(SslErrorKind::NoPeerCertificate)],
            ..Verdict::default()
        };
    };
    let Some(leaf) = Certificate::read(first) else {
        let error = SslError::with_certificate(SslErrorKind::Unspecified, first.clone());
        return Verdict {
            chain: vec![error],
            ..Verdict::default()
        };
    };
    let path = Path::build(case, leaf);
    let mut findings = Findings::default();
    strength::peer_has_a_strong_key(&path, &mut findings);
    path.leads_to_a_trusted_root(&mut findings);
    extensions::every_certificate_may_stand_where_it_does(&path, case.peer, &mut findings);
    strength::nothing_else_is_weak(&path, &mut findings);
    signatures::every_signature_and_date_is_good(&path, case, &mut findings);
    name_constraints::every_name_is_permitted(&path, &mut findings);
    gate::webpki_agrees(&path, case, &mut findings);
    Verdict {
        host_name: names_another_host(&path, case.peer),
        chain: findings.0,
        ..Verdict::default()
    }
}

/// Rule: a server's certificate names the host.
fn names_another_host(path: &Path<'_>, peer: Peer<'_>) -> Option<SslError> {
    let Peer::Server { host } = peer else {
        return None;
    };
    let certificate = &path.certificates()[0];
    let is_named = host_name::is_named(certificate, path.is_confined(), host);
    (!is_named).then(|| {
        SslError::with_certificate(SslErrorKind::HostNameMismatch, certificate.source.clone())
    })
}

/// A certificate with its parts.
#[derive(Clone, Copy)]
struct Certificate<'a> {
    source: &'a SslCertificate,
    parsed: ParsedCertificate<'a>,
}

impl<'a> Certificate<'a> {
    fn read(source: &'a SslCertificate) -> Option<Self> {
        let parsed = source.parsed()?;
        Some(Self { source, parsed })
    }

    fn is_same_as(&self, other: &Self) -> bool {
        self.parsed.der == other.parsed.der
    }

    fn is_valid_at(&self, now: i64) -> bool {
        self.not_before.is_some_and(|start| start <= now)
            && self.not_after.is_some_and(|end| now < end)
    }
}

impl<'a> Deref for Certificate<'a> {
    type Target = ParsedCertificate<'a>;

    fn deref(&self) -> &Self::Target {
        &self.parsed
    }
}

/// What the rules found, in order.
#[derive(Default)]
struct Findings(Vec<SslError>);

impl Findings {
    fn add(&mut self, kind: SslErrorKind, certificate: &Certificate<'_>) {
        self.0
            .push(SslError::with_certificate(kind, certificate.source.clone()));
    }
}
