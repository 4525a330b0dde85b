//! Deadlines of a source beside its own.

use std::cell::OnceCell;
use std::fmt;
use std::rc::{Rc, Weak};
use std::time::Instant;

use super::{Dispatcher, Progress, Ready, Registration, Source, Token};

/// A deadline of a source beside the one of its [`Registration`], which makes it: see
/// [`Registration::alarm`].
///
/// For a source that waits for something smaller while its own deadline bounds the whole. Dropping
/// it takes it back.
pub struct Alarm(Rc<Bell>);

impl Alarm {
    pub(super) fn new(dispatcher: &Rc<Dispatcher>, wakes: Token, at: Instant) -> Self {
        let bell = Rc::new(Bell {
            wakes,
            registration: OnceCell::new(),
        });
        let weak: Weak<Bell> = Rc::downgrade(&bell);
        let registration = bell
            .registration
            .get_or_init(|| dispatcher.add_source(weak));
        registration.set_deadline(Some(at));
        Self(bell)
    }

    /// Whether its time has come.
    pub fn has_rung(&self) -> bool {
        let registration = self.0.registration.get();
        registration.is_none_or(|registration| registration.deadline().is_none())
    }
}

impl fmt::Debug for Alarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Alarm")
            .field("wakes", &self.0.wakes)
            .field("has_rung", &self.has_rung())
            .finish()
    }
}

/// The place in the dispatcher that an alarm has for itself.
struct Bell {
    wakes: Token,
    registration: OnceCell<Registration>,
}

impl Source for Bell {
    fn turn(self: Rc<Self>, _: Ready) -> Progress {
        if let Some(registration) = self.registration.get() {
            registration.dispatcher().mark_dirty(self.wakes);
        }
        Progress::Drained
    }
}
