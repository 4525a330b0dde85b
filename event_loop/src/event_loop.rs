//! Loops, as views of the thread's dispatcher.

use std::fmt;
use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::Handle;
use crate::reactor::{Dispatcher, LoopState};
use crate::watcher::Watch;

/// Runs the thread's timers, sockets and posts, alone or inside of another main loop.
///
/// All loops of a thread are views of one [`Dispatcher`] and may nest: a slot may make a loop and
/// [`exec`](Self::exec) it, and everything on the thread goes on meanwhile.
///
/// # As the main loop
///
/// ```
/// use std::time::Duration;
/// use qeventloop::{EventLoop, single_shot};
///
/// let event_loop = EventLoop::new();
/// single_shot(Duration::from_millis(1), EventLoop::quit_current);
/// assert_eq!(event_loop.exec(), 0);
/// ```
///
/// # Inside of another main loop
///
/// On unix the loop is a descriptor ([`AsFd`](std::os::fd::AsFd)) that is readable whenever there
/// is something to do, be it I/O, a post, or what an earlier budget left; watch it level- or
/// edge-triggered. It knows nothing of deadlines, so the host calls again at [`Next::At`]. Where a
/// host takes no descriptors, [`watch`](Self::watch) calls it instead.
///
/// A slot may run the host's loop again (a modal dialog), and `process_events` with it. What its turn
/// has not come to is work then, of which the descriptor says nothing: let the slot call
/// [`Handle::wake`] before, or the host ask [`next`](Self::next) each time before it sleeps.
pub struct EventLoop {
    dispatcher: Rc<Dispatcher>,
    state: Rc<LoopState>,
}

impl EventLoop {
    /// A view of this thread's dispatcher, which is made if there is none.
    ///
    /// # Panics
    ///
    /// When the operating system gives no poll descriptor; [`try_new`](Self::try_new) reports it
    /// instead.
    #[allow(clippy::new_without_default)] // it opens descriptors
    pub fn new() -> Self {
        match Self::try_new() {
            Ok(event_loop) => event_loop,
            Err(error) => panic!("no event loop can be made: {error}"),
        }
    }

    /// A view of this thread's dispatcher, which is made if there is none.
    ///
    /// # Errors
    ///
    /// When the operating system gives no poll descriptor, and on a thread that is ending.
    pub fn try_new() -> io::Result<Self> {
        Ok(Self {
            dispatcher: Dispatcher::current()?,
            state: Rc::default(),
        })
    }

    /// Runs until [`exit`](Self::exit) or [`quit`](Self::quit), and returns the code given there.
    /// The turn in which that happens is finished first.
    ///
    /// Returns -1 at once if this very object runs already, and if the poll is lost. A panic of a
    /// slot passes through; the loop can be run again afterwards.
    pub fn exec(&self) -> i32 {
        let Some(running) = Running::enter(self) else {
            return -1;
        };
        let code = loop {
            if let Some(code) = self.state.exit_code.get() {
                break code;
            }
            if self.dispatcher.turn(None).is_err() {
                break -1;
            }
        };
        drop(running);
        code
    }

    /// Makes [`exec`](Self::exec) return `code`, once the loops nested in it have returned. Without
    /// an effect before `exec`.
    pub fn exit(&self, code: i32) {
        self.state.exit_code.set(Some(code));
    }

    /// [`exit`](Self::exit) with 0.
    pub fn quit(&self) {
        self.exit(0);
    }

    /// Leaves the innermost running loop of this thread with 0; does nothing if none runs.
    ///
    /// It needs no loop at hand: `socket.disconnected.connect(EventLoop::quit_current)`.
    #[doc(alias = "QCoreApplication::quit")]
    pub fn quit_current() {
        let innermost =
            Dispatcher::try_current().and_then(|dispatcher| dispatcher.innermost_loop());
        if let Some(state) = innermost {
            state.exit_code.set(Some(0));
        }
    }

    /// Whether this loop is in [`exec`](Self::exec).
    #[doc(alias = "isRunning")]
    pub fn is_running(&self) -> bool {
        self.state.is_running.get()
    }

    /// Handles what is there, without waiting, and says when to come back.
    ///
    /// Takes turns until nothing is left or `budget` is spent, which is looked at between turns.
    /// Zero is exactly one turn. If work is left ([`Next::Now`]), the descriptor stays readable.
    #[doc(alias = "processEvents")]
    pub fn process_events(&self, budget: Duration) -> Next {
        let start = Instant::now(); // the host's time, not that of a replaced clock
        loop {
            match self.dispatcher.turn(Some(Duration::ZERO)) {
                Ok(Next::Now) if start.elapsed() < budget => {}
                Ok(next) => {
                    self.wake_host(next);
                    return next;
                }
                Err(_) => return Next::WhenWoken,
            }
        }
    }

    /// Waits until there is something to do, for at most `max` (`None`: for ever), takes one turn,
    /// and says when the next is due.
    #[doc(alias = "WaitForMoreEvents")]
    pub fn wait_for_events(&self, max: Option<Duration>) -> Next {
        match self.dispatcher.turn(max) {
            Ok(next) => {
                self.wake_host(next);
                next
            }
            Err(_) => Next::WhenWoken,
        }
    }

    /// When the next turn is due.
    pub fn next(&self) -> Next {
        self.dispatcher.next()
    }

    /// Reaches this loop from other threads.
    pub fn handle(&self) -> Handle {
        self.dispatcher.handle()
    }

    /// Calls `wake` from a helper thread whenever there is something for
    /// [`process_events`](Self::process_events) to do, for hosts that cannot wait for a descriptor.
    /// It stops when the returned [`Watch`] is dropped.
    ///
    /// `wake` should do no more than tell the host (`EventLoopProxy::send_event`,
    /// `Context::request_repaint`) and is not called again before a turn was taken. Deadlines stay
    /// the host's business: see [`Next::At`].
    ///
    /// At most 256 edges wait for the loop. When it does not come for them the helper thread
    /// pauses, and further ones stay with the operating system. [`exec`](Self::exec) and nested
    /// loops work as ever; they wait for the helper thread then.
    ///
    /// # Errors
    ///
    /// [`AlreadyExists`](io::ErrorKind::AlreadyExists) when this thread's loop is watched already,
    /// and when no thread can be had.
    pub fn watch(&self, wake: impl Fn() + Send + Sync + 'static) -> io::Result<Watch> {
        self.dispatcher.watch(wake)
    }

    /// The reactor of this thread.
    pub fn dispatcher(&self) -> &Rc<Dispatcher> {
        &self.dispatcher
    }

    /// The descriptor shows I/O and posts by itself, but not what our own queues hold.
    fn wake_host(&self, next: Next) {
        if next == Next::Now {
            self.dispatcher.wake_if_idle();
        }
    }
}

#[cfg(unix)]
impl std::os::fd::AsFd for EventLoop {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.dispatcher.as_fd()
    }
}

#[cfg(unix)]
impl std::os::fd::AsRawFd for EventLoop {
    fn as_raw_fd(&self) -> std::os::fd::RawFd {
        self.dispatcher.as_raw_fd()
    }
}

impl fmt::Debug for EventLoop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventLoop")
            .field("is_running", &self.is_running())
            .finish_non_exhaustive()
    }
}

/// When a host has to call [`EventLoop::process_events`] again.
#[must_use = "the host has to come back when it says"]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// As soon as it likes: work is left.
    Now,
    /// At this time at the latest; earlier when woken.
    At(Instant),
    /// When the descriptor is readable or the watcher calls.
    WhenWoken,
}

/// A loop's place on the stack of running loops.
struct Running<'a>(&'a EventLoop);

impl<'a> Running<'a> {
    fn enter(event_loop: &'a EventLoop) -> Option<Self> {
        if event_loop.state.is_running.replace(true) {
            return None;
        }
        event_loop.state.exit_code.set(None);
        event_loop.dispatcher.push_loop(event_loop.state.clone());
        Some(Self(event_loop))
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.state.is_running.set(false);
        self.0.dispatcher.pop_loop();
        self.0.dispatcher.wake_for_leftovers();
    }
}
