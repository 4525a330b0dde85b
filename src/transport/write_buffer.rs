//! Bytes on their way to the network.

use super::Buffers;

/// Queued bytes, sent from the front. Without queued bytes it owns no storage: that is borrowed from the pool.
#[derive(Debug, Default)]
pub(crate) struct WriteBuffer {
    bytes: Vec<u8>,
    sent: usize,
}

impl WriteBuffer {
    pub(crate) fn is_empty(&self) -> bool {
        self.sent == self.bytes.len()
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len() - self.sent
    }

    /// What is still to be sent.
    pub(crate) fn pending(&self) -> &[u8] {
        &self.bytes[self.sent..]
    }

    /// Where to append.
    pub(crate) fn tail(&mut self, buffers: &Buffers) -> &mut Vec<u8> {
        if self.bytes.capacity() == 0 {
            self.bytes = buffers.take_write_storage();
        }
        &mut self.bytes
    }

    /// Marks `count` bytes as sent. The start index moves, the bytes do not; storage that ran empty goes back.
    pub(crate) fn advance(&mut self, count: usize, buffers: &Buffers) {
        self.sent += count;
        debug_assert!(self.sent <= self.bytes.len());
        if self.is_empty() {
            self.clear(buffers);
        } else if self.sent > self.bytes.len() / 2 && self.sent > COMPACT_FROM {
            // What was sent outweighs what is left: the move is paid for by the bytes that went before.
            self.bytes.drain(..self.sent);
            self.sent = 0;
        }
    }

    /// Forgets everything queued.
    pub(crate) fn clear(&mut self, buffers: &Buffers) {
        self.sent = 0;
        buffers.give_write_storage(std::mem::take(&mut self.bytes));
    }
}

const COMPACT_FROM: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partial_write_keeps_the_rest_and_a_complete_one_the_storage() {
        let buffers = Buffers::default();
        let mut queue = WriteBuffer::default();
        queue.tail(&buffers).extend_from_slice(b"abcdef");
        queue.advance(2, &buffers);
        assert_eq!(queue.pending(), b"cdef");
        queue.tail(&buffers).extend_from_slice(b"gh");
        queue.advance(6, &buffers);
        assert!(queue.is_empty());
        assert_eq!(
            queue.bytes.capacity(),
            0,
            "the storage went back to the pool"
        );
        assert!(buffers.take_write_storage().capacity() >= 8);
    }

    #[test]
    fn a_long_queue_is_compacted_without_losing_order() {
        let buffers = Buffers::default();
        let mut queue = WriteBuffer::default();
        let bytes: Vec<u8> = (0..3 << 20).map(|n: usize| n as u8).collect();
        queue.tail(&buffers).extend_from_slice(&bytes);
        queue.advance(2 << 20, &buffers);
        assert_eq!(queue.pending(), &bytes[2 << 20..]);
        assert_eq!(queue.sent, 0);
    }
}
