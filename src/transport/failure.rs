//! What the system's errors are called here.

use std::{error, fmt, io};

use crate::network::SocketError;

/// Why a connection could not be made or was lost: kind and readable text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) error: SocketError,
    pub(crate) text: String,
}

impl Failure {
    pub(crate) fn new(error: SocketError, text: impl Into<String>) -> Self {
        Self {
            error,
            text: text.into(),
        }
    }

    pub(crate) fn host_not_found() -> Self {
        Self::new(SocketError::HostNotFound, "Host not found")
    }

    pub(crate) fn timed_out() -> Self {
        Self::new(SocketError::SocketTimeout, "Connection timed out")
    }

    /// The peer ended the stream.
    pub(crate) fn remote_host_closed() -> Self {
        Self::new(
            SocketError::RemoteHostClosed,
            "The remote host closed the connection",
        )
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// So that it may pass as an I/O error, and come out again.
impl error::Error for Failure {}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        use io::ErrorKind as Kind;
        let error = match error.downcast() {
            Ok(failure) => return failure,
            Err(error) => error,
        };
        match error.kind() {
            Kind::ConnectionRefused => {
                Self::new(SocketError::ConnectionRefused, "Connection refused")
            }
            Kind::TimedOut => Self::timed_out(),
            Kind::ConnectionReset
            | Kind::ConnectionAborted
            | Kind::BrokenPipe
            | Kind::UnexpectedEof
            | Kind::NotConnected => Self::remote_host_closed(),
            Kind::PermissionDenied => Self::new(SocketError::SocketAccess, "Permission denied"),
            Kind::AddrInUse => Self::new(
                SocketError::AddressInUse,
                "The bound address is already in use",
            ),
            Kind::AddrNotAvailable => Self::new(
                SocketError::SocketAddressNotAvailable,
                "The address is not available",
            ),
            Kind::HostUnreachable => Self::new(SocketError::Network, "Host unreachable"),
            Kind::NetworkUnreachable | Kind::NetworkDown => {
                Self::new(SocketError::Network, "Network unreachable")
            }
            Kind::OutOfMemory => Self::new(SocketError::SocketResource, "Out of resources"),
            _ if is_out_of_descriptors(&error) => Self::new(
                SocketError::SocketResource,
                format!("Out of resources: {error}"),
            ),
            _ => Self::new(SocketError::Network, error.to_string()),
        }
    }
}

/// std has no kind for it.
fn is_out_of_descriptors(error: &io::Error) -> bool {
    const ENFILE: i32 = 23;
    const EMFILE: i32 = 24;
    const WSAEMFILE: i32 = 10024;
    let codes: &[i32] = if cfg!(windows) {
        &[WSAEMFILE]
    } else {
        &[ENFILE, EMFILE]
    };
    error
        .raw_os_error()
        .is_some_and(|code| codes.contains(&code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_name() {
        let kind = |kind: io::ErrorKind| Failure::from(io::Error::from(kind)).error;
        assert_eq!(
            kind(io::ErrorKind::ConnectionRefused),
            SocketError::ConnectionRefused
        );
        assert_eq!(
            kind(io::ErrorKind::ConnectionReset),
            SocketError::RemoteHostClosed
        );
        assert_eq!(kind(io::ErrorKind::TimedOut), SocketError::SocketTimeout);
        assert_eq!(kind(io::ErrorKind::HostUnreachable), SocketError::Network);
        let out_of_descriptors = if cfg!(windows) { 10_024 } else { 24 };
        assert_eq!(
            Failure::from(io::Error::from_raw_os_error(out_of_descriptors)).error,
            SocketError::SocketResource
        );
    }
}
