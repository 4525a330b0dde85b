#![doc = include_str!("../docs/crate.md")]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

// Unit tests use what the tests beside the library share, which knows it by name.
#[cfg(all(test, target_os = "linux"))]
extern crate self as qwebsocket;

mod handshake;
mod network;
mod protocol;
mod server;
mod transport;
mod websocket;

#[cfg(unix)]
pub use qeventloop::SocketNotifier;
pub use qeventloop::{
    self, Connection, Direct, EventLoop, Handle, Inbox, LoopGone, Next, Ref, Remote,
    ScopedConnection, Signal, SignalBlocker, Timer, delete_later, single_shot, single_shot_to,
};
pub use url::Url;

pub use self::handshake::Headers;
pub use self::network::{
    AlertLevel, AlertType, AlternativeNameEntryType, Authenticator, HashAlgorithm, HostAddress,
    IntoRequest, InvalidProxyUrl, NetworkProxy, NetworkRequest, PauseModes, PeerVerifyMode,
    ProxyCapabilities, ProxyType, RequestError, SocketError, SocketState, SslBackend,
    SslCertificate, SslCipher, SslConfiguration, SslDataError, SslError, SslErrorKind, SslGroup,
    SslKey, SslKeyAlgorithm, SslPreSharedKeyAuthenticator, SslProtocol, SubjectInfo,
    WebSocketHandshakeOptions,
};
pub use self::protocol::{CloseCode, Version};
pub use self::server::{SslMode, WebSocketServer};
pub use self::websocket::{MaskGenerator, SocketId, WebSocket, keep_until_disconnected};

#[doc = include_str!("../docs/signals.md")]
pub mod signals {}

/// Compiles what the read-me shows.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadMe;

/// Compiles what the guide for those who port shows, and TLS is part of that.
#[cfg(all(
    doctest,
    any(feature = "ring", feature = "aws-lc-rs", feature = "openssl")
))]
#[doc = include_str!("../docs/porting_from_qt.md")]
struct PortingFromQt;

/// The sans-I/O core, for fuzzers and benchmarks. Not part of the API.
#[cfg(any(fuzzing, feature = "__internals"))]
#[doc(hidden)]
pub mod internals {
    /// The opening handshake.
    pub mod handshake {
        pub use crate::handshake::*;
    }
    /// The judgement on certificates.
    #[cfg(feature = "rustls")]
    pub mod verdict {
        pub use crate::transport::tls::chain_errors;
    }
    /// The frames.
    pub mod protocol {
        pub use crate::protocol::*;
    }
}
