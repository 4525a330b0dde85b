//! When a socket pauses by itself.

use std::ops::BitOr;

/// A set of occasions on which a socket pauses until it is told to go on, with Qt's numbers.
///
/// ```
/// use qwebsocket::{PauseModes, WebSocket};
///
/// let socket = WebSocket::new();
/// socket.set_pause_mode(PauseModes::ON_SSL_ERRORS);
/// assert!(socket.pause_mode().contains(PauseModes::ON_SSL_ERRORS));
/// ```
#[doc(alias = "QAbstractSocket::PauseModes")]
#[doc(alias = "PauseMode")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct PauseModes(u32);

impl PauseModes {
    /// On no occasion: the default.
    #[doc(alias = "PauseNever")]
    pub const NEVER: Self = Self(0);
    /// When the server's certificate has errors that would end the connection.
    #[doc(alias = "PauseOnSslErrors")]
    pub const ON_SSL_ERRORS: Self = Self(1);

    /// Qt's number.
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// Whether all occasions of `other` are in this set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOr for PauseModes {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
