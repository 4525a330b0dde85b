//! Certificates made on the spot, good and bad.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SigningKey,
};

use crate::network::x509::ParsedCertificate;
use crate::network::x509::der::{Der, SEQUENCE, explicit};
use crate::network::{SslCertificate, SslKey};

/// A certificate with its key, and what it takes to issue others.
pub(super) struct Authority {
    params: CertificateParams,
    key: KeyPair,
    pub(super) certificate: SslCertificate,
}

/// What a server shows: its certificate, some issuers, and the key.
#[derive(Clone)]
pub(super) struct Identity {
    pub(super) chain: Vec<SslCertificate>,
    pub(super) key: SslKey,
}

impl Identity {
    /// The same with these certificates behind its own.
    pub(super) fn and(mut self, issuers: &[&Authority]) -> Self {
        self.chain
            .extend(issuers.iter().map(|issuer| issuer.certificate.clone()));
        self
    }
}

pub(super) type Change<'a> = &'a dyn Fn(&mut CertificateParams);

/// A root of this name.
pub(super) fn root(name: &str) -> Authority {
    root_with(name, &|_| {})
}

pub(super) fn root_with(name: &str, change: Change<'_>) -> Authority {
    let params = ca_params(name, change);
    let key = KeyPair::generate().expect("a key");
    let certificate = params.self_signed(&key).expect("a certificate");
    Authority {
        certificate: SslCertificate::from_der(certificate.der()),
        params,
        key,
    }
}

impl Authority {
    /// A CA below this one.
    pub(super) fn ca(&self, name: &str) -> Self {
        self.ca_with(name, &|_| {})
    }

    pub(super) fn ca_with(&self, name: &str, change: Change<'_>) -> Self {
        let params = ca_params(name, change);
        let key = KeyPair::generate().expect("a key");
        Self {
            certificate: self.sign(&params, &key),
            params,
            key,
        }
    }

    /// Another certificate for the same name and key.
    pub(super) fn reissued(&self, issuer: &Self, change: Change<'_>) -> Self {
        let mut params = self.params.clone();
        change(&mut params);
        let key = KeyPair::try_from(self.key.serialized_der()).expect("a key");
        Self {
            certificate: issuer.sign(&params, &key),
            params,
            key,
        }
    }

    /// A certificate for the server `localhost`.
    pub(super) fn server(&self) -> Identity {
        self.server_with(&|_| {})
    }

    pub(super) fn server_with(&self, change: Change<'_>) -> Identity {
        let params = server_params(change);
        let key = KeyPair::generate().expect("a key");
        Identity {
            chain: vec![self.sign(&params, &key)],
            key: key_of(&key),
        }
    }

    fn sign(&self, params: &CertificateParams, key: &KeyPair) -> SslCertificate {
        let issuer = Issuer::from_params(&self.params, &self.key);
        let certificate = params.signed_by(key, &issuer).expect("a certificate");
        SslCertificate::from_der(certificate.der())
    }
}

/// A server's certificate that is its own issuer.
pub(super) fn self_signed(change: Change<'_>) -> Identity {
    let key = KeyPair::generate().expect("a key");
    let certificate = server_params(change)
        .self_signed(&key)
        .expect("a certificate");
    Identity {
        chain: vec![SslCertificate::from_der(certificate.der())],
        key: key_of(&key),
    }
}

/// A self-signed certificate of X.509 version 1, which has no extensions.
pub(super) fn version_1() -> Identity {
    let key = KeyPair::generate().expect("a key");
    let params = server_params(&|_| {});
    let certificate = params.self_signed(&key).expect("a certificate");
    let parsed = ParsedCertificate::read(certificate.der()).expect("a certificate");
    let mut fields = Der::new(parsed.signed_part)
        .enter(SEQUENCE)
        .expect("fields");
    let mut kept = Vec::new();
    while let Some(field) = fields.next() {
        if field.tag != explicit(0) && field.tag != explicit(3) {
            kept.extend(field.whole);
        }
    }
    let signed = der(SEQUENCE, &kept);
    let signature = key.sign(&signed).expect("a signature");
    let algorithm = der(SEQUENCE, parsed.signature_algorithm);
    let signature = der(0x03, &[&[0], &signature[..]].concat());
    Identity {
        chain: vec![SslCertificate::from_der(&der(
            SEQUENCE,
            &[signed, algorithm, signature].concat(),
        ))],
        key: key_of(&key),
    }
}

/// The same certificate with one bit of its signature turned over.
pub(super) fn with_bad_signature(mut identity: Identity) -> Identity {
    let mut der = identity.chain[0].to_der().to_vec();
    *der.last_mut().expect("bytes") ^= 1;
    identity.chain[0] = SslCertificate::from_der(&der);
    identity
}

/// For a change: long over.
pub(super) fn expired(params: &mut CertificateParams) {
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(2021, 1, 1);
}

/// For a change: far ahead.
pub(super) fn not_yet_valid(params: &mut CertificateParams) {
    params.not_before = rcgen::date_time_ymd(2090, 1, 1);
    params.not_after = rcgen::date_time_ymd(2091, 1, 1);
}

/// For a change: made out for these names.
pub(super) fn named(params: &mut CertificateParams, names: &[&str]) {
    let names = names
        .iter()
        .map(|name| (*name).to_owned())
        .collect::<Vec<_>>();
    let with_names = CertificateParams::new(names).expect("names");
    params.subject_alt_names = with_names.subject_alt_names;
}

fn ca_params(name: &str, change: Change<'_>) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.use_authority_key_identifier_extension = true;
    change(&mut params);
    params
}

fn server_params(change: Change<'_>) -> CertificateParams {
    let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let mut params = CertificateParams::new(names).expect("names");
    params
        .distinguished_name
        .push(DnType::CommonName, "localhost");
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    change(&mut params);
    params
}

fn key_of(key: &KeyPair) -> SslKey {
    SslKey::from_der(key.serialized_der()).expect("PKCS#8")
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).expect("short");
    let [high, low] = length.to_be_bytes();
    let head = match length {
        0..=0x7F => vec![tag, low],
        0x80..=0xFF => vec![tag, 0x81, low],
        _ => vec![tag, 0x82, high, low],
    };
    [head, content.to_vec()].concat()
}
