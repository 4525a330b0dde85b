//! The way from a peer's certificate to a root.

use super::issuance::{best_issuer, is_self_signed};
use super::{Case, Certificate, DEFAULT_MAX_DEPTH, Findings};
use crate::network::SslErrorKind;

/// The peer's certificate, its issuer, that one's issuer, as far as they could be found.
pub(super) struct Path<'a> {
    certificates: Vec<Certificate<'a>>,
    /// How many of them the peer brought; those behind are from the trust store.
    sent: usize,
    is_trusted: bool,
    is_too_long: bool,
}

impl<'a> Path<'a> {
    /// Looks for issuers among the trusted certificates first. From the first trusted one on, what the peer sent counts
    /// no longer.
    pub(super) fn build(case: &Case<'a>, leaf: Certificate<'a>) -> Self {
        let sent: Vec<_> = case.chain[1..]
            .iter()
            .filter_map(Certificate::read)
            .collect();
        let mut path = Self {
            certificates: vec![leaf],
            sent: 1,
            is_trusted: false,
            is_too_long: false,
        };
        while !path.is_trusted {
            let last = path.last();
            path.is_too_long = path.certificates.len() > case.max_depth.min(DEFAULT_MAX_DEPTH) + 1;
            if path.is_too_long
                || !(path.follow_trusted(last, case) || path.follow_sent(last, &sent, case))
            {
                break;
            }
        }
        path
    }

    /// The peer's certificate first.
    pub(super) fn certificates(&self) -> &[Certificate<'a>] {
        &self.certificates
    }

    /// Whether a CA on it may speak for certain names only.
    pub(super) fn is_confined(&self) -> bool {
        self.certificates
            .iter()
            .any(|certificate| certificate.extensions.name_constraints.is_some())
    }

    /// The root, or the last certificate that was found.
    pub(super) fn last(&self) -> Certificate<'a> {
        // invariant: the peer's certificate is there from the start, and none is ever taken away
        *self.certificates.last().expect("the peer's certificate")
    }

    /// Rule: the path ends in a root that is trusted. Where it does not, the way it ends says what is missing.
    pub(super) fn leads_to_a_trusted_root(&self, findings: &mut Findings) {
        if self.is_trusted {
            return;
        }
        let last = self.last();
        let is_alone = self.certificates.len() == 1;
        if self.is_too_long {
            findings.add(SslErrorKind::Unspecified, &last);
        }
        let kind = if is_self_signed(&last) {
            match is_alone {
                true => SslErrorKind::SelfSignedCertificate,
                false => SslErrorKind::SelfSignedCertificateInChain,
            }
        } else if self.sent < self.certificates.len() {
            // A trusted certificate that is no root vouches for nobody by itself.
            SslErrorKind::UnableToGetIssuerCertificate
        } else {
            SslErrorKind::UnableToGetLocalIssuerCertificate
        };
        findings.add(kind, &last);
    }

    /// Goes on from `last` with a trusted certificate, if there is one.
    fn follow_trusted(&mut self, last: Certificate<'a>, case: &Case<'a>) -> bool {
        let Some(issuer) = case.trusted.issuer_of(&last, case.now) else {
            return false;
        };
        if !is_self_signed(&last) {
            self.certificates.push(issuer);
            self.is_trusted = is_self_signed(&issuer);
            return true;
        }
        // A root that the peer sent: only the very certificate is trusted, not one that has its name.
        self.is_trusted = issuer.is_same_as(&last);
        if self.is_trusted {
            self.sent -= 1;
        }
        self.is_trusted
    }

    /// Goes on from `last` with a certificate that the peer sent, if there is one and none was trusted yet.
    fn follow_sent(
        &mut self,
        last: Certificate<'a>,
        sent: &[Certificate<'a>],
        case: &Case<'a>,
    ) -> bool {
        if self.sent < self.certificates.len() || is_self_signed(&last) {
            return false;
        }
        let unused = sent.iter().filter(|candidate| {
            !self
                .certificates
                .iter()
                .any(|used| used.is_same_as(candidate))
        });
        let Some(issuer) = best_issuer(&last, unused.copied(), case.now) else {
            return false;
        };
        self.certificates.push(issuer);
        self.sent += 1;
        true
    }
}
