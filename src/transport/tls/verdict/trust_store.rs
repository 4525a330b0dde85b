//! The certificates that are trusted, ready to be searched.

use std::collections::HashMap;

use rustls_pki_types::{CertificateDer, TrustAnchor};

use super::{Certificate, issuance};
use crate::network::SslCertificate;

/// Trusted certificates, found by their subject.
#[derive(Debug, Default)]
pub(crate) struct TrustStore {
    certificates: Vec<SslCertificate>,
    by_subject: HashMap<Box<[u8]>, Vec<usize>>,
    anchors: Vec<TrustAnchor<'static>>,
}

impl TrustStore {
    /// What cannot be read is left out: it could vouch for nobody.
    pub(crate) fn new(certificates: impl IntoIterator<Item = SslCertificate>) -> Self {
        let mut store = Self::default();
        for certificate in certificates {
            store.add(certificate);
        }
        store
    }

    fn add(&mut self, certificate: SslCertificate) {
        let Some(parsed) = certificate.parsed() else {
            return;
        };
        let index = self.certificates.len();
        self.by_subject
            .entry(parsed.subject.into())
            .or_default()
            .push(index);
        let der = CertificateDer::from(certificate.to_der());
        if let Ok(anchor) = webpki::anchor_from_trusted_cert(&der) {
            self.anchors.push(anchor.to_owned());
        }
        self.certificates.push(certificate);
    }

    pub(crate) fn contains(&self, certificate: &SslCertificate) -> bool {
        self.certificates.contains(certificate)
    }

    pub(super) fn anchors(&self) -> &[TrustAnchor<'static>] {
        &self.anchors
    }

    /// Who issued `certificate`. As in Qt, expired certificates vouch for nobody.
    pub(super) fn issuer_of<'a>(
        &'a self,
        certificate: &Certificate<'_>,
        now: i64,
    ) -> Option<Certificate<'a>> {
        let indices = self.by_subject.get(certificate.issuer)?;
        let candidates = indices
            .iter()
            .filter_map(|index| Certificate::read(&self.certificates[*index]))
            .filter(|candidate| candidate.not_after.is_some_and(|end| now <= end));
        issuance::best_issuer(certificate, candidates, now)
    }
}
