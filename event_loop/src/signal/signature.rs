//! From `fn(A, B)` to what is stored for it.

/// The parameter list of a signal, written as the type of a function with up to three parameters.
///
/// Each is a [`Param`](super::Param): `fn(message: Ref<str>, is_last: bool)`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the parameter list of a signal",
    note = "write `fn(..)` with up to three parameters, each a `Copy` type, `Ref<T>` or `Direct<T>`"
)]
pub trait Signature: sealed::Signature + 'static {
    /// How slots are stored.
    #[doc(hidden)]
    type Slot: Slot + ?Sized + 'static;
}

/// A slot, apart from its parameters.
pub trait Slot {
    /// Whether the receiver still exists. Must not run foreign code: it is asked under an open
    /// cell.
    fn is_alive(&self) -> bool;
}

pub(super) mod sealed {
    pub trait Signature {}
}
