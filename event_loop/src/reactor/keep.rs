//! Objects the dispatcher holds on to.

use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::rc::{Rc, Weak};

use super::Shared;

/// Keeps an object alive, see [`Dispatcher::keep`](super::Dispatcher::keep).
///
/// The object itself may own its `Kept`. Dropping it, also in a slot of that object, releases the
/// object at once.
#[must_use = "dropping a Kept releases the object"]
pub struct Kept {
    keeps: Weak<Keeps>,
    key: u64,
}

impl Kept {
    pub(super) fn nothing() -> Self {
        Self {
            keeps: Weak::new(),
            key: 0,
        }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        if let Some(keeps) = self.keeps.upgrade() {
            let object = keeps.table.with(|table| table.objects.remove(&self.key));
            drop(object);
        }
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

#[derive(Default)]
pub(super) struct Keeps {
    table: Shared<Table>,
}

#[derive(Default)]
struct Table {
    objects: HashMap<u64, Rc<dyn Any>>,
    next: u64,
}

impl Keeps {
    pub(super) fn keep(self: &Rc<Self>, object: Rc<dyn Any>) -> Kept {
        let key = self.table.with(|table| {
            table.next += 1;
            table.objects.insert(table.next, object);
            table.next
        });
        Kept {
            keeps: Rc::downgrade(self),
            key,
        }
    }

    /// Hands out all objects, to be dropped by the caller.
    pub(super) fn release(&self) -> impl Sized + use<> {
        self.table.with(|table| std::mem::take(&mut table.objects))
    }
}
