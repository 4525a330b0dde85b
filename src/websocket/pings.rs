//! Pings that wait for their pong.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use qeventloop::reactor::Shared;

/// The pings in flight, oldest first. An idle socket has none and no storage for them.
#[derive(Debug, Default)]
#[expect(
    clippy::box_collection,
    reason = "a socket without pings pays 8 bytes for them, not 32"
)]
pub(super) struct Pings(Shared<Option<Box<VecDeque<Ping>>>>);

#[derive(Debug)]
struct Ping {
    sent: Instant,
    payload: Box<[u8]>,
}

/// A peer that never answers does not cost more than this.
const REMEMBERED: usize = 64;

impl Pings {
    pub(super) fn sent(&self, payload: &[u8], now: Instant) {
        self.0.with(|pings| {
            let pings = pings.get_or_insert_default();
            if pings.len() == REMEMBERED {
                pings.pop_front();
            }
            pings.push_back(Ping {
                sent: now,
                payload: payload.into(),
            });
        });
    }

    /// The round trip of the oldest ping with this payload; zero for a pong that nobody asked for. A peer may answer
    /// only the latest of several pings, so the ones before it are forgotten.
    pub(super) fn answered(&self, payload: &[u8], now: impl FnOnce() -> Instant) -> Duration {
        self.0.with(|slot| {
            let found = slot.as_deref_mut().and_then(|pings| {
                let at = pings.iter().position(|ping| *ping.payload == *payload)?;
                pings.drain(..=at).next_back()
            });
            if slot.as_deref().is_some_and(VecDeque::is_empty) {
                *slot = None;
            }
            found.map_or(Duration::ZERO, |ping| {
                now().saturating_duration_since(ping.sent)
            })
        })
    }

    pub(super) fn forget(&self) {
        self.0.take();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pong_is_measured_from_its_own_ping() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let pings = Pings::default();
        pings.sent(b"a", at(0));
        pings.sent(b"b", at(10));
        pings.sent(b"b", at(20));
        assert_eq!(pings.answered(b"a", || at(30)).as_millis(), 30);
        assert_eq!(pings.answered(b"nobody", || at(31)).as_millis(), 0);
        assert_eq!(pings.answered(b"b", || at(40)).as_millis(), 30);
        assert_eq!(pings.answered(b"b", || at(40)).as_millis(), 20);
        assert_eq!(pings.answered(b"b", || at(40)).as_millis(), 0);
    }

    #[test]
    fn a_pong_answers_the_pings_before_it_too() {
        let start = Instant::now();
        let pings = Pings::default();
        pings.sent(b"1", start);
        pings.sent(b"2", start);
        pings.answered(b"2", || start);
        assert_eq!(
            pings.answered(b"1", || start + Duration::from_secs(1)),
            Duration::ZERO
        );
    }

    #[test]
    fn a_silent_peer_costs_a_bounded_amount() {
        let pings = Pings::default();
        for _ in 0..1000 {
            pings.sent(b"", Instant::now());
        }
        assert_eq!(
            pings
                .0
                .with(|pings| pings.as_ref().map(|pings| pings.len())),
            Some(REMEMBERED)
        );
    }
}
