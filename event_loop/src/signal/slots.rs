//! The slots of one signal, and the way of an emission through them.

use std::cell::Cell;
use std::rc::{Rc, Weak};

use super::connection::{Connection, Link, Sender};
use super::signature::Slot;

/// One connection. `slot` comes last so that it can be unsized.
pub(super) struct Entry<F: ?Sized> {
    is_connected: Cell<bool>,
    is_single_shot: bool,
    pub(super) slot: F,
}

impl<F> Entry<F> {
    pub(super) fn new(slot: F, is_single_shot: bool) -> Self {
        Self {
            is_connected: Cell::new(true),
            is_single_shot,
            slot,
        }
    }
}

impl<F: ?Sized> Entry<F> {
    /// Whether nobody broke the connection; a sender that is gone does not count.
    pub(super) fn is_connected(&self) -> bool {
        self.is_connected.get()
    }
}

impl<F: ?Sized + Slot> Entry<F> {
    fn is_live(&self) -> bool {
        self.is_connected.get() && self.slot.is_alive()
    }
}

impl<F: ?Sized + Slot> Link for Entry<F> {
    fn is_connected(&self) -> bool {
        self.is_live()
    }

    fn sever(&self) -> bool {
        self.is_connected.replace(false)
    }
}

/// A list that an emission can hold on to while the signal's own changes: copied on write.
#[derive(Default)]
enum Slots<F: ?Sized> {
    #[default]
    None,
    One(Rc<Entry<F>>),
    Many(Rc<Vec<Rc<Entry<F>>>>),
}

/// What a connected signal points to.
pub(crate) struct Core<F: ?Sized> {
    /// A cell without a flag, since there is one of these for each connected signal. See [`with_slots`](Self::with_slots).
    slots: Cell<Slots<F>>,
    is_blocked: Cell<bool>,
    /// The signal was dropped.
    is_gone: Cell<bool>,
    /// There are severed entries that could not be removed because an emission uses the list.
    is_stale: Cell<bool>,
}

impl<F: ?Sized> Core<F> {
    pub(super) fn new() -> Self {
        Self {
            slots: Cell::default(),
            is_blocked: Cell::new(false),
            is_gone: Cell::new(false),
            is_stale: Cell::new(false),
        }
    }

    pub(super) fn is_gone(&self) -> bool {
        self.is_gone.get()
    }

    /// Lends the list to `access`, which must not run anything of the application: what comes back here meanwhile
    /// finds no slots.
    fn with_slots<R>(&self, access: impl FnOnce(&mut Slots<F>) -> R) -> R {
        let mut slots = self.slots.take();
        let result = access(&mut slots);
        self.slots.set(slots);
        result
    }
}

impl<F: ?Sized + Slot + 'static> Core<F> {
    /// An emission in progress has its own list and will not see the new entry.
    pub(super) fn add(self: &Rc<Self>, entry: Rc<Entry<F>>, link: Weak<dyn Link>) -> Connection {
        let removed = self.with_slots(|slots| slots.push(entry));
        drop(removed);
        let sender: Weak<Self> = Rc::downgrade(self);
        Connection::new(link, sender)
    }

    /// Calls every slot that was connected when the emission began and still is. `call` says
    /// whether the receiver was there.
    ///
    /// Costs one reference count, whatever the number of slots.
    pub(super) fn emit(&self, call: impl Fn(&F) -> bool) {
        if self.is_blocked.get() {
            return;
        }
        let emission = Emission {
            core: self,
            slots: self.with_slots(|slots| slots.clone()),
        };
        match &emission.slots {
            Slots::None => {}
            Slots::One(entry) => self.deliver(entry, &call),
            Slots::Many(entries) => entries.iter().for_each(|entry| self.deliver(entry, &call)),
        }
    }

    fn deliver(&self, entry: &Entry<F>, call: &impl Fn(&F) -> bool) {
        if !entry.is_connected.get() || self.is_gone.get() {
            return;
        }
        if entry.is_single_shot {
            entry.is_connected.set(false);
            self.is_stale.set(true);
        }
        if !call(&entry.slot) {
            entry.is_connected.set(false);
            self.is_stale.set(true);
        }
    }

    pub(super) fn receivers(&self) -> usize {
        self.with_slots(|slots| {
            slots
                .as_slice()
                .iter()
                .filter(|entry| entry.is_live())
                .count()
        })
    }

    pub(super) fn disconnect_all(&self) {
        let old = self.slots.take();
        for entry in old.as_slice() {
            entry.sever();
        }
    }

    /// The sender is dropped: an emission in progress falls silent. Calls that wait in the queue
    /// are still made.
    pub(super) fn abandon(&self) {
        self.is_gone.set(true);
        drop(self.slots.take());
    }
}

impl<F: ?Sized + Slot> Sender for Core<F> {
    fn is_gone(&self) -> bool {
        self.is_gone.get()
    }

    fn block(&self, block: bool) -> bool {
        self.is_blocked.replace(block)
    }

    /// Removes entries that are severed or whose receiver is gone, or leaves that to the emission
    /// in progress.
    fn purge(&self) {
        let removed = self.with_slots(|slots| {
            let removed = slots.remove_dead();
            self.is_stale.set(removed.is_none());
            removed
        });
        drop(removed); // the closures die here, with the cell closed
    }
}

/// An emission under way: keeps its list, and cleans up after itself however it ends.
struct Emission<'a, F: ?Sized + Slot> {
    core: &'a Core<F>,
    slots: Slots<F>,
}

impl<F: ?Sized + Slot> Drop for Emission<'_, F> {
    fn drop(&mut self) {
        drop(std::mem::replace(&mut self.slots, Slots::None));
        if self.core.is_stale.get() {
            self.core.purge();
        }
    }
}

impl<F: ?Sized> Clone for Slots<F> {
    fn clone(&self) -> Self {
        match self {
            Self::None => Self::None,
            Self::One(entry) => Self::One(entry.clone()),
            Self::Many(entries) => Self::Many(entries.clone()),
        }
    }
}

impl<F: ?Sized> Slots<F> {
    fn as_slice(&self) -> &[Rc<Entry<F>>] {
        match self {
            Self::None => &[],
            Self::One(entry) => std::slice::from_ref(entry),
            Self::Many(entries) => entries,
        }
    }
}

impl<F: ?Sized + Slot> Slots<F> {
    /// Appends, and hands out the dead it came across, for the caller to drop.
    fn push(&mut self, entry: Rc<Entry<F>>) -> Option<Self> {
        let removed = if self.is_full() {
            self.remove_dead()
        } else {
            None
        };
        *self = match std::mem::replace(self, Self::None) {
            Self::None => Self::One(entry),
            Self::One(first) => Self::Many(Rc::new(vec![first, entry])),
            Self::Many(mut entries) => {
                Rc::make_mut(&mut entries).push(entry);
                Self::Many(entries)
            }
        };
        removed
    }

    /// Whether one more takes an allocation, which is the time to look for room.
    fn is_full(&self) -> bool {
        match self {
            Self::None => false,
            Self::One(_) => true,
            Self::Many(entries) => entries.len() == entries.capacity(),
        }
    }

    /// Hands out the dead, for the caller to drop; `None` if the list is in use by an emission.
    fn remove_dead(&mut self) -> Option<Self> {
        match self {
            Self::None => Some(Self::None),
            Self::One(entry) if entry.is_live() => Some(Self::None),
            Self::One(_) => Some(std::mem::replace(self, Self::None)),
            Self::Many(entries) => {
                let mut dead = Rc::get_mut(entries)?.extract_if(.., |entry| !entry.is_live());
                Some(match (dead.next(), dead.next()) {
                    (None, _) => Self::None,
                    (Some(only), None) => Self::One(only), // a single shot must not allocate
                    (Some(first), Some(second)) => {
                        Self::Many(Rc::new([first, second].into_iter().chain(dead).collect()))
                    }
                })
            }
        }
    }
}
