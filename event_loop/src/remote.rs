//! References to objects of another thread.

use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::reactor::{Dispatcher, Shared};
use crate::{Handle, LoopGone};

/// A reference to an object that lives on a loop's thread, for use on any other.
///
/// It is made on the object's own thread with [`Remote::new`], and then refers to it weakly, or
/// from elsewhere with [`Handle::create`]. Calls run on the object's thread, one after the other,
/// and only while it lives.
///
/// ```
/// use std::{cell::Cell, rc::Rc};
/// use qeventloop::{EventLoop, Remote};
///
/// let event_loop = EventLoop::new();
/// let counter = Rc::new(Cell::new(0));
/// let remote = Remote::new(&counter).unwrap();
/// let worker = std::thread::spawn(move || {
///     remote.invoke(|counter| {
///         counter.set(counter.get() + 1);
///         EventLoop::quit_current();
///     })
/// });
/// event_loop.exec();
/// assert_eq!(counter.get(), 1);
/// # worker.join().unwrap().unwrap();
/// ```
///
/// The object itself does not travel:
///
/// ```compile_fail,E0277
/// let counter = std::rc::Rc::new(std::cell::Cell::new(0));
/// std::thread::spawn(move || counter.set(1));
/// ```
pub struct Remote<T> {
    entry: Arc<Entry>,
    marker: PhantomData<fn(T)>,
}

impl<T: 'static> Remote<T> {
    /// Refers to `object`, which lives on this thread. The reference does not keep it alive.
    ///
    /// # Errors
    ///
    /// When this thread has no dispatcher and cannot get one, see [`Dispatcher::current`].
    pub fn new(object: &Rc<T>) -> io::Result<Self> {
        let dispatcher = Dispatcher::current()?;
        let weak: Weak<T> = Rc::downgrade(object);
        let remote = Self::reserve(dispatcher.handle());
        dispatcher
            .local::<Exports>()
            .insert(remote.entry.id, Export::Weak(weak));
        Ok(remote)
    }

    pub(crate) fn create(
        handle: Handle,
        make: impl FnOnce() -> Rc<T> + Send + 'static,
    ) -> Result<Self, LoopGone> {
        let remote = Self::reserve(handle);
        let id = remote.entry.id;
        remote.entry.handle.post(move || {
            let object = make();
            if let Some(dispatcher) = Dispatcher::try_current() {
                dispatcher
                    .local::<Exports>()
                    .insert(id, Export::Owned(object));
            }
        })?;
        Ok(remote)
    }

    /// Calls `call` with the object on its own thread, if it is alive by then.
    ///
    /// # Errors
    ///
    /// When that thread has ended.
    #[doc(alias = "invokeMethod")]
    pub fn invoke(&self, call: impl FnOnce(&T) + Send + 'static) -> Result<(), LoopGone> {
        let id = self.entry.id;
        self.entry.handle.post(move || {
            let exports = Dispatcher::try_current().map(|dispatcher| dispatcher.local::<Exports>());
            let object = exports.and_then(|exports| exports.find(id));
            if let Some(object) = object.and_then(|object| object.downcast::<T>().ok()) {
                call(&object);
            }
        })
    }

    /// The loop the object lives on.
    pub fn handle(&self) -> &Handle {
        &self.entry.handle
    }

    fn reserve(handle: Handle) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        Self {
            entry: Arc::new(Entry { handle, id }),
            marker: PhantomData,
        }
    }
}

impl<T> Clone for Remote<T> {
    fn clone(&self) -> Self {
        Self {
            entry: self.entry.clone(),
            marker: PhantomData,
        }
    }
}

impl<T> fmt::Debug for Remote<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote")
            .field("id", &self.entry.id)
            .finish_non_exhaustive()
    }
}

/// What the clones of a remote share.
struct Entry {
    handle: Handle,
    id: u64,
}

impl Drop for Entry {
    /// The last clone is gone: so is the entry on the other side.
    fn drop(&mut self) {
        let id = self.id;
        let _ = self.handle.post(move || {
            if let Some(dispatcher) = Dispatcher::try_current() {
                drop(dispatcher.local::<Exports>().remove(id));
            }
        });
    }
}

/// The objects of one thread that others refer to.
#[derive(Default)]
struct Exports {
    table: Shared<Table>,
}

#[derive(Default)]
struct Table {
    objects: HashMap<u64, Export>,
    /// How long the table may get before it is searched for the dead.
    limit: usize,
}

#[derive(Clone)]
enum Export {
    Weak(Weak<dyn Any>),
    Owned(Rc<dyn Any>),
}

impl Exports {
    fn insert(&self, id: u64, export: Export) {
        self.table.with(|table| {
            if table.objects.len() >= table.limit {
                table.objects.retain(|_, export| export.is_alive());
                table.limit = 16 + 2 * table.objects.len();
            }
            table.objects.insert(id, export);
        });
    }

    fn remove(&self, id: u64) -> Option<Export> {
        self.table.with(|table| table.objects.remove(&id))
    }

    /// Forgets the object if it is dead.
    fn find(&self, id: u64) -> Option<Rc<dyn Any>> {
        let object = self.table.with(|table| match table.objects.get(&id)? {
            Export::Weak(weak) => weak.upgrade(),
            Export::Owned(object) => Some(object.clone()),
        });
        if object.is_none() {
            drop(self.remove(id));
        }
        object
    }
}

impl Export {
    fn is_alive(&self) -> bool {
        match self {
            Self::Weak(weak) => weak.strong_count() > 0,
            Self::Owned(_) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exported() -> usize {
        let dispatcher = Dispatcher::current().unwrap();
        dispatcher
            .local::<Exports>()
            .table
            .with(|table| table.objects.len())
    }

    #[test]
    fn dead_objects_do_not_pile_up() {
        let remotes: Vec<_> = (0..1000)
            .map(|n| Remote::new(&Rc::new(n)).unwrap())
            .collect();
        assert!(exported() < 50, "{}", exported());
        drop(remotes);
    }

    #[test]
    fn the_entry_goes_with_the_last_remote() {
        let object = Rc::new(1);
        let remote = Remote::new(&object).unwrap();
        let clone = remote.clone();
        drop(remote);
        let _ = Dispatcher::current()
            .unwrap()
            .turn(Some(std::time::Duration::ZERO))
            .unwrap();
        assert_eq!(exported(), 1);
        drop(clone);
        let _ = Dispatcher::current()
            .unwrap()
            .turn(Some(std::time::Duration::ZERO))
            .unwrap();
        assert_eq!(exported(), 0);
    }
}
