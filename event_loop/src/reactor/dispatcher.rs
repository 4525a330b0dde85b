//! The reactor of one thread.

use std::any::{Any, TypeId};
use std::cell::Cell;
use std::collections::HashMap;
use std::fmt;
use std::io;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::time::Instant;

use super::keep::Keeps;
use super::poller::Poller;
use super::posted::{Job, Mailbox, Posted, Task};
use super::registry::Sources;
use super::teardown::CURRENT;
use super::{Clock, Kept, Ready, Registration, Shared, Source, Token};
use crate::event_loop::Next;
use crate::handle::Handle;
use crate::watcher::Watch;

/// The reactor of one thread: the poll, the sources, the queues and the clock.
///
/// There is one per thread, made when it is first asked for, and closed when the thread ends: what
/// is queued is dropped then, and whoever still posts is told [`LoopGone`](crate::LoopGone).
/// Programs use it through [`EventLoop`](crate::EventLoop).
pub struct Dispatcher {
    pub(super) poller: Poller,
    pub(super) mailbox: Arc<Mailbox>,
    pub(super) sources: Shared<Sources>,
    pub(super) posted: Shared<Posted>,
    /// Room for the next batch of the mailbox.
    pub(super) spare_jobs: Shared<Vec<Job>>,
    pub(super) locals: Shared<HashMap<TypeId, Rc<dyn Any>>>,
    pub(super) keeps: Rc<Keeps>,
    pub(super) clock: Shared<Option<Rc<dyn Clock>>>,
    /// The time of the current turn, once somebody asked.
    pub(super) turn_time: Cell<Option<Instant>>,
    /// How many turns are on the stack.
    pub(super) level: Cell<u32>,
    pub(super) turns: Cell<u64>,
    /// The loops in `exec`, innermost last.
    pub(super) loops: Shared<Vec<Rc<LoopState>>>,
    pub(super) is_closed: Cell<bool>,
}

/// What the dispatcher knows of a running loop.
#[derive(Debug, Default)]
pub(crate) struct LoopState {
    pub(crate) is_running: Cell<bool>,
    pub(crate) exit_code: Cell<Option<i32>>,
}

impl Dispatcher {
    /// The dispatcher of this thread, made now if there is none.
    ///
    /// # Errors
    ///
    /// When the operating system gives no descriptor for it, and while the thread's locals are
    /// being destroyed.
    pub fn current() -> io::Result<Rc<Self>> {
        let ending = |_| io::Error::other("the thread is ending");
        if let Some(dispatcher) = CURRENT.try_with(|current| current.get()).map_err(ending)? {
            return Ok(dispatcher);
        }
        let dispatcher = Rc::new(Self::new()?);
        CURRENT
            .try_with(|current| current.set(dispatcher.clone()))
            .map_err(ending)?;
        Ok(dispatcher)
    }

    /// The dispatcher of this thread, if there is one.
    pub fn try_current() -> Option<Rc<Self>> {
        CURRENT.try_with(|current| current.get()).ok().flatten()
    }

    fn new() -> io::Result<Self> {
        let (poller, waker) = Poller::new()?;
        Ok(Self {
            poller,
            mailbox: Arc::new(Mailbox::new(waker)),
            sources: Shared::default(),
            posted: Shared::default(),
            spare_jobs: Shared::default(),
            locals: Shared::default(),
            keeps: Rc::default(),
            clock: Shared::default(),
            turn_time: Cell::new(None),
            level: Cell::new(0),
            turns: Cell::new(0),
            loops: Shared::default(),
            is_closed: Cell::new(false),
        })
    }

    /// Gives `source` a place in this dispatcher, which holds it weakly.
    pub fn add_source(self: &Rc<Self>, source: Weak<dyn Source>) -> Registration {
        let token = self.sources.with(|sources| sources.insert(source));
        Registration::new(self.clone(), token)
    }

    /// Runs `job` in the next turn, after what was posted before. A turn that is not begun yet is
    /// begun for it: a host that sleeps is woken.
    ///
    /// On a thread that is ending the job is dropped.
    pub fn post(&self, job: impl FnOnce() + 'static) {
        self.enqueue(Task::Call(Box::new(job)));
    }

    /// Posts from other threads, and wakes this one.
    pub fn handle(&self) -> Handle {
        Handle::new(self.mailbox.clone())
    }

    /// The time: within a turn the one time that turn goes by, outside what the clock shows.
    ///
    /// It tells what is due. What begins now is measured from [`read_clock`](Self::read_clock): the slots of a turn may
    /// have taken their time since it began.
    pub fn now(&self) -> Instant {
        if !self.is_in_turn() {
            return self.read_clock();
        }
        self.turn_time.get().unwrap_or_else(|| {
            let now = self.read_clock();
            self.turn_time.set(Some(now));
            now
        })
    }

    /// What the clock shows at this very moment.
    pub fn read_clock(&self) -> Instant {
        match self.clock.with(|clock| clock.clone()) {
            Some(clock) => clock.now(),
            None => Instant::now(),
        }
    }

    /// Replaces the system's clock, for tests: see [`ManualClock`](super::ManualClock).
    ///
    /// Deadlines that are set already keep the points in time they were given.
    pub fn set_clock(&self, clock: impl Clock + 'static) {
        let old = self.clock.replace(Some(Rc::new(clock)));
        self.turn_time.set(None);
        drop(old);
    }

    /// State of which there is one per type and dispatcher, such as buffers that all sockets of a
    /// thread share.
    ///
    /// Made when first asked for and dropped when the thread ends. It must not own what owns the
    /// dispatcher, except by way of that.
    pub fn local<T: Default + 'static>(&self) -> Rc<T> {
        let key = TypeId::of::<T>();
        let existing = self.locals.with(|locals| locals.get(&key).cloned());
        if let Some(Ok(local)) = existing.map(Rc::downcast::<T>) {
            return local;
        }
        let local = Rc::<T>::default();
        if !self.is_closed.get() {
            let old = self.locals.with(|locals| locals.insert(key, local.clone()));
            drop(old); // there is one only if `T::default` asked for the same state
        }
        local
    }

    /// Keeps `object` alive until the token is dropped or the thread ends; not at all if it is
    /// ending already.
    pub fn keep(&self, object: Rc<dyn Any>) -> Kept {
        if self.is_closed.get() {
            return Kept::nothing();
        }
        self.keeps.keep(object)
    }

    /// Whether a turn is on the stack: whether the caller was called by the loop.
    pub fn is_in_turn(&self) -> bool {
        self.level.get() > 0
    }

    /// How many turns were begun so far. A loop that spins shows here.
    pub fn turns(&self) -> u64 {
        self.turns.get()
    }

    pub(crate) fn innermost_loop(&self) -> Option<Rc<LoopState>> {
        self.loops.with(|loops| loops.last().cloned())
    }

    pub(crate) fn push_loop(&self, state: Rc<LoopState>) {
        self.loops.with(|loops| loops.push(state));
    }

    pub(crate) fn pop_loop(&self) {
        self.loops.with(|loops| loops.pop());
    }

    pub(crate) fn mark_ready(&self, token: Token, ready: Ready) {
        self.sources
            .with(|sources| sources.mark_ready(token, ready));
        self.wake_if_idle();
    }

    pub(crate) fn mark_dirty(&self, token: Token) {
        self.sources.with(|sources| sources.mark_dirty(token));
        self.wake_if_idle();
    }

    pub(crate) fn set_deadline(&self, token: Token, deadline: Option<Instant>) {
        if self.is_closed.get() {
            return;
        }
        if self
            .sources
            .with(|sources| sources.set_deadline(token, deadline))
        {
            self.wake_if_idle();
        }
    }

    /// Drops `object` once control is back at the loop level that runs now.
    pub(crate) fn release_later(&self, object: Rc<dyn Any>) {
        self.enqueue(Task::Release(self.level.get().max(1), object));
    }

    fn enqueue(&self, task: Task) {
        if self.is_closed.get() {
            return drop(task);
        }
        self.posted.with(|posted| posted.push(task));
        self.wake_if_idle();
    }

    /// Work that does not come from a turn must reach a host that is asleep.
    pub(crate) fn wake_if_idle(&self) {
        if !self.is_in_turn() {
            self.mailbox.wake();
        }
    }

    /// After a loop that the host may have run in a handler of its own, and so not know what came
    /// up in there.
    pub(crate) fn wake_for_leftovers(&self) {
        if !self.is_in_turn() && self.next() != Next::WhenWoken {
            self.mailbox.wake();
        }
    }

    pub(crate) fn watch(
        self: &Rc<Self>,
        wake: impl Fn() + Send + Sync + 'static,
    ) -> io::Result<Watch> {
        self.poller.watch(Box::new(wake))?;
        Ok(Watch::new(self.clone()))
    }

    pub(crate) fn unwatch(&self) {
        if self.poller.ask_to_stop() {
            self.mailbox.wake_anyway();
            self.poller
                .unwatch(|token, ready| self.mark_ready(token, ready));
        }
    }
}

#[cfg(unix)]
impl std::os::fd::AsFd for Dispatcher {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.poller.registry().as_fd()
    }
}

#[cfg(unix)]
impl std::os::fd::AsRawFd for Dispatcher {
    fn as_raw_fd(&self) -> std::os::fd::RawFd {
        use std::os::fd::AsFd;
        self.as_fd().as_raw_fd()
    }
}

impl fmt::Debug for Dispatcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dispatcher")
            .field("level", &self.level.get())
            .field("turns", &self.turns.get())
            .finish_non_exhaustive()
    }
}
