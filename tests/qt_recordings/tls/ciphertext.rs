//! Bytes told on TLS. They count ciphertext, and how plaintext is cut into records is up to the library. What is
//! compared is the plaintext: in a recording it follows from the frames, here from the records that the peer got.

use serde_json::{Value, json};

use super::setup::Versions;
use crate::recording::Scenario;
use crate::transcript::Node;
use crate::tree::{at, at_mut, paths};
use crate::wire::{Frame, SET_KEY, request_lines, request_of, size_of};

/// The bytes in front of a record.
pub const HEADER: usize = 5;
/// The largest piece of plaintext in a record.
const PIECE: u64 = 1 << 14;
/// What a record of TLS 1.3 with AES-GCM has beside its plaintext, and what one of TLS 1.2 has.
const AROUND_13: u64 = 22;
const AROUND_12: u64 = 29;

/// What `bytesWritten` has told where only TLS itself said something.
pub const OWN_WORDS: &str = "TLS";

/// A record that the client sent.
#[derive(Clone, Copy, Debug)]
pub struct Record {
    pub ciphertext: u64,
    /// Nothing for TLS itself.
    pub plaintext: u64,
    /// It came too late to be decrypted.
    pub unread: bool,
}

impl Record {
    /// What the peer did not care to read. Records of TLS 1.3 do not tell the handshake's from others.
    pub fn unread(ciphertext: u64) -> Self {
        Self {
            ciphertext,
            plaintext: ciphertext.saturating_sub(AROUND_13),
            unread: true,
        }
    }
}

/// How much plaintext is in the ciphertext that was told: whole records, from the first that was not told yet, without
/// those that only TLS needs.
pub fn plaintext_in(told: u64, records: &[Record], next: &mut usize) -> Value {
    let mut start = *next;
    while start < records.len() {
        let (mut ciphertext, mut plaintext, mut end) = (0, 0, start);
        while end < records.len() && ciphertext < told {
            ciphertext += records[end].ciphertext;
            plaintext += records[end].plaintext;
            end += 1;
        }
        if ciphertext == told {
            *next = end;
            return json!(plaintext);
        }
        if records[start].plaintext > 0 && !records[start].unread {
            break;
        }
        start += 1;
    }
    json!(format!("{told} bytes, which are no whole records"))
}

/// One connection of a recording.
struct Connection {
    is_12: bool,
    has_said_hello: bool,
    /// The sizes of what goes out, the request first.
    sizes: std::vec::IntoIter<u64>,
    has_told_request: bool,
}

/// Makes all that is told on TLS tell of plaintext.
pub fn tell_plaintext(json: &Value, scenario: &mut Scenario) {
    let mut connections: Vec<(String, Option<Connection>)> = Vec::new();
    for path in paths(&scenario.nodes) {
        if let Some(call) = at(&scenario.nodes, &path).call()
            && call.name() == "open"
        {
            let url = call.op["url"].as_str().unwrap_or_default();
            let peer = call.op["reaches"].as_u64().map(|peer| peer as usize);
            let connection = peer
                .filter(|_| url.starts_with("wss:"))
                .map(|peer| Connection::new(scenario, peer, request_size(json, peer, url)));
            let who = call.who.clone();
            connections.retain(|(other, _)| *other != who);
            connections.push((who, connection));
        }
        if let Node::Signal(signal) = at_mut(&mut scenario.nodes, &path)
            && signal.is("bytesWritten")
            && let Some((_, Some(connection))) =
                connections.iter_mut().find(|(who, _)| *who == signal.who)
        {
            let told = signal.args[0].as_u64().expect("a number");
            signal.args[0] = connection.plaintext_in(told);
        }
    }
}

impl Connection {
    fn new(scenario: &Scenario, peer: usize, request: u64) -> Self {
        let setup = scenario.tls[peer].as_ref();
        let frames = scenario.wires[peer].frames.iter();
        let sizes = std::iter::once(request).chain(frames.map(Frame::size));
        Self {
            is_12: setup.is_some_and(|setup| setup.versions == Versions::Only12),
            has_said_hello: false,
            sizes: sizes.collect::<Vec<_>>().into_iter(),
            has_told_request: false,
        }
    }

    fn plaintext_in(&mut self, told: u64) -> Value {
        if !std::mem::replace(&mut self.has_said_hello, true) {
            return json!(OWN_WORDS);
        }
        if !self.has_told_request {
            let request = self.sizes.clone().next().unwrap_or(0);
            let is_request = match self.is_12 {
                true => told == self.encrypted(request),
                // With it goes the end of the handshake, of any size.
                false => told >= self.encrypted(request),
            };
            if !is_request {
                return json!(OWN_WORDS);
            }
            self.has_told_request = true;
            self.sizes.next();
            return json!(request);
        }
        let (mut ciphertext, mut plaintext) = (0, 0);
        let mut sizes = self.sizes.clone();
        while ciphertext < told
            && let Some(size) = sizes.next()
        {
            ciphertext += self.encrypted(size);
            plaintext += size;
        }
        if ciphertext != told {
            return json!(told.saturating_sub(self.around()));
        }
        self.sizes = sizes;
        json!(plaintext)
    }

    fn encrypted(&self, plaintext: u64) -> u64 {
        plaintext + self.around() * plaintext.div_ceil(PIECE).max(1)
    }

    fn around(&self) -> u64 {
        if self.is_12 { AROUND_12 } else { AROUND_13 }
    }
}

/// The size of the request, also of one that nobody could read.
fn request_size(json: &Value, peer: usize, url: &str) -> u64 {
    let wires = &json["wire_sent_by_qt"];
    let wire = if wires.is_array() {
        &wires[peer]
    } else {
        wires
    };
    match wire["handshake_text"].as_str() {
        Some(text) => size_of(&request_lines(text)),
        None => size_of(&request_of(url, SET_KEY)),
    }
}

#[test]
fn what_was_told_is_found_in_the_records() {
    let record = |ciphertext, plaintext| Record {
        ciphertext,
        plaintext,
        unread: false,
    };
    let records = [record(517, 0), record(74, 0), record(33, 11), record(28, 6)];
    let found = |told, next: usize| plaintext_in(told, &records, &mut { next });
    assert_eq!(found(33, 0), json!(11));
    assert_eq!(found(61, 0), json!(17));
    assert_eq!(found(28, 3), json!(6));
    for (told, next) in [(28, 0), (32, 0), (34, 0), (33, 3), (1, 4)] {
        assert!(found(told, next).is_string(), "{told} from {next}");
    }
}
