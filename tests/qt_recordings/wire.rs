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
const SET_KEY: &str = "BAMCAQQDAgEEAwIBBAMCAQ==";
const KEY: &str = "Sec-WebSocket-Key: ";
/// Of payloads longer than this the recordings give the SHA-1.
const SHOWN_AT_MOST: usize = 256;

impl WireLog {
    pub fn read(json: &Value) -> Self {
        let request = json["handshake_text"].as_str().map(request_lines);
        let frames = json["frames"].as_array().map_or(&[][..], Vec::as_slice);
        Self {
            request: request.unwrap_or_default(),
            frames: frames.iter().map(Frame::read).collect(),
            rest: Vec::new(),
        }
    }

    /// What a peer received on `port`.
    pub fn of(received: &[u8], port: u16) -> Self {
        let Some(end) = received.windows(4).position(|bytes| bytes == b"\r\n\r\n") else {
            let rest = received.to_vec();
            return Self {
                rest,
                ..Self::default()
            };
        };
        let head = String::from_utf8_lossy(&received[..end + 4]);
        let mut log = Self {
            request: request_lines(&head.replace(&format!(":{port}"), ":<PORT>")),
            ..Self::default()
        };
        let mut rest = &received[end + 4..];
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
        request.chain(frames).chain(rest).collect()
    }
}

impl Frame {
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

fn request_lines(text: &str) -> Vec<String> {
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
