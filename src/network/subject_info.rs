//! What a certificate can say of its subject.

/// An attribute of a subject or issuer, with Qt's numbers.
#[doc(alias = "QSslCertificate::SubjectInfo")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[non_exhaustive]
pub enum SubjectInfo {
    /// O
    Organization = 0,
    /// CN
    CommonName = 1,
    /// L
    LocalityName = 2,
    /// OU
    OrganizationalUnitName = 3,
    /// C
    CountryName = 4,
    /// ST
    StateOrProvinceName = 5,
    /// dnQualifier
    DistinguishedNameQualifier = 6,
    /// The subject's serial number, which is not the certificate's.
    SerialNumber = 7,
    /// emailAddress
    EmailAddress = 8,
}

impl SubjectInfo {
    pub(super) fn oid(self) -> &'static [u8] {
        match self {
            Self::Organization => &[0x55, 4, 10],
            Self::CommonName => &[0x55, 4, 3],
            Self::LocalityName => &[0x55, 4, 7],
            Self::OrganizationalUnitName => &[0x55, 4, 11],
            Self::CountryName => &[0x55, 4, 6],
            Self::StateOrProvinceName => &[0x55, 4, 8],
            Self::DistinguishedNameQualifier => &[0x55, 4, 46],
            Self::SerialNumber => &[0x55, 4, 5],
            Self::EmailAddress => &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 1],
        }
    }
}

/// The kind of a subject's alternative name, with Qt's numbers.
#[doc(alias = "QSsl::AlternativeNameEntryType")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[non_exhaustive]
pub enum AlternativeNameEntryType {
    /// An e-mail address.
    #[doc(alias = "EmailEntry")]
    Email = 0,
    /// A host name, perhaps with a wildcard.
    #[doc(alias = "DnsEntry")]
    Dns = 1,
    /// An IP address.
    #[doc(alias = "IpAddressEntry")]
    IpAddress = 2,
}
