//! Versions of TLS.

/// A version of TLS, or a range of them, with the numbers of Qt 6.
///
/// This library speaks TLS 1.2 and 1.3. Where a range begins with an older version, that part of it is not offered.
#[doc(alias = "QSsl::SslProtocol")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(i8)]
#[non_exhaustive]
pub enum SslProtocol {
    /// None, as before a handshake.
    #[doc(alias = "UnknownProtocol")]
    Unknown = -1,
    /// TLS 1.0: not spoken.
    TlsV1_0 = 0,
    /// TLS 1.1: not spoken.
    TlsV1_1 = 1,
    /// TLS 1.2.
    TlsV1_2 = 2,
    /// Any.
    AnyProtocol = 3,
    /// All that are known to be secure: at present TLS 1.2 and later.
    #[default]
    SecureProtocols = 4,
    /// TLS 1.0 and later.
    TlsV1_0OrLater = 5,
    /// TLS 1.1 and later.
    TlsV1_1OrLater = 6,
    /// TLS 1.2 and later.
    TlsV1_2OrLater = 7,
    /// TLS 1.3.
    TlsV1_3 = 12,
    /// TLS 1.3 and later.
    TlsV1_3OrLater = 13,
}

impl SslProtocol {
    pub(crate) fn includes_tls12(self) -> bool {
        !matches!(
            self,
            Self::Unknown | Self::TlsV1_0 | Self::TlsV1_1 | Self::TlsV1_3 | Self::TlsV1_3OrLater
        )
    }

    pub(crate) fn includes_tls13(self) -> bool {
        !matches!(
            self,
            Self::Unknown | Self::TlsV1_0 | Self::TlsV1_1 | Self::TlsV1_2
        )
    }
}
