//! Both sides of WebSocket by hand: what is typed into a tool, and what it prints.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use sha1::{Digest, Sha1};

use super::tool::Tool;

pub const TEXT: u8 = 0x1;
pub const BINARY: u8 = 0x2;
pub const CLOSE: u8 = 0x8;
pub const PING: u8 = 0x9;
pub const PONG: u8 = 0xA;

/// The key of the RFC's example, for requests of ours.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
/// For frames of a client.
const MASK: [u8; 4] = [0x37, 0xFA, 0x21, 0x3D];

/// Reads the request that the client sent, accepts it and gives it.
#[track_caller]
pub fn accept_upgrade(tool: &Tool) -> String {
    let request = read_request(tool);
    let key = header(&request, "Sec-WebSocket-Key");
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {}\r\n\r\n",
        accept_key(key)
    );
    tool.type_in(answer.as_bytes());
    request
}

/// Reads the request that the client sent.
#[track_caller]
pub fn read_request(tool: &Tool) -> String {
    tool.read_to("GET ");
    format!("GET {}", tool.read_to("\r\n\r\n"))
}

/// Asks a server for the upgrade and reads that it agrees.
#[track_caller]
pub fn upgrade(tool: &Tool) {
    let request = format!(
        "GET /chat HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    );
    tool.type_in(request.as_bytes());
    tool.read_to("HTTP/1.1 101 ");
    let answer = tool.read_to("\r\n\r\n");
    assert_eq!(header(&answer, "Sec-WebSocket-Accept"), accept_key(KEY));
}

/// Sends a frame as a server does.
pub fn send_frame(tool: &Tool, opcode: u8, payload: &[u8]) {
    let mut frame = frame_header(opcode, payload.len(), 0);
    frame.extend_from_slice(payload);
    tool.type_in(&frame);
}

/// Sends a frame as a client does.
pub fn send_masked_frame(tool: &Tool, opcode: u8, payload: &[u8]) {
    let mut frame = frame_header(opcode, payload.len(), 0x80);
    frame.extend_from_slice(&MASK);
    frame.extend(masked(payload, MASK));
    tool.type_in(&frame);
}

/// The next frame that came in, unmasked, is this.
#[track_caller]
pub fn expect_frame(tool: &Tool, opcode: u8, payload: &[u8]) {
    // Whatever the tool itself has to say before it is ASCII; the first byte of a last frame is not.
    tool.read_when("a frame is printed", |unread| {
        unread.iter().position(|byte| !byte.is_ascii())
    });
    let frame = tool.read_when("the frame is complete", whole_frame);
    let (header, is_masked, length) = parse_header(&frame).expect("it is complete");
    let body = &frame[header..];
    let received = match is_masked {
        false => body.to_vec(),
        true => {
            let mask = [
                frame[header - 4],
                frame[header - 3],
                frame[header - 2],
                frame[header - 1],
            ];
            masked(body, mask).collect()
        }
    };
    assert_eq!((frame[0], length), (0x80 | opcode, payload.len()), "header");
    assert!(received == payload, "payload of {length} bytes");
}

fn header<'a>(head: &'a str, name: &str) -> &'a str {
    let values = head.lines().filter_map(|line| line.split_once(": "));
    let mut values = values.filter(|(other, _)| other.eq_ignore_ascii_case(name));
    let (_, value) = values.next().unwrap_or_else(|| panic!("no {name}: {head}"));
    value
}

fn accept_key(key: &str) -> String {
    let digest = Sha1::digest(format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
    BASE64.encode(digest)
}

fn frame_header(opcode: u8, length: usize, mask_bit: u8) -> Vec<u8> {
    let mut header = vec![0x80 | opcode];
    match length {
        0..126 => header.push(mask_bit | length as u8),
        126..65536 => {
            header.push(mask_bit | 126);
            header.extend((length as u16).to_be_bytes());
        }
        _ => {
            header.push(mask_bit | 127);
            header.extend((length as u64).to_be_bytes());
        }
    }
    header
}

fn whole_frame(bytes: &[u8]) -> Option<usize> {
    let (header, _, length) = parse_header(bytes)?;
    (bytes.len() >= header + length).then_some(header + length)
}

/// The lengths of header and payload, and whether a mask ends the header.
fn parse_header(bytes: &[u8]) -> Option<(usize, bool, usize)> {
    let second = bytes.get(1)?;
    let is_masked = second & 0x80 != 0;
    let (mut header, length) = match second & 0x7F {
        126 => (
            4,
            u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?).into(),
        ),
        127 => (
            10,
            u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?) as usize,
        ),
        length => (2, length.into()),
    };
    if is_masked {
        header += 4;
    }
    Some((header, is_masked, length))
}

fn masked(payload: &[u8], mask: [u8; 4]) -> impl Iterator<Item = u8> {
    payload
        .iter()
        .zip(mask.into_iter().cycle())
        .map(|(byte, mask)| byte ^ mask)
}
