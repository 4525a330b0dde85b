//! What an I/O crate implements, and the names it is known by.

use std::fmt;
use std::rc::Rc;

use super::Ready;

/// Something the dispatcher gives turns to.
pub trait Source {
    /// Does what `ready` allows, within a budget of bytes or time, and says whether more is left.
    ///
    /// Polling is edge-triggered: return [`Progress::Drained`] only after what you tried ended in
    /// "would block" (or in the end of the stream), else there may be no further turn. A turn may
    /// come with a reason that has lapsed; one that finds nothing to do returns `Drained`.
    ///
    /// A slot that runs inside may run a nested loop, so that `turn` can be entered again before it
    /// returned. If it panics, the source gets another turn for the same reasons; a deadline is
    /// spent then and comes back as [`Ready::FLUSH`].
    fn turn(self: Rc<Self>, ready: Ready) -> Progress;
}

/// What a source has left after its turn.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Everything tried ended in "would block": wait for the next edge.
    Drained,
    /// The budget ran out: come back in the next turn, after the others had theirs.
    MoreToDo,
}

/// Which edges of an I/O object are wanted. Most register for [`BOTH`](Self::BOTH) once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interest(mio::Interest);

impl Interest {
    /// Becoming readable.
    pub const READABLE: Self = Self(mio::Interest::READABLE);
    /// Becoming writable.
    pub const WRITABLE: Self = Self(mio::Interest::WRITABLE);
    /// Both.
    pub const BOTH: Self = Self(mio::Interest::READABLE.add(mio::Interest::WRITABLE));

    pub(crate) const fn to_mio(self) -> mio::Interest {
        self.0
    }

    /// Whether becoming readable is wanted.
    pub const fn is_readable(self) -> bool {
        self.0.is_readable()
    }

    /// Whether becoming writable is wanted.
    pub const fn is_writable(self) -> bool {
        self.0.is_writable()
    }
}

const HALF: u32 = usize::BITS / 2;

/// The name of a source: half of its bits say which slot, the other half how often that slot was
/// used before.
///
/// An event that arrives for a source that is gone therefore never reaches the next user of its
/// slot.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Token(usize);

impl Token {
    /// How many slots there are room for; the last index is the waker's.
    pub(crate) const MAX_INDEX: usize = (1 << HALF) - 2;
    /// The waker's own token.
    pub(crate) const WAKER: mio::Token = mio::Token(usize::MAX);

    /// Generations wrap around within their half.
    pub(crate) const fn new(index: usize, generation: u32) -> Self {
        Self((generation as usize) << HALF | index)
    }

    pub(crate) const fn index(self) -> usize {
        self.0 & ((1 << HALF) - 1)
    }

    pub(crate) const fn to_mio(self) -> mio::Token {
        mio::Token(self.0)
    }

    pub(crate) const fn from_mio(token: mio::Token) -> Self {
        Self(token.0)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({}.{})", self.index(), self.0 >> HALF)
    }
}

#[cfg(test)]
mod tests {
    use super::Token;

    #[test]
    fn a_token_keeps_index_and_generation_apart() {
        let token = Token::new(7, 3);
        assert_eq!(token.index(), 7);
        assert_eq!(format!("{token:?}"), "Token(7.3)");
        assert_ne!(token, Token::new(7, 4));
        assert_ne!(
            Token::new(Token::MAX_INDEX, u32::MAX).to_mio(),
            Token::WAKER
        );
    }
}
