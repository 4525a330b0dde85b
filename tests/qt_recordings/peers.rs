//! The peers of a scenario: they act on the thread of the test, when the player says so.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};

use socket2::{Domain, SockAddr, Socket, Type};

use crate::support::raw_peer::accept_key;
use crate::transcript::{ACCEPT, Action};

/// One peer, which serves one connection.
pub struct Peer {
    listener: TcpListener,
    stream: Option<TcpStream>,
    pub received: Vec<u8>,
    /// The client ended the connection.
    pub saw_end: bool,
    has_sent: bool,
}

impl Peer {
    pub fn new(host: &str) -> Self {
        let listener = TcpListener::bind((host, 0)).expect("a port");
        listener
            .set_nonblocking(true)
            .expect("a listener that does not block");
        Self {
            listener,
            stream: None,
            received: Vec::new(),
            saw_end: false,
            has_sent: false,
        }
    }

    pub fn port(&self) -> u16 {
        self.listener.local_addr().expect("an address").port()
    }

    /// Acts if that is possible already: who has no request yet cannot answer it.
    pub fn act(&mut self, action: &Action) -> bool {
        self.read();
        if !self.has_sent && !self.received.ends_with(b"\r\n\r\n") && !self.saw_end {
            return false;
        }
        let Some(stream) = &mut self.stream else {
            return false;
        };
        // Whoever sends to somebody who has gone gets an error, and that is all.
        match action {
            Action::Send(bytes) => {
                self.has_sent = true;
                stream.set_nonblocking(false).expect("a stream that blocks");
                let _ = stream.write_all(&answer(&bytes.0, &self.received));
                stream
                    .set_nonblocking(true)
                    .expect("a stream that does not block");
            }
            Action::Fin => {
                let _ = stream.shutdown(Shutdown::Write);
            }
            Action::Reset => {
                let linger = Some(std::time::Duration::ZERO);
                socket2::SockRef::from(&*stream)
                    .set_linger(linger)
                    .expect("a linger time");
                self.stream = None;
                self.saw_end = true;
            }
        }
        true
    }

    /// Whether the client is gone, or never came.
    pub fn is_alone(&self) -> bool {
        self.saw_end || self.stream.is_none()
    }

    /// Takes what has arrived; `true` if that was anything.
    pub fn read(&mut self) -> bool {
        if self.stream.is_none() && !self.saw_end {
            self.stream = self.listener.accept().ok().map(|(stream, _)| stream);
        }
        let Some(stream) = &mut self.stream else {
            return false;
        };
        stream
            .set_nonblocking(true)
            .expect("a stream that does not block");
        let before = (self.received.len(), self.saw_end);
        match stream.read_to_end(&mut self.received) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Ok(_) | Err(_) => self.saw_end = true,
        }
        before != (self.received.len(), self.saw_end)
    }
}

/// Puts the accept key where it belongs.
fn answer(bytes: &[u8], request: &[u8]) -> Vec<u8> {
    let place = bytes
        .windows(ACCEPT.len())
        .position(|bytes| bytes == ACCEPT.as_bytes());
    let Some(place) = place else {
        return bytes.to_vec();
    };
    let key = accept_key(&String::from_utf8_lossy(request));
    let rest = answer(&bytes[place + ACCEPT.len()..], request);
    [&bytes[..place], key.as_bytes(), &rest].concat()
}

/// A port on which nobody listens.
pub fn refusing_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a port")
        .port()
}

/// A port whose connections nobody accepts, not even the system: the queue is full.
pub struct SilentPort {
    listener: Socket,
    _queue: Vec<Socket>,
}

impl SilentPort {
    pub fn new() -> Self {
        let socket = || Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        let listener = socket();
        let any: SocketAddr = ([127, 0, 0, 1], 0).into();
        listener.bind(&any.into()).expect("a port");
        listener.listen(0).expect("a listener");
        let address: SockAddr = listener.local_addr().expect("an address");
        let queue = (0..4).map(|_| {
            let client = socket();
            client
                .set_nonblocking(true)
                .expect("a socket that does not block");
            let _ = client.connect(&address);
            client
        });
        let _queue = queue.collect();
        Self { listener, _queue }
    }

    pub fn port(&self) -> u16 {
        let address = self.listener.local_addr().expect("an address");
        address
            .as_socket()
            .expect("an address of the internet")
            .port()
    }
}
