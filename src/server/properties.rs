//! What a server tells about itself, and what can be set.

use std::net::SocketAddr;
use std::time::Duration;

use url::Url;

use super::{SslMode, WebSocketServer};

use crate::handshake::{ClientHello, subprotocol};
use crate::network::{HostAddress, SslConfiguration};

impl WebSocketServer {
    /// Whether the server listens.
    #[doc(alias = "isListening")]
    pub fn is_listening(&self) -> bool {
        self.listener.with(|listener| listener.is_some())
    }

    /// The address it listens on; null when it does not.
    #[doc(alias = "serverAddress")]
    pub fn server_address(&self) -> HostAddress {
        self.local_address()
            .map_or_else(HostAddress::null, |local| HostAddress::from(local.ip()))
    }

    /// The port it listens on; 0 when it does not.
    #[doc(alias = "serverPort")]
    pub fn server_port(&self) -> u16 {
        self.local_address().map_or(0, |local| local.port())
    }

    /// The URL to reach it from this machine; `None` when it does not listen. A server that listens on all addresses
    /// is reached by the loopback one.
    #[doc(alias = "serverUrl")]
    pub fn server_url(&self) -> Option<Url> {
        let mut local = self.local_address()?;
        match local {
            SocketAddr::V4(ref mut v4) if v4.ip().is_unspecified() => {
                v4.set_ip(std::net::Ipv4Addr::LOCALHOST);
            }
            SocketAddr::V6(ref mut v6) if v6.ip().is_unspecified() => {
                v6.set_ip(std::net::Ipv6Addr::LOCALHOST);
            }
            _ => {}
        }
        let scheme = match self.mode {
            SslMode::Secure => "wss",
            SslMode::NonSecure => "ws",
        };
        Url::parse(&format!("{scheme}://{local}")).ok()
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

    fn local_address(&self) -> Option<SocketAddr> {
        self.listener
            .with(|listener| listener.as_ref()?.local_addr().ok())
    }
}
