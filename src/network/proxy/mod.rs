//! The proxy through which a connection goes.

mod application;
mod capabilities;
mod environment;
mod kind;
mod url;

use std::fmt;

use crate::handshake::field;
use crate::network::SslConfiguration;
use crate::network::raw_headers::RawHeaders;

pub use self::capabilities::ProxyCapabilities;
pub use self::kind::ProxyType;
pub use self::url::InvalidProxyUrl;

/// Which proxy to use, and who one is there: see [`WebSocket::set_proxy`](crate::WebSocket::set_proxy).
///
/// An HTTP proxy is asked for a tunnel (`CONNECT`), for `ws` as for `wss`; a SOCKS proxy speaks version 5. Names are looked
/// up by the proxy, unless it has not the [capability](ProxyCapabilities::HOST_NAME_LOOKUP).
///
/// User and password are not sent until the proxy wants some. HTTP's Basic scheme and SOCKS hand the password to the
/// proxy, and to everybody on the way to it unless that is [secure](Self::set_ssl_configuration).
///
/// ```
/// use qwebsocket::{NetworkProxy, ProxyType, WebSocket};
///
/// let mut proxy = NetworkProxy::new(ProxyType::Http, "proxy.example.com", 3128);
/// proxy.set_user("ada");
/// proxy.set_password("lovelace");
/// let socket = WebSocket::new();
/// socket.set_proxy(proxy);
///
/// // The same as a URL:
/// let proxy: NetworkProxy = "http://ada:lovelace@proxy.example.com:3128".parse()?;
/// assert_eq!(proxy, socket.proxy());
/// # Ok::<(), qwebsocket::InvalidProxyUrl>(())
/// ```
#[doc(alias = "QNetworkProxy")]
#[derive(Clone, Default, PartialEq, Eq)]
pub struct NetworkProxy {
    kind: ProxyType,
    host_name: String,
    port: u16,
    user: String,
    password: String,
    /// Those that were set, whatever the type has.
    capabilities: Option<ProxyCapabilities>,
    headers: RawHeaders,
    tls: Option<SslConfiguration>,
}

impl NetworkProxy {
    /// A proxy of this type on this host, which is a name or an address. Without credentials.
    #[doc(alias = "QNetworkProxy")]
    pub fn new(proxy_type: ProxyType, host_name: impl Into<String>, port: u16) -> Self {
        Self {
            kind: proxy_type,
            host_name: host_name.into(),
            port,
            ..Self::default()
        }
    }

    /// No proxy, whatever the [application](Self::application_proxy) has: `ProxyType::None`.
    pub fn none() -> Self {
        Self::new(ProxyType::None, "", 0)
    }

    /// The type.
    #[doc(alias = "type")]
    pub fn proxy_type(&self) -> ProxyType {
        self.kind
    }

    /// Sets the type, and with it the capabilities, unless those were set.
    #[doc(alias = "setType")]
    pub fn set_proxy_type(&mut self, proxy_type: ProxyType) {
        self.kind = proxy_type;
    }

    /// The name or the address of the proxy's host.
    #[doc(alias = "hostName")]
    pub fn host_name(&self) -> &str {
        &self.host_name
    }

    /// Sets the name or the address of the proxy's host.
    #[doc(alias = "setHostName")]
    pub fn set_host_name(&mut self, host_name: impl Into<String>) {
        self.host_name = host_name.into();
    }

    /// The host as name servers and certificates know it: in ASCII, if it can be written so (IDNA).
    pub(crate) fn ascii_host_name(&self) -> String {
        let encoded = match self.host_name.is_ascii() {
            true => None,
            false => ::url::Host::parse(&self.host_name).ok(),
        };
        encoded.map_or_else(|| self.host_name.clone(), |host| host.to_string())
    }

    /// The proxy's port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Sets the proxy's port.
    #[doc(alias = "setPort")]
    pub fn set_port(&mut self, port: u16) {
        self.port = port;
    }

    /// The user's name; empty for none.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Sets the user's name. One with a control character in it, or one that the way in which the proxy asks cannot
    /// hold, is never sent: the connection fails.
    #[doc(alias = "setUser")]
    pub fn set_user(&mut self, user: impl Into<String>) {
        self.user = user.into();
    }

    /// The password; empty for none.
    pub fn password(&self) -> &str {
        &self.password
    }

    /// Sets the password. What cannot be sent makes the connection fail, as with the user.
    #[doc(alias = "setPassword")]
    pub fn set_password(&mut self, password: impl Into<String>) {
        self.password = password.into();
    }

    /// What the proxy can do: what was set, or else what a proxy of its type can do.
    pub fn capabilities(&self) -> ProxyCapabilities {
        self.capabilities
            .unwrap_or_else(|| ProxyCapabilities::of(self.kind))
    }

    /// Sets what the proxy can do, whatever its type is.
    #[doc(alias = "setCapabilities")]
    pub fn set_capabilities(&mut self, capabilities: ProxyCapabilities) {
        self.capabilities = Some(capabilities);
    }

    /// Whether the proxy can carry any connection: it can make tunnels.
    #[doc(alias = "isTransparentProxy")]
    pub fn is_transparent_proxy(&self) -> bool {
        self.capabilities().contains(ProxyCapabilities::TUNNELING)
    }

    /// Whether the proxy keeps copies of what passes.
    #[doc(alias = "isCachingProxy")]
    pub fn is_caching_proxy(&self) -> bool {
        self.capabilities().contains(ProxyCapabilities::CACHING)
    }

    /// How TLS is spoken with the proxy; `None` for not at all.
    pub fn ssl_configuration(&self) -> Option<&SslConfiguration> {
        self.tls.as_ref()
    }

    /// Makes the way to the proxy secure, which Qt cannot: TLS is spoken with the proxy itself, and `wss` inside of that.
    /// The proxy needs a certificate for its host name that these settings trust; no signal asks what to make of another.
    ///
    /// ```
    /// use qwebsocket::{NetworkProxy, ProxyType, SslConfiguration};
    ///
    /// let mut proxy = NetworkProxy::new(ProxyType::Http, "proxy.example.com", 443);
    /// proxy.set_ssl_configuration(Some(SslConfiguration::new()));
    ///
    /// let from_url: NetworkProxy = "https://proxy.example.com".parse()?;
    /// assert_eq!(from_url, proxy);
    /// # Ok::<(), qwebsocket::InvalidProxyUrl>(())
    /// ```
    pub fn set_ssl_configuration(&mut self, configuration: Option<SslConfiguration>) {
        self.tls = configuration;
    }

    /// Sets a header of the request to an HTTP proxy. One with the same name, in whatever case, is replaced and keeps its
    /// place. `Host`, `Proxy-Connection`, `Content-Length` and `Transfer-Encoding` are ours: they make `open` fail, as do
    /// those that may not stand in a request.
    #[doc(alias = "setRawHeader")]
    pub fn set_raw_header(&mut self, name: &str, value: &str) {
        self.headers.set(name, value);
    }

    /// Removes a header.
    #[doc(alias = "setRawHeader")]
    pub fn remove_raw_header(&mut self, name: &str) {
        self.headers.remove(name);
    }

    /// The value of a header; the case of the name does not matter.
    #[doc(alias = "rawHeader")]
    pub fn raw_header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)
    }

    /// Whether a header is set.
    #[doc(alias = "hasRawHeader")]
    pub fn has_raw_header(&self, name: &str) -> bool {
        self.raw_header(name).is_some()
    }

    /// The names of all headers, in the order in which they were first set.
    #[doc(alias = "rawHeaderList")]
    pub fn raw_header_list(&self) -> Vec<&str> {
        self.headers.names()
    }

    /// All headers as pairs of name and value, in the order in which they were first set.
    #[doc(alias = "headers")]
    pub fn raw_headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter()
    }
}

/// Shows neither the password nor headers that may hold secrets.
impl fmt::Debug for NetworkProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |(name, value)| (name, field::shown(name, value));
        f.debug_struct("NetworkProxy")
            .field("type", &self.kind)
            .field("host_name", &self.host_name)
            .field("port", &self.port)
            .field("user", &self.user)
            .field("is_secure", &self.tls.is_some())
            .field(
                "headers",
                &self.raw_headers().map(shown).collect::<Vec<_>>(),
            )
            .finish_non_exhaustive()
    }
}

/// Whether a host is this machine, to which no proxy is asked the way unless it was set on the socket itself.
fn is_local(host: &str) -> bool {
    let is_name = host == "localhost" || host.starts_with("localhost.");
    is_name
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_back_what_was_set() {
        let mut proxy = NetworkProxy::default();
        assert_eq!(proxy.proxy_type(), ProxyType::Default);
        proxy.set_proxy_type(ProxyType::Socks5);
        proxy.set_host_name("h");
        proxy.set_port(1);
        proxy.set_user("u");
        proxy.set_password("p");
        assert_eq!(proxy.proxy_type(), ProxyType::Socks5);
        assert_eq!((proxy.host_name(), proxy.port()), ("h", 1));
        assert_eq!((proxy.user(), proxy.password()), ("u", "p"));
        assert_eq!(NetworkProxy::none().proxy_type(), ProxyType::None);
    }

    #[test]
    fn capabilities_follow_the_type_until_they_are_set() {
        let mut proxy = NetworkProxy::new(ProxyType::HttpCaching, "h", 1);
        assert!(proxy.is_caching_proxy() && !proxy.is_transparent_proxy());
        proxy.set_proxy_type(ProxyType::Http);
        assert!(proxy.is_caching_proxy() && proxy.is_transparent_proxy());
        proxy.set_capabilities(ProxyCapabilities::TUNNELING);
        proxy.set_proxy_type(ProxyType::FtpCaching);
        assert!(!proxy.is_caching_proxy() && proxy.is_transparent_proxy());
    }

    #[test]
    fn headers_keep_their_place() {
        let mut proxy = NetworkProxy::default();
        proxy.set_raw_header("A", "1");
        proxy.set_raw_header("B", "2");
        proxy.set_raw_header("a", "3");
        assert_eq!(proxy.raw_header("A"), Some("3"));
        assert_eq!(proxy.raw_header_list(), ["A", "B"]);
        proxy.remove_raw_header("b");
        assert!(!proxy.has_raw_header("B"));
    }

    #[test]
    fn debug_hides_secrets() {
        let mut proxy = NetworkProxy::new(ProxyType::Http, "h", 1);
        proxy.set_user("ada");
        proxy.set_password("secret");
        proxy.set_raw_header("Proxy-Authorization", "secret");
        let shown = format!("{proxy:?}");
        assert!(
            shown.contains("ada") && !shown.contains("secret"),
            "{shown}"
        );
    }

    #[test]
    fn this_machine_has_names() {
        for local in [
            "localhost",
            "localhost.localdomain",
            "127.0.0.1",
            "127.1.2.3",
            "::1",
        ] {
            assert!(is_local(local), "{local}");
        }
        for other in ["localhostess", "10.0.0.1", "example.com", "::2"] {
            assert!(!is_local(other), "{other}");
        }
    }
}
