//! A thread that waits for events on behalf of a host that cannot wait for a descriptor.

use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError, bounded};
use mio::{Events, Poll};

use crate::reactor::{Dispatcher, Ready, Token};

/// What may wait for the loop before the watcher has to pause.
const CAPACITY: usize = 256;

/// Keeps a [watched](crate::EventLoop::watch) loop watched.
///
/// Dropping it ends the helper thread and gives the poll back to the loop's own thread.
#[must_use = "dropping a Watch ends it"]
pub struct Watch {
    dispatcher: Rc<Dispatcher>,
}

impl Watch {
    pub(crate) fn new(dispatcher: Rc<Dispatcher>) -> Self {
        Self { dispatcher }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.dispatcher.unwatch();
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").finish_non_exhaustive()
    }
}

/// The loop's end of the helper thread.
pub(crate) struct Watcher {
    reports: Receiver<(mio::Token, Ready)>,
    flags: Arc<Flags>,
    /// The poll comes back here, as the last thing the thread does. The thread is not joined: a loop may end in a
    /// destructor of its thread, and Windows lets no other thread start or end meanwhile.
    poll: Receiver<Poll>,
}

#[derive(Default)]
struct Flags {
    stop: AtomicBool,
    /// The host was told and has not looked yet.
    told: AtomicBool,
}

/// The helper thread has ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ended;

impl Watcher {
    /// On failure the poll comes back.
    pub(crate) fn start(
        poll: Poll,
        wake: Box<dyn Fn() + Send + Sync>,
    ) -> Result<Self, (io::Error, Option<Poll>)> {
        let (sender, reports) = bounded(CAPACITY);
        let flags = Arc::new(Flags::default());
        // A thread that cannot be had must not take the poll with it, so it is handed over
        // afterwards: without room on the way, so that the thread is known to run.
        let (hand_over, receive) = bounded::<Poll>(0);
        let (hand_back, returned) = bounded(1);
        let host = Host {
            reports: sender,
            flags: flags.clone(),
            wake,
        };
        let thread = thread::Builder::new()
            .name("qeventloop watcher".into())
            .spawn(move || {
                let watched = receive.recv().map(|poll| host.watch(poll));
                watched.map(|poll| hand_back.send(poll))
            });
        match thread {
            Ok(_) => match hand_over.send(poll) {
                Ok(()) => Ok(Self {
                    reports,
                    flags,
                    poll: returned,
                }),
                Err(unsent) => Err((
                    io::Error::other("the watcher died"),
                    Some(unsent.into_inner()),
                )),
            },
            Err(error) => Err((error, Some(poll))),
        }
    }

    /// Waits for at most `timeout`, then takes what is there, up to `limit` reports, and counts
    /// them.
    pub(crate) fn gather(
        &self,
        timeout: Option<Duration>,
        limit: usize,
        report: &mut impl FnMut(Token, Ready),
    ) -> Result<usize, Ended> {
        // Before the look into the channel: what arrives from now on is announced again.
        self.flags.told.store(false, Ordering::SeqCst);
        let first = match timeout {
            None => self
                .reports
                .recv()
                .map_err(|_| RecvTimeoutError::Disconnected),
            Some(timeout) => self.reports.recv_timeout(timeout),
        };
        let first = match first {
            Ok(first) => first,
            Err(RecvTimeoutError::Timeout) => return Ok(0),
            Err(RecvTimeoutError::Disconnected) => return Err(Ended),
        };
        let mut count = 0;
        for (token, ready) in std::iter::once(first)
            .chain(self.reports.try_iter())
            .take(limit)
        {
            count += 1;
            if token != Token::WAKER {
                report(Token::from_mio(token), ready);
            }
        }
        Ok(count)
    }

    /// Takes effect when the poll returns next.
    pub(crate) fn ask_to_stop(&self) {
        self.flags.stop.store(true, Ordering::SeqCst);
    }

    /// Waits for the thread to let go of the poll, takes what it still reports, and returns the poll.
    pub(crate) fn join(self, mut report: impl FnMut(Token, Ready)) -> Option<Poll> {
        for (token, ready) in self
            .reports
            .iter()
            .filter(|(token, _)| *token != Token::WAKER)
        {
            report(Token::from_mio(token), ready);
        }
        self.poll.recv().ok()
    }
}

/// The helper thread's end.
struct Host {
    reports: Sender<(mio::Token, Ready)>,
    flags: Arc<Flags>,
    wake: Box<dyn Fn() + Send + Sync>,
}

impl Host {
    fn watch(self, mut poll: Poll) -> Poll {
        let mut events = Events::with_capacity(CAPACITY);
        loop {
            match poll.poll(&mut events, None) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => return poll, // the loop notices the closed channel and polls by itself
                Ok(()) => {}
            }
            for event in &events {
                if self.send((event.token(), Ready::from(event))).is_err() {
                    return poll;
                }
            }
            if self.flags.stop.load(Ordering::SeqCst) {
                return poll;
            }
            if !events.is_empty() {
                self.tell();
            }
        }
    }

    /// Pauses while the channel is full: further edges wait in the operating system.
    fn send(&self, report: (mio::Token, Ready)) -> Result<(), Ended> {
        match self.reports.try_send(report) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(report)) => {
                self.tell();
                self.reports.send(report).map_err(|_| Ended)
            }
            Err(TrySendError::Disconnected(_)) => Err(Ended),
        }
    }

    /// Calls the host once until it has looked. A callback that panics must not take the poll
    /// along.
    fn tell(&self) {
        if !self.flags.told.swap(true, Ordering::SeqCst) {
            let _ = catch_unwind(AssertUnwindSafe(&self.wake));
        }
    }
}
