//! Cipher suites by their names.

use std::fmt;

use super::SslProtocol;
use crate::network::SslDataError;

/// A cipher suite.
#[doc(alias = "QSslCipher")]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SslCipher {
    number: u16,
}

impl SslCipher {
    /// The suite with this name: OpenSSL's, as Qt uses it, or IANA's.
    pub fn from_name(name: &str) -> Option<Self> {
        ROWS.iter()
            .find(|row| row.name == name || row.iana_name == name)
            .map(|row| Self { number: row.number })
    }

    /// The suites in a list of names with colons between them.
    ///
    /// # Errors
    /// When one of them is not known.
    #[doc(alias = "setCiphers")]
    pub fn from_names(names: &str) -> Result<Vec<Self>, SslDataError> {
        let unknown = |name| SslDataError(format!("`{name}` is no cipher suite that can be used"));
        names
            .split(':')
            .map(|name| Self::from_name(name).ok_or_else(|| unknown(name)))
            .collect()
    }

    /// All suites there are, in the order of preference.
    #[doc(alias = "supportedCiphers")]
    pub fn supported() -> Vec<Self> {
        ROWS.iter().map(|row| Self { number: row.number }).collect()
    }

    /// OpenSSL's name, as Qt gives it.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The name in the standards.
    pub fn iana_name(self) -> &'static str {
        self.row().iana_name
    }

    /// The version of TLS that the suite belongs to.
    pub fn protocol(self) -> SslProtocol {
        match self.number >> 8 {
            0x13 => SslProtocol::TlsV1_3,
            _ => SslProtocol::TlsV1_2,
        }
    }

    /// The length of the key that encrypts, in bits.
    #[doc(alias = "usedBits")]
    #[doc(alias = "supportedBits")]
    pub fn used_bits(self) -> u32 {
        self.row().bits
    }

    #[cfg(feature = "rustls")]
    pub(crate) fn from_number(number: u16) -> Option<Self> {
        ROWS.iter()
            .any(|row| row.number == number)
            .then_some(Self { number })
    }

    #[cfg(feature = "rustls")]
    pub(crate) fn number(self) -> u16 {
        self.number
    }

    fn row(self) -> &'static Row {
        // invariant: every constructor takes its number from the table
        ROWS.iter()
            .find(|row| row.number == self.number)
            .expect("a row of the table")
    }
}

impl fmt::Debug for SslCipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

struct Row {
    number: u16,
    name: &'static str,
    iana_name: &'static str,
    bits: u32,
}

const fn row(number: u16, name: &'static str, iana_name: &'static str, bits: u32) -> Row {
    Row {
        number,
        name,
        iana_name,
        bits,
    }
}

#[rustfmt::skip]
static ROWS: [Row; 9] = [
    row(0x1302, "TLS_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384", 256),
    row(0x1301, "TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256", 128),
    row(0x1303, "TLS_CHACHA20_POLY1305_SHA256", "TLS_CHACHA20_POLY1305_SHA256", 256),
    row(0xC02C, "ECDHE-ECDSA-AES256-GCM-SHA384", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", 256),
    row(0xC02B, "ECDHE-ECDSA-AES128-GCM-SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", 128),
    row(0xCCA9, "ECDHE-ECDSA-CHACHA20-POLY1305", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", 256),
    row(0xC030, "ECDHE-RSA-AES256-GCM-SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", 256),
    row(0xC02F, "ECDHE-RSA-AES128-GCM-SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", 128),
    row(0xCCA8, "ECDHE-RSA-CHACHA20-POLY1305", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", 256),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suites_have_both_names() {
        let cipher = SslCipher::from_name("ECDHE-RSA-AES128-GCM-SHA256").expect("known");
        assert_eq!(cipher.iana_name(), "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
        assert_eq!(SslCipher::from_name(cipher.iana_name()), Some(cipher));
        assert_eq!(
            (cipher.used_bits(), cipher.protocol()),
            (128, SslProtocol::TlsV1_2)
        );
        let names: Vec<_> = SslCipher::supported()
            .iter()
            .map(|cipher| cipher.name())
            .collect();
        assert_eq!(
            SslCipher::from_names(&names.join(":")),
            Ok(SslCipher::supported())
        );
        assert!(SslCipher::from_names("TLS_AES_256_GCM_SHA384:RC4-MD5").is_err());
    }
}
