//! The address of a host, which may be none.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An IP address, or null.
///
/// Addresses compare strictly with `==`; [`is_equal`](Self::is_equal) takes different spellings of one
/// address for the same.
///
/// ```
/// use qwebsocket::HostAddress;
///
/// let address = HostAddress::from("127.0.0.1");
/// assert_eq!(address, HostAddress::LOCAL_HOST);
/// assert!(address.is_loopback());
/// assert!(HostAddress::from("localhost").is_null());
/// ```
#[doc(alias = "QHostAddress")]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct HostAddress(Kind);

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
enum Kind {
    #[default]
    Null,
    /// Every address of both families.
    Any,
    Ip(IpAddr),
}

impl HostAddress {
    /// `127.0.0.1`.
    #[doc(alias = "LocalHost")]
    pub const LOCAL_HOST: HostAddress = HostAddress(Kind::Ip(IpAddr::V4(Ipv4Addr::LOCALHOST)));
    /// `::1`.
    #[doc(alias = "LocalHostIPv6")]
    pub const LOCAL_HOST_IPV6: HostAddress = HostAddress(Kind::Ip(IpAddr::V6(Ipv6Addr::LOCALHOST)));
    /// Every address of this machine, IPv4 and IPv6: what a server listens on to be reached by all.
    #[doc(alias = "Any")]
    pub const ANY: HostAddress = HostAddress(Kind::Any);
    /// `0.0.0.0`: every IPv4 address of this machine.
    #[doc(alias = "AnyIPv4")]
    pub const ANY_IPV4: HostAddress = HostAddress(Kind::Ip(IpAddr::V4(Ipv4Addr::UNSPECIFIED)));
    /// `::`: every IPv6 address of this machine.
    #[doc(alias = "AnyIPv6")]
    pub const ANY_IPV6: HostAddress = HostAddress(Kind::Ip(IpAddr::V6(Ipv6Addr::UNSPECIFIED)));

    /// No address.
    #[doc(alias = "QHostAddress")]
    pub const fn null() -> Self {
        HostAddress(Kind::Null)
    }

    /// Whether there is no address: none was set, or the text was none.
    #[doc(alias = "isNull")]
    pub fn is_null(&self) -> bool {
        self.0 == Kind::Null
    }

    /// Whether the address is one of this machine's own: `127.0.0.0/8` or `::1`.
    #[doc(alias = "isLoopback")]
    pub fn is_loopback(&self) -> bool {
        matches!(self.0, Kind::Ip(address) if address.to_canonical().is_loopback())
    }

    /// The address; `None` if it is null.
    ///
    /// [`ANY`](Self::ANY) gives `::`, which a socket of both families binds.
    #[doc(alias("toIPv4Address", "toIPv6Address"))]
    pub fn to_ip(&self) -> Option<IpAddr> {
        match self.0 {
            Kind::Null => None,
            Kind::Any => Some(IpAddr::V6(Ipv6Addr::UNSPECIFIED)),
            Kind::Ip(address) => Some(address),
        }
    }

    /// Whether both stand for the same host.
    ///
    /// An IPv4 address equals its form inside IPv6, the two loopback addresses equal each other, and so
    /// do the three "any" addresses.
    #[doc(alias = "isEqual")]
    pub fn is_equal(&self, other: &HostAddress) -> bool {
        self.tolerant() == other.tolerant()
    }

    fn tolerant(self) -> Self {
        match self.0 {
            Kind::Ip(address) if address.to_canonical().is_unspecified() => Self::ANY,
            Kind::Ip(IpAddr::V6(Ipv6Addr::LOCALHOST)) => Self::LOCAL_HOST,
            Kind::Ip(IpAddr::V6(address)) => address.to_ipv4().map_or(self, Self::from),
            _ => self,
        }
    }
}

/// Reads an address; what is none, such as a name or IPv6 in brackets, gives a null address.
///
/// Unlike Qt it reads neither short and hexadecimal forms such as `127.1` nor scopes such as `%eth0`.
impl From<&str> for HostAddress {
    fn from(text: &str) -> Self {
        text.parse::<IpAddr>().map_or(Self::null(), Self::from)
    }
}

impl From<IpAddr> for HostAddress {
    fn from(address: IpAddr) -> Self {
        HostAddress(Kind::Ip(address))
    }
}

impl From<Ipv4Addr> for HostAddress {
    fn from(address: Ipv4Addr) -> Self {
        IpAddr::from(address).into()
    }
}

impl From<Ipv6Addr> for HostAddress {
    fn from(address: Ipv6Addr) -> Self {
        IpAddr::from(address).into()
    }
}

/// Writes what Qt's `toString` gives: nothing for a null address, `0.0.0.0` for [`HostAddress::ANY`].
impl fmt::Display for HostAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Kind::Null => f.pad(""),
            Kind::Any => Ipv4Addr::UNSPECIFIED.fmt(f),
            Kind::Ip(address) => address.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_addresses_print_as_in_qt() {
        for (address, text) in [
            (HostAddress::null(), ""),
            (HostAddress::LOCAL_HOST, "127.0.0.1"),
            (HostAddress::LOCAL_HOST_IPV6, "::1"),
            (HostAddress::ANY, "0.0.0.0"),
            (HostAddress::ANY_IPV4, "0.0.0.0"),
            (HostAddress::ANY_IPV6, "::"),
        ] {
            assert_eq!(address.to_string(), text);
        }
    }

    #[test]
    fn text_that_is_no_address_is_null() {
        assert_eq!(
            HostAddress::from("0:0:0:0:0:0:0:1"),
            HostAddress::LOCAL_HOST_IPV6
        );
        assert_eq!(
            HostAddress::from("::ffff:1.2.3.4").to_string(),
            "::ffff:1.2.3.4"
        );
        for text in ["", "localhost", "[::1]", "1.2.3.4.5", "1.2.3.4:80"] {
            assert!(HostAddress::from(text).is_null(), "{text}");
        }
        assert_eq!(HostAddress::null().to_ip(), None);
        assert_eq!(HostAddress::default(), HostAddress::null());
    }

    #[test]
    fn loopback() {
        for text in ["127.0.0.1", "127.255.0.9", "::1", "::ffff:127.0.0.1"] {
            assert!(HostAddress::from(text).is_loopback(), "{text}");
        }
        for text in ["128.0.0.1", "::2", "::ffff:1.2.3.4", ""] {
            assert!(!HostAddress::from(text).is_loopback(), "{text}");
        }
        assert!(!HostAddress::ANY.is_loopback());
    }

    #[test]
    fn equality_is_strict_and_is_equal_is_not() {
        let (mapped, plain) = (
            HostAddress::from("::ffff:1.2.3.4"),
            HostAddress::from("1.2.3.4"),
        );
        assert_ne!(mapped, plain);
        assert!(mapped.is_equal(&plain) && plain.is_equal(&mapped));
        assert_ne!(HostAddress::ANY, HostAddress::ANY_IPV4);
        assert!(HostAddress::ANY.is_equal(&HostAddress::ANY_IPV4));
        assert!(HostAddress::ANY_IPV6.is_equal(&HostAddress::ANY));
        assert!(HostAddress::LOCAL_HOST.is_equal(&HostAddress::LOCAL_HOST_IPV6));
        assert!(!HostAddress::LOCAL_HOST.is_equal(&HostAddress::from("127.0.0.2")));
        assert!(!HostAddress::null().is_equal(&HostAddress::ANY));
        assert!(HostAddress::null().is_equal(&HostAddress::null()));
    }
}
