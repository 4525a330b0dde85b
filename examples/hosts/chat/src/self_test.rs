//! The self-test: what is asked of the talker and of the host, one phase after the other.

use std::cell::Cell;
use std::fmt::Write;
use std::time::{Duration, Instant, SystemTime};

use qwebsocket::qeventloop::reactor::Shared;

use crate::measure::{Frames, Processor, quantiles};
use crate::wire::{Reply, Request};

const MESSAGES: u32 = 1000;
const MESSAGES_PER_FRAME: u32 = 5;
/// The last frames are drawn, and what was started is ready.
const SETTLING: Duration = Duration::from_secs(1);
const IDLE: Duration = Duration::from_secs(10);
const STAMPS: usize = 200;
/// Long enough for any host to fall asleep again: bevy may draw twice for each wake-up.
const STAMP_INTERVAL: Duration = Duration::from_millis(60);
const PRESSES: usize = 1000;
/// The same, for the time between a press and what follows from its answer.
const PRESS_DELAY: Duration = Duration::from_millis(2);

#[derive(Default)]
pub(crate) struct SelfTest {
    phase: Cell<Phase>,
    sent: Cell<u32>,
    received: Cell<u32>,
    frames: Shared<Frames>,
    processor: Cell<Option<Processor>>,
    idle_permille: Cell<f64>,
    latencies: Shared<Vec<Duration>>,
    /// A press was asked for and has not come yet.
    is_press_due: Cell<bool>,
    pressed_at: Cell<Option<Instant>>,
    /// From each press to the slot that had its answer.
    presses: Shared<Vec<Duration>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Joining,
    Exchange,
    Settling,
    Idle,
    Latency,
    Presses,
    Through,
}

/// What a reply leads to.
pub(crate) enum Step {
    /// Nothing.
    Wait,
    /// The host is to draw frames, and to show the new state.
    Animate,
    /// This goes to the talker, and the host shows the new state.
    Ask(Request),
    /// The host is to press its button.
    Press,
    /// The test is through.
    End,
}

impl SelfTest {
    pub(crate) fn is_animating(&self) -> bool {
        self.phase.get() == Phase::Exchange
    }

    pub(crate) fn is_through(&self) -> bool {
        self.phase.get() == Phase::Through
    }

    /// What a frame sends.
    pub(crate) fn on_frame(&self) -> impl Iterator<Item = Request> {
        let mut count = 0;
        if self.is_animating() {
            self.frames.with(Frames::tick);
            count = MESSAGES_PER_FRAME.min(MESSAGES - self.sent.get());
            self.sent.set(self.sent.get() + count);
        }
        (0..count).map(|_| Request::Answer {
            after: Duration::ZERO,
        })
    }

    /// What a press sends, if it was asked for.
    pub(crate) fn on_press(&self) -> Option<Request> {
        let is_due = self.is_press_due.take();
        self.pressed_at.set(Some(Instant::now()));
        is_due.then_some(Request::Answer { after: PRESS_DELAY })
    }

    pub(crate) fn on_reply(&self, reply: Reply) -> Step {
        match (self.phase.get(), reply) {
            (Phase::Joining, Reply::Welcome) => {
                self.enter(Phase::Exchange);
                Step::Animate
            }
            (Phase::Exchange, Reply::Answer) => self.on_message(),
            (Phase::Settling, Reply::Answer) => {
                self.enter(Phase::Idle);
                self.processor.set(Some(Processor::start()));
                Step::Ask(Request::Answer { after: IDLE })
            }
            (Phase::Idle, Reply::Answer) => {
                let permille = self.processor.get().map_or(0.0, Processor::permille);
                self.idle_permille.set(permille);
                self.enter(Phase::Latency);
                Step::Ask(Request::Stamps {
                    count: STAMPS,
                    every: STAMP_INTERVAL,
                })
            }
            (Phase::Latency, Reply::Stamp(sent)) => self.on_stamp(sent),
            (Phase::Presses, Reply::Answer) => self.on_press_answered(),
            _ => Step::Wait, // of a talker who is too fond of talking
        }
    }

    pub(crate) fn status(&self) -> String {
        let mut status = match self.phase.get() {
            Phase::Joining => "waiting for the talker".to_owned(),
            Phase::Exchange => "exchanging messages".to_owned(),
            Phase::Settling | Phase::Idle => "idle".to_owned(),
            Phase::Latency => "measuring latency".to_owned(),
            Phase::Presses => "pressing the button".to_owned(),
            Phase::Through => "done".to_owned(),
        };
        if !matches!(self.phase.get(), Phase::Joining | Phase::Exchange) {
            let gap = self.frames.with(|frames| frames.longest_gap());
            let gap = gap.as_secs_f64() * 1e3;
            let _ = write!(status, " ({MESSAGES} messages, longest frame {gap:.1} ms)");
        }
        status
    }

    /// `key=value` pairs.
    pub(crate) fn report(&self) -> String {
        let (frames, gap) = self
            .frames
            .with(|frames| (frames.count(), frames.longest_gap()));
        let [median, p99, max] = quantiles(self.latencies.take());
        let presses = self.presses.take();
        let count = presses.len();
        let [press_median, _, press_max] = quantiles(presses);
        format!(
            "messages={} frames={frames} gap_us={} idle_permille={:.1} \
             latency_us={median} latency_p99_us={p99} latency_max_us={max} presses={count} press_us={press_median} press_max_us={press_max}",
            self.received.get(),
            gap.as_micros(),
            self.idle_permille.get(),
        )
    }

    fn on_message(&self) -> Step {
        self.received.set(self.received.get() + 1);
        if self.received.get() < MESSAGES {
            return Step::Wait;
        }
        self.enter(Phase::Settling);
        Step::Ask(Request::Answer { after: SETTLING })
    }

    fn on_stamp(&self, sent: SystemTime) -> Step {
        let latency = sent.elapsed().unwrap_or_default();
        let count = self.latencies.with(|latencies| {
            latencies.push(latency);
            latencies.len()
        });
        if count < STAMPS {
            return Step::Wait;
        }
        self.enter(Phase::Presses);
        self.want_press()
    }

    fn on_press_answered(&self) -> Step {
        let took = self.pressed_at.take().map(|at| at.elapsed());
        let count = self.presses.with(|presses| {
            presses.extend(took);
            presses.len()
        });
        if count < PRESSES {
            return self.want_press();
        }
        self.enter(Phase::Through);
        Step::End
    }

    fn want_press(&self) -> Step {
        self.is_press_due.set(true);
        Step::Press
    }

    fn enter(&self, phase: Phase) {
        println!("phase {phase:?}");
        self.phase.set(phase);
    }
}
