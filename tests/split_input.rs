//! TCP may cut what a peer says anywhere. Here the peer itself cuts it, some twenty times, and waits before each piece
//! until the one before it was read: the same comes of it as of everything at once.
//!
//! Every single position is tried one layer below, where no network is needed: in the tests of `protocol` and
//! `handshake`.

mod support;

use std::cell::RefCell;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::rc::Rc;
use std::time::Instant;

use qwebsocket::{EventLoop, HostAddress, SocketState, SslMode, WebSocket, WebSocketServer};
use support::frames::*;
use support::pair::predictable_client;
use support::raw_peer::accepting;
use support::transcript::Recorder;
use support::{PATIENCE, run_until, settle};

const CUTS: usize = 20;

#[test]
fn a_client_hears_the_same_in_pieces() {
    for sequence in sequences() {
        let frames = sequence.bytes(None);
        let answer = |request: &str| (accepting(request), frames.clone());
        let whole = client_hears(answer, 0);
        assert_eq!(data_of(&whole.lines), sequence.heard, "{}", sequence.name);
        assert!(whole.end.starts_with(sequence.end), "{}", whole.end);
        assert_eq!(client_hears(answer, CUTS), whole, "{}", sequence.name);
    }
}

#[test]
fn an_accepted_socket_hears_the_same_in_pieces() {
    for sequence in sequences() {
        let frames = sequence.bytes(Some(MASK));
        let whole = server_hears(REQUEST, &frames, 0);
        assert_eq!(data_of(&whole.lines), sequence.heard, "{}", sequence.name);
        assert!(whole.end.starts_with(sequence.end), "{}", whole.end);
        assert_eq!(
            server_hears(REQUEST, &frames, CUTS),
            whole,
            "{}",
            sequence.name
        );
    }
}

#[test]
fn a_client_refuses_an_answer_in_pieces_for_the_same_reason() {
    let answers: [fn(&str) -> String; 4] = [
        |_| "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone".into(),
        |request| accepting(request).replace("Accept: ", "Accept: x"),
        |request| accepting(request).replace("websocket", "h2c"),
        |request| accepting(request).replace("\r\n", "\n"),
    ];
    for answer in answers {
        let whole = client_hears(|request| (answer(request), Vec::new()), 0);
        assert!(
            whole.end.starts_with("1006 \"\" ConnectionRefused"),
            "{}",
            whole.end
        );
        let pieces = client_hears(|request| (answer(request), Vec::new()), CUTS);
        assert_eq!(pieces, whole);
    }
}

#[test]
fn a_server_refuses_a_request_in_pieces_with_the_same_status() {
    for (status, request) in [
        ("405", REQUEST.replace("GET", "POST")),
        ("426", REQUEST.replace("Version: 13", "Version: 8")),
        (
            "400",
            REQUEST.replace("Connection: Upgrade", "Connection: close"),
        ),
        ("505", REQUEST.replace("HTTP/1.1", "HTTP/1.0")),
    ] {
        let whole = server_hears(&request, &[], 0);
        let answer = String::from_utf8_lossy(&whole.wire);
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{answer}"
        );
        assert_eq!(server_hears(&request, &[], CUTS), whole);
    }
}

const REQUEST: &str = "GET /chat HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                       Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/// What a peer sends after the handshake, and what comes of it.
struct Sequence {
    name: &'static str,
    frames: Vec<Sent>,
    /// The lines of the transcript that tell of frames, messages and pongs.
    heard: Vec<&'static str>,
    /// Close code, error and error text as [`Outcome::end`] shows them.
    end: &'static str,
}

enum Sent {
    Frame(u8, Vec<u8>),
    /// A header that announces a length in a form of its own choice.
    Header(u8, Vec<u8>),
    /// A frame masked as it must not be.
    WronglyMasked(Vec<u8>),
}

impl Sequence {
    fn bytes(&self, mask: Option<[u8; 4]>) -> Vec<u8> {
        let wrong = if mask.is_some() { None } else { Some(MASK) };
        let mut bytes = Vec::new();
        for sent in &self.frames {
            match sent {
                Sent::Frame(first, payload) => bytes.extend(raw_frame(*first, mask, payload)),
                Sent::WronglyMasked(payload) => bytes.extend(raw_frame(0x81, wrong, payload)),
                Sent::Header(first, length) => {
                    let mut header = [&[*first], &length[..]].concat();
                    if let Some(key) = mask {
                        header[1] |= 0x80;
                        header.extend(key);
                    }
                    bytes.extend(header);
                }
            }
        }
        bytes
    }
}

fn sequences() -> Vec<Sequence> {
    let mut all = conversations();
    all.extend(violations());
    all
}

fn conversations() -> Vec<Sequence> {
    let sequence = |name, frames: &[(u8, &[u8])], heard: &[&'static str], end| Sequence {
        name,
        frames: frames
            .iter()
            .map(|(first, payload)| Sent::Frame(*first, payload.to_vec()))
            .collect(),
        heard: heard.to_vec(),
        end,
    };
    let bye = close_payload(1000, "bye");
    vec![
        sequence(
            "whole messages",
            &[
                (0x81, b"Hello"),
                (0x82, &[1, 2, 255]),
                (0x81, b""),
                (0x81, "\u{1F600}\u{20AC}".as_bytes()),
                (0x88, &bye),
            ],
            &[
                "text_frame_received(\"Hello\", true)",
                "text_message_received(\"Hello\")",
                "binary_frame_received([1, 2, 255], true)",
                "binary_message_received([1, 2, 255])",
                "text_frame_received(\"\", true)",
                "text_message_received(\"\")",
                "text_frame_received(\"😀€\", true)",
                "text_message_received(\"😀€\")",
            ],
            "1000 \"bye\"",
        ),
        sequence(
            "fragments with a ping in between and a character in two of them",
            &[
                (0x01, b"Hel"),
                (0x89, b"there?"),
                (0x00, b"lo \xF0\x9F"),
                (0x80, b"\x98\x80"),
                (0x02, &[1]),
                (0x80, &[]),
                (0x88, &bye),
            ],
            &[
                "text_frame_received(\"Hel\", false)",
                "text_frame_received(\"lo \", false)",
                "text_frame_received(\"😀\", true)",
                "text_message_received(\"Hello 😀\")",
                "binary_frame_received([1], false)",
                "binary_frame_received([], true)",
                "binary_message_received([1])",
            ],
            "1000 \"bye\"",
        ),
        sequence(
            "every form of a length",
            &[
                (0x82, &[7; 126]),
                (0x81, "\u{E9}".repeat(35_000).as_bytes()),
                (0x88, &bye),
            ],
            &[
                "binary_frame_received(126 bytes, true)",
                "binary_message_received(126 bytes)",
                "text_frame_received(70000 bytes, true)",
                "text_message_received(70000 bytes)",
            ],
            "1000 \"bye\"",
        ),
        sequence(
            "control frames alone",
            &[
                (0x89, &[b'p'; 125]),
                (0x8A, b"late"),
                (0x89, b""),
                (0x88, b""),
            ],
            &["pong(0, \"late\")"],
            "1005 \"\"",
        ),
    ]
}

fn violations() -> Vec<Sequence> {
    let in_64_bits = |length: u64| [&[127][..], &length.to_be_bytes()].concat();
    let frame = |first, payload: &[u8]| Sent::Frame(first, payload.to_vec());
    let cases = [
        ("reserved bits", frame(0xC1, b"x"), "1002"),
        ("a reserved opcode", frame(0x83, b"x"), "1002"),
        ("a fragmented ping", frame(0x09, b"x"), "1002"),
        ("a long ping", frame(0x89, &[0; 126]), "1002"),
        (
            "16 bits for 125",
            Sent::Header(0x82, vec![126, 0, 125]),
            "1002",
        ),
        (
            "64 bits for 65535",
            Sent::Header(0x82, in_64_bits(65_535)),
            "1002",
        ),
        (
            "a length of 64 bits",
            Sent::Header(0x82, in_64_bits(1 << 63)),
            "1002",
        ),
        (
            "too long a frame",
            Sent::Header(0x82, in_64_bits((16 << 20) + 1)),
            "1009",
        ),
        ("nothing to continue", frame(0x80, b"x"), "1002"),
        ("a wrong mask", Sent::WronglyMasked(b"x".to_vec()), "1002"),
        ("text that is none", frame(0x81, b"good \xFF bad"), "1007"),
        (
            "text that ends in a character",
            frame(0x81, b"cut \xE2\x82"),
            "1007",
        ),
        ("half a close code", frame(0x88, &[3]), "1002"),
        ("a close code of nobody", frame(0x88, &[3, 0xED]), "1002"),
        (
            "a close reason that is no text",
            frame(0x88, &[3, 0xE8, 0xC0]),
            "1007",
        ),
    ];
    let sequence = |(name, wrong, end)| Sequence {
        name,
        frames: vec![frame(0x81, b"before"), wrong, frame(0x81, b"too late")],
        heard: vec![
            "text_frame_received(\"before\", true)",
            "text_message_received(\"before\")",
        ],
        end,
    };
    cases.into_iter().map(sequence).collect()
}

/// All that came of what a peer said.
#[derive(Debug, PartialEq)]
struct Outcome {
    /// The transcript of the socket's signals.
    lines: Vec<String>,
    /// The bytes our end sent.
    wire: Vec<u8>,
    end: String,
}

/// Without what tells of the connection.
fn data_of(lines: &[String]) -> Vec<&str> {
    lines
        .iter()
        .map(|line| line.split(" {").next().unwrap_or(line).trim_end())
        .filter(|line| line.contains("_received(") || line.starts_with("pong("))
        .collect()
}

fn end_of(socket: &WebSocket) -> String {
    format!(
        "{} {:?} {:?} {:?}",
        socket.close_code(),
        socket.close_reason(),
        socket.error(),
        socket.error_string()
    )
}

/// What a client makes of an answer and the frames behind it, each cut into pieces.
fn client_hears(answer: impl Fn(&str) -> (String, Vec<u8>), cuts: usize) -> Outcome {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let socket = predictable_client();
    let recorder = Recorder::new(&socket);
    socket.open(format!("ws://{address}"));
    settle();
    let mut peer = Peer::new(listener.accept().expect("the client").0);
    run_until(|| peer.heard().ends_with(b"\r\n\r\n"));
    let request = String::from_utf8(std::mem::take(&mut peer.heard)).expect("a head is text");
    let (head, frames) = answer(&request);
    peer.say(&[head.as_bytes(), &frames], cuts);
    peer.finish();
    run_until(|| socket.state() == SocketState::Unconnected);
    Outcome {
        lines: recorder.lines(),
        wire: peer.heard,
        end: end_of(&socket),
    }
}

/// What a server, and the socket it may accept, make of a request and the frames behind it.
fn server_hears(request: &str, frames: &[u8], cuts: usize) -> Outcome {
    let server = WebSocketServer::new("", SslMode::NonSecure);
    assert!(server.listen(HostAddress::LOCAL_HOST, 0));
    let accepted = Rc::new(RefCell::new(None));
    server.new_connection.connect_to(&accepted, {
        let server = Rc::downgrade(&server);
        move |accepted| {
            let server = server.upgrade().expect("it emits");
            let socket = server.next_pending_connection().expect("a connection");
            let recorder = Recorder::new(&socket);
            *accepted.borrow_mut() = Some((socket, recorder));
        }
    });
    let stream = TcpStream::connect(("127.0.0.1", server.server_port())).expect("a connection");
    let mut peer = Peer::new(stream);
    peer.say(&[request.as_bytes(), frames], cuts);
    peer.finish();
    let accepted = accepted.borrow_mut().take();
    let (lines, end) = accepted.map_or_else(Default::default, |(socket, recorder)| {
        run_until(|| socket.state() == SocketState::Unconnected);
        (recorder.lines(), end_of(&socket))
    });
    Outcome {
        lines,
        wire: peer.heard,
        end,
    }
}

/// The peer's end of a connection, on the same thread as ours.
struct Peer {
    stream: TcpStream,
    heard: Vec<u8>,
    ended: bool,
}

impl Peer {
    fn new(stream: TcpStream) -> Self {
        stream.set_nonblocking(true).expect("it can be set");
        stream.set_nodelay(true).expect("it can be set");
        Self {
            stream,
            heard: Vec::new(),
            ended: false,
        }
    }

    /// Sends everything at once, or cuts each part so often and waits after each piece until it was read.
    fn say(&mut self, parts: &[&[u8]], cuts: usize) {
        if cuts == 0 {
            return self.send(&parts.concat());
        }
        for part in parts {
            let mut start = 0;
            for end in (1..=cuts + 1).map(|n| part.len() * n / (cuts + 1)) {
                if end > start {
                    quiet();
                    self.hear();
                    self.send(&part[start..end]);
                    if !self.ended {
                        self.wait_until_read();
                    }
                }
                start = end;
            }
        }
    }

    /// Sends until all is out or our end is gone.
    fn send(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            match self.stream.write(bytes) {
                Ok(count) => bytes = &bytes[count..],
                Err(error) if error.kind() == ErrorKind::WouldBlock => settle(),
                Err(_) => return,
            }
        }
    }

    /// Says the end and hears the rest.
    fn finish(&mut self) {
        let _ = self.stream.shutdown(Shutdown::Write); // there may be nothing left to shut down
        run_until(|| {
            self.hear();
            self.ended
        });
    }

    fn heard(&mut self) -> &[u8] {
        self.hear();
        &self.heard
    }

    fn hear(&mut self) {
        let mut bytes = [0; 4096];
        while !self.ended {
            match self.stream.read(&mut bytes) {
                Ok(0) => self.ended = true,
                Ok(count) => self.heard.extend(&bytes[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(_) => self.ended = true,
            }
        }
    }

    /// Runs our loop until it has read what was sent.
    ///
    /// It was quiet before, so what wakes it is that piece, and one turn reads until nothing is left. An end that
    /// closed is not woken any more.
    fn wait_until_read(&mut self) {
        let start = Instant::now();
        let _ = EventLoop::new().wait_for_events(Some(PATIENCE));
        self.hear();
        assert!(start.elapsed() < PATIENCE || self.ended, "nobody read it");
    }
}

/// Runs our loop until it has nothing to do: the first turns may register what makes edges of its own.
fn quiet() {
    for _ in 0..4 {
        settle();
    }
}
