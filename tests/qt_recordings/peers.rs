//! The peers of a scenario: they act on the thread of the test, when the player says so.

use std::cell::Cell;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::rc::Rc;

use socket2::{Domain, SockAddr, Socket, Type};

use crate::proxies::ProxyEnd;
use crate::support::raw_peer::accept_key;
use crate::tls::TlsPeer;
use crate::transcript::{ACCEPT, Action};
use crate::wire::{WireLog, requests};

/// One peer, which serves one connection.
pub struct Peer {
    pub listener: Rc<TcpListener>,
    /// Its connection has come.
    has_come: Rc<Cell<bool>>,
    /// The connection of another peer that comes first.
    before: Option<Rc<Cell<bool>>>,
    stream: Option<TcpStream>,
    pub tls: Option<Box<dyn TlsPeer>>,
    /// The request must come before the answer.
    waits_for_request: bool,
    /// Without what TLS added, if the peer speaks that.
    pub received: Vec<u8>,
    /// The client ended the connection.
    pub saw_end: bool,
    /// How many answers it gave.
    answers: usize,
    /// It is a proxy.
    pub proxy: Option<ProxyEnd>,
}

impl Peer {
    pub fn new(listener: Rc<TcpListener>, tls: Option<Box<dyn TlsPeer>>, is_secure: bool) -> Self {
        listener
            .set_nonblocking(true)
            .expect("a listener that does not block");
        Self {
            listener,
            has_come: Rc::default(),
            before: None,
            stream: None,
            waits_for_request: tls.is_some() || !is_secure,
            tls,
            received: Vec::new(),
            saw_end: false,
            answers: 0,
            proxy: None,
        }
    }

    /// The peer that serves the connection after this one's.
    pub fn next(&self) -> Self {
        Self {
            before: Some(self.has_come.clone()),
            ..Self::new(self.listener.clone(), None, false)
        }
    }

    pub fn port(&self) -> u16 {
        self.listener.local_addr().expect("an address").port()
    }

    /// Acts if that is possible already: who has no request yet cannot answer it.
    pub fn act(&mut self, action: &Action) -> bool {
        self.read();
        if let Some(proxy) = self.proxy.as_mut().filter(|proxy| !proxy.has_tunnel) {
            if !proxy.may_answer(&self.received) {
                return false;
            }
            proxy.answer(&mut self.received, action);
            match action {
                Action::Send(bytes) => self.write(&bytes.0),
                _ => self.fin(),
            }
            return true;
        }
        let may_speak = match self.waits_for_request {
            true => self.received.ends_with(b"\r\n\r\n"),
            false => !self.received.is_empty(),
        };
        let is_answer = matches!(action, Action::Send(bytes) if bytes.0.starts_with(b"HTTP"));
        let is_early = match self.answers {
            0 => !may_speak,
            answers => is_answer && requests(&self.received).len() <= answers,
        };
        if is_early && !self.saw_end {
            return false;
        }
        if self.stream.is_none() {
            return false;
        }
        match action {
            // There is nobody left to answer.
            Action::Send(_) if !may_speak && self.answers == 0 => {}
            Action::Send(bytes) => {
                self.answers += usize::from(is_answer || self.answers == 0);
                self.send(&answer(&bytes.0, &self.received));
            }
            Action::CloseNotify => {
                let tls = self.tls.as_mut().expect("a peer that speaks TLS");
                tls.send_close_notify();
                self.send_ciphertext();
            }
            Action::Fin => self.fin(),
            Action::Reset => {
                let stream = self.stream.take().expect("the stream just seen");
                let linger = Some(std::time::Duration::ZERO);
                socket2::SockRef::from(&stream)
                    .set_linger(linger)
                    .expect("a linger time");
                self.saw_end = true;
            }
        }
        true
    }

    fn send(&mut self, bytes: &[u8]) {
        match &mut self.tls {
            Some(tls) => {
                tls.send(bytes);
                self.send_ciphertext();
            }
            None => self.write(bytes),
        }
    }

    fn send_ciphertext(&mut self) {
        let outgoing = self.tls.as_mut().map(|tls| tls.take_outgoing());
        if let Some(outgoing) = outgoing.filter(|outgoing| !outgoing.is_empty()) {
            self.write(&outgoing);
        }
    }

    /// Whoever sends to somebody who has gone gets an error, and that is all.
    fn write(&mut self, bytes: &[u8]) {
        let Some(stream) = &mut self.stream else {
            return;
        };
        stream.set_nonblocking(false).expect("a stream that blocks");
        let _ = stream.write_all(bytes);
        stream
            .set_nonblocking(true)
            .expect("a stream that does not block");
    }

    fn fin(&mut self) {
        if let Some(stream) = &self.stream {
            let _ = stream.shutdown(Shutdown::Write);
        }
    }

    /// Whether the client is gone, or never came.
    pub fn is_alone(&self) -> bool {
        self.saw_end || self.stream.is_none()
    }

    fn accept(&self) -> Option<TcpStream> {
        if self.before.as_ref().is_some_and(|before| !before.get()) {
            return None;
        }
        let (stream, _) = self.listener.accept().ok()?;
        self.has_come.set(true);
        Some(stream)
    }

    /// Takes what has arrived; `true` if that was anything.
    pub fn read(&mut self) -> bool {
        if self.stream.is_none() && !self.saw_end {
            self.stream = self.accept();
        }
        let Some(stream) = &mut self.stream else {
            return false;
        };
        stream
            .set_nonblocking(true)
            .expect("a stream that does not block");
        let (mut bytes, saw_end) = (Vec::new(), self.saw_end);
        match stream.read_to_end(&mut bytes) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Ok(_) | Err(_) => self.saw_end = true,
        }
        let has_tunnel = self.proxy.as_ref().is_none_or(|proxy| proxy.has_tunnel);
        match self.tls.as_mut().filter(|_| has_tunnel) {
            Some(tls) => {
                tls.receive(&bytes, &mut self.received);
                if self.saw_end {
                    tls.end_of_stream();
                }
                let has_failed = tls.has_failed();
                self.send_ciphertext();
                if has_failed {
                    self.fin();
                }
            }
            None => self.received.extend_from_slice(&bytes),
        }
        !bytes.is_empty() || saw_end != self.saw_end
    }

    pub fn wire(&self) -> WireLog {
        WireLog {
            tls: self.tls.as_ref().map(|tls| tls.account()),
            ..WireLog::of(&self.received, self.port())
        }
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
