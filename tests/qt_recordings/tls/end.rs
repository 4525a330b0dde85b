//! The peer's end of TLS.

use std::io::{Read, Write};
use std::sync::Arc;

use qwebsocket::SslCipher;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{
    AlertDescription, Error, ProtocolVersion, RootCertStore, ServerConfig, ServerConnection,
};

use super::TlsPeer;
use super::certificates::Certificates;
use super::ciphertext::{HEADER, Record};
use super::setup::TlsSetup;

/// One connection of a TLS server.
pub struct TlsEnd {
    connection: ServerConnection,
    setup: TlsSetup,
    /// The beginning of a record.
    unread: Vec<u8>,
    /// The records that the client sent.
    records: Vec<Record>,
    /// What became of the handshake, in the words of the recordings.
    account: Option<String>,
    failed: bool,
    outgoing: Vec<u8>,
}

impl TlsEnd {
    pub fn new(setup: &TlsSetup, certificates: &Certificates) -> Self {
        if let Some(name) = &setup.stranger {
            certificates.name_stranger(name);
        }
        let config = Arc::new(config(setup, certificates));
        Self {
            connection: ServerConnection::new(config).expect("a session"),
            setup: setup.clone(),
            unread: Vec::new(),
            records: Vec::new(),
            account: None,
            failed: false,
            outgoing: Vec::new(),
        }
    }

    fn take_record(&mut self, record: &[u8], plaintext: &mut Vec<u8>) {
        let was_handshaking = self.connection.is_handshaking();
        let before = plaintext.len();
        let mut rest = record;
        // It takes a few KiB at a time.
        while !rest.is_empty() && !self.failed {
            self.connection.read_tls(&mut rest).expect("memory");
            match self.connection.process_new_packets() {
                Ok(state) => {
                    // Ends with `WouldBlock`, or empty after a close_notify.
                    let _ = self.connection.reader().read_to_end(plaintext);
                    if was_handshaking && state.peer_has_closed() {
                        self.fail("SSLZeroReturnError");
                    }
                    self.collect();
                }
                Err(error) => {
                    self.collect_alert();
                    self.fail(&words(&error));
                }
            }
        }
        self.records.push(Record {
            ciphertext: record.len() as u64,
            plaintext: (plaintext.len() - before) as u64,
            unread: false,
        });
        if was_handshaking && !self.connection.is_handshaking() && !self.failed {
            self.account = Some(self.agreed());
        }
    }

    /// Nothing is read after a failure. The last of these records is the request, in front of it is the handshake.
    fn leave_record(&mut self, length: u64) {
        if let Some(last) = self.records.last_mut().filter(|last| last.unread) {
            last.plaintext = 0;
        }
        self.records.push(Record::unread(length));
    }

    fn fail(&mut self, why: &str) {
        self.failed = true;
        self.account = Some(format!("tls handshake failed: {why}"));
    }

    fn collect(&mut self) {
        while self.connection.wants_write() {
            self.connection
                .write_tls(&mut self.outgoing)
                .expect("memory");
        }
    }

    /// Before TLS 1.3 alerts of the handshake are in the clear: there the peer can say what the recorded one said.
    fn collect_alert(&mut self) {
        let version = self.connection.protocol_version();
        match self.setup.alert {
            Some(alert) if version != Some(ProtocolVersion::TLSv1_3) => {
                self.outgoing.extend([21, 3, 3, 0, 2, 2, alert]);
            }
            _ => self.collect(),
        }
    }

    fn agreed(&self) -> String {
        let version = match self.connection.protocol_version() {
            Some(ProtocolVersion::TLSv1_3) => "TLSv1.3",
            _ => "TLSv1.2",
        };
        let suite = self.connection.negotiated_cipher_suite().expect("a cipher");
        let iana = format!("{:?}", suite.suite()).replace("TLS13_", "TLS_");
        let cipher = SslCipher::supported()
            .into_iter()
            .find(|cipher| cipher.iana_name() == iana)
            .expect("a cipher that is known");
        let has_certificate = match self.connection.peer_certificates() {
            Some(_) => "yes",
            None => "no",
        };
        format!(
            "tls ok {version} {} peercert={has_certificate}",
            cipher.name()
        )
    }
}

impl TlsPeer for TlsEnd {
    fn account(&self) -> String {
        let silent = || String::from("tls handshake failed: TimeoutError");
        self.account.clone().unwrap_or_else(silent)
    }

    fn has_failed(&self) -> bool {
        self.failed
    }

    fn receive(&mut self, ciphertext: &[u8], plaintext: &mut Vec<u8>) {
        self.unread.extend_from_slice(ciphertext);
        while let Some(length) = whole_record(&self.unread) {
            let record: Vec<u8> = self.unread.drain(..length).collect();
            match self.failed {
                true => self.leave_record(length as u64),
                false => self.take_record(&record, plaintext),
            }
        }
    }

    fn end_of_stream(&mut self) {
        if self.connection.is_handshaking() && self.account.is_none() {
            self.fail("UNEXPECTED_EOF_WHILE_READING");
        }
    }

    fn send(&mut self, plaintext: &[u8]) {
        let mut rest = plaintext;
        while !rest.is_empty() {
            let taken = self.connection.writer().write(rest).expect("it is taken");
            rest = &rest[taken..];
            self.collect();
        }
    }

    fn send_close_notify(&mut self) {
        self.connection.send_close_notify();
        self.collect();
    }

    fn take_outgoing(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.outgoing)
    }

    fn records(&self) -> &[Record] {
        &self.records
    }
}

/// How OpenSSL's server calls it.
fn words(error: &Error) -> String {
    match error {
        Error::NoCertificatesPresented => "PEER_DID_NOT_RETURN_A_CERTIFICATE".into(),
        Error::InvalidCertificate(_) => "CERTIFICATE_VERIFY_FAILED".into(),
        Error::PeerIncompatible(_) => "UNSUPPORTED_PROTOCOL".into(),
        Error::AlertReceived(AlertDescription::HandshakeFailure) => {
            "SSLV3_ALERT_HANDSHAKE_FAILURE".into()
        }
        Error::AlertReceived(AlertDescription::BadCertificate) => {
            "SSLV3_ALERT_BAD_CERTIFICATE".into()
        }
        Error::AlertReceived(AlertDescription::UnknownCA) => "TLSV1_ALERT_UNKNOWN_CA".into(),
        other => format!("{other:?}"),
    }
}

fn config(setup: &TlsSetup, certificates: &Certificates) -> ServerConfig {
    let provider = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(&setup.versions.as_rustls())
        .expect("versions that are known");
    let builder = if setup.asks_for_certificate {
        let mut roots = RootCertStore::empty();
        for anchor in certificates.anchors("ca") {
            let der = CertificateDer::from(anchor.to_der().to_vec());
            roots.add(der).expect("an anchor");
        }
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
        builder.with_client_cert_verifier(verifier.expect("a verifier"))
    } else {
        builder.with_no_client_auth()
    };
    let identity = certificates.identity(&setup.leaf);
    let chain = identity.chain.iter();
    let chain = chain.map(|certificate| CertificateDer::from(certificate.to_der().to_vec()));
    let key = PrivateKeyDer::try_from(identity.key.to_der().to_vec()).expect("PKCS#8");
    builder
        .with_single_cert(chain.collect(), key)
        .expect("a certificate with its key")
}

/// The length of the record at the front, if it is all there.
fn whole_record(bytes: &[u8]) -> Option<usize> {
    let head = bytes.first_chunk::<HEADER>()?;
    let length = HEADER + usize::from(u16::from_be_bytes([head[3], head[4]]));
    (bytes.len() >= length).then_some(length)
}
