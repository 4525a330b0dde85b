//! Bytes that came from the network and were not consumed yet.

use std::io;
use std::ops::Range;

/// How much one read asks the kernel for.
const SIZE: usize = 256 * 1024;
/// A buffer that was made for a few bytes is not read into as it is: each read is a system call.
const LEAST_SPACE: usize = SIZE / 4;

/// A buffer whose storage is initialised once and then only overwritten.
#[derive(Debug, Default)]
pub(crate) struct ReadBuffer {
    bytes: Vec<u8>,
    unread: Range<usize>,
}

impl ReadBuffer {
    /// A buffer ready to read into.
    pub(crate) fn with_storage() -> Self {
        Self {
            bytes: vec![0; SIZE],
            unread: 0..0,
        }
    }

    /// A buffer that holds just `bytes`.
    pub(crate) fn holding(bytes: &[u8]) -> Self {
        Self {
            bytes: bytes.to_vec(),
            unread: 0..bytes.len(),
        }
    }

    /// Lets `read` fill the free space at the end, but no more than `at_most` bytes of it. Gives what it read, and
    /// whether there may be more.
    pub(crate) fn fill(
        &mut self,
        at_most: usize,
        read: impl FnOnce(&mut [u8]) -> io::Result<usize>,
    ) -> io::Result<(usize, bool)> {
        self.make_room(at_most.min(LEAST_SPACE));
        let space = &mut self.bytes[self.unread.end..];
        let wanted = space.len().min(at_most);
        let space = &mut space[..wanted];
        let count = read(space)?;
        self.unread.end += count;
        Ok((count, count == wanted))
    }

    /// Adds bytes that were read elsewhere.
    pub(crate) fn append(&mut self, bytes: &[u8]) {
        self.make_room(bytes.len());
        let end = self.unread.end + bytes.len();
        self.bytes[self.unread.end..end].copy_from_slice(bytes);
        self.unread.end = end;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.unread.is_empty()
    }

    pub(crate) fn unread(&self) -> &[u8] {
        &self.bytes[self.unread.clone()]
    }

    pub(crate) fn unread_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[self.unread.clone()]
    }

    /// Drops `count` bytes from the front.
    pub(crate) fn consume(&mut self, count: usize) {
        self.unread.start += count;
        debug_assert!(self.unread.start <= self.unread.end);
        if self.unread.is_empty() {
            self.clear();
        }
    }

    pub(crate) fn clear(&mut self) {
        self.unread = 0..0;
    }

    /// Whether it is of the size that the pool lends.
    pub(crate) fn is_poolable(&self) -> bool {
        self.bytes.len() == SIZE
    }

    /// Whether keeping these bytes would keep much more storage than they need.
    pub(crate) fn is_mostly_empty(&self) -> bool {
        self.unread.len() < self.bytes.len() / 2
    }

    fn make_room(&mut self, wanted: usize) {
        if self.bytes.len() - self.unread.end >= wanted {
            return;
        }
        self.bytes.copy_within(self.unread.clone(), 0);
        self.unread = 0..self.unread.len();
        if self.bytes.len() - self.unread.end < wanted {
            let size = (self.unread.end + wanted).next_power_of_two().max(SIZE);
            self.bytes.resize(size, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_consumed_survives_the_next_fill() {
        let mut buffer = ReadBuffer::holding(b"head rest");
        buffer.consume(5);
        let (count, filled) = buffer
            .fill(usize::MAX, |space| {
                space[..3].copy_from_slice(b"ure");
                Ok(3)
            })
            .unwrap();
        assert_eq!((count, filled), (3, false));
        assert_eq!(buffer.unread(), b"resture");
    }

    #[test]
    fn a_full_buffer_grows_instead_of_losing_bytes() {
        let mut buffer = ReadBuffer::with_storage();
        buffer.append(&vec![7; SIZE]);
        buffer.append(&[8; 10]);
        assert_eq!(buffer.unread().len(), SIZE + 10);
        assert_eq!(buffer.unread()[SIZE..], [8; 10]);
        assert!(!buffer.is_poolable());
    }

    #[test]
    fn a_small_buffer_grows_before_it_is_read_into() {
        let mut buffer = ReadBuffer::holding(b"x");
        buffer.consume(1);
        let (count, filled) = buffer
            .fill(usize::MAX, |space| Ok(space.len().min(SIZE / 4)))
            .unwrap();
        assert_eq!((count, filled), (SIZE / 4, false));
    }

    #[test]
    fn no_more_is_asked_for_than_may_be_read() {
        let mut buffer = ReadBuffer::with_storage();
        let asked_for = |space: &mut [u8]| Ok(space.len());
        assert_eq!(buffer.fill(1, asked_for).unwrap(), (1, true));
        assert_eq!(buffer.fill(100, asked_for).unwrap(), (100, true));
        assert_eq!(buffer.fill(1000, |_| Ok(999)).unwrap(), (999, false));
        assert_eq!(buffer.unread().len(), 1100);
    }

    #[test]
    fn a_failed_read_changes_nothing() {
        let mut buffer = ReadBuffer::holding(b"x");
        assert!(
            buffer
                .fill(usize::MAX, |_| Err(io::ErrorKind::WouldBlock.into()))
                .is_err()
        );
        assert_eq!(buffer.unread(), b"x");
    }
}
