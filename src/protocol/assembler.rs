use std::fmt;
use std::mem;

use super::utf8::{Carry, InvalidUtf8};
use super::{Event, Opcode, Payload, mask};

/// Puts together the messages that do not lie in the received bytes as one whole frame.
///
/// All fragments go into one buffer, which grows with what was received and never with what was
/// announced. It stays after the message, to be lent, and is used again or taken away.
#[derive(Default)]
pub(super) struct Assembler {
    buffer: Buffer,
    /// Where in the buffer the frame under way begins.
    frame_start: usize,
    /// How many frames of the message under way have begun; 0: there is no such message.
    frames: u32,
    carry: Carry,
}

enum Buffer {
    /// Valid up to its end; the start of a last, incomplete character is the carry.
    Text(String),
    Binary(Vec<u8>),
}

impl Default for Buffer {
    fn default() -> Self {
        Buffer::Binary(Vec::new())
    }
}

impl Assembler {
    /// Whether a message has begun and not ended.
    pub(super) fn is_open(&self) -> bool {
        self.frames > 0
    }

    /// The frames of the message under way, including one that is still arriving.
    pub(super) fn frames(&self) -> u32 {
        self.frames
    }

    /// What the message under way amounts to, in bytes.
    pub(super) fn len(&self) -> u64 {
        if self.is_open() {
            (self.buffer.len() + self.carry.len()) as u64
        } else {
            0
        }
    }

    pub(super) fn begin_frame(&mut self, opcode: Opcode) {
        if opcode != Opcode::Continuation {
            let buffer = mem::take(&mut self.buffer).into_cleared();
            self.buffer = Buffer::new(buffer, opcode == Opcode::Text);
        }
        self.frame_start = self.buffer.len();
        self.frames = self.frames.saturating_add(1);
    }

    /// Unmasks and appends what came of the frame; `offset` is how much of it came before. May
    /// leave `bytes` as scratch.
    pub(super) fn push(
        &mut self,
        bytes: &mut [u8],
        key: Option<[u8; 4]>,
        offset: usize,
    ) -> Result<(), InvalidUtf8> {
        match (&mut self.buffer, key) {
            (Buffer::Text(text), key) => {
                if let Some(key) = key {
                    mask::apply(bytes, key, offset);
                }
                return self.carry.push(text, bytes);
            }
            (Buffer::Binary(binary), Some(key)) => mask::append_masked(binary, bytes, key, offset),
            (Buffer::Binary(binary), None) => binary.extend_from_slice(bytes),
        }
        Ok(())
    }

    /// The last frame is complete. Text must not end inside a character.
    pub(super) fn end_message(&mut self) -> Result<(), InvalidUtf8> {
        self.frames = 0;
        if self.carry.is_empty() {
            Ok(())
        } else {
            Err(InvalidUtf8)
        }
    }

    /// The frame that just ended, and the message if that ended too.
    pub(super) fn lend(&self, fin: bool) -> Event<'_> {
        let (frame, message) = match &self.buffer {
            // A frame starts where complete characters ended.
            Buffer::Text(text) => (
                Payload::Text(&text[self.frame_start..]),
                Payload::Text(text),
            ),
            Buffer::Binary(binary) => (
                Payload::Binary(&binary[self.frame_start..]),
                Payload::Binary(binary),
            ),
        };
        Event::Frame {
            frame,
            is_last_frame: fin,
            message: fin.then_some(message),
        }
    }

    /// Gives up the message under way.
    pub(super) fn abandon(&mut self) {
        self.frames = 0;
    }

    pub(super) fn has_buffer(&self) -> bool {
        self.buffer.capacity() > 0
    }

    pub(super) fn take_spare_buffer(&mut self) -> Option<Vec<u8>> {
        if self.is_open() || !self.has_buffer() {
            return None;
        }
        Some(mem::take(&mut self.buffer).into_cleared())
    }

    /// Takes a buffer for messages to come. One that is in use stays.
    pub(super) fn supply_buffer(&mut self, mut buffer: Vec<u8>) {
        if !self.has_buffer() {
            buffer.clear();
            self.buffer = Buffer::new(buffer, matches!(self.buffer, Buffer::Text(_)));
        }
    }
}

impl Buffer {
    fn new(cleared: Vec<u8>, is_text: bool) -> Self {
        if is_text {
            // An empty buffer is valid text: there is no default to fall back to.
            Buffer::Text(String::from_utf8(cleared).unwrap_or_default())
        } else {
            Buffer::Binary(cleared)
        }
    }

    fn len(&self) -> usize {
        match self {
            Buffer::Text(text) => text.len(),
            Buffer::Binary(binary) => binary.len(),
        }
    }

    fn capacity(&self) -> usize {
        match self {
            Buffer::Text(text) => text.capacity(),
            Buffer::Binary(binary) => binary.capacity(),
        }
    }

    fn into_cleared(self) -> Vec<u8> {
        let mut bytes = match self {
            Buffer::Text(text) => text.into_bytes(),
            Buffer::Binary(binary) => binary,
        };
        bytes.clear();
        bytes
    }
}

/// Leaves out the message: it may be long, and it is nobody else's business.
impl fmt::Debug for Assembler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Assembler")
            .field("frames", &self.frames)
            .field("len", &self.len())
            .field("capacity", &self.buffer.capacity())
            .finish_non_exhaustive()
    }
}
