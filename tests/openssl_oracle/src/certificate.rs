//! One certificate, described and made.

use openssl::asn1::{Asn1Integer, Asn1Object, Asn1OctetString, Asn1Time};
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::extension::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAlternativeName,
    SubjectKeyIdentifier,
};
use openssl::x509::{X509, X509Builder, X509Extension, X509Name, X509NameBuilder};

/// What a certificate says, and what is wrong with it.
#[derive(Clone, Debug)]
pub struct Spec {
    pub name: String,
    pub is_leaf: bool,
    pub key: KeyKind,
    /// Not before and not after, in seconds from now.
    pub validity: (i64, i64),
    pub basic_constraints: Option<Constraints>,
    pub key_usage: Option<Usage>,
    pub extended_key_usage: Option<Purpose>,
    pub subject_key_id: bool,
    pub authority_key_id: AuthorityId,
    pub is_version_1: bool,
    pub is_forged: bool,
    pub uses_sha1: bool,
    pub unknown_critical: bool,
    pub confined_to_example_com: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// Which of the prepared P-256 keys.
    Ec(usize),
    Rsa2048,
    Rsa1024,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Constraints {
    pub is_ca: bool,
    pub path_length: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    CertSign,
    DigitalSignature,
    KeyAgreement,
    CrlSign,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    Server,
    Client,
    Both,
    Any,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthorityId {
    None,
    KeyId,
    IssuerAndSerial,
    /// Another key's.
    Wrong,
}

/// A certificate that was made.
#[derive(Clone)]
pub struct Made {
    pub spec: Spec,
    pub x509: X509,
}

/// Keys, made once: making them takes longer than all else.
pub struct Keys {
    ec: Vec<PKey<Private>>,
    rsa_2048: PKey<Private>,
    rsa_1024: PKey<Private>,
}

impl Keys {
    /// The last of them belongs to nobody: it forges.
    pub const EC_COUNT: usize = 8;

    pub fn generate() -> Self {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).expect("P-256");
        let ec = |_| PKey::from_ec_key(EcKey::generate(&group).expect("a key")).expect("a key");
        let rsa = |bits| PKey::from_rsa(Rsa::generate(bits).expect("a key")).expect("a key");
        Self {
            ec: (0..Self::EC_COUNT).map(ec).collect(),
            rsa_2048: rsa(2048),
            rsa_1024: rsa(1024),
        }
    }

    pub fn get(&self, kind: KeyKind) -> &PKey<Private> {
        match kind {
            KeyKind::Ec(index) => &self.ec[index],
            KeyKind::Rsa2048 => &self.rsa_2048,
            KeyKind::Rsa1024 => &self.rsa_1024,
        }
    }

    fn forger(&self) -> &PKey<Private> {
        &self.ec[Self::EC_COUNT - 1]
    }
}

impl Made {
    /// Makes a certificate that `issuer` signs, or itself.
    pub fn new(spec: Spec, issuer: Option<&Made>, keys: &Keys, serial: u32, now: i64) -> Self {
        let x509 = build(&spec, issuer, keys, serial, now).expect("OpenSSL makes what it is told");
        Self { spec, x509 }
    }
}

fn build(
    spec: &Spec,
    issuer: Option<&Made>,
    keys: &Keys,
    serial: u32,
    now: i64,
) -> Result<X509, ErrorStack> {
    let mut builder = X509Builder::new()?;
    let name = name(&spec.name)?;
    builder.set_subject_name(&name)?;
    builder.set_issuer_name(issuer.map_or(&*name, |issuer| issuer.x509.subject_name()))?;
    builder.set_pubkey(keys.get(spec.key))?;
    let serial = BigNum::from_u32(serial)?;
    builder.set_serial_number(&*Asn1Integer::from_bn(&serial)?)?;
    let (start, end) = spec.validity;
    builder.set_not_before(&*Asn1Time::from_unix(now + start)?)?;
    builder.set_not_after(&*Asn1Time::from_unix(now + end)?)?;
    if !spec.is_version_1 {
        builder.set_version(2)?;
        add_extensions(&mut builder, spec, issuer)?;
    }
    let signer = keys.get(issuer.map_or(spec.key, |issuer| issuer.spec.key));
    let signer = if spec.is_forged {
        keys.forger()
    } else {
        signer
    };
    let digest = match spec.uses_sha1 {
        true => MessageDigest::sha1(),
        false => MessageDigest::sha256(),
    };
    builder.sign(signer, digest)?;
    Ok(builder.build())
}

fn name(common_name: &str) -> Result<X509Name, ErrorStack> {
    let mut name = X509NameBuilder::new()?;
    name.append_entry_by_text("CN", common_name)?;
    Ok(name.build())
}

fn add_extensions(
    builder: &mut X509Builder,
    spec: &Spec,
    issuer: Option<&Made>,
) -> Result<(), ErrorStack> {
    if let Some(constraints) = spec.basic_constraints {
        let mut extension = BasicConstraints::new();
        extension.critical();
        if constraints.is_ca {
            extension.ca();
        }
        if let Some(length) = constraints.path_length {
            extension.pathlen(length);
        }
        builder.append_extension(extension.build()?)?;
    }
    if let Some(usage) = spec.key_usage {
        let mut extension = KeyUsage::new();
        extension.critical();
        match usage {
            Usage::CertSign => extension.key_cert_sign(),
            Usage::DigitalSignature => extension.digital_signature(),
            Usage::KeyAgreement => extension.key_agreement(),
            Usage::CrlSign => extension.crl_sign(),
        };
        builder.append_extension(extension.build()?)?;
    }
    if let Some(purpose) = spec.extended_key_usage {
        let mut extension = ExtendedKeyUsage::new();
        match purpose {
            Purpose::Server => extension.server_auth(),
            Purpose::Client => extension.client_auth(),
            Purpose::Both => extension.server_auth().client_auth(),
            Purpose::Any => extension.other("anyExtendedKeyUsage"),
        };
        builder.append_extension(extension.build()?)?;
    }
    if spec.unknown_critical {
        builder.append_extension(raw_extension("1.2.3.4", &[5, 0])?)?;
    }
    if spec.confined_to_example_com {
        let permitted = [
            &[0x30, 0x11, 0xA0, 0x0F, 0x30, 0x0D, 0x82, 0x0B][..],
            b"example.com",
        ];
        builder.append_extension(raw_extension("2.5.29.30", &permitted.concat())?)?;
    }
    add_names_and_ids(builder, spec, issuer)
}

fn raw_extension(oid: &str, value: &[u8]) -> Result<X509Extension, ErrorStack> {
    let oid = Asn1Object::from_str(oid)?;
    let value = Asn1OctetString::new_from_bytes(value)?;
    X509Extension::new_from_der(&oid, true, &value)
}

fn add_names_and_ids(
    builder: &mut X509Builder,
    spec: &Spec,
    issuer: Option<&Made>,
) -> Result<(), ErrorStack> {
    let issuer = issuer.map(|issuer| &*issuer.x509);
    if spec.is_leaf {
        let context = builder.x509v3_context(issuer, None);
        let names = SubjectAlternativeName::new()
            .dns("localhost")
            .build(&context)?;
        builder.append_extension(names)?;
    }
    if spec.subject_key_id {
        let context = builder.x509v3_context(issuer, None);
        let id = SubjectKeyIdentifier::new().build(&context)?;
        builder.append_extension(id)?;
    }
    let context = builder.x509v3_context(issuer, None);
    let id = match spec.authority_key_id {
        AuthorityId::None => return Ok(()),
        // Fails, and is left out, where the issuer has no identifier.
        AuthorityId::KeyId => AuthorityKeyIdentifier::new().keyid(false).build(&context),
        AuthorityId::IssuerAndSerial => AuthorityKeyIdentifier::new().issuer(true).build(&context),
        AuthorityId::Wrong => {
            let value = Asn1OctetString::new_from_bytes(&[0x30, 4, 0x80, 2, 1, 2])?;
            let oid = Asn1Object::from_str("2.5.29.35")?;
            X509Extension::new_from_der(&oid, false, &value)
        }
    };
    match id {
        Ok(id) => builder.append_extension(id),
        Err(_) => Ok(()),
    }
}
