//! The end of a thread.

use std::rc::Rc;

use super::{Dispatcher, Shared};

thread_local! {
    pub(super) static CURRENT: ThreadGuard = const { ThreadGuard(Shared::new(None)) };
}

/// Owns the dispatcher of its thread and closes it when the thread ends.
pub(super) struct ThreadGuard(Shared<Option<Rc<Dispatcher>>>);

impl ThreadGuard {
    pub(super) fn get(&self) -> Option<Rc<Dispatcher>> {
        self.0.with(|dispatcher| dispatcher.clone())
    }

    pub(super) fn set(&self, dispatcher: Rc<Dispatcher>) {
        drop(self.0.replace(Some(dispatcher)));
    }
}

impl Drop for ThreadGuard {
    fn drop(&mut self) {
        if let Some(dispatcher) = self.0.take() {
            dispatcher.close();
            dispatcher.report_survivors();
        }
    }
}

impl Dispatcher {
    /// Nothing is queued, nobody gets a turn, and nothing is kept from here on.
    ///
    /// Everything is moved out of its cell before it is dropped: destructors may post, connect and
    /// emit.
    fn close(&self) {
        self.unwatch();
        self.is_closed.set(true);
        drop(self.mailbox.close());
        drop(self.posted.take());
        self.sources.with(|sources| sources.silence());
        drop(self.keeps.release());
        drop(self.locals.take());
        drop(self.clock.take());
        self.sources.with(|sources| sources.silence());
    }

    /// A source that is alive by now is held by a cycle, or by a thread local that goes later.
    fn report_survivors(&self) {
        let alive = self.sources.with(|sources| sources.alive());
        if cfg!(debug_assertions) && alive > 0 && !std::thread::panicking() {
            let thread = std::thread::current();
            let name = thread.name().unwrap_or("unnamed").to_owned();
            eprintln!(
                "qeventloop: thread '{name}' ended with {alive} sources (sockets, timers) alive"
            );
        }
    }
}
