//! What the client put on the wire: its request and its frames, as lines.

use serde_json::Value;
use sha1::{Digest, Sha1};

use crate::peer_script::to_hex;

/// What one peer received.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WireLog {
    /// The lines of the request; none if none came.
    pub request: Vec<String>,
    pub frames: Vec<Frame>,
    /// Bytes that are no whole frame.
    pub rest: Vec<u8>,
    /// What became of the TLS handshake, in the words of the recordings.
    pub tls: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    pub fin: bool,
    pub rsv: u64,
    pub opcode: u64,
    /// How the length was written: 7, 16 or 64 bits.
    pub form: String,
    pub len: u64,
    /// In hexadecimal digits; "random" if it is none that a test sets; `None` without a mask.
    pub mask: Option<String>,
    /// In hexadecimal digits; of long ones the SHA-1.
    pub payload: String,
}

/// The masks that the scenarios set. All others count as random.
const SET_MASKS: [&str; 2] = ["01020304", "00000000"];
/// The key that comes of the mask 0x01020304.
pub const SET_KEY: &str = "BAMCAQQDAgEEAwIBBAMCAQ==";
/// What stands for the first words of a client of TLS.
const CLIENT_HELLO: &str = "<ClientHello>";
/// How a request begins that is not for the server.
pub const TO_PROXY: &str = "CONNECT ";
const KEY: &str = "Sec-WebSocket-Key: ";
/// Of payloads longer than this the recordings give the SHA-1.
const SHOWN_AT_MOST: usize = 256;

impl WireLog {
    pub fn read(json: &Value) -> Self {
        let request = json["handshake_text"].as_str();
        let request = request.filter(|request| !request.starts_with(TO_PROXY));
        let request = request.map(request_lines);
        let begins_tls = json["bytes_text"]
            .as_str()
            .is_some_and(|text| text.starts_with('\u{16}'));
        let request = request.or(begins_tls.then(|| vec![CLIENT_HELLO.into()]));
        let frames = json["frames"].as_array().map_or(&[][..], Vec::as_slice);
        Self {
            request: request.unwrap_or_default(),
            frames: frames.iter().map(Frame::read).collect(),
            rest: Vec::new(),
            tls: None,
        }
    }

    /// What a peer received on `port`.
    pub fn of(received: &[u8], port: u16) -> Self {
        if received.first() == Some(&0x16) {
            return Self {
                request: vec![CLIENT_HELLO.into()],
                ..Self::default()
            };
        }
        // The recordings show the last request of a connection.
        let (heads, mut rest) = split_heads(received);
        let Some(head) = heads.last() else {
            let rest = received.to_vec();
            return Self {
                rest,
                ..Self::default()
            };
        };
        let mut log = Self {
            request: request_lines(&match port {
                ..1024 => head.clone(), // it is the scheme's own
                port => head.replace(&format!(":{port}"), ":<PORT>"),
            }),
            ..Self::default()
        };
        while let Some((frame, behind)) = Frame::parse(rest) {
            log.frames.push(frame);
            rest = behind;
        }
        log.rest = rest.to_vec();
        log
    }

    pub fn lines(&self) -> Vec<String> {
        let request = self.request.iter().cloned();
        let frames = self.frames.iter().map(|frame| format!("{frame:?}"));
        let rest = (!self.rest.is_empty()).then(|| format!("rest {}", to_hex(&self.rest)));
        let tls = self.tls.iter().cloned();
        tls.chain(request).chain(frames).chain(rest).collect()
    }
}

impl Frame {
    /// The size on the wire.
    pub fn size(&self) -> u64 {
        let length = match self.form.as_str() {
            "16bit" => 2,
            "64bit" => 8,
            _ => 0,
        };
        2 + length + self.mask.as_ref().map_or(0, |_| 4) + self.len
    }

    fn read(json: &Value) -> Self {
        let masked = json["masked"] == true;
        let payload = json["payload_hex"]
            .as_str()
            .or(json["payload_sha1"].as_str());
        Self {
            fin: json["fin"] == 1,
            rsv: json["rsv"].as_u64().unwrap_or(0),
            opcode: json["opcode"].as_u64().unwrap_or(99),
            form: json["lenform"].as_str().unwrap_or_default().into(),
            len: json["len"].as_u64().unwrap_or(0),
            mask: masked.then(|| json["mask"].as_str().unwrap_or_default().into()),
            payload: payload.unwrap_or_default().into(),
        }
    }

    fn parse(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (&[first, second], rest) = bytes.split_first_chunk()?;
        let (form, len, rest) = match second & 0x7F {
            126 => {
                let (len, rest) = rest.split_first_chunk()?;
                ("16bit", u16::from_be_bytes(*len).into(), rest)
            }
            127 => {
                let (len, rest) = rest.split_first_chunk()?;
                ("64bit", u64::from_be_bytes(*len), rest)
            }
            len => ("7bit", len.into(), rest),
        };
        let (key, rest) = match second & 0x80 {
            0 => (None, rest),
            _ => rest
                .split_first_chunk::<4>()
                .map(|(key, rest)| (Some(*key), rest))?,
        };
        let (payload, rest) = rest.split_at_checked(len as usize)?;
        let mask = key.unwrap_or_default();
        let payload: Vec<u8> = payload
            .iter()
            .zip(mask.iter().cycle())
            .map(|(a, b)| a ^ b)
            .collect();
        let frame = Self {
            fin: first & 0x80 != 0,
            rsv: u64::from(first >> 4 & 7),
            opcode: u64::from(first & 15),
            form: form.into(),
            len,
            mask: key.map(|key| shown_mask(&key)),
            payload: shown_payload(&payload),
        };
        Some((frame, rest))
    }
}

/// The request of a client that asks for nothing more than this URL.
pub fn request_of(url: &str, key: &str) -> Vec<String> {
    let (_, rest) = url.split_once("//").unwrap_or_default();
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    vec![
        format!("GET /{path} HTTP/1.1"),
        format!("Host: {host}"),
        "Upgrade: websocket".into(),
        "Connection: Upgrade".into(),
        format!("{KEY}{key}"),
        "Sec-WebSocket-Version: 13".into(),
    ]
}

/// The size of a request. A port has five digits, and a key always the same length.
pub fn size_of(request: &[String]) -> u64 {
    let text = request.join("\r\n") + "\r\n\r\n";
    let text = text.replace("<PORT>", "12345").replace("<random>", SET_KEY);
    text.len() as u64
}

/// What tells the requests of a connection apart: their first lines, keys and credentials.
pub fn requests(received: &[u8]) -> Vec<Vec<String>> {
    let (heads, _) = split_heads(received);
    let is_shown = |line: &String| {
        let shown = ["GET ", KEY, "Authorization: "];
        shown.iter().any(|start| line.starts_with(start))
    };
    let heads = heads.iter().map(|head| request_lines(head));
    heads
        .map(|lines| lines.into_iter().filter(is_shown).collect())
        .collect()
}

/// The requests, and what is behind them.
fn split_heads(received: &[u8]) -> (Vec<String>, &[u8]) {
    let (mut heads, mut rest) = (Vec::new(), received);
    while rest.starts_with(b"GET ")
        && let Some(end) = rest.windows(4).position(|bytes| bytes == b"\r\n\r\n")
    {
        let (head, behind) = rest.split_at(end + 4);
        heads.push(String::from_utf8_lossy(head).into_owned());
        rest = behind;
    }
    (heads, rest)
}

pub fn request_lines(text: &str) -> Vec<String> {
    let head = text.strip_suffix("\r\n\r\n").unwrap_or(text);
    head.split("\r\n").map(shown_line).collect()
}

fn shown_line(line: &str) -> String {
    match line.strip_prefix(KEY) {
        Some(key) if key != SET_KEY && key.len() == SET_KEY.len() => format!("{KEY}<random>"),
        _ => line.to_owned(),
    }
}

fn shown_mask(key: &[u8]) -> String {
    let key = to_hex(key);
    if SET_MASKS.contains(&key.as_str()) {
        key
    } else {
        "random".into()
    }
}

pub fn shown_payload(payload: &[u8]) -> String {
    match payload.len() > SHOWN_AT_MOST {
        true => to_hex(&Sha1::digest(payload)),
        false => to_hex(payload),
    }
}
