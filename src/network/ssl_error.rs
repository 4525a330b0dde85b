//! What is wrong with a peer's certificate.

use std::fmt;

use super::SslCertificate;

/// One reason not to trust a peer: what is wrong, and with which certificate.
///
/// Two errors are equal if both kind and certificate are: that is how a list of errors to ignore is compared with
/// what comes up. An error without certificate equals only another one without.
#[doc(alias = "QSslError")]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SslError {
    kind: SslErrorKind,
    certificate: Option<SslCertificate>,
}

impl SslError {
    /// An error that concerns no certificate in particular.
    pub fn new(kind: SslErrorKind) -> Self {
        Self {
            kind,
            certificate: None,
        }
    }

    /// An error in this certificate.
    pub fn with_certificate(kind: SslErrorKind, certificate: SslCertificate) -> Self {
        Self {
            kind,
            certificate: Some(certificate),
        }
    }

    /// What is wrong.
    #[doc(alias = "error")]
    pub fn kind(&self) -> SslErrorKind {
        self.kind
    }

    /// The text of the error, in English. It is also what `Display` gives.
    #[doc(alias = "errorString")]
    pub fn error_string(&self) -> &'static str {
        self.kind.text()
    }

    /// The certificate that is at fault.
    pub fn certificate(&self) -> Option<&SslCertificate> {
        self.certificate.as_ref()
    }
}

impl fmt::Display for SslError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.error_string())
    }
}

impl std::error::Error for SslError {}

macro_rules! kinds {
    ($($(#[$meta:meta])* $name:ident = $number:literal, $text:literal;)*) => {
        /// The kind of an [`SslError`], with Qt's numbers.
        #[doc(alias = "QSslError::SslError")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(i8)]
        #[non_exhaustive]
        pub enum SslErrorKind {
            $($(#[$meta])* $name = $number,)*
        }

        impl SslErrorKind {
            fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            #[cfg(test)]
            const ALL: &[Self] = &[$(Self::$name,)*];
        }
    };
}

kinds! {
    /// Something is wrong for which there is no other kind: a weak key, an unknown critical extension, a violated name
    /// constraint, a chain that is too long.
    #[doc(alias = "UnspecifiedError")]
    Unspecified = -1, "Unknown error";
    /// Nothing is wrong.
    NoError = 0, "No error";
    /// The chain leads to a trusted certificate, but not on to a trusted root.
    UnableToGetIssuerCertificate = 1, "The issuer certificate could not be found";
    /// The signature cannot be decrypted.
    UnableToDecryptCertificateSignature = 2, "The certificate signature could not be decrypted";
    /// The issuer's public key cannot be read.
    UnableToDecodeIssuerPublicKey = 3, "The public key in the certificate could not be read";
    /// The signature is wrong: the certificate was changed, or its issuer did not make it.
    CertificateSignatureFailed = 4, "The signature of the certificate is invalid";
    /// The certificate begins to be valid later.
    CertificateNotYetValid = 5, "The certificate is not yet valid";
    /// The certificate is valid no longer.
    CertificateExpired = 6, "The certificate has expired";
    /// The time the certificate begins to be valid at is no time.
    InvalidNotBeforeField = 7, "The certificate's notBefore field contains an invalid time";
    /// The time the certificate ends to be valid at is no time.
    InvalidNotAfterField = 8, "The certificate's notAfter field contains an invalid time";
    /// The peer's certificate is its own issuer, and not trusted.
    SelfSignedCertificate = 9, "The certificate is self-signed, and untrusted";
    /// The chain leads to a root that is not trusted.
    SelfSignedCertificateInChain = 10,
        "The root certificate of the certificate chain is self-signed, and untrusted";
    /// The issuer is neither trusted nor was it sent.
    UnableToGetLocalIssuerCertificate = 11,
        "The issuer certificate of a locally looked up certificate could not be found";
    /// The peer's certificate is all there is, and nothing vouches for it.
    UnableToVerifyFirstCertificate = 12, "No certificates could be verified";
    /// The certificate was revoked.
    CertificateRevoked = 13, "Unknown error";
    /// A certificate in the chain issued another one and is no CA.
    InvalidCaCertificate = 14, "One of the CA certificates is invalid";
    /// More CAs follow a CA than it allows.
    PathLengthExceeded = 15, "The basicConstraints path length parameter has been exceeded";
    /// The certificate is made out for something else, such as a client where a server shows it.
    InvalidPurpose = 16, "The supplied certificate is unsuitable for this purpose";
    /// The root is not trusted for this purpose.
    CertificateUntrusted = 17, "The root CA certificate is not trusted for this purpose";
    /// The root is marked as not to be used for this purpose.
    CertificateRejected = 18, "The root CA certificate is marked to reject the specified purpose";
    /// The issuer's name is another one.
    SubjectIssuerMismatch = 19,
        "The current candidate issuer certificate was rejected because its subject name did not match the issuer name of the current certificate";
    /// The issuer's issuer and serial number are others.
    AuthorityIssuerSerialNumberMismatch = 20,
        "The current candidate issuer certificate was rejected because its issuer name and serial number was present and did not match the authority key identifier of the current certificate";
    /// The peer showed no certificate.
    NoPeerCertificate = 21, "The peer did not present any certificate";
    /// The certificate is made out for another host.
    HostNameMismatch = 22,
        "The host name did not match any of the valid hosts for this certificate";
    /// This build has no TLS.
    NoSslSupport = 23, "";
    /// The certificate is known to be misused.
    CertificateBlacklisted = 24, "The peer certificate is blacklisted";
    /// Whether the certificate is revoked is not known.
    CertificateStatusUnknown = 25, "Unknown error";
    /// The peer sent no OCSP response.
    OcspNoResponseFound = 26, "No OCSP status response found";
    /// The OCSP responder did not understand the request.
    OcspMalformedRequest = 27, "The OCSP status request had invalid syntax";
    /// The OCSP response cannot be read.
    OcspMalformedResponse = 28,
        "OCSP response contains an unexpected number of SingleResponse structures";
    /// The OCSP responder has trouble of its own.
    OcspInternalError = 29, "OCSP responder reached an inconsistent internal state";
    /// The OCSP responder has no answer at present.
    OcspTryLater = 30,
        "OCSP responder was unable to return a status for the requested certificate";
    /// The OCSP responder wants signed requests.
    #[doc(alias = "OcspSigRequred")]
    OcspSigRequired = 31,
        "The server requires the client to sign the OCSP request in order to construct a response";
    /// The OCSP responder does not answer this peer.
    OcspUnauthorized = 32, "The client is not authorized to request OCSP status from this server";
    /// The OCSP responder is not trusted.
    OcspResponseCannotBeTrusted = 33, "OCSP responder's identity cannot be verified";
    /// The OCSP response is about another certificate.
    OcspResponseCertIdUnknown = 34,
        "The identity of a certificate in an OCSP response cannot be established";
    /// The OCSP response is too old.
    OcspResponseExpired = 35, "The certificate status response has expired";
    /// The OCSP responder does not know the certificate.
    OcspStatusUnknown = 36, "The certificate's status is unknown";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_run_without_a_gap() {
        let numbers: Vec<i8> = SslErrorKind::ALL.iter().map(|kind| *kind as i8).collect();
        assert_eq!(numbers, (-1..=36).collect::<Vec<_>>());
    }

    #[test]
    fn equal_means_kind_and_certificate() {
        let of = |der: &[u8]| {
            SslError::with_certificate(
                SslErrorKind::CertificateExpired,
                SslCertificate::from_der(der),
            )
        };
        let without = SslError::new(SslErrorKind::CertificateExpired);
        assert_eq!(of(b"a"), of(b"a"));
        assert_ne!(of(b"a"), of(b"b"));
        assert_ne!(of(b"a"), without);
        assert_eq!(without, SslError::new(SslErrorKind::CertificateExpired));
        assert_ne!(without, SslError::new(SslErrorKind::NoError));
        assert_eq!(without.to_string(), "The certificate has expired");
    }
}
