//! One round of the loop, in the order the module documentation promises.

use std::io;
use std::time::Duration;

use super::posted::Task;
use super::registry::Due;
use super::{Dispatcher, Progress, Ready, Token};
use crate::event_loop::Next;

/// How often the end of a turn looks for sources that became dirty while others wrote.
const DIRTY_ROUNDS: usize = 4;

impl Dispatcher {
    /// Waits for at most `wait` (`None`: for ever) and takes one turn; says when the next one is
    /// due.
    ///
    /// A turn that does not block reads the clock at most once.
    pub(crate) fn turn(&self, wait: Option<Duration>) -> io::Result<Next> {
        if self.is_closed.get() {
            return Err(io::Error::other("the thread is ending"));
        }
        let timeout = self.timeout(wait);
        let level = Level::enter(self);
        self.poller
            .gather(timeout, |token, ready| self.mark_ready(token, ready))?;
        self.run_posts();
        self.run_deadlines();
        self.run_ready();
        self.run_dirty();
        drop(level);
        Ok(self.next())
    }

    /// When the next turn is due.
    pub(crate) fn next(&self) -> Next {
        let level = self.level.get() + 1;
        if self.mailbox.is_woken()
            || self.poller.has_more()
            || self.sources.with(|sources| sources.has_work())
            || self.posted.with(|posted| posted.has_work(level))
        {
            return Next::Now;
        }
        match self.sources.with(|sources| sources.next_deadline()) {
            Some(at) => Next::At(at),
            None => Next::WhenWoken,
        }
    }

    fn timeout(&self, wait: Option<Duration>) -> Option<Duration> {
        if wait == Some(Duration::ZERO) {
            return wait;
        }
        match self.next() {
            Next::Now => Some(Duration::ZERO),
            Next::WhenWoken => wait,
            Next::At(at) => {
                let until = at.saturating_duration_since(self.read_clock());
                Some(wait.map_or(until, |wait| wait.min(until)))
            }
        }
    }

    fn run_posts(&self) {
        let level = self.level.get();
        let mut jobs = self.mailbox.swap(self.spare_jobs.take());
        let count = self.posted.with(|posted| {
            jobs.drain(..).for_each(|job| posted.push(Task::Call(job)));
            posted.begin(level)
        });
        drop(self.spare_jobs.replace(jobs));
        for _ in 0..count {
            match self.posted.with(|posted| posted.next(level)) {
                Some(Task::Call(job)) => job(),
                Some(Task::Release(_, object)) => drop(object),
                None => {}
            }
        }
    }

    fn run_deadlines(&self) {
        if !self.sources.with(|sources| sources.has_deadlines()) {
            return;
        }
        let now = self.now();
        let count = self.sources.with(|sources| sources.collect_due(now));
        for _ in 0..count {
            self.serve(self.sources.with(|sources| sources.take_due(now)));
        }
    }

    fn run_ready(&self) {
        for _ in 0..self.sources.with(|sources| sources.ready_count()) {
            self.serve(self.sources.with(|sources| sources.take_ready()));
        }
    }

    fn run_dirty(&self) {
        for _ in 0..DIRTY_ROUNDS {
            let count = self.sources.with(|sources| sources.dirty_count());
            for _ in 0..count {
                self.serve(self.sources.with(|sources| sources.take_dirty()));
            }
            if count == 0 {
                break;
            }
        }
    }

    fn serve(&self, due: Option<Due>) {
        let Some((token, source, ready)) = due else {
            return;
        };
        let mut again = Again {
            dispatcher: self,
            token,
            ready: Some(ready),
        };
        if source.turn(ready) == Progress::Drained {
            again.ready = None;
        }
    }
}

/// Gives a source another turn unless it drained. Unwinding comes by here too, so that a panic
/// loses no edge.
struct Again<'a> {
    dispatcher: &'a Dispatcher,
    token: Token,
    ready: Option<Ready>,
}

impl Drop for Again<'_> {
    fn drop(&mut self) {
        let Some(ready) = self.ready else { return };
        match ready & Ready::IO {
            Ready::EMPTY => self.dispatcher.mark_dirty(self.token),
            io => self.dispatcher.mark_ready(self.token, io),
        }
    }
}

/// Counts a turn as being on the stack, until it returns or unwinds.
struct Level<'a>(&'a Dispatcher);

impl<'a> Level<'a> {
    fn enter(dispatcher: &'a Dispatcher) -> Self {
        dispatcher.level.set(dispatcher.level.get() + 1);
        dispatcher.turns.set(dispatcher.turns.get() + 1);
        dispatcher.turn_time.set(None);
        Self(dispatcher)
    }
}

impl Drop for Level<'_> {
    fn drop(&mut self) {
        self.0.level.set(self.0.level.get() - 1);
        if std::thread::panicking() {
            // The host, which will not be told when to come back, must not sleep on what the turn leaves.
            self.0.wake_for_leftovers();
        }
    }
}
