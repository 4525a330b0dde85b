//! What a server tells about itself, and what can be set.

use std::net::SocketAddr;
use std::time::Duration;

use url::Url;

use super::{SslMode, WebSocketServer};

use crate::handshake::{ClientHello, subprotocol};
use crate::network::{HostAddress, SslConfiguration};
use crate::transport::address_of;

impl WebSocketServer {
    /// Whether the server listens.
    #[doc(alias = "isListening")]
    pub fn is_listening(&self) -> bool {
        self.listener.with(|listener| listener.is_some())
    }

    /// The address it listens on; null when it does not. One that was told to listen on [`HostAddress::ANY`] listens on
    /// [`HostAddress::ANY_IPV4`] where the system has no IPv6.
    #[doc(alias = "serverAddress")]
    pub fn server_address(&self) -> HostAddress {
        self.local_address()
            .map_or_else(HostAddress::null, |(address, _)| address)
    }

    /// The port it listens on; 0 when it does not.
    #[doc(alias = "serverPort")]
    pub fn server_port(&self) -> u16 {
        self.local_address().map_or(0, |(_, port)| port)
    }

    /// The URL to reach it from this machine; `None` when it does not listen. A server that listens on all addresses
    /// is reached by the loopback one: by `127.0.0.1`, unless it takes IPv6 alone.
    #[doc(alias = "serverUrl")]
    pub fn server_url(&self) -> Option<Url> {
        let (address, port) = self.local_address()?;
        let host = match address {
            // A system that has IPv6 may be without an address of it.
            HostAddress::ANY | HostAddress::ANY_IPV4 => HostAddress::LOCAL_HOST,
            HostAddress::ANY_IPV6 => HostAddress::LOCAL_HOST_IPV6,
            address => address,
        };
        let at = SocketAddr::new(host.to_ip()?, port);
        let scheme = match self.mode {
            SslMode::Secure => "wss",
            SslMode::NonSecure => "ws",
        };
        Url::parse(&format!("{scheme}://{at}")).ok()
    }

    /// Whether connections are secured.
    #[doc(alias = "secureMode")]
    pub fn secure_mode(&self) -> SslMode {
        self.mode
    }

    /// What clients are told in the `Server` header.
    #[doc(alias = "serverName")]
    pub fn server_name(&self) -> String {
        self.name.with(|name| name.clone())
    }

    /// Why the last [`listen`](Self::listen) failed; empty if it did not.
    #[doc(alias = "errorString")]
    pub fn error_string(&self) -> String {
        self.error_string.with(|text| text.clone())
    }

    /// The certificate and key for clients to come. Ignored by a server that is not secure.
    ///
    /// ```no_run
    /// use qwebsocket::{
    ///     HostAddress, SslCertificate, SslConfiguration, SslKey, SslMode, WebSocketServer,
    /// };
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut configuration = SslConfiguration::new();
    /// configuration
    ///     .set_local_certificate_chain(SslCertificate::from_pem(&std::fs::read("chain.pem")?)?);
    /// configuration.set_private_key(SslKey::from_pem(&std::fs::read("key.pem")?)?);
    ///
    /// let server = WebSocketServer::new("Echo Server", SslMode::Secure);
    /// server.set_ssl_configuration(configuration);
    /// assert!(server.listen(HostAddress::ANY, 443), "{}", server.error_string());
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "setSslConfiguration")]
    pub fn set_ssl_configuration(&self, configuration: SslConfiguration) {
        self.ssl_configuration.set(configuration);
    }

    /// The certificate and key for clients to come.
    #[doc(alias = "sslConfiguration")]
    pub fn ssl_configuration(&self) -> SslConfiguration {
        self.ssl_configuration
            .with(|configuration| configuration.clone())
    }

    /// The subprotocols the server speaks. Of those a client offers, the first that is among them is used. Names that are
    /// no tokens are never chosen.
    #[doc(alias = "setSupportedSubprotocols")]
    pub fn set_supported_subprotocols(&self, names: impl IntoIterator<Item = impl Into<String>>) {
        self.supported_subprotocols
            .set(names.into_iter().map(Into::into).collect());
    }

    /// The subprotocols the server speaks.
    #[doc(alias = "supportedSubprotocols")]
    pub fn supported_subprotocols(&self) -> Vec<String> {
        self.supported_subprotocols.with(|names| names.clone())
    }

    pub(super) fn choose_subprotocol(&self, hello: &ClientHello) -> Option<String> {
        self.supported_subprotocols
            .with(|supported| subprotocol::choose(hello.subprotocols(), supported).map(Into::into))
    }

    /// How long a client may take for TLS and the opening handshake together: 10 seconds unless set, `None` for ever.
    #[doc(alias = "setHandshakeTimeout")]
    pub fn set_handshake_timeout(&self, timeout: Option<Duration>) {
        self.handshake_timeout.set(timeout);
    }

    /// How long a client may take for TLS and the opening handshake together.
    #[doc(alias = "handshakeTimeout")]
    pub fn handshake_timeout(&self) -> Option<Duration> {
        self.handshake_timeout.get()
    }

    /// How many connections may wait to be taken: 30 unless set. Further clients get the HTTP answer 503.
    #[doc(alias = "setMaxPendingConnections")]
    pub fn set_max_pending_connections(&self, connections: usize) {
        self.max_pending_connections.set(connections);
    }

    /// How many connections may wait to be taken.
    #[doc(alias = "maxPendingConnections")]
    pub fn max_pending_connections(&self) -> usize {
        self.max_pending_connections.get()
    }

    fn local_address(&self) -> Option<(HostAddress, u16)> {
        self.listener
            .with(|listener| listener.as_ref().and_then(address_of))
    }
}
