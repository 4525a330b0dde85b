//! What OpenSSL takes for the network.

use std::io::{self, Read, Write};

/// Ciphertext on its way in and out.
#[derive(Debug, Default)]
pub(super) struct Memory {
    incoming: Queue,
    outgoing: Queue,
}

/// Bytes, taken from the front.
#[derive(Debug, Default)]
struct Queue {
    bytes: Vec<u8>,
    taken: usize,
}

impl Memory {
    pub(super) fn feed(&mut self, ciphertext: &[u8]) {
        self.incoming.push(ciphertext);
    }

    /// How many bytes wait to be sent.
    pub(super) fn waiting(&self) -> usize {
        self.outgoing.rest().len()
    }

    /// Forgets what waits to be sent.
    pub(super) fn discard(&mut self) {
        self.outgoing = Queue::default();
    }

    pub(super) fn write_to(&mut self, network: &mut dyn Write) -> io::Result<usize> {
        let count = network.write(self.outgoing.rest())?;
        self.outgoing.advance(count);
        Ok(count)
    }
}

impl Queue {
    fn rest(&self) -> &[u8] {
        &self.bytes[self.taken..]
    }

    fn push(&mut self, bytes: &[u8]) {
        // Otherwise a queue that is never quite empty keeps all that ever went through it.
        if self.taken > self.bytes.len() / 2 {
            self.bytes.drain(..self.taken);
            self.taken = 0;
        }
        self.bytes.extend_from_slice(bytes);
    }

    fn advance(&mut self, count: usize) {
        self.taken += count;
        if self.taken == self.bytes.len() {
            *self = Self::default(); // an idle connection holds no buffer
        }
    }
}

impl Read for Memory {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let rest = self.incoming.rest();
        if rest.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let count = rest.len().min(into.len());
        into[..count].copy_from_slice(&rest[..count]);
        self.incoming.advance(count);
        Ok(count)
    }
}

impl Write for Memory {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        self.outgoing.push(from);
        Ok(from.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_out_as_they_went_in() {
        let mut memory = Memory::default();
        let mut piece = [0; 3];
        let nothing = memory.read(&mut piece).map_err(|error| error.kind());
        assert_eq!(nothing, Err(io::ErrorKind::WouldBlock));
        memory.feed(b"abcd");
        assert_eq!(memory.read(&mut piece).expect("bytes"), 3);
        memory.feed(b"e");
        assert_eq!(memory.read(&mut piece).expect("bytes"), 2);
        assert_eq!(&piece, b"dec");

        memory.write_all(b"hello").expect("room");
        let mut network = [0; 4];
        assert_eq!(memory.write_to(&mut &mut network[..]).expect("room"), 4);
        assert_eq!((memory.waiting(), &network), (1, b"hell"));
    }
    /// The network takes all but one byte of each piece.
    #[test]
    fn what_went_out_is_not_kept() {
        let mut memory = Memory::default();
        for _ in 0..1000 {
            memory.write_all(&[0; 1024]).expect("room");
            let mut network = [0; 1024];
            let room = memory.waiting().min(1024) - 1;
            memory.write_to(&mut &mut network[..room]).expect("room");
        }
        assert!(memory.waiting() <= 2048);
        assert!(memory.outgoing.bytes.capacity() <= 8192);
    }
}
