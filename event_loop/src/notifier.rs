//! Foreign descriptors.

use std::any::Any;
use std::cell::{Cell, OnceCell};
use std::fmt;
use std::io;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::rc::{Rc, Weak};

use mio::unix::SourceFd;

use crate::Signal;
use crate::reactor::{Dispatcher, Interest, Progress, Ready, Registration, Source};

/// Tells when a descriptor that something else owns can be read or written.
///
/// As long as it can, [`activated`](Self::activated) is emitted in every turn of the loop: a slot
/// that does not read all is called again.
///
/// ```
/// use std::io::{Read, Write};
/// use std::os::unix::net::UnixStream;
/// use std::rc::Rc;
/// use qeventloop::reactor::Interest;
/// use qeventloop::{EventLoop, SocketNotifier};
///
/// # fn main() -> std::io::Result<()> {
/// let event_loop = EventLoop::new();
/// let (ours, mut theirs) = UnixStream::pair()?;
/// let ours = Rc::new(ours);
/// let notifier = SocketNotifier::new(ours.clone(), Interest::READABLE)?;
/// notifier.activated.connect(move |_kind| {
///     let mut buffer = [0; 64];
///     let n = (&*ours).read(&mut buffer).unwrap_or(0);
///     println!("{n} bytes");
///     EventLoop::quit_current();
/// });
/// theirs.write_all(b"hello")?;
/// event_loop.exec();
/// # Ok(())
/// # }
/// ```
#[doc(alias = "QSocketNotifier")]
pub struct SocketNotifier {
    /// The descriptor can be read or written, or has failed, which reading or writing will tell.
    pub activated: Signal<fn(kind: NotifierKind)>,
    descriptor: RawFd,
    interest: Interest,
    is_enabled: Cell<bool>,
    registration: OnceCell<Registration>,
    /// What keeps the descriptor open, if the notifier was given it.
    _owner: Option<Box<dyn Any>>,
}

/// What a descriptor can be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[doc(alias = "QSocketNotifier::Type")]
pub enum NotifierKind {
    /// Reading.
    Read,
    /// Writing.
    Write,
}

impl SocketNotifier {
    /// Watches the descriptor of `io`, which is kept until the notifier is dropped: an owned
    /// socket, or an `Rc` or `Arc` of one.
    ///
    /// A descriptor can have one notifier per thread; use [`Interest::BOTH`] for both directions.
    ///
    /// # Errors
    ///
    /// When there is no dispatcher to be had, and when the operating system cannot poll the
    /// descriptor (a regular file, say) or has a notifier for it already.
    pub fn new(io: impl AsFd + 'static, interest: Interest) -> io::Result<Rc<Self>> {
        let descriptor = io.as_fd().as_raw_fd();
        Self::start(descriptor, interest, Some(Box::new(io)))
    }

    /// Watches a descriptor that is owned elsewhere, by a C library for example.
    ///
    /// It is the caller's duty that `descriptor` stays open until the notifier is dropped or
    /// disabled. If it is closed earlier, nothing is unsafe, but the notifier may come to watch an
    /// unrelated descriptor that got the same number.
    ///
    /// # Errors
    ///
    /// As with [`new`](Self::new), and when `descriptor` is not open.
    pub fn from_raw(descriptor: RawFd, interest: Interest) -> io::Result<Rc<Self>> {
        Self::start(descriptor, interest, None)
    }

    fn start(
        descriptor: RawFd,
        interest: Interest,
        owner: Option<Box<dyn Any>>,
    ) -> io::Result<Rc<Self>> {
        let dispatcher = Dispatcher::current()?;
        let notifier = Rc::new(Self {
            activated: Signal::new(),
            descriptor,
            interest,
            is_enabled: Cell::new(false),
            registration: OnceCell::new(),
            _owner: owner,
        });
        let weak: Weak<Self> = Rc::downgrade(&notifier);
        let _ = notifier.registration.set(dispatcher.add_source(weak));
        notifier.set_enabled(true)?;
        Ok(notifier)
    }

    /// Whether it watches.
    #[doc(alias = "isEnabled")]
    pub fn is_enabled(&self) -> bool {
        self.is_enabled.get()
    }

    /// Watches, or no longer. A slot waiting for room to write usually disables its notifier when
    /// it is done.
    ///
    /// # Errors
    ///
    /// Those of the operating system when it is enabled; disabling always succeeds.
    #[doc(alias = "setEnabled")]
    pub fn set_enabled(&self, enabled: bool) -> io::Result<()> {
        let Some(registration) = self.registration.get() else {
            return Ok(());
        };
        if self.is_enabled.replace(enabled) == enabled {
            return Ok(());
        }
        let mut source = SourceFd(&self.descriptor);
        if enabled {
            let registered = registration.register(&mut source, self.interest);
            self.is_enabled.set(registered.is_ok());
            return registered;
        }
        // It fails if the descriptor was closed, and then there is nothing left to disable.
        let _ = registration.deregister(&mut source);
        Ok(())
    }

    /// The descriptor.
    pub fn descriptor(&self) -> RawFd {
        self.descriptor
    }

    /// What is watched for.
    pub fn interest(&self) -> Interest {
        self.interest
    }

    fn activate(&self, kind: NotifierKind) {
        if self.is_enabled() {
            self.activated.emit(kind);
        }
    }
}

impl Source for SocketNotifier {
    fn turn(self: Rc<Self>, ready: Ready) -> Progress {
        // Asking anew before the slots makes an edge of whatever they leave, also if they panic.
        if self.is_enabled()
            && let Some(registration) = self.registration.get()
        {
            let _ = registration.reregister(&mut SourceFd(&self.descriptor), self.interest);
        }
        if ready.is_readable() && self.interest.is_readable() {
            self.activate(NotifierKind::Read);
        }
        if ready.is_writable() && self.interest.is_writable() {
            self.activate(NotifierKind::Write);
        }
        Progress::Drained
    }
}

impl Drop for SocketNotifier {
    fn drop(&mut self) {
        let _ = self.set_enabled(false);
    }
}

impl fmt::Debug for SocketNotifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SocketNotifier")
            .field("descriptor", &self.descriptor)
            .field("interest", &self.interest)
            .field("is_enabled", &self.is_enabled)
            .finish_non_exhaustive()
    }
}
