use std::ops::BitOr;

use super::ProxyType;

/// What a proxy can do, as a set with Qt's numbers. Two matter to a WebSocket: without
/// [`TUNNELING`](Self::TUNNELING) it cannot be opened, and [`HOST_NAME_LOOKUP`](Self::HOST_NAME_LOOKUP) says who looks
/// up the server's name.
///
/// ```
/// use qwebsocket::{NetworkProxy, ProxyCapabilities, ProxyType};
///
/// let mut proxy = NetworkProxy::new(ProxyType::Socks5, "localhost", 1080);
/// proxy.set_capabilities(ProxyCapabilities::TUNNELING); // so names are looked up here
/// ```
#[doc(alias = "QNetworkProxy::Capabilities")]
#[doc(alias = "Capability")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ProxyCapabilities(u32);

impl ProxyCapabilities {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// Connections to any host, over which anything can be spoken.
    #[doc(alias = "TunnelingCapability")]
    pub const TUNNELING: Self = Self(1);
    /// Waiting for connections on the proxy's side.
    #[doc(alias = "ListeningCapability")]
    pub const LISTENING: Self = Self(2);
    /// UDP datagrams.
    #[doc(alias = "UdpTunnelingCapability")]
    pub const UDP_TUNNELING: Self = Self(4);
    /// Copies of what passed before.
    #[doc(alias = "CachingCapability")]
    pub const CACHING: Self = Self(8);
    /// Names are given to the proxy, which looks them up. Without it they are looked up here, and the proxy is asked for the
    /// first address of a name.
    #[doc(alias = "HostNameLookupCapability")]
    pub const HOST_NAME_LOOKUP: Self = Self(0x10);
    /// SCTP connections.
    #[doc(alias = "SctpTunnelingCapability")]
    pub const SCTP_TUNNELING: Self = Self(0x20);
    /// Waiting for SCTP connections on the proxy's side.
    #[doc(alias = "SctpListeningCapability")]
    pub const SCTP_LISTENING: Self = Self(0x40);

    /// What a proxy of this type can do, as in Qt.
    pub(super) const fn of(proxy_type: ProxyType) -> Self {
        Self(match proxy_type {
            ProxyType::Default | ProxyType::None => 0x67,
            ProxyType::Socks5 => 0x17,
            ProxyType::Http => 0x19,
            ProxyType::HttpCaching | ProxyType::FtpCaching => 0x18,
        })
    }

    /// Qt's number.
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// Whether everything in `other` is in this set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOr for ProxyCapabilities {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
