//! How one argument travels through a signal.

use std::borrow::{Borrow, ToOwned};
use std::fmt;
use std::marker::PhantomData;

/// A parameter of a signal: what its slots see.
///
/// A `Copy` type stands for itself; anything else is lent, by [`Ref`] or [`Direct`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a parameter of a signal",
    note = "a parameter is a `Copy` type, `Ref<T>` (slots see `&T`) or `Direct<T>`"
)]
pub trait Param: sealed::Param + 'static {
    /// What a slot is given. `Copy`, so that each slot can have it.
    type In<'a>: Copy;
}

/// A parameter that can wait in a queue, as [`connect_queued`](crate::Signal::connect_queued) and
/// [`collect`](crate::Signal::collect) need.
#[diagnostic::on_unimplemented(
    message = "a signal with the parameter `{Self}` cannot have a queued connection",
    note = "`Direct` asks its slots for an answer before `emit` returns, which a queued slot \
            cannot give; use `connect` (a `Ref<T>` can be queued if `T` is `Clone`)"
)]
pub trait QueuedParam: Param {
    /// The copy that waits.
    type Owned: 'static;
    /// Makes the copy.
    fn own(value: Self::In<'_>) -> Self::Owned;
    /// Lends the copy to a slot.
    fn lend(owned: &Self::Owned) -> Self::In<'_>;
}

/// A parameter that can go to another thread, as [`connect_remote`](crate::Signal::connect_remote)
/// needs.
#[diagnostic::on_unimplemented(
    message = "a signal with the parameter `{Self}` cannot be connected to another thread",
    note = "`Direct` asks its slots for an answer before `emit` returns, which another thread \
            cannot give, and the owned form of a `Ref` must be `Send`; use `connect`"
)]
pub trait RemoteParam: QueuedParam<Owned: Send> {}

impl<P: QueuedParam<Owned: Send>> RemoteParam for P {}

/// Marks a parameter that is lent: slots see `&T`, queued ones a copy.
///
/// It only ever appears in types such as `Signal<fn(message: Ref<str>)>`.
/// A plain reference does not do there, nor does an owned value that cannot be copied:
///
/// ```compile_fail
/// let received: qeventloop::Signal<fn(message: &str)> = qeventloop::Signal::new();
/// ```
///
/// ```compile_fail,E0277
/// let received: qeventloop::Signal<fn(message: String)> = qeventloop::Signal::new();
/// ```
pub struct Ref<T: ?Sized>(PhantomData<fn(&T)>);

/// Marks a parameter that is lent to be answered on the spot, such as an authenticator to be filled
/// in.
///
/// A queued slot would answer when nobody listens any more, so such connections do not compile:
///
/// ```compile_fail,E0277
/// use qeventloop::{Direct, Signal};
/// struct Question;
/// let asked: Signal<fn(question: Direct<Question>)> = Signal::new();
/// asked.connect_queued(|_question| {});
/// ```
///
/// ```compile_fail,E0277
/// use qeventloop::{Direct, Remote, Signal};
/// fn ask_elsewhere(asked: &Signal<fn(question: Direct<String>)>, remote: &Remote<u32>) {
///     asked.connect_remote(remote, |_target, _question| {});
/// }
/// ```
///
/// ```compile_fail,E0599
/// use qeventloop::{Direct, Signal};
/// let asked: Signal<fn(question: Direct<String>)> = Signal::new();
/// let inbox = asked.collect();
/// ```
pub struct Direct<T: ?Sized>(PhantomData<fn(&T)>);

impl<T: ?Sized + 'static> Param for Ref<T> {
    type In<'a> = &'a T;
}

impl<T: ?Sized + 'static> Param for Direct<T> {
    type In<'a> = &'a T;
}

impl<T: Copy + 'static> Param for T {
    type In<'a> = T;
}

impl<T> QueuedParam for Ref<T>
where
    T: ?Sized + ToOwned<Owned: 'static> + 'static,
{
    type Owned = T::Owned;

    fn own(value: &T) -> T::Owned {
        value.to_owned()
    }

    fn lend(owned: &T::Owned) -> &T {
        <T::Owned as Borrow<T>>::borrow(owned)
    }
}

impl<T: Copy + 'static> QueuedParam for T {
    type Owned = T;

    fn own(value: T) -> T {
        value
    }

    fn lend(owned: &T) -> T {
        *owned
    }
}

impl<T: ?Sized> fmt::Debug for Ref<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ref")
    }
}

impl<T: ?Sized> fmt::Debug for Direct<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Direct")
    }
}

mod sealed {
    pub trait Param {}
    impl<T: Copy + 'static> Param for T {}
    impl<T: ?Sized + 'static> Param for super::Ref<T> {}
    impl<T: ?Sized + 'static> Param for super::Direct<T> {}
}
