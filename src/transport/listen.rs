//! The socket that a server listens with.

use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use mio::net::TcpListener;
use socket2::{Domain, Protocol, SockRef, Socket, Type};

use super::Failure;
use crate::network::HostAddress;

/// How many connections the system keeps for us until they are accepted.
const BACKLOG: i32 = 1024;

/// Listens on an address and a port.
///
/// # Errors
/// There is no address, or the system refuses.
pub(crate) fn listen(address: &HostAddress, port: u16) -> Result<TcpListener, Failure> {
    listen_with(tcp_socket, address, port)
}

/// Where `listener` listens; `ANY` if it takes both families.
pub(crate) fn address_of(listener: &TcpListener) -> Option<(HostAddress, u16)> {
    let local = listener.local_addr().ok()?;
    let is_v6_any = local.ip() == IpAddr::V6(Ipv6Addr::UNSPECIFIED);
    let takes_both = is_v6_any && SockRef::from(listener).only_v6().is_ok_and(|only| !only);
    let address = if takes_both {
        HostAddress::ANY
    } else {
        local.ip().into()
    };
    Some((address, local.port()))
}

/// `socket` makes a socket of a family.
fn listen_with(
    socket: impl Fn(Domain) -> io::Result<Socket>,
    address: &HostAddress,
    port: u16,
) -> Result<TcpListener, Failure> {
    let ip = address.to_ip().ok_or_else(Failure::host_not_found)?;
    let at = SocketAddr::new(ip, port);
    let socket = match socket(Domain::for_address(at)) {
        Ok(socket) => socket,
        // A system without IPv6: what is left of both families is IPv4.
        Err(_) if *address == HostAddress::ANY => {
            return listen_with(socket, &HostAddress::ANY_IPV4, port);
        }
        Err(error) => return Err(error.into()),
    };
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

fn tcp_socket(domain: Domain) -> io::Result<Socket> {
    Socket::new(domain, Type::STREAM, Some(Protocol::TCP))
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
    fn without_ipv6_any_is_ipv4_alone() {
        let without_ipv6 = |domain| match domain {
            Domain::IPV6 => Err(io::Error::other("no such family")),
            domain => tcp_socket(domain),
        };
        let listener = listen_with(without_ipv6, &HostAddress::ANY, 0).expect("a listener");
        let (address, port) = address_of(&listener).expect("an address");
        assert_eq!(address, HostAddress::ANY_IPV4);
        assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok());
        assert!(listen_with(without_ipv6, &HostAddress::ANY_IPV6, 0).is_err());
    }

    #[test]
    fn a_listener_tells_what_it_was_told() {
        let all = [
            HostAddress::ANY,
            HostAddress::ANY_IPV4,
            HostAddress::ANY_IPV6,
            HostAddress::LOCAL_HOST,
        ];
        for address in all {
            let listener = listen(&address, 0).expect("a listener");
            assert_eq!(address_of(&listener).map(|(told, _)| told), Some(address));
        }
    }

    #[test]
    fn a_port_belongs_to_one() {
        let first = listen(&HostAddress::LOCAL_HOST, 0).expect("a listener");
        let port = first.local_addr().expect("an address").port();
        assert!(listen(&HostAddress::LOCAL_HOST, port).is_err());
        assert!(listen(&HostAddress::null(), 0).is_err());
    }
}
