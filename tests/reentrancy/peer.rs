//! Peers that live on the test's own thread and move on between the turns of the loop, so that a cell costs no thread
//! and the whole matrix some seconds. What they receive they check against the rules of the protocol.

use std::net::TcpStream;

use rustls::Connection;

use super::frames::*;
use super::wire::{Look, Wire};

/// Which end of a connection is under test, or plays the peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Client,
    Server,
}

/// What a peer does.
#[derive(Clone, Debug)]
pub struct Script {
    pub answer: Answer,
    /// Sent right behind the opening handshake.
    pub greeting: Vec<u8>,
    /// The greeting holds a close frame.
    pub closes: bool,
    /// Ends its direction behind the greeting.
    pub says_fin: bool,
    /// Answers close frames and pings.
    pub is_polite: bool,
}

/// How a server's peer takes the upgrade request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Accept,
    NotFound,
    /// Asks who the client is, and accepts whatever it says.
    Ask,
    /// The same, but on another connection.
    AskAndFin,
    /// Asks again and again.
    AskInVain,
    Silence,
    Fin,
}

/// The script for whoever asks for `/second`.
pub fn second_script() -> Script {
    Script {
        answer: Answer::Accept,
        greeting: [frame(TEXT, b"again"), close(1000, "enough")].concat(),
        closes: true,
        says_fin: false,
        is_polite: true,
    }
}

pub struct Peer {
    end: End,
    wire: Option<Wire>,
    script: Script,
    inbox: Vec<u8>,
    outbox: Vec<u8>,
    is_open: bool,
    has_sent_close: bool,
    has_said_fin: bool,
    owes_fin: bool,
    has_seen_close: bool,
    unfinished: bool,
    /// The payloads of the data frames that came.
    pub frames: Vec<Vec<u8>>,
    pub complaints: Vec<String>,
}

impl Peer {
    /// The server's end of a connection.
    pub fn server(tcp: TcpStream, tls: Option<Connection>, script: Script) -> Self {
        Self::new(End::Server, tcp, tls, script)
    }

    /// The client's end of a connection, which asks for the upgrade.
    pub fn client(tcp: TcpStream, tls: Option<Connection>, script: Script) -> Self {
        let mut peer = Self::new(End::Client, tcp, tls, script);
        peer.outbox.extend(
            b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
              Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
        );
        peer
    }

    fn new(end: End, tcp: TcpStream, tls: Option<Connection>, script: Script) -> Self {
        Self {
            end,
            wire: Some(Wire::new(tcp, tls)),
            script,
            inbox: Vec::new(),
            outbox: Vec::new(),
            is_open: false,
            has_sent_close: false,
            has_said_fin: false,
            owes_fin: false,
            has_seen_close: false,
            unfinished: false,
            frames: Vec::new(),
            complaints: Vec::new(),
        }
    }

    /// Whether its connection is over.
    pub fn has_ended(&self) -> bool {
        self.wire.is_none()
    }

    /// Ends the connection with a reset.
    pub fn reset(&mut self) {
        if let Some(wire) = self.wire.take() {
            wire.reset();
        }
    }

    /// Sends something, and then the end of its direction.
    pub fn fin(&mut self) {
        if self.is_open && !self.has_sent_close {
            self.send(PING, b"last words");
        }
        self.owes_fin = true;
    }

    /// Reads, answers and writes as far as possible without waiting; `true` if anything happened.
    pub fn drive(&mut self) -> bool {
        let Some(mut wire) = self.wire.take() else {
            return false;
        };
        let read = wire.read(&mut self.inbox);
        self.answer();
        let wrote = wire.write(&mut self.outbox);
        if self.owes_fin && self.outbox.is_empty() && !self.has_said_fin {
            self.has_said_fin = true;
            wire.fin();
        }
        if read != Look::End && wrote != Look::End {
            self.wire = Some(wire);
        }
        read != Look::Nothing || wrote != Look::Nothing
    }

    fn answer(&mut self) {
        if !self.is_open {
            let Some(end) = self.inbox.windows(4).position(|four| four == b"\r\n\r\n") else {
                return;
            };
            let head: Vec<u8> = self.inbox.drain(..end + 4).collect();
            self.on_head(&String::from_utf8(head).expect("a head is text"));
            if !self.is_open {
                return;
            }
        }
        while let Some((first, was_masked, payload)) = take_frame(&mut self.inbox) {
            self.on_frame(first, was_masked, payload);
        }
    }

    fn on_head(&mut self, head: &str) {
        if head.starts_with("GET /second ") {
            self.script = second_script();
        }
        let is_to_proxy = head.starts_with("CONNECT ");
        match (self.end, self.script.answer) {
            (End::Client, _) if !head.starts_with("HTTP/1.1 101 ") => {
                self.complaints.push(format!("refused: {head}"));
            }
            (End::Client, _) => self.open(),
            (End::Server, Answer::Ask | Answer::AskAndFin | Answer::AskInVain)
                if self.script.answer == Answer::AskInVain || !head.contains("Authorization") =>
            {
                let asks = match is_to_proxy {
                    true => {
                        "HTTP/1.1 407 Who?\r\nProxy-Authenticate: Basic\r\nContent-Length: 4\r\n"
                    }
                    false => {
                        "HTTP/1.1 401 Who?\r\nWWW-Authenticate: Basic\r\nContent-Length: 4\r\n"
                    }
                };
                self.owes_fin = self.script.answer == Answer::AskAndFin;
                let close = if self.owes_fin {
                    "Connection: close\r\n"
                } else {
                    ""
                };
                self.outbox
                    .extend(format!("{asks}{close}\r\nwho?").into_bytes());
            }
            (End::Server, Answer::Accept | Answer::Ask | Answer::AskAndFin) if is_to_proxy => {
                self.outbox.extend(b"HTTP/1.1 200 OK\r\n\r\n");
            }
            (End::Server, Answer::Accept | Answer::Ask | Answer::AskAndFin | Answer::AskInVain) => {
                self.outbox.extend(accepting(head).into_bytes());
                self.open();
            }
            (End::Server, Answer::NotFound) => {
                self.outbox
                    .extend(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
                self.owes_fin = true;
            }
            (End::Server, Answer::Fin) => self.owes_fin = true,
            (End::Server, Answer::Silence) => {}
        }
    }

    fn open(&mut self) {
        self.is_open = true;
        let greeting = std::mem::take(&mut self.script.greeting);
        self.outbox.extend(greeting);
        self.has_sent_close = self.script.closes;
        self.owes_fin = self.script.says_fin;
    }

    fn on_frame(&mut self, first: u8, was_masked: bool, payload: Vec<u8>) {
        if self.has_seen_close {
            self.complaints
                .push(format!("frame {first:#x} behind the close frame"));
        }
        if was_masked != (self.end == End::Server) {
            self.complaints
                .push(format!("frame {first:#x} has the wrong mask bit"));
        }
        match first & 0xF {
            CLOSE => self.on_close(&payload),
            PING if self.script.is_polite && !self.has_sent_close => {
                self.send(PONG, &payload);
            }
            PING | PONG => {}
            opcode @ (CONTINUATION | TEXT | BINARY) => {
                if (opcode == CONTINUATION) != self.unfinished {
                    self.complaints
                        .push(format!("frame {first:#x} out of place"));
                }
                self.unfinished = first & 0x80 == 0;
                self.frames.push(payload);
            }
            _ => self.complaints.push(format!("frame {first:#x}")),
        }
    }

    fn on_close(&mut self, payload: &[u8]) {
        self.has_seen_close = true;
        if self.script.is_polite && !self.has_sent_close && !self.has_said_fin {
            self.has_sent_close = true;
            self.send(CLOSE, payload);
        }
        // The server ends TCP first; the client waits for that.
        self.owes_fin |= self.script.is_polite && self.end == End::Server;
    }

    fn send(&mut self, opcode: u8, payload: &[u8]) {
        if self.has_said_fin {
            return;
        }
        self.outbox.extend(match self.end {
            End::Server => frame(opcode, payload),
            End::Client => masked(opcode, payload),
        });
    }
}

/// Takes a whole frame off the front.
fn take_frame(bytes: &mut Vec<u8>) -> Option<(u8, bool, Vec<u8>)> {
    let (&first, &second) = (bytes.first()?, bytes.get(1)?);
    let (length, mut at) = match second & 0x7F {
        126 => (
            u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?) as usize,
            4,
        ),
        127 => (
            u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?) as usize,
            10,
        ),
        short => (short as usize, 2),
    };
    let is_masked = second & 0x80 != 0;
    let mut key = [0; 4];
    if is_masked {
        key = bytes.get(at..at + 4)?.try_into().ok()?;
        at += 4;
    }
    let mut payload = bytes.get(at..at + length)?.to_vec();
    payload
        .iter_mut()
        .zip(key.iter().cycle())
        .for_each(|(byte, key)| *byte ^= key);
    bytes.drain(..at + length);
    Some((first, is_masked, payload))
}

fn accepting(request: &str) -> String {
    use base64::Engine;
    use sha1::{Digest, Sha1};
    let key = request
        .lines()
        .find_map(|line| line.strip_prefix("Sec-WebSocket-Key: "))
        .expect("a key in the request");
    let digest = Sha1::digest(format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {}\r\n\r\n",
        base64::engine::general_purpose::STANDARD.encode(digest)
    )
}
