//! Text that arrives in pieces.

use std::str::from_utf8;

use simdutf8::basic;

/// The text cannot become valid, whatever follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct InvalidUtf8;

/// The first bytes, three at most, of a character whose rest has yet to come.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Carry {
    bytes: [u8; 3],
    len: u8,
}

impl Carry {
    pub(super) fn len(&self) -> usize {
        usize::from(self.len)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Appends to `text` the characters that `chunk` completes, and keeps the one it breaks off.
    /// Fails as soon as a byte rules out that the text is valid; `text` is then of no more use.
    pub(super) fn push(&mut self, text: &mut String, chunk: &[u8]) -> Result<(), InvalidUtf8> {
        let chunk = self.complete(text, chunk)?;
        let (whole, broken) = chunk.split_at(chunk.len() - broken_tail(chunk));
        text.push_str(basic::from_utf8(whole).map_err(|_| InvalidUtf8)?);
        if !broken.is_empty() {
            self.keep(broken)?;
        }
        Ok(())
    }

    /// Completes the character that is carried, byte by byte, and returns the rest of `chunk`.
    fn complete<'c>(
        &mut self,
        text: &mut String,
        chunk: &'c [u8],
    ) -> Result<&'c [u8], InvalidUtf8> {
        let mut rest = chunk;
        while !self.is_empty()
            && let Some((&next, behind)) = rest.split_first()
        {
            let have = self.len();
            let mut character = [0; 4];
            character[..have].copy_from_slice(&self.bytes[..have]);
            character[have] = next;
            let character = &character[..=have];
            match from_utf8(character) {
                Ok(character) => {
                    text.push_str(character);
                    self.len = 0;
                }
                Err(_) => self.keep(character)?,
            }
            rest = behind;
        }
        Ok(rest)
    }

    /// Carries `start`, if a character can start like that.
    fn keep(&mut self, start: &[u8]) -> Result<(), InvalidUtf8> {
        let is_possible = from_utf8(start).is_err_and(|error| error.error_len().is_none());
        let place = self
            .bytes
            .get_mut(..start.len())
            .filter(|_| is_possible)
            .ok_or(InvalidUtf8)?;
        place.copy_from_slice(start);
        self.len = start.len() as u8;
        Ok(())
    }
}

/// How many bytes at the end of `chunk` belong to a character of which more must follow.
fn broken_tail(chunk: &[u8]) -> usize {
    let last = chunk.iter().rev().take(3);
    for (behind, &byte) in last.enumerate() {
        let width = match byte {
            0x80..0xC0 => continue,
            0xC0..0xE0 => 2,
            0xE0..0xF0 => 3,
            0xF0.. => 4,
            0..0x80 => 1,
        };
        return if behind + 1 < width { behind + 1 } else { 0 };
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = "\u{FEFF}a\u{E9}\u{20AC}\u{1F600}\u{10FFFF}\0\u{FFFE}z";

    fn in_pieces(pieces: &[&[u8]]) -> Result<(String, usize), InvalidUtf8> {
        let (mut carry, mut text) = (Carry::default(), String::new());
        for piece in pieces {
            carry.push(&mut text, piece)?;
        }
        Ok((text, carry.len()))
    }

    #[test]
    fn cut_anywhere_the_text_is_the_same() {
        let bytes = SAMPLE.as_bytes();
        for first in 0..=bytes.len() {
            for second in first..=bytes.len() {
                let pieces = [&bytes[..first], &bytes[first..second], &bytes[second..]];
                assert_eq!(
                    in_pieces(&pieces),
                    Ok((SAMPLE.to_owned(), 0)),
                    "{first} {second}"
                );
            }
        }
    }

    #[test]
    fn every_prefix_is_as_std_sees_it() {
        for end in 0..=SAMPLE.len() {
            let bytes = &SAMPLE.as_bytes()[..end];
            let whole = match from_utf8(bytes) {
                Ok(_) => end,
                Err(error) => error.valid_up_to(),
            };
            let expected = (SAMPLE[..whole].to_owned(), end - whole);
            assert_eq!(in_pieces(&[bytes]), Ok(expected));
        }
    }

    #[test]
    fn all_sequences_of_up_to_three_bytes_fail_exactly_where_std_says_so() {
        let interesting: Vec<u8> = [
            0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2,
        ]
        .into_iter()
        .chain([
            0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF,
        ])
        .collect();
        for &a in &interesting {
            for &b in &interesting {
                for &c in &interesting {
                    let bytes = [a, b, c];
                    for end in 1..=3 {
                        let hopeless =
                            from_utf8(&bytes[..end]).is_err_and(|e| e.error_len().is_some());
                        let singles: Vec<&[u8]> = bytes[..end].chunks(1).collect();
                        assert_eq!(in_pieces(&[&bytes[..end]]).is_err(), hopeless, "{bytes:x?}");
                        assert_eq!(in_pieces(&singles).is_err(), hopeless, "{bytes:x?}");
                    }
                }
            }
        }
    }
}
