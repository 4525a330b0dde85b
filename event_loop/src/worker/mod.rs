//! Threads for calls that block, such as name resolution.

mod pool;

use std::any::Any;
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::{Rc, Weak};

use self::pool::{Pool, Sent, Work};
use crate::reactor::{Dispatcher, Shared};

impl Dispatcher {
    /// Runs `work` on a worker thread and then `done`, with what it returned, on this one.
    ///
    /// There are at most four workers per dispatcher; they start on demand and end when they have
    /// been idle for some seconds, or when the dispatcher goes. Whatever they cannot take yet
    /// waits, and this call does not. If no thread can be had at all, `work` runs on this thread,
    /// in the next turn.
    ///
    /// `done` is dropped instead of called, always on this thread, when the [`BlockingJob`] is
    /// dropped first, when `work` panics, and when the thread ends. It can capture a value whose
    /// destructor tells.
    pub fn run_blocking<T: Send + 'static>(
        self: &Rc<Self>,
        work: impl FnOnce() -> T + Send + 'static,
        done: impl FnOnce(T) + 'static,
    ) -> BlockingJob {
        let workers = self.local::<Workers>();
        let id = workers.expect(Box::new(move |outcome| {
            if let Ok(outcome) = outcome.downcast::<T>() {
                done(*outcome);
            }
        }));
        let handle = self.handle();
        let run = Box::new(move || {
            let outcome = catch_unwind(AssertUnwindSafe(work)).ok();
            // If the loop is gone, nobody wants to know.
            let _ = handle.post(move || finish(id, outcome.map(|outcome| Box::new(outcome) as _)));
        });
        workers.submit(self, Work { id, run });
        BlockingJob {
            workers: Rc::downgrade(&workers),
            id,
        }
    }
}

/// A call on a worker thread, see [`Dispatcher::run_blocking`].
///
/// Dropping it drops the `done` of the call; the work itself is not interrupted once it has begun.
#[must_use = "dropping a BlockingJob forgets its result"]
pub struct BlockingJob {
    workers: Weak<Workers>,
    id: u64,
}

impl BlockingJob {
    /// Lets the call go its way: `done` is called without anybody holding on to it.
    pub fn detach(mut self) {
        self.workers = Weak::new();
    }

    /// Whether `done` has been called or dropped.
    pub fn is_finished(&self) -> bool {
        self.workers
            .upgrade()
            .is_none_or(|workers| !workers.is_expected(self.id))
    }
}

impl Drop for BlockingJob {
    fn drop(&mut self) {
        if let Some(workers) = self.workers.upgrade() {
            workers.forget(self.id);
        }
    }
}

impl fmt::Debug for BlockingJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockingJob")
            .field("is_finished", &self.is_finished())
            .finish_non_exhaustive()
    }
}

type Done = Box<dyn FnOnce(Box<dyn Any>)>;

/// The workers of one dispatcher.
#[derive(Default)]
struct Workers {
    pool: Pool,
    state: Shared<State>,
}

#[derive(Default)]
struct State {
    next_id: u64,
    done: HashMap<u64, Done>,
    /// What is not sent yet, usually because the channel is full.
    waiting: VecDeque<Work>,
    /// Sent to the workers and not back yet.
    under_way: usize,
}

impl Workers {
    fn expect(&self, done: Done) -> u64 {
        self.state.with(|state| {
            state.next_id += 1;
            state.done.insert(state.next_id, done);
            state.next_id
        })
    }

    fn is_expected(&self, id: u64) -> bool {
        self.state.with(|state| state.done.contains_key(&id))
    }

    fn take_done(&self, id: u64) -> Option<Done> {
        self.state.with(|state| state.done.remove(&id))
    }

    /// Nobody wants the outcome any more, so work that has not gone to a worker need not.
    fn forget(&self, id: u64) {
        let forgotten = self.state.with(|state| {
            let waiting = state.waiting.iter().position(|work| work.id == id);
            (
                state.done.remove(&id),
                waiting.and_then(|position| state.waiting.remove(position)),
            )
        });
        drop(forgotten);
    }

    fn submit(&self, dispatcher: &Dispatcher, work: Work) {
        self.state.with(|state| state.waiting.push_back(work));
        self.pump(dispatcher);
    }

    /// Sends what the channel has room for, in order.
    fn pump(&self, dispatcher: &Dispatcher) {
        while let Some((work, under_way)) = self.state.with(State::begin_next) {
            match self.pool.send(work, under_way) {
                Sent::Taken => {}
                Sent::Full(work) => return self.state.with(|state| state.put_back(work)),
                Sent::NoThread(work) => dispatcher.post(work.run),
            }
        }
    }
}

impl State {
    /// The work whose turn it is, and how much is under way with it.
    fn begin_next(&mut self) -> Option<(Work, usize)> {
        let work = self.waiting.pop_front()?;
        self.under_way += 1;
        Some((work, self.under_way))
    }

    fn put_back(&mut self, work: Work) {
        self.under_way -= 1;
        self.waiting.push_front(work);
    }
}

/// On the loop's thread: hands over what a worker brought, or nothing if it panicked.
fn finish(id: u64, outcome: Option<Box<dyn Any>>) {
    let Some(dispatcher) = Dispatcher::try_current() else {
        return;
    };
    let workers = dispatcher.local::<Workers>();
    workers.state.with(|state| state.under_way -= 1);
    workers.pump(&dispatcher);
    if let (Some(done), Some(outcome)) = (workers.take_done(id), outcome) {
        done(outcome);
    }
}
