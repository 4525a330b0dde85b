use super::{CloseCode, MAX_CONTROL_PAYLOAD, Opcode, encode_header, mask};

/// Appends a frame to `out`. With a mask, which a client must give, the payload is masked while it
/// is copied.
pub fn append_frame(
    out: &mut Vec<u8>,
    opcode: Opcode,
    fin: bool,
    payload: &[u8],
    mask: Option<u32>,
) {
    let header = encode_header(opcode, fin, payload.len() as u64, mask);
    out.extend_from_slice(header.as_slice());
    match mask {
        Some(mask) => mask::append_masked(out, payload, mask::key(mask), 0),
        None => out.extend_from_slice(payload),
    }
}

/// Appends a ping, a pong or a close frame. Of the payload the first 125 bytes are sent, which is
/// all that may be in one.
pub fn control_frame(out: &mut Vec<u8>, opcode: Opcode, payload: &[u8], mask: Option<u32>) {
    debug_assert!(opcode.is_control());
    let payload = &payload[..payload.len().min(MAX_CONTROL_PAYLOAD)];
    append_frame(out, opcode, true, payload, mask);
}

/// Appends a close frame; an empty one without a code, which is how to answer an empty one.
pub fn close_frame(out: &mut Vec<u8>, code: Option<CloseCode>, reason: &str, mask: Option<u32>) {
    match code {
        Some(code) => {
            let (payload, len) = close_payload(code, reason);
            control_frame(out, Opcode::Close, &payload[..len], mask);
        }
        None => control_frame(out, Opcode::Close, &[], mask),
    }
}

/// What a close frame carries, and how long that is. The reason is cut as by [`cut_reason`].
pub fn close_payload(code: CloseCode, reason: &str) -> ([u8; MAX_CONTROL_PAYLOAD], usize) {
    let reason = cut_reason(reason);
    let len = 2 + reason.len();
    let mut payload = [0; MAX_CONTROL_PAYLOAD];
    payload[..2].copy_from_slice(&code.0.to_be_bytes());
    payload[2..len].copy_from_slice(reason.as_bytes());
    (payload, len)
}

/// As much of a close reason as fits into a close frame, 123 bytes, without cutting through a
/// character.
pub fn cut_reason(reason: &str) -> &str {
    let mut end = reason.len().min(MAX_CONTROL_PAYLOAD - 2);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    &reason[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(write: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
        let mut out = Vec::new();
        write(&mut out);
        out
    }

    #[test]
    fn the_examples_of_the_rfc() {
        let hello = frame(|out| append_frame(out, Opcode::Text, true, b"Hello", None));
        assert_eq!(hello, [0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]);
        let masked = frame(|out| append_frame(out, Opcode::Text, true, b"Hello", Some(0x37fa213d)));
        assert_eq!(
            masked,
            [
                0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58
            ]
        );
        let first = frame(|out| append_frame(out, Opcode::Text, false, b"Hel", None));
        let last = frame(|out| append_frame(out, Opcode::Continuation, true, b"lo", None));
        assert_eq!(first, [0x01, 0x03, 0x48, 0x65, 0x6c]);
        assert_eq!(last, [0x80, 0x02, 0x6c, 0x6f]);
        let ping = frame(|out| control_frame(out, Opcode::Ping, b"Hello", None));
        assert_eq!(ping, [0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]);
        let pong = frame(|out| control_frame(out, Opcode::Pong, b"Hello", Some(0x37fa213d)));
        assert_eq!(pong[..2], [0x8a, 0x85]);
        let binary = frame(|out| append_frame(out, Opcode::Binary, true, &[0; 256], None));
        assert_eq!(binary[..4], [0x82, 0x7E, 0x01, 0x00]);
        let binary = frame(|out| append_frame(out, Opcode::Binary, true, &[0; 65_536], None));
        assert_eq!(binary[..10], [0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0]);
    }

    #[test]
    fn a_mask_of_zero_is_a_mask() {
        let frame = frame(|out| append_frame(out, Opcode::Binary, true, &[7], Some(0)));
        assert_eq!(frame, [0x82, 0x81, 0, 0, 0, 0, 7]);
    }

    #[test]
    fn control_payloads_are_cut() {
        let ping = frame(|out| control_frame(out, Opcode::Ping, &[b'x'; 200], None));
        assert_eq!(ping.len(), 2 + 125);
        assert_eq!(ping[..2], [0x89, 125]);
    }

    #[test]
    fn close_frames() {
        assert_eq!(frame(|out| close_frame(out, None, "lost", None)), [0x88, 0]);
        let normal = frame(|out| close_frame(out, Some(CloseCode::NORMAL), "ok", None));
        assert_eq!(normal, [0x88, 4, 0x03, 0xE8, b'o', b'k']);
    }

    #[test]
    fn reasons_are_cut_between_characters() {
        assert_eq!(cut_reason("short"), "short");
        assert_eq!(cut_reason(&"x".repeat(200)).len(), 123);
        for width in ["\u{E9}", "\u{20AC}", "\u{1F600}"] {
            for lead in 0..4 {
                let reason = "x".repeat(lead) + &width.repeat(100);
                let cut = cut_reason(&reason);
                assert!(reason.starts_with(cut));
                assert!(cut.len() <= 123 && cut.len() > 123 - width.len());
                let (payload, len) = close_payload(CloseCode(4000), &reason);
                assert_eq!(payload[..2], [0x0F, 0xA0]);
                assert_eq!(&payload[2..len], cut.as_bytes());
            }
        }
    }
}
