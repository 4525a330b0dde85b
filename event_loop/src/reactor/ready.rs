//! What woke a source.

use std::fmt;
use std::ops::{BitAnd, BitOr, BitOrAssign};

/// A set of reasons for a source's turn.
///
/// ```
/// use qeventloop::reactor::Ready;
///
/// let ready = Ready::READABLE | Ready::READ_CLOSED;
/// assert!(ready.is_readable() && !ready.is_writable());
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Ready(u8);

impl Ready {
    /// No reason at all.
    pub const EMPTY: Self = Self(0);
    /// Reading may succeed, or fail with something other than "would block".
    pub const READABLE: Self = Self(1);
    /// Writing may succeed, or fail with something other than "would block".
    pub const WRITABLE: Self = Self(1 << 1);
    /// The peer will send nothing more; comes with [`READABLE`](Self::READABLE).
    pub const READ_CLOSED: Self = Self(1 << 2);
    /// The peer will take nothing more; comes with [`WRITABLE`](Self::WRITABLE).
    pub const WRITE_CLOSED: Self = Self(1 << 3);
    /// The source's deadline passed; it is unset now.
    pub const DEADLINE: Self = Self(1 << 4);
    /// The source was marked dirty, or an alarm of it rang, and this is the end of the turn.
    pub const FLUSH: Self = Self(1 << 5);

    /// What the operating system reports, as against what the dispatcher adds.
    pub(crate) const IO: Self = Self(0b1111);

    /// Whether every reason of `other` is in this set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The reasons of both sets.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The reasons that are in both sets.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether there is no reason.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether reading may get on.
    pub const fn is_readable(self) -> bool {
        self.contains(Self::READABLE)
    }

    /// Whether writing may get on.
    pub const fn is_writable(self) -> bool {
        self.contains(Self::WRITABLE)
    }

    /// Whether the peer has closed its sending side.
    pub const fn is_read_closed(self) -> bool {
        self.contains(Self::READ_CLOSED)
    }

    /// Whether the peer has closed its receiving side.
    pub const fn is_write_closed(self) -> bool {
        self.contains(Self::WRITE_CLOSED)
    }

    /// Whether the source's deadline passed.
    pub const fn is_deadline(self) -> bool {
        self.contains(Self::DEADLINE)
    }

    /// Whether it is time to write what was held back.
    pub const fn is_flush(self) -> bool {
        self.contains(Self::FLUSH)
    }
}

impl From<&mio::event::Event> for Ready {
    /// An error makes a source both readable and writable: whichever it tries will tell it.
    fn from(event: &mio::event::Event) -> Self {
        let error = event.is_error();
        let mut ready = Self::EMPTY;
        for (holds, reasons) in [
            (event.is_readable() || error, Self::READABLE),
            (event.is_writable() || error, Self::WRITABLE),
            (event.is_read_closed(), Self::READABLE | Self::READ_CLOSED),
            (event.is_write_closed(), Self::WRITABLE | Self::WRITE_CLOSED),
        ] {
            if holds {
                ready |= reasons;
            }
        }
        ready
    }
}

impl BitOr for Ready {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        self.union(other)
    }
}

impl BitOrAssign for Ready {
    fn bitor_assign(&mut self, other: Self) {
        *self = self.union(other);
    }
}

impl BitAnd for Ready {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        self.intersection(other)
    }
}

impl fmt::Debug for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = [
            "READABLE",
            "WRITABLE",
            "READ_CLOSED",
            "WRITE_CLOSED",
            "DEADLINE",
            "FLUSH",
        ];
        let set = names
            .iter()
            .enumerate()
            .filter(|(bit, _)| self.0 & (1 << bit) != 0);
        f.write_str("Ready(")?;
        for (position, (_, name)) in set.enumerate() {
            f.write_str(if position == 0 { "" } else { " | " })?;
            f.write_str(name)?;
        }
        f.write_str(")")
    }
}

#[cfg(test)]
mod tests {
    use super::Ready;

    #[test]
    fn debug_names_the_reasons() {
        assert_eq!(format!("{:?}", Ready::EMPTY), "Ready()");
        assert_eq!(
            format!("{:?}", Ready::WRITABLE | Ready::FLUSH),
            "Ready(WRITABLE | FLUSH)"
        );
    }

    #[test]
    fn the_os_mask_leaves_out_what_the_dispatcher_adds() {
        let all = Ready(0b11_1111);
        assert_eq!(
            all & Ready::IO,
            Ready::READABLE | Ready::WRITABLE | Ready::READ_CLOSED | Ready::WRITE_CLOSED
        );
    }
}
