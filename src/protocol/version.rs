/// The versions of the WebSocket protocol.
///
/// Only version 13, which is RFC 6455, is spoken; the others are drafts that a request may name.
#[doc(alias = "QWebSocketProtocol::Version")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[repr(i32)]
pub enum Version {
    /// A number that names no version.
    #[doc(alias = "VersionUnknown")]
    Unknown = -1,
    /// hixie-76 and hybi-00, from before there was a version number.
    #[doc(alias = "Version0")]
    V0 = 0,
    /// hybi-04.
    #[doc(alias = "Version4")]
    V4 = 4,
    /// hybi-05.
    #[doc(alias = "Version5")]
    V5 = 5,
    /// hybi-06 and hybi-07.
    #[doc(alias = "Version6")]
    V6 = 6,
    /// hybi-07.
    #[doc(alias = "Version7")]
    V7 = 7,
    /// hybi-08 to hybi-12.
    #[doc(alias = "Version8")]
    V8 = 8,
    /// RFC 6455.
    #[doc(alias = "Version13")]
    #[default]
    V13 = 13,
}

impl Version {
    /// The newest version, and the one that is spoken.
    #[doc(alias = "VersionLatest")]
    pub const LATEST: Version = Version::V13;

    /// The version with this number, [`Version::Unknown`] if there is none.
    #[doc(alias = "versionFromString")]
    pub const fn from_number(number: i32) -> Version {
        match number {
            0 => Version::V0,
            4 => Version::V4,
            5 => Version::V5,
            6 => Version::V6,
            7 => Version::V7,
            8 => Version::V8,
            13 => Version::V13,
            _ => Version::Unknown,
        }
    }
}

impl From<i32> for Version {
    fn from(number: i32) -> Self {
        Version::from_number(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seven_numbers_name_a_version() {
        let known: Vec<i32> = (-2..=300)
            .filter(|&n| Version::from_number(n) != Version::Unknown)
            .collect();
        assert_eq!(known, [0, 4, 5, 6, 7, 8, 13]);
        for number in known {
            assert_eq!(Version::from(number) as i32, number);
        }
        assert_eq!(Version::Unknown as i32, -1);
        assert_eq!(Version::LATEST, Version::V13);
        assert_eq!(Version::default(), Version::LATEST);
    }
}
