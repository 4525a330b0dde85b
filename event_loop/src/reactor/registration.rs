//! A source's place in the dispatcher.

use std::fmt;
use std::io;
use std::rc::Rc;
use std::time::Instant;

use super::{Alarm, Dispatcher, Interest, Ready, Token};

/// A source's place in its dispatcher: readiness, one deadline, and a say in when it gets a turn.
///
/// Dropping it frees the place; whatever was still queued for the source falls on the floor. An I/O
/// object that stays open after that should be [deregistered](Self::deregister) first; closing it
/// does so by itself.
pub struct Registration {
    dispatcher: Rc<Dispatcher>,
    token: Token,
}

impl Registration {
    pub(super) fn new(dispatcher: Rc<Dispatcher>, token: Token) -> Self {
        Self { dispatcher, token }
    }

    /// Asks for the edges of `io`. What it is ready for already counts as an edge.
    ///
    /// # Errors
    ///
    /// Those of the operating system: too many descriptors, an object that cannot be polled.
    pub fn register(
        &self,
        io: &mut (impl mio::event::Source + ?Sized),
        interest: Interest,
    ) -> io::Result<()> {
        self.dispatcher
            .poller
            .registry()
            .register(io, self.token.to_mio(), interest.to_mio())
    }

    /// Asks again, possibly for other edges; what `io` is ready for now counts as a new edge.
    ///
    /// # Errors
    ///
    /// Those of the operating system, in particular when `io` was not registered.
    pub fn reregister(
        &self,
        io: &mut (impl mio::event::Source + ?Sized),
        interest: Interest,
    ) -> io::Result<()> {
        self.dispatcher
            .poller
            .registry()
            .reregister(io, self.token.to_mio(), interest.to_mio())
    }

    /// No more edges of `io`; the place in the dispatcher stays.
    ///
    /// # Errors
    ///
    /// Those of the operating system, in particular when `io` was not registered.
    pub fn deregister(&self, io: &mut (impl mio::event::Source + ?Sized)) -> io::Result<()> {
        self.dispatcher.poller.registry().deregister(io)
    }

    /// Asks for a turn with [`Ready::DEADLINE`] at `deadline`, or takes that back. There is one
    /// deadline per source; an [`alarm`](Self::alarm) comes on top.
    pub fn set_deadline(&self, deadline: Option<Instant>) {
        self.dispatcher.set_deadline(self.token, deadline);
    }

    /// The deadline, until it has passed and the turn began.
    pub fn deadline(&self) -> Option<Instant> {
        self.dispatcher
            .sources
            .with(|sources| sources.deadline(self.token))
    }

    /// Asks for a turn with [`Ready::FLUSH`] at `at`, beside the deadline, for as long as the result is held.
    pub fn alarm(&self, at: Instant) -> Alarm {
        Alarm::new(&self.dispatcher, self.token, at)
    }

    /// Queues a turn as if an edge had come.
    pub fn mark_ready(&self, ready: Ready) {
        self.dispatcher.mark_ready(self.token, ready);
    }

    /// Asks for a turn with [`Ready::FLUSH`] at the end of the current turn of the loop, or of the
    /// next one if there is none. However often it is asked for, there is one.
    pub fn mark_dirty(&self) {
        self.dispatcher.mark_dirty(self.token);
    }

    /// The source's name; useful in logs.
    pub fn token(&self) -> Token {
        self.token
    }

    /// The dispatcher that gives the turns.
    pub fn dispatcher(&self) -> &Rc<Dispatcher> {
        &self.dispatcher
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.dispatcher
            .sources
            .with(|sources| sources.remove(self.token));
    }
}

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registration")
            .field("token", &self.token)
            .finish_non_exhaustive()
    }
}
