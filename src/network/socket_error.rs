//! What kind of failure a socket met.

use std::fmt;

/// The kind of an error, with Qt's numbers. The readable text is
/// [`WebSocket::error_string`](crate::WebSocket::error_string).
#[doc(alias = "QAbstractSocket::SocketError")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(i8)]
#[non_exhaustive]
pub enum SocketError {
    /// No error happened yet, or one that fits nowhere else.
    #[doc(alias = "UnknownSocketError")]
    #[default]
    Unknown = -1,
    /// The peer refused: at TCP level, or the upgrade was answered with a refusal.
    #[doc(alias = "ConnectionRefusedError")]
    ConnectionRefused = 0,
    /// The peer ended the connection without a closing handshake.
    #[doc(alias = "RemoteHostClosedError")]
    RemoteHostClosed = 1,
    /// The name has no address.
    #[doc(alias = "HostNotFoundError")]
    HostNotFound = 2,
    /// The process lacks the rights.
    #[doc(alias = "SocketAccessError")]
    SocketAccess = 3,
    /// The system ran out of descriptors or memory.
    #[doc(alias = "SocketResourceError")]
    SocketResource = 4,
    /// An operation took too long.
    #[doc(alias = "SocketTimeoutError")]
    SocketTimeout = 5,
    /// A frame larger than the protocol allows.
    #[doc(alias = "DatagramTooLargeError")]
    DatagramTooLarge = 6,
    /// The network failed.
    #[doc(alias = "NetworkError")]
    Network = 7,
    /// The address is in use.
    #[doc(alias = "AddressInUseError")]
    AddressInUse = 8,
    /// The address does not belong to this host.
    #[doc(alias = "SocketAddressNotAvailableError")]
    SocketAddressNotAvailable = 9,
    /// The operation is not supported: an unknown URL scheme, TLS in a build without it.
    #[doc(alias = "UnsupportedSocketOperationError")]
    UnsupportedSocketOperation = 10,
    /// The last operation has not finished.
    #[doc(alias = "UnfinishedSocketOperationError")]
    UnfinishedSocketOperation = 11,
    /// The proxy wants credentials.
    #[doc(alias = "ProxyAuthenticationRequiredError")]
    ProxyAuthenticationRequired = 12,
    /// The TLS handshake failed.
    #[doc(alias = "SslHandshakeFailedError")]
    SslHandshakeFailed = 13,
    /// The proxy refused the connection.
    #[doc(alias = "ProxyConnectionRefusedError")]
    ProxyConnectionRefused = 14,
    /// The proxy closed before the connection stood.
    #[doc(alias = "ProxyConnectionClosedError")]
    ProxyConnectionClosed = 15,
    /// The proxy did not answer in time.
    #[doc(alias = "ProxyConnectionTimeoutError")]
    ProxyConnectionTimeout = 16,
    /// The proxy's name has no address.
    #[doc(alias = "ProxyNotFoundError")]
    ProxyNotFound = 17,
    /// The proxy's answer could not be understood.
    #[doc(alias = "ProxyProtocolError")]
    ProxyProtocol = 18,
    /// The operation makes no sense in this state, or its argument is not allowed.
    #[doc(alias = "OperationError")]
    Operation = 19,
    /// The TLS library reported an internal error.
    #[doc(alias = "SslInternalError")]
    SslInternal = 20,
    /// A certificate, key or other TLS setting is not usable.
    #[doc(alias = "SslInvalidUserDataError")]
    SslInvalidUserData = 21,
    /// A passing failure: try again.
    #[doc(alias = "TemporaryError")]
    Temporary = 22,
}

impl fmt::Display for SocketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}
