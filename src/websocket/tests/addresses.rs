//! Addresses that behave badly.

use std::net::{SocketAddr, TcpListener, TcpStream};

use socket2::{Domain, Socket, Type};

/// An address that swallows packets: a listener whose queue is full.
pub(super) struct BlackHole {
    listener: TcpListener,
    _filler: TcpStream,
}

impl BlackHole {
    pub(super) fn new() -> Self {
        Self::at("127.0.0.1:0")
    }

    pub(super) fn at(address: &str) -> Self {
        let socket = bound(address);
        socket.listen(0).expect("a listener");
        let listener = TcpListener::from(socket);
        let address = listener.local_addr().expect("an address");
        Self {
            _filler: TcpStream::connect(address).expect("room for one"),
            listener,
        }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.listener.local_addr().expect("an address")
    }

    /// How many sockets of this machine are waiting for an answer from here.
    pub(super) fn waiting(&self) -> usize {
        // The system gives its table in pieces. When other connections come and go in between, a line may be missing,
        // or be there twice: what two readings agree on is true.
        loop {
            let waiting = self.waiting_by_one_reading();
            if waiting == self.waiting_by_one_reading() {
                return waiting;
            }
        }
    }

    fn waiting_by_one_reading(&self) -> usize {
        const SYN_SENT: &str = "02";
        let table = match self.address() {
            SocketAddr::V4(_) => "/proc/net/tcp",
            SocketAddr::V6(_) => "/proc/net/tcp6",
        };
        let table = std::fs::read_to_string(table).expect("the system's table of connections");
        // The remote address is followed by the state.
        let waiting = format!(":{:04X} {SYN_SENT} ", self.address().port());
        table.matches(&waiting).count()
    }

    /// Makes room: the system tries again about a second after its first attempt, and gets through.
    pub(super) fn open_up(&self) {
        self.accept();
    }

    pub(super) fn accept(&self) -> TcpStream {
        self.listener.accept().expect("a connection").0
    }
}

/// One that swallows packets at IPv6, and a port for IPv4 of the same number.
pub(super) fn both_families() -> (BlackHole, TcpListener) {
    loop {
        let hole = BlackHole::at("[::1]:0");
        if let Ok(listener) = TcpListener::bind(("127.0.0.1", hole.address().port())) {
            return (hole, listener);
        }
    }
}

/// An address that refuses at once, for as long as this lives: nobody listens, and nobody else can have it.
pub(super) struct Refusing(Socket);

impl Refusing {
    pub(super) fn new() -> Self {
        Self(bound("127.0.0.1:0"))
    }

    pub(super) fn address(&self) -> SocketAddr {
        let address = self.0.local_addr().expect("an address");
        address.as_socket().expect("one of IP")
    }
}

/// No TCP connection can be made to this one; the system says so at once.
pub(super) fn unreachable() -> SocketAddr {
    "224.0.0.1:9".parse().expect("an address")
}

fn bound(address: &str) -> Socket {
    let address: SocketAddr = address.parse().expect("an address");
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None).expect("a socket");
    socket.bind(&address.into()).expect("a free port");
    socket
}
