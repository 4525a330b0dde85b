//! Where a socket is in its life.

use std::fmt;

/// The state of a socket, with Qt's numbers.
///
/// A [`WebSocket`](crate::WebSocket) is only ever `Unconnected`, `Connecting`, `Connected` or `Closing`: name
/// lookup, TCP, TLS and the HTTP upgrade all happen inside `Connecting`.
#[doc(alias = "QAbstractSocket::SocketState")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
#[non_exhaustive]
pub enum SocketState {
    /// Not connected.
    #[doc(alias = "UnconnectedState")]
    #[default]
    Unconnected = 0,
    /// Looking up a name. Not reported by a [`WebSocket`](crate::WebSocket).
    #[doc(alias = "HostLookupState")]
    HostLookup = 1,
    /// On the way to a connection.
    #[doc(alias = "ConnectingState")]
    Connecting = 2,
    /// Open: messages can be sent and received.
    #[doc(alias = "ConnectedState")]
    Connected = 3,
    /// Bound to an address. Not reported by a [`WebSocket`](crate::WebSocket).
    #[doc(alias = "BoundState")]
    Bound = 4,
    /// Waiting for connections. Not reported by a [`WebSocket`](crate::WebSocket).
    #[doc(alias = "ListeningState")]
    Listening = 5,
    /// The closing handshake runs.
    #[doc(alias = "ClosingState")]
    Closing = 6,
}

impl fmt::Display for SocketState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}
