//! The bytes behind the words with which the recordings describe what the peer sent.

use serde_json::Value;

use crate::support::frames::{PING, TEXT, frame, part, raw_frame};
use crate::transcript::Bytes;

/// The bytes of an act such as `sent frame op=1  len=5 payload=hello`.
pub fn bytes(scenario: &Value, act: &str) -> Bytes {
    let what = act.strip_prefix("sent ").unwrap_or(act);
    let bytes = described(what, scenario.as_str().unwrap_or_default())
        .or_else(|| quoted(what))
        .or_else(|| from_hex(what))
        .or_else(|| framed(what));
    Bytes(bytes.unwrap_or_else(|| panic!("no bytes are known for {act:?} of {scenario}")))
}

/// What a human described.
fn described(what: &str, scenario: &str) -> Option<Vec<u8>> {
    let two = |one: &[u8], two: &[u8]| [frame(TEXT, one), frame(TEXT, two)].concat();
    Some(match what {
        "text \"one\", text \"two\" in one segment" => two(b"one", b"two"),
        "two text frames" => two(b"last", b"words"),
        "3 text fragments in one segment" => {
            [part(TEXT, b"ab"), part(0, b"cd"), frame(0, b"ef")].concat()
        }
        "bad text, good text, ping in one segment" => [
            frame(TEXT, &[0xFF]),
            frame(TEXT, b"good"),
            frame(PING, b"p"),
        ]
        .concat(),
        "1 byte of header" => vec![0x81],
        "3 bytes of a 4-byte header" => vec![0x81, 126, 0],
        "first 6 bytes of text frame" => frame(TEXT, b"hello world")[..6].to_vec(),
        "header announcing 11 bytes" => vec![0x81, 11],
        "101 response with bare LF line ends" => {
            let lines = [
                "HTTP/1.1 101 Switching Protocols",
                "Upgrade: websocket",
                "Connection: Upgrade",
                "Sec-WebSocket-Accept: <ACCEPT>",
                "",
                "",
            ];
            lines.join("\n").into_bytes()
        }
        "status line + 1000 header lines of ~900 bytes, no end" => {
            let line = format!("X: {}\r\n", "y".repeat(900));
            format!("HTTP/1.1 101 Switching Protocols\r\n{}", line.repeat(1000)).into_bytes()
        }
        "65536 bytes, head 414141414141414141414141414141414141414141414141" => vec![b'A'; 65536],
        _ if scenario == "recv_1mib" && what.starts_with("frame op=1 ") => {
            frame(1, "a".repeat(1 << 20).as_bytes())
        }
        _ if scenario == "recv_1mib" && what.starts_with("frame op=2 ") => {
            frame(2, &vec![b'b'; 1 << 20])
        }
        _ => return None,
    })
}

/// `HTTP '..'`, `'..'`, `HTTP '..' + 8105.. in same segment`
fn quoted(what: &str) -> Option<Vec<u8>> {
    let what = what
        .strip_prefix("HTTP ")
        .unwrap_or(what)
        .strip_prefix('\'')?;
    let (text, rest) = what.rsplit_once('\'')?;
    let text = text
        .replace("\\r", "\r")
        .replace("\\n", "\n")
        .replace("\\t", "\t");
    let mut bytes = text.into_bytes();
    if let Some(more) = rest.strip_prefix(" + ") {
        bytes.extend(from_hex(more.strip_suffix(" in same segment")?)?);
    }
    Some(bytes)
}

/// `frame op=2 form=64 length=2147483647 rsv=1 fin=0 len=3 payload=616263`: control and binary payloads are shown in
/// hexadecimal digits, text as text where it is printable.
fn framed(what: &str) -> Option<Vec<u8>> {
    let what = what.strip_prefix("frame ")?;
    let (settings, payload) = what.split_once("payload=")?;
    let setting = |name: &str| -> Option<u64> {
        settings
            .split_whitespace()
            .find_map(|setting| setting.strip_prefix(name)?.strip_prefix('=')?.parse().ok())
    };
    let (opcode, length) = (setting("op")?, setting("len")? as usize);
    let payload = match from_hex(payload) {
        Some(bytes) if bytes.len() == length => bytes,
        _ => payload.as_bytes().to_vec(),
    };
    assert_eq!(payload.len(), length, "{what}");
    let first =
        (setting("fin").unwrap_or(1) << 7 | setting("rsv").unwrap_or(0) << 4 | opcode) as u8;
    match (setting("form"), setting("length")) {
        (None, _) => Some(raw_frame(first, None, &payload)),
        (Some(form), announced) => {
            let announced = announced.unwrap_or(payload.len() as u64);
            let mut bytes = vec![first];
            match form {
                16 => {
                    bytes.push(126);
                    bytes.extend((announced as u16).to_be_bytes());
                }
                _ => {
                    bytes.push(127);
                    bytes.extend(announced.to_be_bytes());
                }
            }
            bytes.extend(payload);
            Some(bytes)
        }
    }
}

/// The bytes that pairs of hexadecimal digits name.
pub fn from_hex(digits: &str) -> Option<Vec<u8>> {
    if !digits.len().is_multiple_of(2) || !digits.is_ascii() {
        return None;
    }
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).ok())
        .collect()
}

pub fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
