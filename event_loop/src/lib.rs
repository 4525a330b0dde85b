//! Qt's signals, slots and event loop: typed, without macros, on one thread.
//!
//! An object emits a [`Signal`], whatever is connected to it is called, and an [`EventLoop`] brings
//! in what comes from outside: timers, sockets, calls from other threads. There is no async
//! runtime, no executor and no `unsafe`. The loop runs by itself or inside of another one (a GUI's,
//! a game's, a test's).
//!
//! ```
//! use std::cell::Cell;
//! use std::rc::Rc;
//! use std::time::Duration;
//! use qeventloop::{EventLoop, Ref, Signal, Timer};
//!
//! // Signals are public fields. `Copy` values are passed as they are, `Ref<T>` lends a `&T`.
//! struct Countdown {
//!     ticked: Signal<fn(left: u32)>,
//!     finished: Signal<fn(greeting: Ref<str>)>,
//!     left: Cell<u32>,
//!     timer: Rc<Timer>,
//! }
//!
//! impl Countdown {
//!     fn new(from: u32) -> Rc<Self> {
//!         let countdown = Rc::new(Countdown {
//!             ticked: Signal::new(),
//!             finished: Signal::new(),
//!             left: Cell::new(from),
//!             timer: Timer::new(),
//!         });
//!         // A method as a slot. The receiver is held weakly: no cycle keeps it alive.
//!         countdown.timer.timeout.connect_to(&countdown, Self::on_timeout);
//!         countdown.timer.start(Duration::from_millis(1));
//!         countdown
//!     }
//!
//!     fn on_timeout(&self) {
//!         self.left.set(self.left.get() - 1);
//!         self.ticked.emit(self.left.get());
//!         if self.left.get() == 0 {
//!             self.timer.stop();
//!             self.finished.emit("lift-off");
//!         }
//!     }
//! }
//!
//! let event_loop = EventLoop::new();
//! let countdown = Countdown::new(3);
//! countdown.ticked.connect(|left| println!("{left} ..."));
//! countdown.finished.connect(|greeting| println!("{greeting}!"));
//! countdown.finished.connect_notify(EventLoop::quit_current); // a slot without the arguments
//! assert_eq!(event_loop.exec(), 0);
//! ```
//!
//! # Where things are
//!
//! * [`Signal`] has all kinds of connections; [`Inbox`] collects emissions for who would rather
//!   ask.
//! * [`EventLoop`] runs everything, on its own or as a guest of another main loop.
//! * [`Timer`], [`single_shot`], [`single_shot_to`], [`delete_later`] are Qt's.
//! * [`Handle`] and [`Remote`] reach a loop and its objects from other threads.
//! * `SocketNotifier` (unix) watches descriptors that belong to others.
//! * [`reactor`] is what crates with sockets of their own build on.
//!
//! # Ownership
//!
//! Objects are `Rc`s and live as long as somebody holds them: signals and loops hold nothing. An
//! object lives on the thread that made it. A slot may do whatever it likes to whoever called it,
//! since no cell is open while it runs.

#![forbid(unsafe_code)]

mod delete_later;
mod event_loop;
mod handle;
mod inbox;
#[cfg(unix)]
mod notifier;
mod remote;
mod signal;
mod timer;
mod watcher;
mod worker;

pub mod reactor;

pub use self::delete_later::delete_later;
pub use self::event_loop::{EventLoop, Next};
pub use self::handle::{Handle, LoopGone};
pub use self::inbox::Inbox;
#[cfg(unix)]
pub use self::notifier::{NotifierKind, SocketNotifier};
pub use self::remote::Remote;
pub use self::signal::{
    Connection, Direct, Param, QueuedParam, Ref, RemoteParam, ScopedConnection, Signal,
    SignalBlocker, Signature,
};
pub use self::timer::{Timer, single_shot, single_shot_to};
pub use self::watcher::Watch;
