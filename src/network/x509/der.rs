//! DER, as far as certificates and keys need it: a cursor that hands out slices and copies nothing.
//!
//! Bytes that are not DER give `None`, never a panic: they come from strangers.

pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OID: u8 = 0x06;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

/// The tag of a context-specific value that holds primitive content.
pub(crate) const fn implicit(number: u8) -> u8 {
    0x80 | number
}

/// The tag of a context-specific value that holds further values.
pub(crate) const fn explicit(number: u8) -> u8 {
    0xA0 | number
}

/// What is left to read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Der<'a> {
    rest: &'a [u8],
}

/// One tagged value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value<'a> {
    pub(crate) tag: u8,
    /// With tag and length, as it stood.
    pub(crate) whole: &'a [u8],
    pub(crate) content: &'a [u8],
}

impl<'a> Der<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next value, whatever it is.
    pub(crate) fn next(&mut self) -> Option<Value<'a>> {
        let tag = *self.rest.first()?;
        let first = usize::from(*self.rest.get(1)?);
        let (length, head) = match first {
            0..=0x7F => (first, 2),
            // Four bytes of length are more than any certificate has.
            0x81..=0x84 => {
                let count = first - 0x80;
                let bytes = self.rest.get(2..2 + count)?;
                let length = bytes
                    .iter()
                    .fold(0, |sum, byte| sum << 8 | usize::from(*byte));
                (length, 2 + count)
            }
            _ => return None,
        };
        let end = head.checked_add(length)?;
        let whole = self.rest.get(..end)?;
        self.rest = &self.rest[end..];
        let content = &whole[head..];
        Some(Value {
            tag,
            whole,
            content,
        })
    }

    /// The content of the next value, which must have this tag.
    pub(crate) fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.next()
            .filter(|value| value.tag == tag)
            .map(|value| value.content)
    }

    /// The next value with tag and length, which must have this tag.
    pub(crate) fn take_whole(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.next()
            .filter(|value| value.tag == tag)
            .map(|value| value.whole)
    }

    /// A cursor into the next value, which must have this tag.
    pub(crate) fn enter(&mut self, tag: u8) -> Option<Self> {
        self.take(tag).map(Self::new)
    }

    /// Whether the next value has this tag; nothing is consumed.
    pub(crate) fn is_at(&self, tag: u8) -> bool {
        self.rest.first() == Some(&tag)
    }
}

/// A bit string's bytes.
pub(crate) fn bits(content: &[u8]) -> Option<&[u8]> {
    let (unused, bytes) = content.split_first()?;
    (*unused < 8).then_some(bytes)
}

/// An integer that is not negative and not large.
pub(crate) fn small_integer(content: &[u8]) -> Option<u32> {
    let is_negative = content.first()? & 0x80 != 0;
    let digits = content.strip_prefix(&[0]).unwrap_or(content);
    if is_negative || digits.len() > 4 {
        return None;
    }
    Some(
        digits
            .iter()
            .fold(0, |sum, byte| sum << 8 | u32::from(*byte)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_in_turn() {
        let mut der = Der::new(&[0x30, 3, 2, 1, 5, 4, 0x81, 1, 7]);
        let mut sequence = der.enter(SEQUENCE).expect("a sequence");
        assert_eq!(sequence.take(INTEGER), Some(&[5][..]));
        assert!(sequence.is_empty());
        assert_eq!(der.take_whole(OCTET_STRING), Some(&[4, 0x81, 1, 7][..]));
        assert!(der.next().is_none());
    }

    #[test]
    fn lengths_that_lie_give_nothing() {
        let broken: [&[u8]; 7] = [
            &[],
            &[0x30],
            &[0x30, 1],
            &[0x30, 0x80, 0, 0],
            &[0x30, 0x82, 1],
            &[0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF, 1],
            &[0x30, 0x85, 0, 0, 0, 0, 1, 0],
        ];
        for bytes in broken {
            assert!(Der::new(bytes).next().is_none(), "{bytes:?}");
        }
    }

    #[test]
    fn integers_are_small_and_not_negative() {
        assert_eq!(small_integer(&[0]), Some(0));
        assert_eq!(small_integer(&[0, 0x80]), Some(128));
        assert_eq!(small_integer(&[0xFF]), None);
        assert_eq!(small_integer(&[1, 0, 0, 0, 0]), None);
        assert_eq!(small_integer(&[]), None);
    }
}
