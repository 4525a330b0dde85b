//! Certificates as values.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use super::pem;
use super::x509::{GeneralName, ParsedCertificate, name};
use super::{AlternativeNameEntryType, HashAlgorithm, SslDataError, SslKeyAlgorithm, SubjectInfo};

/// One X.509 certificate. Cheap to clone.
///
/// The bytes may come from anywhere: where they are no certificate, [`is_null`](Self::is_null) is true and the getters
/// give nothing.
///
/// ```
/// use qwebsocket::{HashAlgorithm, SslCertificate, SubjectInfo};
///
/// # fn run(pem: &[u8]) -> Result<(), Box<dyn std::error::Error>> {
/// for certificate in SslCertificate::from_pem(pem)? {
///     println!(
///         "{:?} valid until {:?}, SHA-256 {:02x?}",
///         certificate.subject_info(SubjectInfo::CommonName),
///         certificate.expiry_date(),
///         certificate.digest(HashAlgorithm::Sha256),
///     );
/// }
/// # Ok(())
/// # }
/// ```
#[doc(alias = "QSslCertificate")]
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SslCertificate {
    der: Arc<[u8]>,
}

impl SslCertificate {
    /// Every certificate in PEM text, in order; whatever else stands there is skipped.
    ///
    /// # Errors
    /// When a PEM section is broken, or when there is no certificate at all.
    #[doc(alias = "fromData")]
    pub fn from_pem(pem: &[u8]) -> Result<Vec<Self>, SslDataError> {
        let certificates = CertificateDer::pem_slice_iter(pem)
            .map(|der| der.map(|der| Self::from_der(&der)))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| SslDataError(format!("not a PEM certificate: {error}")))?;
        if certificates.is_empty() {
            return Err(SslDataError("no certificate in the PEM data".into()));
        }
        Ok(certificates)
    }

    /// A certificate from its DER bytes. They are looked into when the certificate is used.
    #[doc(alias = "fromData")]
    pub fn from_der(der: &[u8]) -> Self {
        Self { der: der.into() }
    }

    /// The certificates in a file, which holds PEM text or the DER bytes of one certificate.
    ///
    /// # Errors
    /// When the file cannot be read, and as [`from_pem`](Self::from_pem).
    #[doc(alias = "fromPath")]
    pub fn from_path(path: impl AsRef<Path>) -> Result<Vec<Self>, SslDataError> {
        let path = path.as_ref();
        let bytes = std::fs::read(path)
            .map_err(|error| SslDataError(format!("{}: {error}", path.display())))?;
        let certificate = Self::from_der(&bytes);
        if !certificate.is_null() {
            return Ok(vec![certificate]);
        }
        Self::from_pem(&bytes).map_err(|error| SslDataError(format!("{}: {error}", path.display())))
    }

    /// Whether the bytes are no certificate.
    #[doc(alias = "isNull")]
    pub fn is_null(&self) -> bool {
        self.parsed().is_none()
    }

    /// Whether subject and issuer are the same, as is so for roots.
    #[doc(alias = "isSelfSigned")]
    pub fn is_self_signed(&self) -> bool {
        self.parsed()
            .is_some_and(|certificate| certificate.is_self_issued())
    }

    /// The X.509 version: 3 for nearly all, 0 when null.
    pub fn version(&self) -> u8 {
        self.parsed().map_or(0, |certificate| certificate.version)
    }

    /// The serial number as Qt prints it: hexadecimal bytes with colons between them.
    #[doc(alias = "serialNumber")]
    pub fn serial_number(&self) -> String {
        let serial = self
            .parsed()
            .map_or(&[][..], |certificate| certificate.serial);
        let bytes: Vec<String> = serial.iter().map(|byte| format!("{byte:02x}")).collect();
        bytes.join(":")
    }

    /// What the subject has for this attribute; several values are possible.
    #[doc(alias = "subjectInfo")]
    pub fn subject_info(&self, attribute: SubjectInfo) -> Vec<String> {
        self.parsed().map_or_else(Vec::new, |certificate| {
            name::values(certificate.subject, attribute.oid())
        })
    }

    /// What the issuer has for this attribute.
    #[doc(alias = "issuerInfo")]
    pub fn issuer_info(&self, attribute: SubjectInfo) -> Vec<String> {
        self.parsed().map_or_else(Vec::new, |certificate| {
            name::values(certificate.issuer, attribute.oid())
        })
    }

    /// What to call the subject: its common name, else its organization or organizational unit.
    #[doc(alias = "subjectDisplayName")]
    pub fn subject_display_name(&self) -> String {
        self.parsed()
            .map_or_else(String::new, |certificate| display_name(certificate.subject))
    }

    /// What to call the issuer.
    #[doc(alias = "issuerDisplayName")]
    pub fn issuer_display_name(&self) -> String {
        self.parsed()
            .map_or_else(String::new, |certificate| display_name(certificate.issuer))
    }

    /// The e-mail addresses, host names and IP addresses that the certificate is made out for, beside its subject.
    #[doc(alias = "subjectAlternativeNames")]
    pub fn subject_alternative_names(&self) -> Vec<(AlternativeNameEntryType, String)> {
        let names = self
            .parsed()
            .map_or_else(Vec::new, |certificate| certificate.alternative_names());
        names
            .into_iter()
            .map(|name| match name {
                GeneralName::Email(email) => (AlternativeNameEntryType::Email, email.to_owned()),
                GeneralName::Dns(dns) => (AlternativeNameEntryType::Dns, dns.to_owned()),
                GeneralName::Ip(ip) => (AlternativeNameEntryType::IpAddress, ip.to_string()),
            })
            .collect()
    }

    /// When the certificate begins to be valid.
    #[doc(alias = "effectiveDate")]
    pub fn effective_date(&self) -> Option<SystemTime> {
        system_time(self.parsed()?.not_before?)
    }

    /// When the certificate ends to be valid.
    #[doc(alias = "expiryDate")]
    pub fn expiry_date(&self) -> Option<SystemTime> {
        system_time(self.parsed()?.not_after?)
    }

    /// The fingerprint: a hash of the DER bytes. Qt's default is [`HashAlgorithm::Md5`].
    pub fn digest(&self, algorithm: HashAlgorithm) -> Vec<u8> {
        algorithm.hash(&self.der)
    }

    /// What kind of key the subject has.
    #[doc(alias = "publicKey")]
    pub fn public_key_algorithm(&self) -> SslKeyAlgorithm {
        self.parsed()
            .map_or(SslKeyAlgorithm::Opaque, |certificate| {
                certificate.public_key.algorithm()
            })
    }

    /// The length of the subject's key in bits; 0 where it is not known.
    #[doc(alias = "publicKey")]
    pub fn public_key_length(&self) -> usize {
        self.parsed()
            .map_or(0, |certificate| certificate.public_key.bits())
    }

    /// The subject's key as the DER bytes of its SubjectPublicKeyInfo, which is what pins are made of.
    #[doc(alias = "publicKey")]
    pub fn public_key_der(&self) -> &[u8] {
        self.parsed()
            .map_or(&[], |certificate| certificate.public_key.spki)
    }

    /// The DER bytes.
    #[doc(alias = "toDer")]
    pub fn to_der(&self) -> &[u8] {
        &self.der
    }

    /// The certificate as PEM text.
    #[doc(alias = "toPem")]
    pub fn to_pem(&self) -> String {
        pem::write("CERTIFICATE", &self.der)
    }

    /// The parts; `None` when null.
    pub(crate) fn parsed(&self) -> Option<ParsedCertificate<'_>> {
        ParsedCertificate::read(&self.der)
    }
}

impl fmt::Debug for SslCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SslCertificate({:?}, ", self.subject_display_name())?;
        write!(f, "serial {})", self.serial_number())
    }
}

fn display_name(name: &[u8]) -> String {
    [
        SubjectInfo::CommonName,
        SubjectInfo::Organization,
        SubjectInfo::OrganizationalUnitName,
    ]
    .iter()
    .find_map(|attribute| name::values(name, attribute.oid()).into_iter().next())
    .unwrap_or_default()
}

fn system_time(seconds: i64) -> Option<SystemTime> {
    let distance = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(distance)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(distance)
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DnType, KeyPair, SerialNumber};

    use super::*;

    fn certificate() -> SslCertificate {
        let mut params =
            CertificateParams::new(["localhost".to_owned(), "::1".to_owned()]).expect("names");
        params.serial_number = Some(SerialNumber::from_slice(&[1, 0xAB, 3]));
        params.not_before = rcgen::date_time_ymd(1960, 1, 1);
        params.not_after = rcgen::date_time_ymd(2060, 1, 1);
        params.distinguished_name.push(DnType::CommonName, "cn");
        params
            .distinguished_name
            .push(DnType::OrganizationName, "lab");
        let key = KeyPair::generate().expect("a key");
        SslCertificate::from_der(params.self_signed(&key).expect("a certificate").der())
    }

    #[test]
    fn getters_read_the_certificate() {
        let certificate = certificate();
        assert!(!certificate.is_null() && certificate.is_self_signed());
        assert_eq!(certificate.version(), 3);
        assert_eq!(certificate.serial_number(), "01:ab:03");
        assert_eq!(certificate.subject_info(SubjectInfo::CommonName), ["cn"]);
        assert_eq!(certificate.issuer_info(SubjectInfo::Organization), ["lab"]);
        assert_eq!(certificate.subject_display_name(), "cn");
        assert_eq!(
            certificate.subject_alternative_names(),
            [
                (AlternativeNameEntryType::Dns, "localhost".to_owned()),
                (AlternativeNameEntryType::IpAddress, "::1".to_owned())
            ]
        );
        let seventy_years = Duration::from_secs(2_840_140_800);
        assert_eq!(
            certificate.expiry_date(),
            Some(SystemTime::UNIX_EPOCH + seventy_years)
        );
        let ten_years = Duration::from_secs(315_619_200);
        assert_eq!(
            certificate.effective_date(),
            Some(SystemTime::UNIX_EPOCH - ten_years)
        );
        assert_eq!(
            (
                certificate.public_key_algorithm(),
                certificate.public_key_length()
            ),
            (SslKeyAlgorithm::Ec, 256)
        );
        assert_eq!(certificate.digest(HashAlgorithm::Md5).len(), 16);
        assert_eq!(certificate.digest(HashAlgorithm::Sha256).len(), 32);
        assert_eq!(
            format!("{certificate:?}"),
            "SslCertificate(\"cn\", serial 01:ab:03)"
        );
    }

    #[test]
    fn pem_and_back_is_the_same() {
        let certificate = certificate();
        let pem = certificate.to_pem();
        assert_eq!(
            SslCertificate::from_pem(pem.as_bytes()),
            Ok(vec![certificate])
        );
    }

    #[test]
    fn what_is_no_certificate_is_null() {
        let null = SslCertificate::from_der(b"no certificate");
        assert!(null.is_null() && !null.is_self_signed());
        assert_eq!((null.version(), null.serial_number()), (0, String::new()));
        assert!(null.subject_info(SubjectInfo::CommonName).is_empty());
        assert_eq!((null.expiry_date(), null.public_key_length()), (None, 0));
        assert!(SslCertificate::from_pem(b"none here").is_err());
        assert!(SslCertificate::from_path("/there/is/none").is_err());
    }
}
