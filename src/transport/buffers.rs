//! The buffers that the sockets of one thread share.

use qeventloop::reactor::Shared;

use super::ReadBuffer;

/// One thread's pool. A socket borrows a buffer while it has bytes to hold and gives it back afterwards, so that an
/// idle socket owns none; nested loops simply take another one.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    read: Shared<Vec<ReadBuffer>>,
    write: Shared<Vec<Vec<u8>>>,
    messages: Shared<Vec<Vec<u8>>>,
}

impl Buffers {
    pub(crate) fn take_read_buffer(&self) -> ReadBuffer {
        self.read
            .with(Vec::pop)
            .unwrap_or_else(ReadBuffer::with_storage)
    }

    pub(crate) fn give_read_buffer(&self, mut buffer: ReadBuffer) {
        if buffer.is_poolable() {
            buffer.clear();
            give(&self.read, buffer, KEPT_READ_BUFFERS);
        }
    }

    /// The same bytes in storage that can be read into.
    pub(crate) fn roomy(&self, buffer: ReadBuffer) -> ReadBuffer {
        if buffer.is_poolable() {
            return buffer;
        }
        let mut roomy = self.take_read_buffer();
        roomy.append(buffer.unread());
        roomy
    }

    /// The same bytes in storage that fits them, for what has to wait.
    pub(crate) fn fitted(&self, buffer: ReadBuffer) -> ReadBuffer {
        if !buffer.is_mostly_empty() {
            return buffer;
        }
        let fitting = ReadBuffer::holding(buffer.unread());
        self.give_read_buffer(buffer);
        fitting
    }

    pub(super) fn take_write_storage(&self) -> Vec<u8> {
        self.write
            .with(Vec::pop)
            .unwrap_or_else(|| Vec::with_capacity(SMALL))
    }

    pub(super) fn give_write_storage(&self, mut storage: Vec<u8>) {
        if (SMALL..=LARGEST_KEPT).contains(&storage.capacity()) {
            storage.clear();
            give(&self.write, storage, KEPT_STORAGES);
        }
    }

    /// Storage for a message that comes in pieces; empty when the pool has none.
    pub(crate) fn take_message_storage(&self) -> Vec<u8> {
        self.messages.with(Vec::pop).unwrap_or_default()
    }

    pub(crate) fn give_message_storage(&self, mut storage: Vec<u8>) {
        if (1..=LARGEST_KEPT).contains(&storage.capacity()) {
            storage.clear();
            give(&self.messages, storage, KEPT_STORAGES);
        }
    }
}

fn give<T>(pool: &Shared<Vec<T>>, item: T, at_most: usize) {
    pool.with(|pool| {
        if pool.len() < at_most {
            pool.push(item);
        }
    });
}

/// The smallest write storage worth keeping.
const SMALL: usize = 4 * 1024;
/// A buffer that once held something huge is not kept.
const LARGEST_KEPT: usize = 1 << 20;
const KEPT_READ_BUFFERS: usize = 4;
const KEPT_STORAGES: usize = 16;
