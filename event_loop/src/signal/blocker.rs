//! Silence for a scope.

use std::fmt;
use std::rc::Weak;

use super::connection::Sender;
use super::{Signal, Signature};

/// Blocks a signal until it is dropped, and then restores what was before.
///
/// ```
/// use qeventloop::{Signal, SignalBlocker};
///
/// let changed: Signal<fn(value: i32)> = Signal::new();
/// changed.connect(|_| unreachable!());
/// let blocker = SignalBlocker::new(&changed);
/// changed.emit(1);
/// drop(blocker);
/// ```
#[must_use = "dropping a SignalBlocker ends the silence"]
#[doc(alias = "QSignalBlocker")]
pub struct SignalBlocker {
    sender: Weak<dyn Sender>,
    was_blocked: bool,
}

impl SignalBlocker {
    /// Blocks `signal`.
    pub fn new<S: Signature>(signal: &Signal<S>) -> Self {
        let was_blocked = signal.block_signals(true);
        Self {
            sender: signal.sender(),
            was_blocked,
        }
    }

    /// Blocks the signal again after [`unblock`](Self::unblock).
    pub fn reblock(&self) {
        self.set(true);
    }

    /// Restores what was before, early.
    pub fn unblock(&self) {
        self.set(self.was_blocked);
    }

    fn set(&self, block: bool) {
        if let Some(sender) = self.sender.upgrade() {
            sender.block(block);
        }
    }
}

impl Drop for SignalBlocker {
    fn drop(&mut self) {
        self.unblock();
    }
}

impl fmt::Debug for SignalBlocker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignalBlocker")
            .field("was_blocked", &self.was_blocked)
            .finish_non_exhaustive()
    }
}
