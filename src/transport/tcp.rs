//! Socket options.

use std::net::SocketAddr;

use mio::net::TcpStream;

/// What every connection of ours has: small messages leave at once, and a peer that vanished is noticed by the system
/// at some point. Failures are of no consequence.
pub(crate) fn configure(stream: &TcpStream) {
    let _ = stream.set_nodelay(true);
    let _ = socket2::SockRef::from(stream).set_keepalive(true);
}

/// Whether a connection under way stands now.
///
/// # Errors
/// What it failed with.
pub(super) fn is_connected(stream: &TcpStream) -> std::io::Result<Option<SocketAddr>> {
    if let Some(error) = stream.take_error()? {
        return Err(error);
    }
    match stream.peer_addr() {
        Ok(peer) => Ok(Some(peer)),
        Err(error) if error.kind() == std::io::ErrorKind::NotConnected => Ok(None),
        Err(error) if error.raw_os_error() == Some(EINPROGRESS) => Ok(None),
        // macOS says so for a connection that was refused, until the error was fetched.
        Err(error) if error.kind() == std::io::ErrorKind::InvalidInput => Ok(None),
        Err(error) => Err(error),
    }
}

const EINPROGRESS: i32 = if cfg!(any(target_os = "linux", target_os = "android")) {
    115
} else {
    36
};
