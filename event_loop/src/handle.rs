//! The side of a loop that other threads may hold.

use std::error::Error;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use crate::reactor::Mailbox;
use crate::{EventLoop, Remote};

/// Reaches a loop from any thread.
///
/// What is posted runs on the loop's thread, in the order in which it was posted; calls that came
/// before the loop looks share one wake-up.
///
/// ```
/// use qeventloop::EventLoop;
///
/// let event_loop = EventLoop::new();
/// let handle = event_loop.handle();
/// let worker = std::thread::spawn(move || {
///     handle.post(|| println!("back on the loop's thread"))?;
///     handle.quit()
/// });
/// event_loop.exec();
/// # worker.join().unwrap().unwrap();
/// ```
///
/// What is posted must be `Send`, so nothing that lives on one thread can slip through:
///
/// ```compile_fail,E0277
/// let handle = qeventloop::EventLoop::new().handle();
/// let counter = std::rc::Rc::new(1);
/// handle.post(move || println!("{counter}"));
/// ```
#[derive(Clone)]
pub struct Handle {
    mailbox: Arc<Mailbox>,
}

impl Handle {
    pub(crate) fn new(mailbox: Arc<Mailbox>) -> Self {
        Self { mailbox }
    }

    /// Runs `job` in the loop's next turn.
    ///
    /// # Errors
    ///
    /// When the loop's thread has ended; the job is dropped. A job that was taken is dropped unrun,
    /// on the loop's thread, if that thread ends first.
    pub fn post(&self, job: impl FnOnce() + Send + 'static) -> Result<(), LoopGone> {
        self.mailbox.post(Box::new(job))
    }

    /// Leaves the innermost loop that runs when the request arrives.
    ///
    /// # Errors
    ///
    /// When the loop's thread has ended.
    #[doc(alias = "QCoreApplication::quit")]
    pub fn quit(&self) -> Result<(), LoopGone> {
        self.post(EventLoop::quit_current)
    }

    /// Makes the loop take a turn.
    #[doc(alias = "wakeUp")]
    pub fn wake(&self) {
        self.mailbox.wake();
    }

    /// Makes an object on the loop's thread. The call returns at once; what is sent through the
    /// [`Remote`] arrives after `make` has run.
    ///
    /// The object belongs to the remotes: it is dropped, on its own thread, with the last of them,
    /// unless `make` has stored another `Rc` of it.
    ///
    /// # Errors
    ///
    /// When the loop's thread has ended.
    pub fn create<T: 'static>(
        &self,
        make: impl FnOnce() -> Rc<T> + Send + 'static,
    ) -> Result<Remote<T>, LoopGone> {
        Remote::create(self.clone(), make)
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.mailbox.is_closed()
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("is_closed", &self.is_closed())
            .finish()
    }
}

/// The loop's thread has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoopGone;

impl fmt::Display for LoopGone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the thread of the event loop has ended")
    }
}

impl Error for LoopGone {}
