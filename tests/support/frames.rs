//! Frames as bytes, written by hand so that a test does not trust the code it tests.

pub const CONTINUATION: u8 = 0x0;
pub const TEXT: u8 = 0x1;
pub const BINARY: u8 = 0x2;
pub const CLOSE: u8 = 0x8;
pub const PING: u8 = 0x9;
pub const PONG: u8 = 0xA;

/// The mask that [`masked`] uses.
pub const MASK: [u8; 4] = [0x12, 0x34, 0x56, 0x78];

/// A final frame as a server sends it.
pub fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    raw_frame(0x80 | opcode, None, payload)
}

/// A frame that more follow, as a server sends it.
pub fn part(opcode: u8, payload: &[u8]) -> Vec<u8> {
    raw_frame(opcode, None, payload)
}

/// A final frame as a client sends it.
pub fn masked(opcode: u8, payload: &[u8]) -> Vec<u8> {
    raw_frame(0x80 | opcode, Some(MASK), payload)
}

/// The payload of a close frame.
pub fn close_payload(code: u16, reason: &str) -> Vec<u8> {
    [&code.to_be_bytes()[..], reason.as_bytes()].concat()
}

/// A close frame as a server sends it.
pub fn close(code: u16, reason: &str) -> Vec<u8> {
    frame(CLOSE, &close_payload(code, reason))
}

/// Any frame, with whatever first byte.
pub fn raw_frame(first: u8, mask: Option<[u8; 4]>, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    let mask_bit = if mask.is_some() { 0x80 } else { 0 };
    match payload.len() {
        length @ 0..126 => bytes.push(mask_bit | length as u8),
        length @ 126..65536 => {
            bytes.push(mask_bit | 126);
            bytes.extend((length as u16).to_be_bytes());
        }
        length => {
            bytes.push(mask_bit | 127);
            bytes.extend((length as u64).to_be_bytes());
        }
    }
    match mask {
        None => bytes.extend(payload),
        Some(key) => {
            bytes.extend(key);
            bytes.extend(
                payload
                    .iter()
                    .zip(key.iter().cycle())
                    .map(|(byte, key)| byte ^ key),
            );
        }
    }
    bytes
}
