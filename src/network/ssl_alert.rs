//! What the ends of a TLS connection tell each other when it is over.

use std::fmt;

/// How grave an alert is, with Qt's numbers.
#[doc(alias = "QSsl::AlertLevel")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[non_exhaustive]
pub enum AlertLevel {
    /// The connection may go on, or ends in an orderly way.
    Warning = 0,
    /// The connection ends because of it.
    Fatal = 1,
    /// Neither of them.
    Unknown = 2,
}

macro_rules! alerts {
    ($($(#[$meta:meta])* $name:ident = $number:literal, $text:literal;)*) => {
        /// What an alert says, with the numbers of TLS, which are Qt's as well.
        #[doc(alias = "QSsl::AlertType")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        #[non_exhaustive]
        pub enum AlertType {
            $($(#[$meta])* $name = $number,)*
        }

        impl AlertType {
            /// The alert with this number; one that is not known is `UnknownAlertMessage`.
            #[cfg(any(feature = "rustls", feature = "openssl"))]
            pub(crate) fn from_number(number: u8) -> Self {
                match number {
                    $($number => Self::$name,)*
                    _ => Self::UnknownAlertMessage,
                }
            }

            pub(crate) fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

alerts! {
    /// The sender has said everything.
    CloseNotify = 0, "close notify";
    /// A message came at the wrong time.
    UnexpectedMessage = 10, "unexpected message";
    /// A record was damaged or forged.
    BadRecordMac = 20, "bad record mac";
    /// A record was too long.
    RecordOverflow = 22, "record overflow";
    /// Data could not be decompressed.
    DecompressionFailure = 30, "decompression failure";
    /// There is nothing that both ends support.
    HandshakeFailure = 40, "handshake failure";
    /// There is no certificate (SSL 3).
    NoCertificate = 41, "no certificate";
    /// The certificate is damaged.
    BadCertificate = 42, "bad certificate";
    /// The certificate is of a kind that is not supported.
    UnsupportedCertificate = 43, "unsupported certificate";
    /// The certificate was revoked.
    CertificateRevoked = 44, "certificate revoked";
    /// The certificate is not valid at this time.
    CertificateExpired = 45, "certificate expired";
    /// The certificate is not acceptable for some other reason.
    CertificateUnknown = 46, "certificate unknown";
    /// A field of the handshake is out of its range.
    IllegalParameter = 47, "illegal parameter";
    /// The certificate's issuer is not trusted.
    UnknownCa = 48, "unknown CA";
    /// The certificate is good, and its owner not admitted.
    AccessDenied = 49, "access denied";
    /// A message could not be read.
    DecodeError = 50, "decode error";
    /// A signature of the handshake is wrong.
    DecryptError = 51, "decrypt error";
    /// An export restriction was violated (TLS 1.0).
    ExportRestriction = 60, "export restriction";
    /// The version of TLS is not supported.
    ProtocolVersion = 70, "protocol version";
    /// What is offered is too weak.
    InsufficientSecurity = 71, "insufficient security";
    /// Something that has nothing to do with the peer went wrong.
    InternalError = 80, "internal error";
    /// The peer fell back to an older version without need.
    InappropriateFallback = 86, "inappropriate fallback";
    /// The user gave up.
    UserCancelled = 90, "user canceled";
    /// Nothing is negotiated anew.
    NoRenegotiation = 100, "no renegotiation";
    /// An extension that is needed was not sent.
    MissingExtension = 109, "missing extension";
    /// An extension was sent that nobody asked for.
    UnsupportedExtension = 110, "unsupported extension";
    /// A certificate could not be fetched.
    CertificateUnobtainable = 111, "certificate unobtainable";
    /// The server has no such name.
    UnrecognizedName = 112, "unrecognized name";
    /// The stapled OCSP response is not acceptable.
    BadCertificateStatusResponse = 113, "bad certificate status response";
    /// A certificate is not the one that was named.
    BadCertificateHashValue = 114, "bad certificate hash value";
    /// The identity of a pre-shared key is not known.
    UnknownPskIdentity = 115, "unknown PSK identity";
    /// The server insists on a client's certificate.
    CertificateRequired = 116, "certificate required";
    /// There is no application protocol that both ends speak.
    NoApplicationProtocol = 120, "no application protocol";
    /// An alert with another number.
    UnknownAlertMessage = 255, "unknown";
}

impl AlertType {
    /// All but the orderly end are fatal.
    pub(crate) fn level(self) -> AlertLevel {
        match self {
            Self::CloseNotify => AlertLevel::Warning,
            _ => AlertLevel::Fatal,
        }
    }
}

impl fmt::Display for AlertType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}
