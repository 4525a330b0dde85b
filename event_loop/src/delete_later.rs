//! Dropping an object when nobody up the stack uses it any more.

use std::rc::Rc;

use crate::reactor::Dispatcher;

/// Drops `object` once control has returned to the loop level that runs now; outside of any loop,
/// in the next turn. A loop nested in the caller does not drop it.
///
/// Only this `Rc` is released: the object lives on while others hold it. On a thread that has no
/// dispatcher and cannot get one it is dropped at once.
#[doc(alias = "deleteLater")]
pub fn delete_later<T: 'static>(object: Rc<T>) {
    if let Ok(dispatcher) = Dispatcher::current() {
        dispatcher.release_later(object);
    }
}
