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

    /// All suites this build can use, in the order of preference. Those of pre-shared keys and of older servers need the
    /// feature `openssl`, and the latter are used by [`SslBackend::OpenSsl`](crate::SslBackend::OpenSsl) alone.
    #[doc(alias = "supportedCiphers")]
    pub fn supported() -> Vec<Self> {
        let rows = match cfg!(feature = "openssl") {
            true => &ROWS[..],
            false => &ROWS[..SPOKEN_BY_ALL],
        };
        rows.iter().map(|row| Self { number: row.number }).collect()
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

    /// Whether a pre-shared key takes the place of a certificate, or stands beside one.
    pub(crate) fn needs_pre_shared_key(self) -> bool {
        self.name().contains("PSK")
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

/// So many rows, the first, are what every TLS library speaks.
const SPOKEN_BY_ALL: usize = 9;

#[rustfmt::skip]
static ROWS: [Row; 36] = [
    row(0x1302, "TLS_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384", 256),
    row(0x1301, "TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256", 128),
    row(0x1303, "TLS_CHACHA20_POLY1305_SHA256", "TLS_CHACHA20_POLY1305_SHA256", 256),
    row(0xC02C, "ECDHE-ECDSA-AES256-GCM-SHA384", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", 256),
    row(0xC02B, "ECDHE-ECDSA-AES128-GCM-SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", 128),
    row(0xCCA9, "ECDHE-ECDSA-CHACHA20-POLY1305", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", 256),
    row(0xC030, "ECDHE-RSA-AES256-GCM-SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", 256),
    row(0xC02F, "ECDHE-RSA-AES128-GCM-SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", 128),
    row(0xCCA8, "ECDHE-RSA-CHACHA20-POLY1305", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", 256),
    // Of OpenSSL alone, from here on; then those of pre-shared keys.
    row(0x009F, "DHE-RSA-AES256-GCM-SHA384", "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384", 256),
    row(0x009E, "DHE-RSA-AES128-GCM-SHA256", "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", 128),
    row(0xCCAA, "DHE-RSA-CHACHA20-POLY1305", "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256", 256),
    row(0xC024, "ECDHE-ECDSA-AES256-SHA384", "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384", 256),
    row(0xC028, "ECDHE-RSA-AES256-SHA384", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", 256),
    row(0xC023, "ECDHE-ECDSA-AES128-SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", 128),
    row(0xC027, "ECDHE-RSA-AES128-SHA256", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", 128),
    row(0x009D, "AES256-GCM-SHA384", "TLS_RSA_WITH_AES_256_GCM_SHA384", 256),
    row(0x009C, "AES128-GCM-SHA256", "TLS_RSA_WITH_AES_128_GCM_SHA256", 128),
    row(0x00AB, "DHE-PSK-AES256-GCM-SHA384", "TLS_DHE_PSK_WITH_AES_256_GCM_SHA384", 256),
    row(0xCCAC, "ECDHE-PSK-CHACHA20-POLY1305", "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256", 256),
    row(0xCCAD, "DHE-PSK-CHACHA20-POLY1305", "TLS_DHE_PSK_WITH_CHACHA20_POLY1305_SHA256", 256),
    row(0x00AA, "DHE-PSK-AES128-GCM-SHA256", "TLS_DHE_PSK_WITH_AES_128_GCM_SHA256", 128),
    row(0xC038, "ECDHE-PSK-AES256-CBC-SHA384", "TLS_ECDHE_PSK_WITH_AES_256_CBC_SHA384", 256),
    row(0xC037, "ECDHE-PSK-AES128-CBC-SHA256", "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256", 128),
    row(0x00B3, "DHE-PSK-AES256-CBC-SHA384", "TLS_DHE_PSK_WITH_AES_256_CBC_SHA384", 256),
    row(0x00B2, "DHE-PSK-AES128-CBC-SHA256", "TLS_DHE_PSK_WITH_AES_128_CBC_SHA256", 128),
    row(0x00AD, "RSA-PSK-AES256-GCM-SHA384", "TLS_RSA_PSK_WITH_AES_256_GCM_SHA384", 256),
    row(0x00AC, "RSA-PSK-AES128-GCM-SHA256", "TLS_RSA_PSK_WITH_AES_128_GCM_SHA256", 128),
    row(0xCCAE, "RSA-PSK-CHACHA20-POLY1305", "TLS_RSA_PSK_WITH_CHACHA20_POLY1305_SHA256", 256),
    row(0x00A9, "PSK-AES256-GCM-SHA384", "TLS_PSK_WITH_AES_256_GCM_SHA384", 256),
    row(0xCCAB, "PSK-CHACHA20-POLY1305", "TLS_PSK_WITH_CHACHA20_POLY1305_SHA256", 256),
    row(0x00A8, "PSK-AES128-GCM-SHA256", "TLS_PSK_WITH_AES_128_GCM_SHA256", 128),
    row(0x00AF, "PSK-AES256-CBC-SHA384", "TLS_PSK_WITH_AES_256_CBC_SHA384", 256),
    row(0x00AE, "PSK-AES128-CBC-SHA256", "TLS_PSK_WITH_AES_128_CBC_SHA256", 128),
    row(0x008D, "PSK-AES256-CBC-SHA", "TLS_PSK_WITH_AES_256_CBC_SHA", 256),
    row(0x008C, "PSK-AES128-CBC-SHA", "TLS_PSK_WITH_AES_128_CBC_SHA", 128),
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

    #[test]
    fn no_suite_is_listed_twice() {
        for (index, row) in ROWS.iter().enumerate() {
            let same = |other: &&Row| other.number == row.number || other.name == row.name;
            assert_eq!(ROWS[index..].iter().filter(same).count(), 1, "{}", row.name);
        }
    }
}
