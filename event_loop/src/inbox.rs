//! Emissions, kept for when they are asked for.

use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::reactor::{Dispatcher, Shared};
use crate::{Connection, ScopedConnection};

/// The emissions of a signal, oldest first, for programs that ask once per frame, and for tests.
///
/// Made by `Signal::collect`; dropping it ends the collection.
///
/// ```
/// use qeventloop::{Ref, Signal};
///
/// let received: Signal<fn(message: Ref<str>, is_last: bool)> = Signal::new();
/// let inbox = received.collect();
/// received.emit("hello", true);
/// assert_eq!(inbox.try_next(), Some(("hello".to_owned(), true)));
/// assert_eq!(inbox.try_next(), None);
/// ```
#[doc(alias = "QSignalSpy")]
pub struct Inbox<T> {
    queue: Rc<Queue<T>>,
    connection: ScopedConnection,
}

impl<T: 'static> Inbox<T> {
    pub(crate) fn new(connect: impl FnOnce(Rc<Queue<T>>) -> Connection) -> Self {
        let queue = Rc::new(Queue(Shared::new(VecDeque::new())));
        Self {
            connection: connect(queue.clone()).scoped(),
            queue,
        }
    }

    /// Takes out the oldest emission.
    #[doc(alias = "takeFirst")]
    pub fn try_next(&self) -> Option<T> {
        self.queue.0.with(|queue| queue.pop_front())
    }

    /// How many emissions wait.
    pub fn count(&self) -> usize {
        self.queue.0.with(|queue| queue.len())
    }

    /// Whether none waits.
    #[doc(alias = "isEmpty")]
    pub fn is_empty(&self) -> bool {
        self.count() == 0
    }

    /// Takes out all of them.
    pub fn take_all(&self) -> Vec<T> {
        self.queue.0.take().into()
    }

    /// Runs a nested loop until there is an emission to take, for at most `timeout` of real time,
    /// and says whether there is one. Returns at once if there is already.
    pub fn wait(&self, timeout: Duration) -> bool {
        let Ok(dispatcher) = Dispatcher::current() else {
            return !self.is_empty();
        };
        let start = Instant::now();
        while self.is_empty() {
            let left = timeout.saturating_sub(start.elapsed());
            if left.is_zero() || dispatcher.turn(Some(left)).is_err() {
                break;
            }
        }
        dispatcher.wake_for_leftovers();
        !self.is_empty()
    }

    /// [`wait`](Self::wait), and takes out the oldest emission.
    pub fn wait_next(&self, timeout: Duration) -> Option<T> {
        self.wait(timeout);
        self.try_next()
    }

    /// The connection that fills it.
    pub fn connection(&self) -> &Connection {
        self.connection.connection()
    }
}

impl<T: 'static> fmt::Debug for Inbox<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox")
            .field("count", &self.count())
            .finish_non_exhaustive()
    }
}

/// What the slot of an inbox fills.
pub(crate) struct Queue<T>(Shared<VecDeque<T>>);

impl<T> Queue<T> {
    pub(crate) fn push(&self, emission: T) {
        self.0.with(|queue| queue.push_back(emission));
    }
}
