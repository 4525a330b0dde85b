//! What I/O crates build on: readiness, deadlines and turns.
//!
//! Every thread that asks has one [`Dispatcher`], which owns the one poll of that thread. Sockets,
//! notifiers and timers are [`Source`]s of it: the dispatcher holds them weakly, they hold a
//! [`Registration`], and the two part when the registration is dropped. Event loops are views of
//! the dispatcher, which nest.
//!
//! # A turn
//!
//! 1. poll: edges are merged into one ready queue, which all loop levels share;
//! 2. posts that were there when this step began, each once, first in first out;
//! 3. deadlines that had passed when this step began, earliest first;
//! 4. sources that were ready when this step began, each once;
//! 5. sources marked dirty, which write what this turn made them send.
//!
//! So nobody starves anybody: a socket that is flooded gets one budgeted go per turn, and a slot
//! that posts to itself runs once per turn. What one level leaves in a queue, a nested one may
//! serve.
//!
//! # A source
//!
//! ```
//! use std::cell::{Cell, OnceCell};
//! use std::io::Read;
//! use std::net::{TcpListener, TcpStream};
//! use std::rc::{Rc, Weak};
//! use std::time::Duration;
//! use qeventloop::EventLoop;
//! use qeventloop::reactor::{Dispatcher, Interest, Progress, Ready, Registration, Shared, Source};
//!
//! struct Counter {
//!     io: Shared<mio::net::TcpStream>,
//!     bytes: Cell<usize>,
//!     registration: OnceCell<Registration>,
//! }
//!
//! impl Source for Counter {
//!     fn turn(self: Rc<Self>, ready: Ready) -> Progress {
//!         if !ready.is_readable() {
//!             return Progress::Drained;
//!         }
//!         let mut buffer = [0; 4096];
//!         match self.io.with(|io| io.read(&mut buffer)) {
//!             Ok(0) | Err(_) => Progress::Drained, // the end, or "would block"
//!             Ok(n) => {
//!                 self.bytes.set(self.bytes.get() + n);
//!                 Progress::MoreToDo // one read per turn is this source's budget
//!             }
//!         }
//!     }
//! }
//!
//! # fn main() -> std::io::Result<()> {
//! # let listener = TcpListener::bind("127.0.0.1:0")?;
//! # let mut peer = TcpStream::connect(listener.local_addr()?)?;
//! # let stream = listener.accept()?.0;
//! stream.set_nonblocking(true)?;
//! let counter = Rc::new(Counter {
//!     io: Shared::new(mio::net::TcpStream::from_std(stream)),
//!     bytes: Cell::new(0),
//!     registration: OnceCell::new(),
//! });
//! let weak: Weak<Counter> = Rc::downgrade(&counter);
//! let registration = Dispatcher::current()?.add_source(weak);
//! counter.io.with(|io| registration.register(io, Interest::BOTH))?;
//! let _ = counter.registration.set(registration);
//! # use std::io::Write;
//! # peer.write_all(&[0; 10_000])?;
//!
//! let event_loop = EventLoop::new();
//! while counter.bytes.get() < 10_000 {
//!     let _ = event_loop.wait_for_events(Some(Duration::from_secs(5)));
//! }
//! # Ok(())
//! # }
//! ```

mod alarm;
mod clock;
mod deadlines;
mod dispatcher;
mod keep;
mod poller;
mod posted;
mod ready;
mod registration;
mod registry;
mod shared;
mod source;
mod teardown;
mod turn;

pub use self::alarm::Alarm;
pub use self::clock::{Clock, ManualClock};
pub use self::dispatcher::Dispatcher;
pub use self::keep::Kept;
pub use self::ready::Ready;
pub use self::registration::Registration;
pub use self::shared::Shared;
pub use self::source::{Interest, Progress, Source, Token};
pub use crate::worker::BlockingJob;

pub(crate) use self::dispatcher::LoopState;
pub(crate) use self::posted::Mailbox;
