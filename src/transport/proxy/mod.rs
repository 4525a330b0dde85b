//! The way through a proxy: what is said to it until there is a tunnel.
//!
//! ```text
//! Tunnel:  bytes to and from the proxy     tunnel.rs
//!   HttpConnect, Socks5: what they mean    http_connect.rs, socks5.rs: no I/O, no clock, no randomness
//! ```

mod http_connect;
mod protocol;
mod socks5;
#[cfg(test)]
mod tests;
mod tunnel;

use super::Failure;
use crate::handshake::challenge::Challenge;
use crate::network::{ProxyType, SocketError};

pub(crate) use self::tunnel::{Tunnel, TunnelProgress};

/// What is to be done next.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    /// More has to arrive.
    Partial,
    Send(Vec<u8>),
    /// Look at what is left of what arrived.
    Again,
    /// What follows is between us and the server.
    Established,
    /// The proxy wants to know who we are.
    Asked,
    /// Go on with another connection to the proxy.
    Reconnect,
}

/// What a proxy asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ProxyQuestion<'a> {
    /// An answer to this, for the request `CONNECT uri`.
    Http {
        challenge: &'a Challenge,
        uri: &'a str,
    },
    /// User and password.
    Socks,
}

/// What it gets.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum ProxyAnswer {
    /// The value of a header.
    Http(String),
    Socks {
        user: String,
        password: String,
    },
}

impl Failure {
    /// What a failure means if it was met on the way to a proxy of this type.
    fn at_proxy(self, proxy_type: ProxyType) -> Self {
        let is_socks = proxy_type == ProxyType::Socks5;
        let (error, text) = match self.error {
            SocketError::HostNotFound => (SocketError::ProxyNotFound, "Proxy server not found"),
            SocketError::ConnectionRefused => {
                let text = match is_socks {
                    true => "Connection to proxy refused",
                    false => "Proxy connection refused",
                };
                (SocketError::ProxyConnectionRefused, text)
            }
            SocketError::RemoteHostClosed => {
                let text = match is_socks {
                    true => "Connection to proxy closed prematurely",
                    false => "Proxy connection closed prematurely",
                };
                (SocketError::ProxyConnectionClosed, text)
            }
            SocketError::SocketTimeout => {
                let text = match is_socks {
                    true => "Connection to proxy timed out",
                    false => "Proxy server connection timed out",
                };
                (SocketError::ProxyConnectionTimeout, text)
            }
            _ => return self,
        };
        Self::new(error, text)
    }

    fn of_proxy_protocol(text: impl Into<String>) -> Self {
        Self::new(SocketError::ProxyProtocol, text)
    }
}
