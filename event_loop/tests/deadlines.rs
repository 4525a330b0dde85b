//! Time, on a clock that the tests move.

mod support;

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use qeventloop::reactor::{Clock, Dispatcher, ManualClock, Ready};
use qeventloop::{EventLoop, Next, Timer, single_shot};
use support::{Log, Noisy, Probe, one_turn};

const SECOND: Duration = Duration::from_secs(1);

/// A thread whose time stands still.
fn stopped_clock() -> ManualClock {
    let clock = ManualClock::new();
    Dispatcher::current().unwrap().set_clock(clock.clone());
    clock
}

#[test]
fn deadlines_come_earliest_first_and_equal_ones_in_the_order_they_were_set() {
    let (clock, log) = (stopped_clock(), Log::default());
    for (seconds, line) in [(3, "third"), (1, "first"), (2, "second a"), (2, "second b")] {
        single_shot(seconds * SECOND, log.writes(line));
    }
    one_turn();
    assert_eq!(log.len(), 0);
    clock.advance(10 * SECOND);
    one_turn();
    assert_eq!(log.take(), ["first", "second a", "second b", "third"]);
}

#[test]
fn a_deadline_set_in_a_turn_waits_for_the_next_even_if_it_is_due() {
    let (_clock, log) = (stopped_clock(), Log::default());
    single_shot(Duration::ZERO, {
        let log = log.clone();
        move || {
            log.add("outer");
            single_shot(Duration::ZERO, log.writes("inner"));
        }
    });
    one_turn();
    assert_eq!(log.take(), ["outer"]);
    one_turn();
    assert_eq!(log.take(), ["inner"]);
}

#[test]
fn a_source_has_one_deadline_which_can_be_moved_and_taken_back() {
    let (clock, log) = (stopped_clock(), Log::default());
    let probe = Probe::logging(&log, "probe");
    let registration = probe.registration();
    let after = |seconds: u32| Some(clock.now() + seconds * SECOND);
    registration.set_deadline(after(5));
    registration.set_deadline(after(2));
    assert_eq!(EventLoop::new().next(), Next::Now, "set outside of a turn");
    one_turn();
    assert_eq!(EventLoop::new().next(), Next::At(clock.now() + 2 * SECOND));
    registration.set_deadline(after(7));
    assert_eq!(EventLoop::new().next(), Next::At(clock.now() + 7 * SECOND));
    clock.advance(6 * SECOND);
    one_turn();
    assert_eq!((log.len(), registration.deadline()), (0, after(1)));
    registration.set_deadline(None);
    clock.advance(2 * SECOND);
    one_turn();
    assert_eq!((log.len(), EventLoop::new().next()), (0, Next::WhenWoken));
    registration.set_deadline(after(0));
    one_turn();
    assert_eq!(log.take(), ["probe Ready(DEADLINE)"]);
    assert_eq!(registration.deadline(), None);
}

#[test]
fn an_alarm_rings_beside_the_deadline() {
    let (clock, log) = (stopped_clock(), Log::default());
    let probe = Probe::logging(&log, "probe");
    let registration = probe.registration();
    let after = |seconds: u32| clock.now() + seconds * SECOND;
    registration.set_deadline(Some(after(3)));
    let first = registration.alarm(after(1));
    let second = registration.alarm(after(2));
    one_turn();
    assert_eq!(EventLoop::new().next(), Next::At(after(1)));
    clock.advance(SECOND);
    one_turn();
    assert_eq!(log.take(), ["probe Ready(FLUSH)"]);
    assert!(first.has_rung() && !second.has_rung());
    clock.advance(SECOND);
    drop(second); // due, and taken back
    one_turn();
    assert_eq!(log.len(), 0);
    clock.advance(SECOND);
    one_turn();
    assert_eq!(log.take(), ["probe Ready(DEADLINE)"]);
    assert_eq!(EventLoop::new().next(), Next::WhenWoken, "each rings once");
}

#[test]
fn an_alarm_wakes_nobody_in_the_place_of_a_source_that_is_gone() {
    let (clock, log) = (stopped_clock(), Log::default());
    let probe = Probe::logging(&log, "old");
    let alarm = probe.registration().alarm(clock.now() + SECOND);
    drop(probe);
    let _new = Probe::logging(&log, "new");
    clock.advance(SECOND);
    one_turn();
    assert!(alarm.has_rung());
    assert_eq!(log.len(), 0);
}

#[test]
fn a_timer_repeats_until_stopped() {
    let (clock, log) = (stopped_clock(), Log::default());
    let timer = Timer::new();
    timer.timeout.connect(log.writes("timeout"));
    timer.start(SECOND);
    assert_eq!((timer.is_active(), timer.interval()), (true, SECOND));
    for _ in 0..3 {
        one_turn();
        assert_eq!(log.len(), 0);
        clock.advance(SECOND / 4);
        assert_eq!(timer.remaining_time(), Some(SECOND * 3 / 4));
        clock.advance(SECOND * 3 / 4);
        assert_eq!(timer.remaining_time(), Some(Duration::ZERO));
        one_turn();
        assert_eq!(log.take(), ["timeout"]);
    }
    timer.stop();
    assert_eq!((timer.is_active(), timer.remaining_time()), (false, None));
    clock.advance(10 * SECOND);
    one_turn();
    assert_eq!(log.len(), 0);
}

#[test]
fn a_timer_keeps_its_beat_but_does_not_make_up_for_what_was_missed() {
    let (clock, log) = (stopped_clock(), Log::default());
    let timer = Timer::new();
    timer.timeout.connect(log.writes("timeout"));
    timer.start(SECOND);
    clock.advance(SECOND * 5 / 4); // a quarter late
    one_turn();
    assert_eq!(timer.remaining_time(), Some(SECOND * 3 / 4), "the beat");
    clock.advance(10 * SECOND);
    one_turn();
    one_turn();
    assert_eq!(log.take(), ["timeout", "timeout"]);
    assert_eq!(timer.remaining_time(), Some(SECOND));
}

#[test]
fn a_single_shot_timer_fires_once_and_can_be_restarted() {
    let (clock, log) = (stopped_clock(), Log::default());
    let timer = Timer::new();
    timer.timeout.connect({
        let (log, timer) = (log.clone(), Rc::downgrade(&timer));
        move || log.add(format!("active: {}", timer.upgrade().unwrap().is_active()))
    });
    timer.set_single_shot(true);
    timer.start(SECOND);
    for _ in 0..3 {
        clock.advance(SECOND);
        one_turn();
    }
    assert_eq!(log.take(), ["active: false"]);
    timer.restart();
    timer.set_interval(2 * SECOND); // starts over
    clock.advance(SECOND);
    one_turn();
    assert_eq!(log.len(), 0);
    clock.advance(SECOND);
    one_turn();
    assert_eq!(log.take(), ["active: false"]);
}

#[test]
fn a_timer_stopped_by_a_slot_of_the_same_turn_does_not_fire() {
    let (clock, log) = (stopped_clock(), Log::default());
    let timers = [Timer::new(), Timer::new()];
    for (timer, other) in [(0, 1), (1, 0)] {
        let (log, other) = (log.clone(), Rc::downgrade(&timers[other]));
        timers[timer].timeout.connect(move || {
            log.add(format!("timer {timer}"));
            other.upgrade().unwrap().stop();
        });
        timers[timer].start(SECOND);
    }
    clock.advance(SECOND);
    one_turn();
    assert_eq!(log.take(), ["timer 0"]);
}

#[test]
fn a_timer_may_be_dropped_in_its_own_slot_and_stops_when_dropped() {
    let (clock, log) = (stopped_clock(), Log::default());
    let holder = Rc::new(Cell::new(None));
    let timer = Timer::new();
    timer.timeout.connect({
        let (log, holder) = (log.clone(), holder.clone());
        move || {
            log.add("timeout");
            drop(holder.take());
        }
    });
    timer.timeout.connect(log.writes("second slot"));
    timer.start(SECOND);
    holder.set(Some(timer));
    for _ in 0..3 {
        clock.advance(SECOND);
        one_turn();
    }
    assert_eq!(log.take(), ["timeout", "second slot"]);
    assert_eq!(EventLoop::new().next(), Next::WhenWoken);
}

#[test]
fn an_interval_beyond_the_end_of_time_is_never() {
    let timer = Timer::new();
    timer.start(Duration::MAX);
    assert_eq!((timer.is_active(), timer.remaining_time()), (true, None));
    single_shot(Duration::MAX, || unreachable!());
    one_turn();
    assert_eq!(EventLoop::new().next(), Next::WhenWoken);
}

#[test]
fn the_closure_of_a_single_shot_is_dropped_after_its_call() {
    let (clock, log) = (stopped_clock(), Log::default());
    let captured = Noisy(log.clone(), "dropped");
    let call = log.writes("called");
    single_shot(SECOND, move || {
        let _captured = captured;
        call();
    });
    clock.advance(SECOND);
    one_turn();
    assert_eq!(log.take(), ["called", "dropped"]);
}

#[test]
fn a_timer_started_once_is_no_single_shot_timer() {
    let (clock, log) = (stopped_clock(), Log::default());
    let timer = Timer::new();
    timer.timeout.connect(log.writes("timeout"));
    timer.start_once(SECOND);
    for _ in 0..3 {
        clock.advance(SECOND);
        one_turn();
    }
    assert_eq!((log.take().len(), timer.is_active()), (1, false));
    timer.start(SECOND);
    for _ in 0..3 {
        clock.advance(SECOND);
        one_turn();
    }
    assert_eq!((log.take().len(), timer.is_active()), (3, true));
}

/// The time a slot takes is not taken from what it starts.
#[test]
fn a_slow_slot_does_not_shorten_the_timers_it_starts() {
    let (clock, log) = (stopped_clock(), Log::default());
    let timer = Timer::new();
    timer.timeout.connect(log.writes("timer"));
    Dispatcher::current().unwrap().post({
        let (clock, log, timer) = (clock.clone(), log.clone(), timer.clone());
        move || {
            let _ = Dispatcher::current().unwrap().now();
            clock.advance(10 * SECOND);
            single_shot(SECOND, log.writes("single shot"));
            timer.start_once(SECOND);
        }
    });
    one_turn();
    clock.advance(SECOND - Duration::from_millis(1));
    one_turn();
    one_turn();
    assert_eq!(log.len(), 0);
    clock.advance(Duration::from_millis(1));
    one_turn();
    assert_eq!(log.take(), ["single shot", "timer"]);
}

#[test]
fn a_turn_that_does_not_wait_reads_the_clock_at_most_once() {
    struct Counting(Rc<Cell<u32>>);
    impl Clock for Counting {
        fn now(&self) -> Instant {
            self.0.set(self.0.get() + 1);
            Instant::now()
        }
    }
    let reads = Rc::new(Cell::new(0));
    let event_loop = EventLoop::new();
    event_loop.dispatcher().set_clock(Counting(reads.clone()));
    one_turn();
    assert_eq!(reads.get(), 0, "no deadline, nobody asked");
    for _ in 0..3 {
        single_shot(Duration::ZERO, || {
            let dispatcher = Dispatcher::current().unwrap();
            assert_eq!(dispatcher.now(), dispatcher.now());
        });
    }
    let probe = Probe::logging(&Log::default(), "probe");
    probe.registration().mark_ready(Ready::READABLE);
    reads.set(0);
    one_turn();
    assert_eq!(reads.get(), 1);
}

#[test]
fn real_time_passes_by_itself() {
    let event_loop = EventLoop::new();
    let start = Instant::now();
    single_shot(Duration::from_millis(20), EventLoop::quit_current);
    let turns = event_loop.dispatcher().turns();
    event_loop.exec();
    assert!(start.elapsed() >= Duration::from_millis(20));
    assert!(
        event_loop.dispatcher().turns() - turns <= 4,
        "it slept, it did not spin"
    );
}
