//! Groups for key exchange by their names.

use std::fmt;

/// A group that keys are exchanged in: an elliptic curve, or one with something against quantum computers.
#[doc(alias = "QSslEllipticCurve")]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SslGroup {
    number: u16,
}

impl SslGroup {
    /// The group with this name, such as `X25519`, `P-256`, `secp256r1`, `prime256v1` or `X25519MLKEM768`. Whether it
    /// can be used depends on the crypto library: the last needs the feature `aws-lc-rs`.
    #[doc(alias = "fromShortName")]
    #[doc(alias = "fromLongName")]
    pub fn from_name(name: &str) -> Option<Self> {
        let (number, _) = NAMES
            .iter()
            .find(|(_, names)| names.iter().any(|known| known.eq_ignore_ascii_case(name)))?;
        Some(Self { number: *number })
    }

    /// OpenSSL's name, as Qt gives it.
    #[doc(alias = "shortName")]
    pub fn name(self) -> &'static str {
        NAMES
            .iter()
            .find(|(number, _)| *number == self.number)
            .map_or("", |(_, names)| names[0])
    }

    #[cfg(feature = "rustls")]
    pub(crate) fn number(self) -> u16 {
        self.number
    }
}

impl fmt::Debug for SslGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

const NAMES: [(u16, &[&str]); 7] = [
    (0x001D, &["X25519"]),
    (0x0017, &["prime256v1", "secp256r1", "P-256"]),
    (0x0018, &["secp384r1", "P-384"]),
    (0x0019, &["secp521r1", "P-521"]),
    (0x11EC, &["X25519MLKEM768"]),
    (0x11EB, &["SecP256r1MLKEM768"]),
    (0x0202, &["MLKEM1024"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_have_several_names() {
        assert_eq!(
            SslGroup::from_name("P-256"),
            SslGroup::from_name("prime256v1")
        );
        assert_eq!(
            SslGroup::from_name("x25519").map(SslGroup::name),
            Some("X25519")
        );
        assert_eq!(SslGroup::from_name("brainpoolP256r1"), None);
    }
}
