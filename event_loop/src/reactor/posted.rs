//! Work posted to a dispatcher, from its own thread and from others.

use std::any::Any;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::handle::LoopGone;

/// A call from another thread.
pub(crate) type Job = Box<dyn FnOnce() + Send>;

/// Something to do at the start of a turn.
pub(super) enum Task {
    /// A posted call.
    Call(Box<dyn FnOnce()>),
    /// A `delete_later` of the given loop level.
    Release(u32, Rc<dyn Any>),
}

/// The thread's own queue: first in, first out.
#[derive(Default)]
pub(super) struct Posted {
    queue: VecDeque<Task>,
    /// Releases that an inner loop came across and must leave to an outer one.
    deferred: Vec<(u32, Rc<dyn Any>)>,
}

impl Posted {
    pub(super) fn push(&mut self, task: Task) {
        self.queue.push_back(task);
    }

    /// Starts a turn of loop level `level`: how many tasks are its share.
    pub(super) fn begin(&mut self, level: u32) -> usize {
        let back = self.deferred.extract_if(.., |(asked, _)| *asked >= level);
        // They were asked for before anything that is in the queue now.
        for (asked, object) in back.collect::<Vec<_>>().into_iter().rev() {
            self.queue.push_front(Task::Release(asked, object));
        }
        self.queue.len()
    }

    /// The next task that a turn of `level` may do.
    pub(super) fn next(&mut self, level: u32) -> Option<Task> {
        match self.queue.pop_front()? {
            Task::Release(asked, object) if asked < level => {
                self.deferred.push((asked, object));
                None
            }
            task => Some(task),
        }
    }

    /// Whether a turn of `level` would find something to do.
    pub(super) fn has_work(&self, level: u32) -> bool {
        !self.queue.is_empty() || self.deferred.iter().any(|(asked, _)| *asked >= level)
    }
}

/// Where other threads leave calls; also the way to wake the loop.
pub(crate) struct Mailbox {
    contents: Mutex<Contents>,
    /// Whether the loop has been woken and has not looked yet; later wake-ups are free.
    woken: AtomicBool,
}

struct Contents {
    jobs: Vec<Job>,
    /// Gone once the loop is.
    waker: Option<mio::Waker>,
}

impl Mailbox {
    pub(super) fn new(waker: mio::Waker) -> Self {
        let contents = Contents {
            jobs: Vec::new(),
            waker: Some(waker),
        };
        Self {
            contents: Mutex::new(contents),
            woken: AtomicBool::new(false),
        }
    }

    pub(crate) fn post(&self, job: Job) -> Result<(), LoopGone> {
        let mut contents = self.lock();
        let contents = &mut *contents;
        let waker = contents.waker.as_ref().ok_or(LoopGone)?;
        contents.jobs.push(job);
        if !self.woken.swap(true, Ordering::AcqRel) {
            wake_up(waker);
        }
        Ok(())
    }

    pub(crate) fn wake(&self) {
        if !self.woken.swap(true, Ordering::AcqRel) {
            self.wake_anyway();
        }
    }

    /// For who needs the poll itself to return, however often it did already.
    pub(super) fn wake_anyway(&self) {
        if let Some(waker) = &self.lock().waker {
            wake_up(waker);
        }
    }

    pub(super) fn is_woken(&self) -> bool {
        self.woken.load(Ordering::Acquire)
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.lock().waker.is_none()
    }

    /// Trades the jobs for `empty`, a vector whose room the next ones can use.
    pub(super) fn swap(&self, empty: Vec<Job>) -> Vec<Job> {
        // Before the look into the box: whoever posts from now on wakes the loop again.
        if !self.woken.swap(false, Ordering::AcqRel) {
            return empty;
        }
        std::mem::replace(&mut self.lock().jobs, empty)
    }

    /// From now on posts fail. What was left is handed out, to be dropped with the lock open.
    pub(super) fn close(&self) -> Vec<Job> {
        let mut contents = self.lock();
        contents.waker = None;
        std::mem::take(&mut contents.jobs)
    }

    /// Nothing panics under this lock, so poison tells nothing.
    fn lock(&self) -> MutexGuard<'_, Contents> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writing to a descriptor of our own fails only when its counter is full, and then the loop wakes
/// anyway.
fn wake_up(waker: &mio::Waker) {
    let _ = waker.wake();
}
