//! The mask of RFC 6455, section 5.3: payload byte `i` is combined with key byte `i mod 4`.
//!
//! Whole blocks are written so that the compiler turns them into vector instructions; there is a
//! byte loop for the last three bytes only.

/// How much is copied before it is masked: small enough to stay in the first-level cache in
/// between.
const PIECE: usize = 4096;

/// The key bytes of a mask, in the order in which they are sent.
pub const fn key(mask: u32) -> [u8; 4] {
    mask.to_be_bytes()
}

/// Masks or unmasks `bytes`, which begin `offset` bytes behind the start of their payload.
pub fn apply(bytes: &mut [u8], key: [u8; 4], offset: usize) {
    let key = turned(key, offset);
    let word = u64::from_ne_bytes(doubled(key));
    let (blocks, rest) = bytes.as_chunks_mut::<32>();
    for block in blocks {
        for lane in block.as_chunks_mut::<8>().0 {
            *lane = (u64::from_ne_bytes(*lane) ^ word).to_ne_bytes();
        }
    }
    let (lanes, rest) = rest.as_chunks_mut::<8>();
    for lane in lanes {
        *lane = (u64::from_ne_bytes(*lane) ^ word).to_ne_bytes();
    }
    let (halves, rest) = rest.as_chunks_mut::<4>();
    for half in halves {
        *half = (u32::from_ne_bytes(*half) ^ word as u32).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(key) {
        *byte ^= key;
    }
}

/// Appends `payload` to `out`, masked on the way. `offset` is as in [`apply`].
pub fn append_masked(out: &mut Vec<u8>, payload: &[u8], key: [u8; 4], offset: usize) {
    out.reserve(payload.len());
    let key = turned(key, offset);
    // PIECE is a multiple of four: the key is the same for each.
    for piece in payload.chunks(PIECE) {
        let start = out.len();
        out.extend_from_slice(piece);
        apply(&mut out[start..], key, 0);
    }
}

fn turned(mut key: [u8; 4], offset: usize) -> [u8; 4] {
    key.rotate_left(offset & 3);
    key
}

fn doubled([a, b, c, d]: [u8; 4]) -> [u8; 8] {
    [a, b, c, d, a, b, c, d]
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 4] = key(0x1234_5678);

    fn by_the_book(payload: &[u8], offset: usize) -> Vec<u8> {
        payload
            .iter()
            .enumerate()
            .map(|(i, byte)| byte ^ KEY[(i + offset) % 4])
            .collect()
    }

    fn payload(len: usize) -> Vec<u8> {
        (0..len).map(|i| (i * 31 + 7) as u8).collect()
    }

    #[test]
    fn known_bytes() {
        let mut bytes = *b"12345678";
        apply(&mut bytes, KEY, 0);
        assert_eq!(bytes, [0x23, 0x06, 0x65, 0x4C, 0x27, 0x02, 0x61, 0x40]);
        let mut bytes = *b"123456789";
        apply(&mut bytes, KEY, 0);
        assert_eq!(bytes[8], b'9' ^ 0x12);
    }

    #[test]
    fn every_offset_and_length() {
        for len in (0..200).chain([PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 77]) {
            for offset in [0, 1, 2, 3, 4, 5, 6, 7, usize::MAX - 1, usize::MAX] {
                let plain = payload(len);
                // usize is a multiple of four long, so that wrapping keeps the phase
                let expected = by_the_book(&plain, offset & 3);
                let mut masked = plain.clone();
                apply(&mut masked, KEY, offset);
                assert_eq!(masked, expected, "{len} {offset}");
                let mut copied = vec![9; 3];
                append_masked(&mut copied, &plain, KEY, offset);
                assert_eq!(copied, [&[9; 3][..], &expected].concat(), "{len} {offset}");
                apply(&mut masked, KEY, offset);
                assert_eq!(masked, plain);
            }
        }
    }

    #[test]
    fn in_pieces_as_in_one() {
        let plain = payload(150);
        let expected = by_the_book(&plain, 0);
        for cut in 0..=plain.len() {
            let mut bytes = plain.clone();
            let (front, back) = bytes.split_at_mut(cut);
            apply(front, KEY, 0);
            apply(back, KEY, cut);
            assert_eq!(bytes, expected, "{cut}");
        }
    }
}
