//! A peer on a thread of its own that follows a script: it sends bytes and expects bytes.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread::JoinHandle;

use super::PATIENCE;
use super::frames::CLOSE;

/// What a peer does with one connection.
pub type Script = Box<dyn FnOnce(&mut Wire) + Send>;

/// A server that serves its connections by scripts.
#[must_use = "join it, so that its expectations count"]
pub struct RawPeer {
    address: SocketAddr,
    thread: JoinHandle<()>,
}

impl RawPeer {
    /// Accepts one connection and lets `script` handle it. When the script returns, the connection is closed.
    pub fn new(script: impl FnOnce(&mut Wire) + Send + 'static) -> Self {
        Self::in_turn([Box::new(script) as Script])
    }

    /// Accepts one connection after the other, each when the script before has returned.
    pub fn in_turn(scripts: impl IntoIterator<Item = Script>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        Self::behind(listener, scripts)
    }

    /// The same for a listener that is there already.
    pub fn behind(listener: TcpListener, scripts: impl IntoIterator<Item = Script>) -> Self {
        let address = listener.local_addr().expect("an address");
        // What this bounds is `accept`.
        socket2::SockRef::from(&listener)
            .set_read_timeout(Some(PATIENCE))
            .expect("a timeout");
        let scripts: Vec<Script> = scripts.into_iter().collect();
        let thread = std::thread::spawn(move || {
            for script in scripts {
                let (stream, _) = listener.accept().expect("a connection");
                script(&mut Wire::new(stream));
            }
        });
        Self { address, thread }
    }

    pub fn url(&self) -> String {
        format!("ws://{}", self.address)
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// A connection to it, so that it has served one.
    pub fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).expect("a connection")
    }

    /// Waits for the script to end, and fails if it failed.
    pub fn join(self) {
        if let Err(panic) = self.thread.join() {
            std::panic::resume_unwind(panic);
        }
    }
}

/// A client that follows a script, against a server of ours.
pub fn raw_client(port: u16, script: impl FnOnce(&mut Wire) + Send + 'static) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let stream = TcpStream::connect(("127.0.0.1", port)).expect("a connection");
        script(&mut Wire::new(stream));
    })
}

/// The peer's end of the connection.
pub struct Wire {
    stream: TcpStream,
    unread: Vec<u8>,
    received: u64,
}

/// What the peer got: the first byte as it was on the wire, the payload unmasked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    pub first: u8,
    pub masked: bool,
    pub payload: Vec<u8>,
}

impl Wire {
    fn new(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream.set_write_timeout(Some(PATIENCE)).expect("a timeout");
        stream.set_nodelay(true).expect("no delay");
        Self {
            stream,
            unread: Vec::new(),
            received: 0,
        }
    }

    /// How many bytes came in so far, looked at or not.
    pub fn received(&self) -> u64 {
        self.received
    }

    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }

    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream
            .write_all(bytes.as_ref())
            .expect("the other end takes the bytes");
    }

    /// Reads an HTTP head, blank line included.
    pub fn read_head(&mut self) -> String {
        loop {
            if let Some(end) = self
                .unread
                .windows(4)
                .position(|bytes| bytes == b"\r\n\r\n")
            {
                let head = self.unread.drain(..end + 4).collect();
                return String::from_utf8(head).expect("a head is text");
            }
            assert!(self.read_more(), "the connection ended inside a head");
        }
    }

    /// Accepts the client's upgrade; gives its request.
    pub fn accept_upgrade(&mut self) -> String {
        let request = self.read_head();
        let answer = accepting(&request);
        self.send(answer);
        request
    }

    /// Upgrades a connection to a server of ours; gives its answer.
    pub fn upgrade(&mut self) -> String {
        self.send(
            "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
        );
        let answer = self.read_head();
        assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
        answer
    }

    #[track_caller]
    pub fn expect(&mut self, expected: impl AsRef<[u8]>) {
        let expected = expected.as_ref();
        let got = self.take(expected.len());
        assert_eq!(got, expected);
    }

    /// Reads exactly so many bytes.
    #[track_caller]
    pub fn take(&mut self, count: usize) -> Vec<u8> {
        while self.unread.len() < count {
            assert!(
                self.read_more(),
                "the connection ended after {} of {count} bytes: {:?}..",
                self.unread.len(),
                &self.unread[..self.unread.len().min(64)]
            );
        }
        self.unread.drain(..count).collect()
    }

    #[track_caller]
    pub fn read_frame(&mut self) -> Frame {
        let head = self.take(2);
        let length = match head[1] & 0x7F {
            126 => u16::from_be_bytes(self.take(2).try_into().expect("two bytes")) as usize,
            127 => u64::from_be_bytes(self.take(8).try_into().expect("eight bytes")) as usize,
            short => short as usize,
        };
        let masked = head[1] & 0x80 != 0;
        let key = if masked { self.take(4) } else { vec![0; 4] };
        let mut payload = self.take(length);
        payload
            .iter_mut()
            .zip(key.iter().cycle())
            .for_each(|(byte, key)| *byte ^= key);
        Frame {
            first: head[0],
            masked,
            payload,
        }
    }

    /// Expects a final frame.
    #[track_caller]
    pub fn expect_frame(&mut self, opcode: u8, payload: impl AsRef<[u8]>) {
        let frame = self.read_frame();
        assert_eq!(
            (frame.first, String::from_utf8_lossy(&frame.payload)),
            (0x80 | opcode, String::from_utf8_lossy(payload.as_ref()))
        );
    }

    #[track_caller]
    pub fn expect_close(&mut self, code: u16, reason: &str) {
        self.expect_frame(CLOSE, super::frames::close_payload(code, reason));
    }

    /// Reads until the end of the stream. A reset counts as an end.
    pub fn read_rest(&mut self) -> Vec<u8> {
        while self.read_more() {}
        std::mem::take(&mut self.unread)
    }

    /// Expects the end of the stream, and no byte before it. A reset counts as an end.
    #[track_caller]
    pub fn expect_end(&mut self) {
        while self.read_more() {}
        assert!(
            self.unread.is_empty(),
            "unexpected bytes: {:?}",
            self.unread
        );
    }

    /// Expects the end of the stream by a FIN, and nothing before it.
    #[track_caller]
    pub fn expect_fin(&mut self) {
        assert_eq!(self.unread, [0; 0], "unexpected bytes");
        let mut byte = [0];
        let end = self.stream.read(&mut byte);
        assert!(matches!(end, Ok(0)), "{end:?}");
    }

    /// Ends our direction; the other one stays open.
    pub fn fin(&mut self) {
        self.stream.shutdown(Shutdown::Write).expect("still open");
    }

    /// Ends the connection with a reset.
    pub fn reset(&mut self) {
        socket2::SockRef::from(&self.stream)
            .set_linger(Some(std::time::Duration::ZERO))
            .expect("a linger time");
        // The descriptor must close for the reset to go out: exchange it for one that leads nowhere.
        let nowhere = TcpListener::bind("127.0.0.1:0").expect("a port");
        let other =
            TcpStream::connect(nowhere.local_addr().expect("an address")).expect("loopback");
        drop(std::mem::replace(&mut self.stream, other));
    }

    /// `false` at the end of the stream.
    fn read_more(&mut self) -> bool {
        let mut bytes = [0; 64 * 1024];
        match self.stream.read(&mut bytes) {
            Ok(0) => false,
            Ok(count) => {
                self.unread.extend(&bytes[..count]);
                self.received += count as u64;
                true
            }
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => false,
            Err(error) => panic!("the peer waited in vain: {error}"),
        }
    }
}

/// The answer that accepts an upgrade request.
pub fn accepting(request: &str) -> String {
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {}\r\n\r\n",
        accept_key(request)
    )
}

/// The value of `Sec-WebSocket-Accept` for a request.
pub fn accept_key(request: &str) -> String {
    use base64::Engine;
    use sha1::{Digest, Sha1};
    let key = header(request, "Sec-WebSocket-Key").expect("a key in the request");
    let digest = Sha1::digest(format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
    base64::engine::general_purpose::STANDARD.encode(digest)
}

/// The value of a header in a head.
pub fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .filter_map(|line| line.split_once(": "))
        .find_map(|(other, value)| other.eq_ignore_ascii_case(name).then_some(value))
}
