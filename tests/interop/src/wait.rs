//! Waiting, bounded in time.

use std::time::{Duration, Instant};

use qwebsocket::EventLoop;

/// How long a peer may take for anything. Only a check that fails waits so long.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Runs this thread's loop until `condition` holds.
///
/// # Panics
/// When it does not come to hold.
#[track_caller]
pub fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let event_loop = EventLoop::new();
    let end = Instant::now() + PATIENCE;
    while !condition() {
        let left = end.saturating_duration_since(Instant::now());
        assert!(!left.is_zero(), "waited in vain until {what}");
        let _ = event_loop.wait_for_events(Some(left));
    }
}
