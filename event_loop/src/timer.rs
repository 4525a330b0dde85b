//! Timers.

use std::any::Any;
use std::cell::{Cell, OnceCell};
use std::fmt;
use std::rc::{Rc, Weak};
use std::time::{Duration, Instant};

use crate::Signal;
use crate::reactor::{Dispatcher, Kept, Progress, Ready, Registration, Source};

/// Emits [`timeout`](Self::timeout) after an interval, once or again and again.
///
/// It stops when the last `Rc` is dropped. Interval zero means: in each turn of the loop.
///
/// ```
/// use std::time::Duration;
/// use qeventloop::{EventLoop, Timer};
///
/// let event_loop = EventLoop::new();
/// let timer = Timer::new();
/// timer.timeout.connect(EventLoop::quit_current);
/// timer.start(Duration::from_millis(2));
/// event_loop.exec();
/// assert!(timer.is_active());
/// ```
#[doc(alias = "QTimer")]
pub struct Timer {
    /// The interval is over.
    pub timeout: Signal<fn()>,
    interval: Cell<Duration>,
    is_single_shot: Cell<bool>,
    is_started_once: Cell<bool>,
    is_active: Cell<bool>,
    /// When the current interval ends.
    due: Cell<Option<Instant>>,
    registration: OnceCell<Registration>,
}

impl Timer {
    /// A timer that does not run, with interval zero.
    #[allow(clippy::new_ret_no_self)]
    pub fn new() -> Rc<Self> {
        Rc::new(Self {
            timeout: Signal::new(),
            interval: Cell::new(Duration::ZERO),
            is_single_shot: Cell::new(false),
            is_started_once: Cell::new(false),
            is_active: Cell::new(false),
            due: Cell::new(None),
            registration: OnceCell::new(),
        })
    }

    /// Starts, or starts over, with a new interval.
    ///
    /// On a thread that can have no dispatcher (see [`Dispatcher::current`]) the timer stays
    /// inactive.
    pub fn start(self: &Rc<Self>, interval: Duration) {
        self.interval.set(interval);
        self.is_started_once.set(false);
        self.restart();
    }

    /// Starts, or starts over, for a single [`timeout`](Self::timeout); a later [`start`](Self::start) goes by
    /// [`is_single_shot`](Self::is_single_shot) again.
    pub fn start_once(self: &Rc<Self>, interval: Duration) {
        self.start(interval);
        self.is_started_once.set(true);
    }

    /// Starts, or starts over, with the interval it has.
    pub fn restart(self: &Rc<Self>) {
        if self.registration.get().is_none() {
            let Ok(dispatcher) = Dispatcher::current() else {
                return;
            };
            let weak: Weak<Self> = Rc::downgrade(self);
            let _ = self.registration.set(dispatcher.add_source(weak));
        }
        if let Some(registration) = self.registration.get() {
            self.is_active.set(true);
            // Not the time of the turn: a slot that took long must not cost the timer its interval.
            self.arm(registration, registration.dispatcher().read_clock());
        }
    }

    /// Stops; no [`timeout`](Self::timeout) follows, also if it was due already.
    pub fn stop(&self) {
        self.is_active.set(false);
        if let Some(registration) = self.registration.get() {
            registration.set_deadline(None);
        }
    }

    /// Whether it runs.
    #[doc(alias = "isActive")]
    pub fn is_active(&self) -> bool {
        self.is_active.get()
    }

    /// The time from one [`timeout`](Self::timeout) to the next.
    pub fn interval(&self) -> Duration {
        self.interval.get()
    }

    /// Changes the interval; a timer that runs starts over with it.
    #[doc(alias = "setInterval")]
    pub fn set_interval(self: &Rc<Self>, interval: Duration) {
        self.interval.set(interval);
        if self.is_active() {
            self.restart();
        }
    }

    /// Whether it stops after its next [`timeout`](Self::timeout).
    #[doc(alias = "isSingleShot")]
    pub fn is_single_shot(&self) -> bool {
        self.is_single_shot.get()
    }

    /// Makes it stop after its next [`timeout`](Self::timeout), or not.
    #[doc(alias = "setSingleShot")]
    pub fn set_single_shot(&self, is_single_shot: bool) {
        self.is_single_shot.set(is_single_shot);
    }

    /// How long until the next [`timeout`](Self::timeout), zero if it is overdue; `None` if it does
    /// not run.
    #[doc(alias = "remainingTime")]
    pub fn remaining_time(&self) -> Option<Duration> {
        let registration = self.registration.get()?;
        let deadline = registration.deadline()?;
        Some(deadline.saturating_duration_since(registration.dispatcher().read_clock()))
    }

    fn arm(&self, registration: &Registration, start: Instant) {
        self.due.set(start.checked_add(self.interval.get()));
        registration.set_deadline(self.due.get());
    }

    /// Keeps the beat, unless it was missed: an interval that passed unserved is not made up for.
    fn arm_next(&self, registration: &Registration) {
        let now = registration.dispatcher().now();
        let beat = self
            .due
            .get()
            .filter(|due| due.checked_add(self.interval.get()) > Some(now));
        self.arm(registration, beat.unwrap_or(now));
    }
}

impl Source for Timer {
    fn turn(self: Rc<Self>, ready: Ready) -> Progress {
        if ready.is_deadline()
            && let Some(registration) = self.registration.get()
        {
            // Before the slots, which may stop or restart the timer.
            if self.is_started_once.take() || self.is_single_shot() {
                self.is_active.set(false);
            } else {
                self.arm_next(registration);
            }
            self.timeout.emit();
        }
        Progress::Drained
    }
}

impl fmt::Debug for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timer")
            .field("interval", &self.interval)
            .field("is_single_shot", &self.is_single_shot)
            .field("is_active", &self.is_active)
            .finish_non_exhaustive()
    }
}

/// Calls `call` once, after a time; zero is the next turn of the loop.
///
/// On a thread that can have no dispatcher (see [`Dispatcher::current`]) `call` is dropped.
#[doc(alias = "singleShot")]
pub fn single_shot(after: Duration, call: impl FnOnce() + 'static) {
    let Ok(dispatcher) = Dispatcher::current() else {
        return;
    };
    let shot = Rc::new(SingleShot {
        call: Cell::new(Some(Box::new(call))),
        kept: Cell::new(None),
        registration: OnceCell::new(),
    });
    let weak: Weak<SingleShot> = Rc::downgrade(&shot);
    let registration = dispatcher.add_source(weak);
    registration.set_deadline(dispatcher.read_clock().checked_add(after));
    let _ = shot.registration.set(registration);
    let owned: Rc<dyn Any> = shot.clone();
    shot.kept.set(Some(dispatcher.keep(owned)));
}

/// Calls `call(&receiver)` once, after a time, if the receiver lives by then: it is held weakly.
///
/// ```
/// use std::{cell::Cell, rc::Rc, time::Duration};
/// use qeventloop::{EventLoop, single_shot, single_shot_to};
///
/// let event_loop = EventLoop::new();
/// let counter = Rc::new(Cell::new(0));
/// single_shot_to(Duration::from_millis(1), &counter, |counter| counter.set(1));
///
/// let gone = Rc::new(());
/// single_shot_to(Duration::from_millis(1), &gone, |_| unreachable!());
/// drop(gone);
///
/// single_shot(Duration::from_millis(2), EventLoop::quit_current);
/// event_loop.exec();
/// assert_eq!(counter.get(), 1);
/// ```
#[doc(alias = "singleShot")]
pub fn single_shot_to<R: ?Sized + 'static>(
    after: Duration,
    receiver: &Rc<R>,
    call: impl FnOnce(&R) + 'static,
) {
    let receiver = Rc::downgrade(receiver);
    single_shot(after, move || {
        if let Some(receiver) = receiver.upgrade() {
            call(&receiver);
        }
    });
}

/// Owned by the dispatcher until its time has come.
struct SingleShot {
    call: Cell<Option<Box<dyn FnOnce()>>>,
    kept: Cell<Option<Kept>>,
    registration: OnceCell<Registration>,
}

impl Source for SingleShot {
    fn turn(self: Rc<Self>, ready: Ready) -> Progress {
        if ready.is_deadline() {
            drop(self.kept.take());
            if let Some(call) = self.call.take() {
                call();
            }
        }
        Progress::Drained
    }
}
