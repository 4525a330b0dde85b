//! The header of a frame, both ways (RFC 6455, section 5.2).

use super::{Opcode, Role, Violation, mask};

/// The longest header: two bytes, 64 bits of length, four bytes of mask.
pub const MAX_HEADER: usize = 14;

const FIN: u8 = 0x80;
const RESERVED: u8 = 0x70;
const MASKED: u8 = 0x80;
const LENGTH: u8 = 0x7F;
const LENGTH_IN_16_BITS: u8 = 126;
const LENGTH_IN_64_BITS: u8 = 127;

/// A header as it goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHeader {
    /// The header, then bytes of no meaning.
    pub bytes: [u8; MAX_HEADER],
    /// How many of them are the header.
    pub len: u8,
}

impl FrameHeader {
    /// The bytes to send.
    pub fn as_slice(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

/// The header of a frame with a payload of `len` bytes, the length in its shortest form.
///
/// A client gives the mask that it applies to the payload, a server gives none.
pub fn encode_header(opcode: Opcode, fin: bool, len: u64, mask: Option<u32>) -> FrameHeader {
    let mut bytes = [0; MAX_HEADER];
    bytes[0] = opcode as u8 | if fin { FIN } else { 0 };
    let mut at = 2;
    if len < u64::from(LENGTH_IN_16_BITS) {
        bytes[1] = len as u8;
    } else if let Ok(len) = u16::try_from(len) {
        bytes[1] = LENGTH_IN_16_BITS;
        bytes[2..4].copy_from_slice(&len.to_be_bytes());
        at = 4;
    } else {
        bytes[1] = LENGTH_IN_64_BITS;
        bytes[2..10].copy_from_slice(&len.to_be_bytes());
        at = 10;
    }
    if let Some(mask) = mask {
        bytes[1] |= MASKED;
        bytes[at..at + 4].copy_from_slice(&mask::key(mask));
        at += 4;
    }
    FrameHeader {
        bytes,
        len: at as u8,
    }
}

/// A header that came in and obeys the rules that hold for any header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) len: u64,
    pub(super) key: Option<[u8; 4]>,
    pub(super) opcode: Opcode,
    pub(super) fin: bool,
}

impl Header {
    /// Whether this one frame is all there is: a control frame or an unfragmented message.
    pub(super) fn is_whole(&self) -> bool {
        self.fin && self.opcode != Opcode::Continuation
    }
}

/// Reads the header at the front of `bytes` and tells its size; `None` if more bytes are needed.
///
/// A rule is checked as soon as the bytes that break it are there, whatever is still missing.
#[inline]
pub(super) fn decode(bytes: &[u8], role: Role) -> Result<Option<(Header, usize)>, Violation> {
    let &[first, second, ref rest @ ..] = bytes else {
        return Ok(None);
    };
    let opcode = check_start(first, second, role)?;
    let (len, size) = match second & LENGTH {
        LENGTH_IN_16_BITS => match rest.first_chunk() {
            Some(&field) => (length_in_16_bits(u16::from_be_bytes(field))?, 4),
            None => return Ok(None),
        },
        LENGTH_IN_64_BITS => match rest.first_chunk() {
            Some(&field) => (length_in_64_bits(u64::from_be_bytes(field))?, 10),
            None => return Ok(None),
        },
        short => (u64::from(short), 2),
    };
    let header = Header {
        len,
        key: None,
        opcode,
        fin: first & FIN != 0,
    };
    if second & MASKED == 0 {
        return Ok(Some((header, size)));
    }
    let key = bytes.get(size..).and_then(|rest| rest.first_chunk());
    Ok(key.map(|&key| {
        (
            Header {
                key: Some(key),
                ..header
            },
            size + 4,
        )
    }))
}

#[inline]
fn check_start(first: u8, second: u8, role: Role) -> Result<Opcode, Violation> {
    if first & RESERVED != 0 {
        return Err(Violation::reserved_bits(first));
    }
    let Some(opcode) = Opcode::from_bits(first) else {
        return Err(Violation::reserved_opcode(first & 0x0F));
    };
    if opcode.is_control() && first & FIN == 0 {
        return Err(Violation::fragmented_control_frame());
    }
    if (second & MASKED != 0) != (role == Role::Server) {
        return Err(Violation::wrong_mask(role));
    }
    if opcode.is_control() && second & LENGTH >= LENGTH_IN_16_BITS {
        return Err(Violation::large_control_frame());
    }
    Ok(opcode)
}

fn length_in_16_bits(len: u16) -> Result<u64, Violation> {
    if len < u16::from(LENGTH_IN_16_BITS) {
        return Err(Violation::overlong_16_bit_length(len));
    }
    Ok(u64::from(len))
}

fn length_in_64_bits(len: u64) -> Result<u64, Violation> {
    if len >> 63 != 0 {
        return Err(Violation::length_above_63_bits(len));
    }
    if len <= u64::from(u16::MAX) {
        return Err(Violation::overlong_64_bit_length(len));
    }
    Ok(len)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTHS: [(u64, usize); 9] = [
        (0, 2),
        (1, 2),
        (125, 2),
        (126, 4),
        (127, 4),
        (65_535, 4),
        (65_536, 10),
        (u32::MAX as u64 + 1, 10),
        (i64::MAX as u64, 10),
    ];

    #[test]
    fn what_is_encoded_is_decoded() {
        for (len, size) in LENGTHS {
            for opcode in [Opcode::Continuation, Opcode::Text, Opcode::Binary] {
                for fin in [false, true] {
                    for mask in [None, Some(0x0102_0304), Some(0)] {
                        let role = if mask.is_some() {
                            Role::Server
                        } else {
                            Role::Client
                        };
                        let size = size + if mask.is_some() { 4 } else { 0 };
                        let encoded = encode_header(opcode, fin, len, mask);
                        let header = Header {
                            len,
                            key: mask.map(mask::key),
                            opcode,
                            fin,
                        };
                        assert_eq!(decode(encoded.as_slice(), role), Ok(Some((header, size))));
                        for end in 0..size {
                            assert_eq!(decode(&encoded.as_slice()[..end], role), Ok(None));
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_rule_is_checked_with_the_byte_that_breaks_it() {
        let reason = |bytes: &[u8], role| decode(bytes, role).map_err(|v| v.reason.into_owned());
        assert_eq!(reason(&[0x8F], Role::Server), Ok(None));
        assert_eq!(
            reason(&[0xC1, 0xFF], Role::Server).unwrap_err(),
            "Rsv field is non-zero"
        );
        assert_eq!(
            reason(&[0x83, 0xFF], Role::Server).unwrap_err(),
            "Used reserved opcode"
        );
        assert_eq!(
            reason(&[0x09, 0x80], Role::Server).unwrap_err(),
            "Control frames cannot be fragmented"
        );
        assert_eq!(
            reason(&[0x82, 0x7F], Role::Server).unwrap_err(),
            "Unmasked frame received from the client"
        );
        assert_eq!(
            reason(&[0x82, 0xFF], Role::Client).unwrap_err(),
            "Masked frame received from the server"
        );
        assert_eq!(
            reason(&[0x88, 0xFE], Role::Server).unwrap_err(),
            "Control frame is larger than 125 bytes"
        );
        // the length is complete, the key is not
        assert_eq!(
            reason(&[0x82, 0xFE, 0, 125], Role::Server).unwrap_err(),
            "Lengths smaller than 126 must be expressed as one byte."
        );
        assert_eq!(
            reason(&[0x82, 0xFF, 0, 0, 0, 0, 0, 0, 255, 255], Role::Server).unwrap_err(),
            "Lengths smaller than 65536 (2^16) must be expressed as 2 bytes."
        );
        assert_eq!(
            reason(&[0x82, 0xFF, 128, 0, 0, 0, 0, 0, 0, 0], Role::Server).unwrap_err(),
            "Highest bit of payload length is not 0."
        );
    }
}
