//! What depends on the number of parameters, written once for all numbers.

use std::rc::{Rc, Weak};
use std::sync::Arc;

use super::Signal;
use super::connection::Connection;
use super::kinds::{Bound, Closure, Forward, Mutable, Queued, Remoted};
use super::param::{Param, QueuedParam, RemoteParam};
use super::signature::{Signature, Slot, sealed};
use super::slots::Entry;
use crate::reactor::{Dispatcher, Shared};
use crate::{Inbox, Remote};

macro_rules! arity {
    ($Slot:ident: $($P:ident $p:ident),*) => {
        /// A slot that can be called.
        pub trait $Slot<$($P: Param),*>: Slot {
            /// Returns whether the receiver was there.
            fn call(&self $(, $p: $P::In<'_>)*) -> bool;
        }

        impl<$($P: Param),*> sealed::Signature for fn($($P),*) {}

        impl<$($P: Param),*> Signature for fn($($P),*) {
            type Slot = dyn $Slot<$($P),*>;
        }

        impl<F: Fn($($P::In<'_>),*), $($P: Param),*> $Slot<$($P),*> for Closure<F> {
            fn call(&self $(, $p: $P::In<'_>)*) -> bool {
                (self.0)($($p),*);
                true
            }
        }

        impl<R, F, $($P),*> $Slot<$($P),*> for Bound<R, F>
        where
            R: ?Sized,
            F: Fn(&Rc<R> $(, $P::In<'_>)*),
            $($P: Param,)*
        {
            fn call(&self $(, $p: $P::In<'_>)*) -> bool {
                let Some(receiver) = self.receiver.upgrade() else { return false };
                (self.slot)(&receiver $(, $p)*);
                true
            }
        }

        impl<F: FnMut($($P::In<'_>),*), $($P: Param),*> $Slot<$($P),*> for Mutable<F> {
            fn call(&self $(, $p: $P::In<'_>)*) -> bool {
                if let Some(mut lifted) = self.lift() {
                    lifted.call(|slot| slot($($p),*));
                }
                true
            }
        }

        impl<$($P: Param),*> $Slot<$($P),*> for Forward<fn($($P),*)> {
            fn call(&self $(, $p: $P::In<'_>)*) -> bool {
                let target = self.target.upgrade().filter(|target| !target.is_gone());
                let Some(target) = target else { return false };
                target.emit(|slot| slot.call($($p),*));
                true
            }
        }

        impl<F, $($P),*> $Slot<$($P),*> for Queued<F>
        where
            F: Fn($($P::In<'_>),*) + 'static,
            $($P: QueuedParam,)*
        {
            fn call(&self $(, $p: $P::In<'_>)*) -> bool {
                let (Some(entry), Ok(dispatcher)) = (self.entry.upgrade(), Dispatcher::current())
                else {
                    return true; // no loop, now or ever, so nobody to call the slot
                };
                $(let $p = $P::own($p);)*
                dispatcher.post(move || {
                    if entry.is_connected() {
                        (entry.slot.slot)($($P::lend(&$p)),*);
                    }
                });
                true
            }
        }

        impl<T, F, $($P),*> $Slot<$($P),*> for Remoted<T, F>
        where
            T: 'static,
            F: Fn(&T $(, $P::In<'_>)*) + Send + Sync + 'static,
            $($P: RemoteParam,)*
        {
            fn call(&self $(, $p: $P::In<'_>)*) -> bool {
                let slot = self.slot.clone();
                $(let $p = $P::own($p);)*
                self.remote.invoke(move |target| slot(target $(, $P::lend(&$p))*)).is_ok()
            }
        }

        impl<$($P: Param),*> Signal<fn($($P),*)> {
            /// Calls every connected slot before it returns.
            pub fn emit(&self $(, $p: $P::In<'_>)*) {
                if let Some(core) = self.core.get() {
                    core.emit(|slot| slot.call($($p),*));
                }
            }

            /// Calls `slot` on every emission, on the spot.
            pub fn connect<F, O>(&self, slot: F) -> Connection
            where
                F: Fn($($P::In<'_>),*) -> O + 'static,
            {
                self.attach(Closure(move |$($p: $P::In<'_>),*| { slot($($p),*); }), false)
            }

            /// Calls `slot(&receiver, ..)` for as long as `receiver` lives. The connection holds it
            /// weakly, so the sender may be its own receiver.
            ///
            /// From its own destructor on a receiver is called no more.
            pub fn connect_to<R, F, O>(&self, receiver: &Rc<R>, slot: F) -> Connection
            where
                R: ?Sized + 'static,
                F: Fn(&R $(, $P::In<'_>)*) -> O + 'static,
            {
                self.connect_rc(receiver, move |receiver: &Rc<R> $(, $p: $P::In<'_>)*| {
                    slot(receiver $(, $p)*);
                })
            }

            /// [`connect_to`](Self::connect_to) for methods that take `self: &Rc<Self>`, because
            /// they connect something to themselves.
            pub fn connect_rc<R, F, O>(&self, receiver: &Rc<R>, slot: F) -> Connection
            where
                R: ?Sized + 'static,
                F: Fn(&Rc<R> $(, $P::In<'_>)*) -> O + 'static,
            {
                let slot = move |receiver: &Rc<R> $(, $p: $P::In<'_>)*| {
                    slot(receiver $(, $p)*);
                };
                self.attach(Bound { receiver: Rc::downgrade(receiver), slot }, false)
            }

            /// Calls `slot(&receiver, &sender, ..)` while both live, for one slot that serves many
            /// senders. Both are held weakly.
            #[doc(alias = "sender")]
            pub fn connect_from<E, R, F, O>(
                &self,
                sender: &Rc<E>,
                receiver: &Rc<R>,
                slot: F,
            ) -> Connection
            where
                E: ?Sized + 'static,
                R: ?Sized + 'static,
                F: Fn(&R, &Rc<E> $(, $P::In<'_>)*) -> O + 'static,
            {
                let sender = Rc::downgrade(sender);
                self.connect_rc(receiver, move |receiver: &Rc<R> $(, $p: $P::In<'_>)*| {
                    if let Some(sender) = sender.upgrade() {
                        slot(receiver, &sender $(, $p)*);
                    }
                })
            }

            /// Calls `slot` without the arguments.
            pub fn connect_notify<F, O>(&self, slot: F) -> Connection
            where
                F: Fn() -> O + 'static,
            {
                self.attach(Closure(move |$($p: $P::In<'_>),*| { $(let _ = $p;)* slot(); }), false)
            }

            /// Calls `slot` for the next emission only; the connection is broken before the call.
            #[doc(alias = "SingleShotConnection")]
            pub fn connect_once<F, O>(&self, slot: F) -> Connection
            where
                F: Fn($($P::In<'_>),*) -> O + 'static,
            {
                self.attach(Closure(move |$($p: $P::In<'_>),*| { slot($($p),*); }), true)
            }

            /// Calls a slot that changes what it has captured. While it runs it cannot be called
            /// again: if it makes the signal emit, it misses that emission.
            pub fn connect_mut<F, O>(&self, mut slot: F) -> Connection
            where
                F: FnMut($($P::In<'_>),*) -> O + 'static,
            {
                let slot = move |$($p: $P::In<'_>),*| { slot($($p),*); };
                self.attach(Mutable(Shared::new(Some(slot))), false)
            }

            /// Calls `slot` from the loop of this thread, in its next turn, with copies of the
            /// arguments.
            ///
            /// Breaking the connection takes back what waits; dropping the sender does not.
            #[doc(alias = "QueuedConnection")]
            pub fn connect_queued<F, O>(&self, slot: F) -> Connection
            where
                F: Fn($($P::In<'_>),*) -> O + 'static,
                $($P: QueuedParam,)*
            {
                self.attach_entry(Queued::entry(move |$($p: $P::In<'_>),*| { slot($($p),*); }))
            }

            /// Calls `slot(&target, ..)` on the thread where `target` lives, with copies of the
            /// arguments.
            ///
            /// What the slot captures goes with it, so it must be `Send`:
            ///
            /// ```compile_fail,E0277
            /// use std::rc::Rc;
            /// use qeventloop::{Remote, Signal};
            /// fn connect(signal: &Signal<fn()>, remote: &Remote<u32>) {
            ///     let name = Rc::new(String::from("stays here"));
            ///     signal.connect_remote(remote, move |_target| println!("{name}"));
            /// }
            /// ```
            #[doc(alias = "QueuedConnection")]
            pub fn connect_remote<T, F, O>(&self, target: &Remote<T>, slot: F) -> Connection
            where
                T: 'static,
                F: Fn(&T $(, $P::In<'_>)*) -> O + Send + Sync + 'static,
                $($P: RemoteParam,)*
            {
                let slot = move |target: &T $(, $p: $P::In<'_>)*| { slot(target $(, $p)*); };
                self.attach(Remoted { remote: target.clone(), slot: Arc::new(slot) }, false)
            }

            /// Emits `other` whenever this signal is emitted, for as long as `other` lives.
            pub fn connect_signal(&self, other: &Signal<fn($($P),*)>) -> Connection {
                self.attach(Forward::<fn($($P),*)> { target: Rc::downgrade(other.core()) }, false)
            }

            /// Collects the arguments of every emission, as a tuple of their owned forms, until the
            /// [`Inbox`] is dropped.
            #[doc(alias = "QSignalSpy")]
            pub fn collect(&self) -> Inbox<($($P::Owned,)*)>
            where
                $($P: QueuedParam,)*
            {
                Inbox::new(|queue| {
                    self.connect(move |$($p: $P::In<'_>),*| queue.push(($($P::own($p),)*)))
                })
            }

            fn attach<K>(&self, slot: K, is_single_shot: bool) -> Connection
            where
                K: $Slot<$($P),*> + 'static,
            {
                self.attach_entry(Rc::new(Entry::new(slot, is_single_shot)))
            }

            fn attach_entry<K>(&self, entry: Rc<Entry<K>>) -> Connection
            where
                K: $Slot<$($P),*> + 'static,
            {
                let link: Weak<Entry<K>> = Rc::downgrade(&entry);
                self.core().add(entry, link)
            }
        }
    };
}

arity!(Slot0:);
arity!(Slot1: A a);
arity!(Slot2: A a, B b);
arity!(Slot3: A a, B b, C c);
