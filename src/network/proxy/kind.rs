/// What kind of proxy, with Qt's numbers.
#[doc(alias = "QNetworkProxy::ProxyType")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
#[non_exhaustive]
pub enum ProxyType {
    /// Whatever the [application](super::NetworkProxy::application_proxy) uses.
    #[doc(alias = "DefaultProxy")]
    #[default]
    Default = 0,
    /// SOCKS, version 5.
    #[doc(alias = "Socks5Proxy")]
    Socks5 = 1,
    /// No proxy.
    #[doc(alias = "NoProxy")]
    None = 2,
    /// HTTP, by `CONNECT`.
    #[doc(alias = "HttpProxy")]
    Http = 3,
    /// HTTP without `CONNECT`: carries no WebSocket.
    #[doc(alias = "HttpCachingProxy")]
    HttpCaching = 4,
    /// FTP: carries no WebSocket.
    #[doc(alias = "FtpCachingProxy")]
    FtpCaching = 5,
}
