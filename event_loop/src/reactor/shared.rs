//! The only cell of the crate that borrows at run time.

use std::cell::RefCell;
use std::fmt;

/// A cell for state that slots and destructors may come back to.
///
/// `RefCell` hands out guards, and a guard that is alive while somebody else's code runs is a panic
/// waiting for its day. `Shared` hands out none: [`with`](Self::with) lends the value to a closure,
/// [`take`](Self::take) and [`replace`](Self::replace) move it out, so that what was inside is used
/// and dropped with the cell closed.
///
/// The rule for [`with`](Self::with): move values in and out, compute, and call nothing that can
/// run a slot, a callback or the destructor of a foreign value.
///
/// ```
/// use qeventloop::reactor::Shared;
///
/// let names = Shared::new(vec!["ada"]);
/// names.with(|names| names.push("grace"));
/// assert_eq!(names.take(), ["ada", "grace"]);
/// ```
#[derive(Default)]
pub struct Shared<T>(RefCell<T>);

impl<T> Shared<T> {
    /// Wraps `value`.
    pub const fn new(value: T) -> Self {
        Self(RefCell::new(value))
    }

    /// Lends the value to `access`.
    ///
    /// # Panics
    ///
    /// When `access` comes back to the same cell.
    pub fn with<R>(&self, access: impl FnOnce(&mut T) -> R) -> R {
        access(&mut self.0.borrow_mut())
    }

    /// Puts `value` in and hands out what was there.
    #[must_use = "drop the old value here, where the cell is closed"]
    pub fn replace(&self, value: T) -> T {
        self.0.replace(value)
    }

    /// Puts `value` in. What was in is dropped when the cell is free again, so its destructor may
    /// do what it likes.
    pub fn set(&self, value: T) {
        drop(self.replace(value));
    }

    /// Hands out the value and leaves a default one.
    pub fn take(&self) -> T
    where
        T: Default,
    {
        self.0.take()
    }

    /// A copy of the value.
    pub fn get(&self) -> T
    where
        T: Copy,
    {
        *self.0.borrow()
    }
}

impl<T: fmt::Debug> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.try_borrow() {
            Ok(value) => value.fmt(f),
            Err(_) => f.write_str("<in use>"),
        }
    }
}
