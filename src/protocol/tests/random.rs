//! Input made by a generator with a fixed seed: bytes that mean nothing, frames with a byte
//! changed, and messages that must come out as they went in.

use super::*;

struct Xorshift(u64);

impl Xorshift {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.next() as u8).collect()
    }

    fn text(&mut self, characters: usize) -> String {
        const ALPHABET: [char; 8] = ['a', ' ', '\0', 'é', '€', '\u{FEFF}', '😀', '\u{10FFFF}'];
        (0..characters)
            .map(|_| ALPHABET[self.below(ALPHABET.len())])
            .collect()
    }

    /// Cuts `bytes` into pieces of up to `largest` bytes.
    fn pieces<'b>(&mut self, mut bytes: &'b [u8], largest: usize) -> Vec<&'b [u8]> {
        let mut pieces = Vec::new();
        while !bytes.is_empty() {
            let (piece, rest) = bytes.split_at(bytes.len().min(1 + self.below(largest)));
            pieces.push(piece);
            bytes = rest;
        }
        pieces
    }
}

const LIMITS: Limits = Limits {
    frame: 2000,
    message: 3000,
    fragments: 6,
};

fn agree_in_any_pieces(random: &mut Xorshift, wire: &[u8], role: Role) -> Vec<String> {
    let whole = transcript(&mut Reader::new(role, LIMITS), &[wire]);
    let pieces = random.pieces(wire, 40);
    assert_eq!(
        transcript(&mut Reader::new(role, LIMITS), &pieces),
        whole,
        "{role:?} {wire:x?}"
    );
    whole
}

#[test]
fn noise() {
    let mut random = Xorshift(0x9E37_79B9_7F4A_7C15);
    for round in 0..20_000 {
        let len = 1 + random.below(60);
        let mut wire = random.bytes(len);
        let role = BOTH[round % 2];
        // plausible first bytes, so that not all of it ends with the first two
        wire[0] &= 0x8B;
        if let Some(second) = wire.get_mut(1) {
            *second = *second & 0x7F | if role == Role::Server { 0x80 } else { 0 };
        }
        agree_in_any_pieces(&mut random, &wire, role);
    }
}

fn conversation(random: &mut Xorshift, role: Role) -> (Vec<u8>, Vec<String>) {
    let (mut wire, mut expected) = (Vec::new(), Vec::new());
    let mask = |random: &mut Xorshift| (role == Role::Server).then(|| random.next() as u32);
    for _ in 0..1 + random.below(5) {
        let text = random.below(2).eq(&0).then(|| random.text(100));
        let len = random.below(300);
        let binary = random.bytes(len);
        let payload = text
            .as_deref()
            .map_or(Payload::Binary(&binary), Payload::Text);
        let max = payload.as_bytes().len() / 4 + 5;
        for (part, opcode, fin) in fragments(payload, max) {
            append_frame(&mut wire, opcode, fin, part, mask(random));
            let part = match payload {
                Payload::Text(_) => Payload::Text(std::str::from_utf8(part).unwrap()),
                Payload::Binary(_) => Payload::Binary(part),
            };
            expected.push(format!(
                "frame {}{}",
                show(&part),
                if fin { " last" } else { "" }
            ));
            if !fin && random.below(2) == 0 {
                control_frame(&mut wire, Opcode::Ping, b"between", mask(random));
                expected.push("ping <between>".into());
            }
        }
        expected.push(format!("message {}", show(&payload)));
    }
    close_frame(
        &mut wire,
        Some(CloseCode(4000)),
        "done \u{20AC}",
        mask(random),
    );
    expected.push("close 4000 \"done €\"".into());
    (wire, expected)
}

#[test]
fn what_goes_in_comes_out() {
    let mut random = Xorshift(0xD1B5_4A32_D192_ED03);
    for round in 0..2000 {
        let role = BOTH[round % 2];
        let (wire, expected) = conversation(&mut random, role);
        assert_eq!(agree_in_any_pieces(&mut random, &wire, role), expected);
    }
}

#[test]
fn one_byte_changed() {
    let mut random = Xorshift(0x2545_F491_4F6C_DD1D);
    for round in 0..5000 {
        let role = BOTH[round % 2];
        let (mut wire, _) = conversation(&mut random, role);
        let at = random.below(wire.len());
        wire[at] ^= 1 << random.below(8);
        agree_in_any_pieces(&mut random, &wire, role);
    }
}
