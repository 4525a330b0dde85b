//! The operating system's poll, on this thread or in the hands of a watcher.

use std::cell::Cell;
use std::io;
use std::time::Duration;

use mio::{Events, Poll, Registry};

use super::{Ready, Shared, Token};
use crate::watcher::Watcher;

/// Edges fetched per system call.
const BATCH: usize = 256;

pub(crate) struct Poller {
    registry: Registry,
    events: Shared<Events>,
    origin: Shared<Origin>,
    /// The last fetch filled its buffer, so there may be more.
    has_more: Cell<bool>,
}

/// Who waits for events.
enum Origin {
    Here(Poll),
    Watched(Watcher),
    /// Between two owners, or lost with its watcher.
    Nobody,
}

impl Poller {
    pub(super) fn new() -> io::Result<(Self, mio::Waker)> {
        let poll = Poll::new()?;
        let registry = poll.registry().try_clone()?;
        let waker = mio::Waker::new(&registry, Token::WAKER)?;
        let poller = Self {
            registry,
            events: Shared::new(Events::with_capacity(BATCH)),
            origin: Shared::new(Origin::Here(poll)),
            has_more: Cell::new(false),
        };
        Ok((poller, waker))
    }

    pub(super) fn registry(&self) -> &Registry {
        &self.registry
    }

    pub(super) fn has_more(&self) -> bool {
        self.has_more.get()
    }

    /// Waits for at most `timeout` and reports each edge.
    pub(super) fn gather(
        &self,
        timeout: Option<Duration>,
        mut report: impl FnMut(Token, Ready),
    ) -> io::Result<()> {
        let watcher_ended = self.origin.with(|origin| match origin {
            Origin::Here(poll) => self.poll(poll, timeout, &mut report).map(|()| false),
            Origin::Watched(watcher) => {
                let gathered = watcher.gather(timeout, BATCH, &mut report);
                self.has_more.set(gathered == Ok(BATCH));
                Ok(gathered.is_err())
            }
            Origin::Nobody => Err(io::Error::other("the poll was lost")),
        })?;
        if watcher_ended {
            self.unwatch(report);
        }
        Ok(())
    }

    /// Hands the poll to a thread of its own.
    pub(super) fn watch(&self, wake: Box<dyn Fn() + Send + Sync>) -> io::Result<()> {
        let (origin, outcome) = match self.origin.replace(Origin::Nobody) {
            Origin::Here(poll) => match Watcher::start(poll, wake) {
                Ok(watcher) => (Origin::Watched(watcher), Ok(())),
                Err((error, poll)) => (poll.map_or(Origin::Nobody, Origin::Here), Err(error)),
            },
            other => {
                let error =
                    io::Error::new(io::ErrorKind::AlreadyExists, "the loop is watched already");
                (other, Err(error))
            }
        };
        drop(self.origin.replace(origin));
        outcome
    }

    /// Tells a watcher, if there is one, that its next wake-up is the last.
    pub(super) fn ask_to_stop(&self) -> bool {
        self.origin.with(|origin| match origin {
            Origin::Watched(watcher) => {
                watcher.ask_to_stop();
                true
            }
            _ => false,
        })
    }

    /// Waits for the end of a watcher that was asked to stop and takes the poll back.
    pub(super) fn unwatch(&self, report: impl FnMut(Token, Ready)) {
        self.origin
            .with(|origin| match std::mem::replace(origin, Origin::Nobody) {
                Origin::Watched(watcher) => {
                    *origin = watcher.join(report).map_or(Origin::Nobody, Origin::Here);
                }
                other => *origin = other,
            });
    }

    fn poll(
        &self,
        poll: &mut Poll,
        timeout: Option<Duration>,
        report: &mut impl FnMut(Token, Ready),
    ) -> io::Result<()> {
        self.has_more.set(false);
        self.events.with(|events| {
            match poll.poll(events, timeout) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
                outcome => outcome?,
            }
            for event in events.iter().filter(|event| event.token() != Token::WAKER) {
                report(Token::from_mio(event.token()), Ready::from(event));
            }
            self.has_more.set(events.iter().count() == BATCH);
            Ok(())
        })
    }
}
