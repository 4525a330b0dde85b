use super::Violation;
use super::frame_header::Header;

/// No message may be larger: with half of the address space a growing buffer cannot overflow.
const LARGEST_MESSAGE: u64 = (isize::MAX / 2) as u64;

/// What a peer may make this end hold in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Limits {
    /// The largest payload of one data frame, in bytes. Control frames are exempt: 125 bytes are
    /// their limit.
    pub frame: u64,
    /// The largest message, in bytes, all its fragments together.
    pub message: u64,
    /// The most frames a fragmented message may consist of. Empty ones count: they cost time, if
    /// not memory.
    pub fragments: u32,
}

impl Default for Limits {
    /// 16 MiB a frame, 64 MiB a message, 131 072 fragments.
    fn default() -> Self {
        Limits {
            frame: 16 << 20,
            message: 64 << 20,
            fragments: 131_072,
        }
    }
}

impl Limits {
    /// Whether a data frame may follow `frames` frames of its message, which make up `have` bytes.
    #[inline]
    pub(super) fn admit(&self, header: &Header, have: u64, frames: u32) -> Result<(), Violation> {
        if header.len > self.frame {
            return Err(Violation::frame_too_big(header.len, self.frame));
        }
        let message = self.message.min(LARGEST_MESSAGE);
        // Not a sum, which could overflow. The limit may have been lowered below what there is.
        if header.len > message.saturating_sub(have) {
            return Err(Violation::message_too_big(have, header.len, message));
        }
        if !header.is_whole() && frames >= self.fragments {
            return Err(Violation::too_many_fragments(self.fragments));
        }
        Ok(())
    }
}
