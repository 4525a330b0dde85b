//! X.509 certificates, read but not judged.
//!
//! An own reader, since it takes fewer lines than the use of a crate would: the verdict compares names, keys and
//! signed parts as the bytes they are, which a crate's typed values would have to be encoded back to.

pub(crate) mod der;
mod extensions;
pub(crate) mod name;
mod public_key;
mod time;

use std::net::IpAddr;

use self::der::{BIT_STRING, Der, INTEGER, SEQUENCE};
pub(crate) use self::extensions::Extensions;
pub(crate) use self::public_key::{
    PublicKey, algorithm, curve_bits, named_curve_bits, rsa_modulus_bits,
};

/// A certificate's parts, borrowed from its DER bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ParsedCertificate<'a> {
    pub(crate) der: &'a [u8],
    /// The part that is signed, with its tag.
    pub(crate) signed_part: &'a [u8],
    /// The content of the signature's AlgorithmIdentifier.
    pub(crate) signature_algorithm: &'a [u8],
    pub(crate) signature: &'a [u8],
    /// 1, 2 or 3.
    pub(crate) version: u8,
    pub(crate) serial: &'a [u8],
    /// With its tag, as all names here.
    pub(crate) issuer: &'a [u8],
    pub(crate) subject: &'a [u8],
    /// Seconds since 1970; `None` for a field that is no time.
    pub(crate) not_before: Option<i64>,
    pub(crate) not_after: Option<i64>,
    pub(crate) public_key: PublicKey<'a>,
    pub(crate) extensions: Extensions<'a>,
}

/// A name that a certificate is made out for beside its subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GeneralName<'a> {
    Email(&'a str),
    Dns(&'a str),
    Ip(IpAddr),
}

impl<'a> ParsedCertificate<'a> {
    /// `None` if the bytes are no certificate.
    pub(crate) fn read(der: &'a [u8]) -> Option<Self> {
        let mut certificate = Der::new(der).enter(SEQUENCE)?;
        let signed_part = certificate.take_whole(SEQUENCE)?;
        let signature_algorithm = certificate.take(SEQUENCE)?;
        let signature = der::bits(certificate.take(BIT_STRING)?)?;

        let mut fields = Der::new(signed_part).enter(SEQUENCE)?;
        let version = version(&mut fields)?;
        let serial = fields.take(INTEGER)?;
        fields.take(SEQUENCE)?; // the signature algorithm once more
        let issuer = fields.take_whole(SEQUENCE)?;
        let mut validity = fields.enter(SEQUENCE)?;
        let not_before = time::seconds(validity.next()?);
        let not_after = time::seconds(validity.next()?);
        let subject = fields.take_whole(SEQUENCE)?;
        let public_key = PublicKey::read(fields.take_whole(SEQUENCE)?)?;
        let extensions = extensions(fields)?;
        Some(Self {
            der,
            signed_part,
            signature_algorithm,
            signature,
            version,
            serial,
            issuer,
            subject,
            not_before,
            not_after,
            public_key,
            extensions,
        })
    }

    /// Whether subject and issuer are the same.
    pub(crate) fn is_self_issued(&self) -> bool {
        self.subject == self.issuer
    }

    pub(crate) fn common_names(&self) -> Vec<String> {
        const COMMON_NAME: &[u8] = &[0x55, 4, 3];
        name::values(self.subject, COMMON_NAME)
    }

    /// The e-mail, DNS and IP names among the subject's alternative names.
    pub(crate) fn alternative_names(&self) -> Vec<GeneralName<'a>> {
        let mut list = Der::new(
            self.extensions
                .subject_alternative_names
                .unwrap_or_default(),
        );
        let mut names = Vec::new();
        while let Some(value) = list.next() {
            names.extend(general_name(value));
        }
        names
    }
}

fn version(fields: &mut Der<'_>) -> Option<u8> {
    const VERSION: u8 = der::explicit(0);
    if !fields.is_at(VERSION) {
        return Some(1);
    }
    let number = der::small_integer(fields.enter(VERSION)?.take(INTEGER)?)?;
    u8::try_from(number).ok()?.checked_add(1)
}

/// What follows the public key.
fn extensions(mut fields: Der<'_>) -> Option<Extensions<'_>> {
    const EXTENSIONS: u8 = der::explicit(3);
    while !fields.is_empty() {
        let field = fields.next()?;
        if field.tag == EXTENSIONS {
            return Extensions::read(Der::new(field.content).enter(SEQUENCE)?);
        }
    }
    Some(Extensions::default())
}

fn general_name(value: der::Value<'_>) -> Option<GeneralName<'_>> {
    const EMAIL: u8 = der::implicit(1);
    const DNS: u8 = der::implicit(2);
    const IP: u8 = der::implicit(7);
    match value.tag {
        EMAIL => std::str::from_utf8(value.content)
            .ok()
            .map(GeneralName::Email),
        // A name that cannot be read is nobody's, but it is a name: a common name does not take its place.
        DNS => Some(GeneralName::Dns(
            std::str::from_utf8(value.content).unwrap_or("\u{FFFD}"),
        )),
        IP => match value.content.len() {
            4 => <[u8; 4]>::try_from(value.content).ok().map(IpAddr::from),
            16 => <[u8; 16]>::try_from(value.content).ok().map(IpAddr::from),
            _ => None,
        }
        .map(GeneralName::Ip),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{
        BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
        KeyUsagePurpose, SanType,
    };

    use super::*;

    fn certificate() -> Vec<u8> {
        let mut params =
            CertificateParams::new(["a.test".to_owned(), "127.0.0.1".to_owned()]).expect("names");
        params
            .subject_alt_names
            .push(SanType::Rfc822Name("me@a.test".try_into().expect("ASCII")));
        params
            .distinguished_name
            .push(DnType::CommonName, "Some Näme");
        params.not_before = rcgen::date_time_ymd(2001, 2, 3);
        params.not_after = rcgen::date_time_ymd(2061, 2, 3);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(3));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::KeyAgreement];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate().expect("a key");
        params
            .self_signed(&key)
            .expect("a certificate")
            .der()
            .to_vec()
    }

    #[test]
    fn every_part_is_read() {
        let der = certificate();
        let read = ParsedCertificate::read(&der).expect("a certificate");
        assert_eq!(read.version, 3);
        assert_eq!(read.common_names(), ["Some Näme"]);
        assert!(read.is_self_issued());
        assert_eq!(read.not_before, Some(981_158_400));
        assert_eq!(read.not_after, Some(2_874_614_400));
        let localhost = IpAddr::from([127, 0, 0, 1]);
        assert_eq!(
            read.alternative_names(),
            [
                GeneralName::Dns("a.test"),
                GeneralName::Ip(localhost),
                GeneralName::Email("me@a.test")
            ]
        );
        let extensions = read.extensions;
        let constraints = extensions.basic_constraints.expect("constraints");
        assert_eq!(
            (constraints.is_ca, constraints.path_length),
            (true, Some(3))
        );
        let usage = extensions.key_usage.expect("a key usage");
        assert!(usage.key_cert_sign() && usage.key_agreement());
        assert!(!usage.digital_signature() && !usage.key_encipherment());
        let purpose = extensions.extended_key_usage.expect("a purpose");
        assert!(purpose.client_auth && !purpose.server_auth);
        assert!(extensions.subject_key_id.is_some());
        assert!(!extensions.has_unknown_critical && extensions.name_constraints.is_none());
        assert_eq!(read.public_key.bits(), 256);
    }

    #[test]
    fn no_cut_and_no_flipped_bit_panics() {
        let der = certificate();
        for length in 0..der.len() {
            assert!(ParsedCertificate::read(&der[..length]).is_none());
        }
        let mut flipped = der.clone();
        for bit in 0..der.len() * 8 {
            flipped[bit / 8] ^= 1 << (bit % 8);
            if let Some(read) = ParsedCertificate::read(&flipped) {
                let _ = (
                    read.common_names(),
                    read.alternative_names(),
                    read.public_key.bits(),
                );
            }
            flipped[bit / 8] ^= 1 << (bit % 8);
        }
    }
}
