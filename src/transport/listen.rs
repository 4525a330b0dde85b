//! The socket that a server listens with.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use mio::net::TcpListener;
use socket2::{Domain, Protocol, Socket, Type};

use super::Failure;
use crate::network::HostAddress;

/// How many connections the system keeps for us until they are accepted.
const BACKLOG: i32 = 1024;

/// Listens on an address and a port.
///
/// # Errors
/// There is no address, or the system refuses.
pub(crate) fn listen(address: &HostAddress, port: u16) -> Result<TcpListener, Failure> {
    let ip = address.to_ip().ok_or_else(Failure::host_not_found)?;
    let at = SocketAddr::new(ip, port);
    let socket = Socket::new(Domain::for_address(at), Type::STREAM, Some(Protocol::TCP))?;
    if ip == IpAddr::V6(Ipv6Addr::UNSPECIFIED) {
        // Left to itself, Linux takes both families and Windows IPv6 alone.
        socket.set_only_v6(*address != HostAddress::ANY)?;
    }
    if cfg!(unix) {
        // Connections of a server that ended keep nobody from its port. Windows needs no telling, and would let two
        // servers have it at the same time.
        socket.set_reuse_address(true)?;
    }
    socket.bind(&at.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(TcpListener::from_std(socket.into()))
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpStream};

    use super::*;

    #[track_caller]
    fn is_reached_by_ipv4(address: HostAddress) -> bool {
        let listener = listen(&address, 0).expect("a listener");
        let port = listener.local_addr().expect("an address").port();
        TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
    }

    #[test]
    fn any_is_of_both_families_on_every_system() {
        assert!(is_reached_by_ipv4(HostAddress::ANY));
        assert!(is_reached_by_ipv4(HostAddress::ANY_IPV4));
        assert!(!is_reached_by_ipv4(HostAddress::ANY_IPV6));
    }

    #[test]
    fn a_port_belongs_to_one() {
        let first = listen(&HostAddress::LOCAL_HOST, 0).expect("a listener");
        let port = first.local_addr().expect("an address").port();
        assert!(listen(&HostAddress::LOCAL_HOST, port).is_err());
        assert!(listen(&HostAddress::null(), 0).is_err());
    }
}
