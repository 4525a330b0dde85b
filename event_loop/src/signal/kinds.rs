//! The kinds of slots. How each is called depends on the number of its parameters: see `arity`.

use std::rc::{Rc, Weak};
use std::sync::Arc;

use super::Signature;
use super::signature::Slot;
use super::slots::{Core, Entry};
use crate::Remote;
use crate::reactor::Shared;

/// A closure of its own.
pub(super) struct Closure<F>(pub(super) F);

impl<F> Slot for Closure<F> {
    fn is_alive(&self) -> bool {
        true
    }
}

/// A closure and the receiver it works on.
pub(super) struct Bound<R: ?Sized, F> {
    pub(super) receiver: Weak<R>,
    pub(super) slot: F,
}

impl<R: ?Sized, F> Slot for Bound<R, F> {
    fn is_alive(&self) -> bool {
        self.receiver.strong_count() > 0
    }
}

/// A closure that is lifted out of its place while it runs, so that it may change its own state.
pub(super) struct Mutable<F>(pub(super) Shared<Option<F>>);

impl<F> Slot for Mutable<F> {
    fn is_alive(&self) -> bool {
        true
    }
}

/// Puts the closure back, also when it panicked.
pub(super) struct Lifted<'a, F> {
    home: &'a Shared<Option<F>>,
    slot: Option<F>,
}

impl<F> Mutable<F> {
    /// `None` while it runs already.
    pub(super) fn lift(&self) -> Option<Lifted<'_, F>> {
        let slot = self.0.take()?;
        Some(Lifted {
            home: &self.0,
            slot: Some(slot),
        })
    }
}

impl<F> Lifted<'_, F> {
    pub(super) fn call(&mut self, call: impl FnOnce(&mut F)) {
        if let Some(slot) = &mut self.slot {
            call(slot);
        }
    }
}

impl<F> Drop for Lifted<'_, F> {
    fn drop(&mut self) {
        drop(self.home.replace(self.slot.take()));
    }
}

/// Another signal.
pub(super) struct Forward<S: Signature> {
    pub(super) target: Weak<Core<S::Slot>>,
}

impl<S: Signature> Slot for Forward<S> {
    fn is_alive(&self) -> bool {
        self.target
            .upgrade()
            .is_some_and(|target| !target.is_gone())
    }
}

/// A closure that is called from the loop. A call that waits refers to its own entry.
pub(super) struct Queued<F> {
    pub(super) entry: Weak<Entry<Self>>,
    pub(super) slot: F,
}

impl<F> Queued<F> {
    pub(super) fn entry(slot: F) -> Rc<Entry<Self>> {
        Rc::new_cyclic(|entry| {
            Entry::new(
                Self {
                    entry: entry.clone(),
                    slot,
                },
                false,
            )
        })
    }
}

impl<F> Slot for Queued<F> {
    fn is_alive(&self) -> bool {
        true
    }
}

/// A closure that is called on the thread of its target.
pub(super) struct Remoted<T, F> {
    pub(super) remote: Remote<T>,
    pub(super) slot: Arc<F>,
}

impl<T: 'static, F> Slot for Remoted<T, F> {
    fn is_alive(&self) -> bool {
        !self.remote.handle().is_closed()
    }
}
