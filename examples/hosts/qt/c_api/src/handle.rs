//! Objects as C sees them: each pointer owns one count of an `Rc`.

use std::rc::Rc;

/// For C to own, until [`take_back`].
pub(crate) fn give<T>(object: Rc<T>) -> *const T {
    Rc::into_raw(object)
}

/// The object for the time of one call: a callback may free it in the middle of that.
///
/// # Safety
///
/// `pointer` comes from [`give`] on this thread, and was not taken back yet.
pub(crate) unsafe fn hold<T>(pointer: *const T) -> Rc<T> {
    // SAFETY: the count that C owns keeps the object alive up to here, and what is counted here is dropped again.
    unsafe {
        Rc::increment_strong_count(pointer);
        Rc::from_raw(pointer)
    }
}

/// The object, which C must not use again; `None` for `NULL`, which C programmers like to free.
///
/// # Safety
///
/// `pointer` is null or as with [`hold`].
pub(crate) unsafe fn take_back<T>(pointer: *const T) -> Option<Rc<T>> {
    // SAFETY: the count that C owned becomes that of the result.
    (!pointer.is_null()).then(|| unsafe { Rc::from_raw(pointer) })
}
