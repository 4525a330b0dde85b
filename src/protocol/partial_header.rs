use super::frame_header::{Header, MAX_HEADER, decode};
use super::{Role, Violation};

/// Reads headers that may be spread over several pieces of input: keeps the start of one until the
/// rest comes.
#[derive(Debug, Default)]
pub(super) struct PartialHeader {
    bytes: [u8; MAX_HEADER],
    len: u8,
}

impl PartialHeader {
    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Completes a header from the front of `bytes` and tells how many of them belong to it. `None`
    /// if it goes on behind `bytes`, all of which are kept then.
    #[inline]
    pub(super) fn read(
        &mut self,
        bytes: &[u8],
        role: Role,
    ) -> Result<Option<(Header, usize)>, Violation> {
        if self.is_empty()
            && let whole @ Some(_) = decode(bytes, role)?
        {
            return Ok(whole);
        }
        self.read_on(bytes, role)
    }

    #[cold]
    fn read_on(&mut self, bytes: &[u8], role: Role) -> Result<Option<(Header, usize)>, Violation> {
        let before = usize::from(self.len);
        let end = MAX_HEADER.min(before + bytes.len());
        self.bytes[before..end].copy_from_slice(&bytes[..end - before]);
        let decoded = decode(&self.bytes[..end], role)?;
        // MAX_HEADER bytes are a header: without one all of `bytes` was copied.
        self.len = if decoded.is_some() { 0 } else { end as u8 };
        Ok(decoded.map(|(header, size)| (header, size - before)))
    }
}
