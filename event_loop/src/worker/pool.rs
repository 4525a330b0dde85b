//! The worker threads of one dispatcher.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError, bounded};

/// Threads per dispatcher, and how many calls wait for them in the channel.
const MAX_WORKERS: usize = 4;
/// How long a worker without work stays.
const IDLE: Duration = Duration::from_secs(5);

/// A call for a worker; `run` does not panic.
pub(super) struct Work {
    pub(super) id: u64,
    pub(super) run: Box<dyn FnOnce() + Send>,
}

/// The threads and the channel to them.
pub(super) struct Pool {
    sender: Sender<Work>,
    receiver: Receiver<Work>,
    /// The number of threads. Held while work is sent and while a worker decides to end, so that no
    /// work is left to a worker that has just given up.
    alive: Arc<Mutex<usize>>,
    idle: Duration,
}

/// What became of work.
pub(super) enum Sent {
    Taken,
    Full(Work),
    NoThread(Work),
}

impl Default for Pool {
    fn default() -> Self {
        Self::new(IDLE)
    }
}

impl Pool {
    fn new(idle: Duration) -> Self {
        let (sender, receiver) = bounded(MAX_WORKERS);
        Self {
            sender,
            receiver,
            alive: Arc::default(),
            idle,
        }
    }

    /// Starts a thread if fewer are alive than there will be work `under_way`.
    pub(super) fn send(&self, work: Work, under_way: usize) -> Sent {
        let mut alive = lock(&self.alive);
        if let Err(TrySendError::Full(work) | TrySendError::Disconnected(work)) =
            self.sender.try_send(work)
        {
            return Sent::Full(work);
        }
        if *alive < under_way.min(MAX_WORKERS) && self.start_worker() {
            *alive += 1;
        }
        match *alive {
            0 => self.receiver.try_recv().map_or(Sent::Taken, Sent::NoThread),
            _ => Sent::Taken,
        }
    }

    fn start_worker(&self) -> bool {
        let (receiver, alive, idle) = (self.receiver.clone(), self.alive.clone(), self.idle);
        let thread = thread::Builder::new().name("qeventloop worker".into());
        thread.spawn(move || serve(&receiver, &alive, idle)).is_ok()
    }
}

/// A worker's life.
fn serve(receiver: &Receiver<Work>, alive: &Mutex<usize>, idle: Duration) {
    loop {
        match receiver.recv_timeout(idle) {
            Ok(work) => (work.run)(),
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {
                let mut alive = lock(alive);
                if receiver.is_empty() {
                    *alive -= 1;
                    return;
                }
            }
        }
    }
}

/// Nothing panics under this lock, so poison tells nothing.
fn lock(alive: &Mutex<usize>) -> MutexGuard<'_, usize> {
    alive.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::sync::mpsc;

    /// Says when its thread ends.
    struct AtExit(mpsc::Sender<()>);

    impl Drop for AtExit {
        fn drop(&mut self) {
            let _ = self.0.send(());
        }
    }

    thread_local! {
        static AT_EXIT: Cell<Option<AtExit>> = const { Cell::new(None) };
    }

    #[test]
    fn a_worker_ends_when_idle_and_another_one_follows() {
        let pool = Pool::new(Duration::from_millis(1));
        for id in 0..3 {
            let (ended, exit) = mpsc::channel();
            let run = Box::new(move || AT_EXIT.set(Some(AtExit(ended))));
            assert!(matches!(pool.send(Work { id, run }, 1), Sent::Taken));
            exit.recv_timeout(Duration::from_secs(20))
                .expect("the worker ends");
            assert_eq!(*lock(&pool.alive), 0);
        }
    }
}
