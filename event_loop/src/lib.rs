//! Qt's signals, slots and event loop.
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
pub use self::timer::{Timer, single_shot};
pub use self::watcher::Watch;
