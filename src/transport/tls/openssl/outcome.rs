//! What is known when the handshake is over: about the peer, and what was agreed on.

use openssl::ssl::SslVersion;
use openssl::x509::X509VerifyResult;

use super::conversation::Findings;
use super::findings::{certificate, kind};
use super::session::OpensslSession;
use super::tickets::Ticket;
use crate::network::x509::ParsedCertificate;
use crate::network::{SslCertificate, SslCipher, SslError, SslErrorKind, SslProtocol, SslSession};
use crate::transport::tls::{Verdict, host_name};

impl OpensslSession {
    /// All that is wrong with the peer's certificates.
    pub(super) fn found_wrong(&self) -> Verdict {
        let findings = self.findings();
        match self.peer_chain().first() {
            None => Verdict {
                chain: vec![SslError::new(SslErrorKind::NoPeerCertificate)],
                ..Verdict::default()
            },
            Some(own) => Verdict {
                host_name: self.names_another_host(own, &findings),
                chain: findings.errors,
                ..Verdict::default()
            },
        }
    }

    fn is_resumed(&self) -> bool {
        match &self.client {
            Some(client) => client.resumed.is_some(),
            // To OpenSSL, a pre-shared key of TLS 1.3 is a session as well.
            None => self.stream.ssl().session_reused() && !self.conversation.has_used_key.get(),
        }
    }

    /// What is wrong with the peer's certificates, now or when the session began that was resumed.
    pub(super) fn findings(&self) -> Findings {
        match self.resumed_ticket() {
            Some(ticket) => ticket.findings.clone(),
            None if self.client.is_none() && self.is_resumed() => self.remembered_finding(),
            None => self.conversation.findings.with(|findings| findings.clone()),
        }
    }

    /// A session that comes back to its server brings the client's certificate and the last of its errors. Errors that
    /// are the end of a connection are the end before there is a session.
    fn remembered_finding(&self) -> Findings {
        let ssl = self.stream.ssl();
        let found = ssl.verify_result();
        let leaf = ssl.peer_certificate();
        let leaf = leaf.and_then(|leaf| certificate(&leaf));
        let error = leaf.map(|leaf| SslError::with_certificate(kind(found.as_raw()), leaf));
        Findings {
            errors: error
                .filter(|_| found != X509VerifyResult::OK)
                .into_iter()
                .collect(),
            path: Vec::new(),
        }
    }

    fn resumed_ticket(&self) -> Option<&Ticket> {
        self.client.as_ref()?.resumed.as_ref()
    }

    pub(super) fn peer_chain(&self) -> Vec<SslCertificate> {
        if let Some(ticket) = self.resumed_ticket() {
            return ticket.chain.clone();
        }
        let ssl = self.stream.ssl();
        let chain = ssl.peer_cert_chain().into_iter().flatten();
        let chain = chain.filter_map(certificate);
        match self.client {
            Some(_) => chain.collect(),
            None => {
                // A server's list is without the client's own.
                let own = ssl.peer_certificate();
                let own = own.and_then(|own| certificate(&own));
                own.into_iter().chain(chain).collect()
            }
        }
    }

    /// What was agreed on.
    pub(super) fn outcome(&self) -> SslSession {
        let ssl = self.stream.ssl();
        SslSession {
            peer_certificate_chain: self.peer_chain(),
            cipher: ssl
                .current_cipher()
                .and_then(|cipher| SslCipher::from_name(cipher.name())),
            protocol: match ssl.version2() {
                Some(SslVersion::TLS1_3) => SslProtocol::TlsV1_3,
                Some(SslVersion::TLS1_2) => SslProtocol::TlsV1_2,
                _ => SslProtocol::Unknown,
            },
            next_protocol: ssl.selected_alpn_protocol().map(<[u8]>::to_vec),
            is_resumed: self.is_resumed(),
        }
    }

    fn names_another_host(&self, own: &SslCertificate, findings: &Findings) -> Option<SslError> {
        let client = self.client.as_ref()?;
        let is_confined = findings.path.iter().any(|certificate| {
            let parsed = certificate.parsed();
            parsed.is_some_and(|parsed| parsed.extensions.name_constraints.is_some())
        });
        let is_named =
            |own: &ParsedCertificate<'_>| host_name::is_named(own, is_confined, &client.host);
        let is_named = own.parsed().as_ref().is_some_and(is_named);
        (!is_named).then(|| SslError::with_certificate(SslErrorKind::HostNameMismatch, own.clone()))
    }
}
