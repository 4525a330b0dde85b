use super::{Opcode, Payload};

/// Cuts an outgoing message into frames of at most `max` bytes; 0 means that it stays whole.
///
/// Text is cut between characters only, so that a frame shows as text of its own; where `max` is
/// less than one character needs, that character is sent whole. An empty message is one empty
/// frame.
pub fn fragments(payload: Payload<'_>, max: usize) -> Fragments<'_> {
    let (opcode, is_text) = match payload {
        Payload::Text(_) => (Opcode::Text, true),
        Payload::Binary(_) => (Opcode::Binary, false),
    };
    let max = if max == 0 { usize::MAX } else { max };
    Fragments {
        rest: Some(payload.as_bytes()),
        opcode,
        is_text,
        max,
    }
}

/// The frames of a message: payload, opcode and FIN of each. Made by [`fragments`].
#[derive(Clone, Debug)]
pub struct Fragments<'b> {
    /// `None` after the last frame; an empty message still has one.
    rest: Option<&'b [u8]>,
    opcode: Opcode,
    is_text: bool,
    max: usize,
}

impl<'b> Iterator for Fragments<'b> {
    type Item = (&'b [u8], Opcode, bool);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest?;
        let (frame, behind) = rest.split_at(self.cut(rest));
        let fin = behind.is_empty();
        self.rest = (!fin).then_some(behind);
        let opcode = std::mem::replace(&mut self.opcode, Opcode::Continuation);
        Some((frame, opcode, fin))
    }
}

impl Fragments<'_> {
    /// Where the next frame ends.
    fn cut(&self, rest: &[u8]) -> usize {
        if rest.len() <= self.max {
            return rest.len();
        }
        if !self.is_text {
            return self.max;
        }
        let starts_character = |&at: &usize| rest.get(at).is_none_or(|byte| byte & 0xC0 != 0x80);
        let before = (1..=self.max).rev().find(starts_character);
        before
            .or_else(|| (self.max..=rest.len()).find(starts_character))
            .unwrap_or(rest.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(payload: Payload<'_>, max: usize) -> Vec<usize> {
        fragments(payload, max)
            .map(|(frame, ..)| frame.len())
            .collect()
    }

    #[test]
    fn no_empty_frame_at_the_end() {
        assert_eq!(sizes(Payload::Binary(&[0; 12]), 4), [4, 4, 4]);
        assert_eq!(sizes(Payload::Binary(&[0; 13]), 4), [4, 4, 4, 1]);
        assert_eq!(sizes(Payload::Binary(&[0; 4]), 4), [4]);
        assert_eq!(sizes(Payload::Binary(&[0; 3]), 4), [3]);
        assert_eq!(sizes(Payload::Text("abcdefgh"), 4), [4, 4]);
    }

    #[test]
    fn an_empty_message_is_one_frame() {
        for max in [0, 1, 4] {
            let frames: Vec<_> = fragments(Payload::Text(""), max).collect();
            assert_eq!(frames, [(&b""[..], Opcode::Text, true)]);
            let frames: Vec<_> = fragments(Payload::Binary(b""), max).collect();
            assert_eq!(frames, [(&b""[..], Opcode::Binary, true)]);
        }
    }

    #[test]
    fn zero_is_no_limit() {
        assert_eq!(sizes(Payload::Binary(&[0; 100_000]), 0), [100_000]);
        assert_eq!(sizes(Payload::Text(&"x".repeat(100_000)), 0), [100_000]);
    }

    #[test]
    fn opcode_first_and_fin_last() {
        let frames: Vec<_> = fragments(Payload::Binary(b"abcde"), 2).collect();
        assert_eq!(
            frames,
            [
                (&b"ab"[..], Opcode::Binary, false),
                (&b"cd"[..], Opcode::Continuation, false),
                (&b"e"[..], Opcode::Continuation, true),
            ]
        );
    }

    #[test]
    fn text_is_cut_between_characters() {
        let text = "a\u{E9}\u{20AC}\u{1F600}\u{1F600}bc\u{20AC}";
        for max in 1..=text.len() + 1 {
            let mut whole = String::new();
            for (frame, ..) in fragments(Payload::Text(text), max) {
                let frame = std::str::from_utf8(frame).unwrap();
                assert!(
                    frame.len() <= max || frame.chars().count() == 1,
                    "{max} {frame}"
                );
                assert!(!frame.is_empty());
                whole.push_str(frame);
            }
            assert_eq!(whole, text);
        }
        assert_eq!(sizes(Payload::Text("\u{1F600}\u{1F600}a"), 3), [4, 4, 1]);
        assert_eq!(sizes(Payload::Text("\u{1F600}\u{1F600}a"), 5), [4, 5]);
    }
}
