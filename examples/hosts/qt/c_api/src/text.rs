//! Text from C.

use std::borrow::Cow;
use std::ffi::{CStr, c_char};
use std::slice;

/// What is no UTF-8 in it is replaced.
///
/// # Safety
///
/// `length` bytes at `text` can be read as long as the result lives; `text` may be null if there are none.
pub(crate) unsafe fn with_length<'a>(text: *const c_char, length: usize) -> Cow<'a, str> {
    if text.is_null() {
        return Cow::Borrowed("");
    }
    // SAFETY: as the caller promised.
    String::from_utf8_lossy(unsafe { slice::from_raw_parts(text.cast(), length) })
}

/// What is no UTF-8 in it is replaced.
///
/// # Safety
///
/// `text` ends with a zero and can be read as long as the result lives.
pub(crate) unsafe fn with_zero<'a>(text: *const c_char) -> Cow<'a, str> {
    // SAFETY: as the caller promised.
    unsafe { CStr::from_ptr(text) }.to_string_lossy()
}
