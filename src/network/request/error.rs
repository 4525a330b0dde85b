use std::fmt;

use crate::network::SocketError;

/// Why a request cannot be opened. Its text becomes the socket's error string.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestError {
    /// There is no URL, or the text is none.
    InvalidUrl,
    /// The path or the query contains what could break out of the request line.
    InvalidResource,
    /// The scheme is neither `ws` nor `wss`.
    UnsupportedScheme(String),
    /// The URL names no host.
    HostNotFound,
    /// The origin contains a control character.
    InvalidOrigin,
    /// This subprotocol is no token.
    InvalidSubprotocol(String),
    /// The name or the value of this header contains what may not stand there.
    InvalidHeader(String),
    /// This header belongs to the handshake.
    ReservedHeader(String),
}

impl RequestError {
    /// The error that the socket signals.
    ///
    /// Qt reports [`HostNotFound`](SocketError::HostNotFound) from the loop, like a name that has no
    /// address, and all others before `open` returns.
    pub fn socket_error(&self) -> SocketError {
        match self {
            Self::UnsupportedScheme(_) => SocketError::UnsupportedSocketOperation,
            Self::HostNotFound => SocketError::HostNotFound,
            _ => SocketError::ConnectionRefused,
        }
    }
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidUrl => f.write_str("Invalid URL."),
            Self::InvalidResource => f.write_str("Invalid resource name."),
            Self::UnsupportedScheme(scheme) => write!(f, "Unsupported WebSocket scheme: {scheme}"),
            Self::HostNotFound => f.write_str("Host not found"),
            Self::InvalidOrigin => {
                f.write_str("The origin contains newlines. Possible attack detected.")
            }
            Self::InvalidSubprotocol(name) => write!(f, "Invalid subprotocol name: {name:?}."),
            Self::InvalidHeader(name) => write!(f, "Invalid header: {name:?}."),
            Self::ReservedHeader(name) => write!(f, "Header {name} belongs to the handshake."),
        }
    }
}

impl std::error::Error for RequestError {}
