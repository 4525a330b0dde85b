//! What the tests share: a scripted peer that speaks raw bytes, and a way to run the loop until something is so.
#![allow(
    dead_code,
    unreachable_pub,
    missing_debug_implementations,
    missing_docs,
    reason = "each test binary uses its own part"
)]

pub mod frames;
pub mod pair;
pub mod raw_peer;
pub mod relay;
pub mod tls;
pub mod transcript;

use std::time::{Duration, Instant};

use qwebsocket::EventLoop;

/// How long a test waits for what must happen: only a test that fails takes so long.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Runs this thread's loop until `condition` holds.
///
/// # Panics
/// When it does not come to hold.
#[track_caller]
pub fn run_until(mut condition: impl FnMut() -> bool) {
    let event_loop = EventLoop::new();
    let end = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < end, "what was waited for did not happen");
        let _ = event_loop.wait_for_events(Some(Duration::from_millis(100)));
    }
}

/// Runs this thread's loop until nothing is left to do at once.
pub fn settle() {
    let _ = EventLoop::new().process_events(PATIENCE);
}
