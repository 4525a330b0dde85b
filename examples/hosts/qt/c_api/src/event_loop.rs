//! `qws_loop`.

use std::ffi::{c_int, c_uint};
use std::os::fd::AsRawFd;
use std::ptr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use qwebsocket::{EventLoop, Next};

use crate::handle::{give, hold, take_back};

#[unsafe(no_mangle)]
pub(crate) extern "C" fn qws_loop_new() -> *const EventLoop {
    EventLoop::try_new().map_or(ptr::null(), |event_loop| give(Rc::new(event_loop)))
}

/// # Safety
///
/// `event_loop` is null or this thread's, and not used again.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn qws_loop_free(event_loop: *const EventLoop) {
    // SAFETY: as the caller promised.
    drop(unsafe { take_back(event_loop) });
}

/// # Safety
///
/// `event_loop` is this thread's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn qws_loop_fd(event_loop: *const EventLoop) -> c_int {
    // SAFETY: as the caller promised.
    unsafe { hold(event_loop) }.as_raw_fd()
}

/// # Safety
///
/// `event_loop` is this thread's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn qws_loop_process_events(
    event_loop: *const EventLoop,
    budget_ms: c_uint,
) {
    // SAFETY: as the caller promised.
    let event_loop = unsafe { hold(event_loop) };
    let budget = Duration::from_millis(budget_ms.into());
    let _ = event_loop.process_events(budget); // `qws_loop_next` will be asked
}

/// # Safety
///
/// `event_loop` is this thread's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn qws_loop_next(event_loop: *const EventLoop) -> c_int {
    // SAFETY: as the caller promised.
    match unsafe { hold(event_loop) }.next() {
        Next::Now => 0,
        Next::At(deadline) => milliseconds(deadline.saturating_duration_since(Instant::now())),
        Next::WhenWoken => -1,
    }
}

/// Rounded up, so that nobody comes back before the time.
fn milliseconds(duration: Duration) -> c_int {
    let milliseconds = duration.as_nanos().div_ceil(1_000_000);
    milliseconds.try_into().unwrap_or(c_int::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_comes_too_early() {
        assert_eq!(milliseconds(Duration::ZERO), 0);
        assert_eq!(milliseconds(Duration::from_nanos(1)), 1);
        assert_eq!(milliseconds(Duration::from_millis(7)), 7);
        assert_eq!(milliseconds(Duration::MAX), c_int::MAX);
    }
}
