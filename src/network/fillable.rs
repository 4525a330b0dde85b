//! What slots fill in.

use std::cell::Cell;

/// A value that is lent to slots, which change it through a shared reference.
#[derive(Default)]
pub(super) struct Fillable<T>(Cell<T>);

impl<T: Default> Fillable<T> {
    #[cfg(feature = "openssl")]
    pub(super) fn new(value: T) -> Self {
        Self(Cell::new(value))
    }

    /// Neither this nor [`look`](Self::look) may be called by what it calls: the value is out of its cell meanwhile.
    pub(super) fn change(&self, change: impl FnOnce(&mut T)) {
        let mut value = self.0.take();
        change(&mut value);
        self.0.set(value);
    }

    pub(super) fn look<R>(&self, look: impl FnOnce(&T) -> R) -> R {
        let value = self.0.take();
        let seen = look(&value);
        self.0.set(value);
        seen
    }
}

/// A copy is independent of what it was copied from.
impl<T: Clone + Default> Clone for Fillable<T> {
    fn clone(&self) -> Self {
        Self(Cell::new(self.look(T::clone)))
    }
}

impl<T: PartialEq + Default> PartialEq for Fillable<T> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other) || self.look(|value| other.look(|other| value == other))
    }
}

impl<T: Eq + Default> Eq for Fillable<T> {}
