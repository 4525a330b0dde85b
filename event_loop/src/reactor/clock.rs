//! Where the dispatcher gets the time from.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A source of time, see [`Dispatcher::set_clock`](super::Dispatcher::set_clock).
pub trait Clock {
    /// The current time; never earlier than what it said before.
    fn now(&self) -> Instant;
}

/// A clock that stands still until told otherwise, for tests of anything with a deadline.
///
/// Clones show the same time.
///
/// ```
/// use std::{cell::Cell, rc::Rc, time::Duration};
/// use qeventloop::{EventLoop, reactor::ManualClock, single_shot};
///
/// let event_loop = EventLoop::new();
/// let clock = ManualClock::new();
/// event_loop.dispatcher().set_clock(clock.clone());
///
/// let rang = Rc::new(Cell::new(false));
/// let bell = rang.clone();
/// single_shot(Duration::from_secs(3600), move || bell.set(true));
///
/// clock.advance(Duration::from_secs(3600));
/// let _ = event_loop.process_events(Duration::ZERO);
/// assert!(rang.get());
/// ```
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<Mutex<Instant>>);

impl ManualClock {
    /// A clock that shows the present time and stops.
    #[allow(clippy::new_without_default)] // two clocks differ, and a default should not
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }

    /// Moves the time on. The loop notices in its next turn.
    pub fn advance(&self, by: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
