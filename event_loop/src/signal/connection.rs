//! What `connect` returns.

use std::fmt;
use std::rc::Weak;

/// A connection between a signal and a slot.
///
/// Dropping it leaves the connection in place; [`scoped`](Self::scoped) ties the two together.
#[derive(Clone)]
#[doc(alias = "QMetaObject::Connection")]
pub struct Connection {
    link: Weak<dyn Link>,
    sender: Weak<dyn Sender>,
}

impl Connection {
    pub(super) fn new(link: Weak<dyn Link>, sender: Weak<dyn Sender>) -> Self {
        Self { link, sender }
    }

    /// Breaks the connection; `false` if it was broken already.
    ///
    /// The slot is not called any more, also not by an emission under way or for a call that waits
    /// in this thread's queue. What a [remote](crate::Signal::connect_remote) connection has sent
    /// is on its way.
    pub fn disconnect(&self) -> bool {
        let was_connected = self.is_connected();
        if let Some(link) = self.link.upgrade() {
            link.sever();
        }
        if let Some(sender) = self.sender.upgrade() {
            sender.purge();
        }
        was_connected
    }

    /// Whether the slot would be called.
    #[doc(alias = "operator bool")]
    pub fn is_connected(&self) -> bool {
        self.sender
            .upgrade()
            .is_some_and(|sender| !sender.is_gone())
            && self.link.upgrade().is_some_and(|link| link.is_connected())
    }

    /// Ties the connection to a scope, or to the object that stores the result.
    pub fn scoped(self) -> ScopedConnection {
        ScopedConnection(self)
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("is_connected", &self.is_connected())
            .finish()
    }
}

/// A connection that is broken when this is dropped.
///
/// ```
/// use qeventloop::Signal;
///
/// let tick: Signal<fn()> = Signal::new();
/// {
///     let _connection = tick.connect(|| println!("tick")).scoped();
///     assert!(tick.is_connected());
/// }
/// assert!(!tick.is_connected());
/// ```
#[must_use = "dropping a ScopedConnection breaks the connection"]
#[derive(Debug)]
pub struct ScopedConnection(Connection);

impl ScopedConnection {
    /// The connection inside.
    pub fn connection(&self) -> &Connection {
        &self.0
    }
}

impl Drop for ScopedConnection {
    fn drop(&mut self) {
        self.0.disconnect();
    }
}

/// One entry in a signal's list.
pub(super) trait Link {
    fn is_connected(&self) -> bool;
    /// Returns whether it was whole until now.
    fn sever(&self) -> bool;
}

/// The signal's side, whatever its signature.
pub(super) trait Sender {
    fn is_gone(&self) -> bool;
    /// Returns what it was before.
    fn block(&self, block: bool) -> bool;
    /// Removes what has been severed.
    fn purge(&self);
}
