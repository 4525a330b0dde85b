//! What a turn does, and in which order.

mod support;

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::time::Duration;

use qeventloop::reactor::{Dispatcher, Interest, ManualClock, Progress, Ready};
use qeventloop::{EventLoop, Next, delete_later};
use support::{Log, Noisy, Probe, one_turn, run_until};

fn dispatcher() -> Rc<Dispatcher> {
    Dispatcher::current().unwrap()
}

/// A turn that panics.
fn panicking_turn() {
    assert!(catch_unwind(AssertUnwindSafe(one_turn)).is_err());
}

#[test]
fn a_turn_runs_posts_then_deadlines_then_ready_then_dirty_sources() {
    let log = Log::default();
    let probes = ["dirty", "ready", "due"].map(|name| Probe::logging(&log, name));
    probes[0].registration().mark_dirty();
    probes[1].registration().mark_ready(Ready::READABLE);
    probes[2]
        .registration()
        .set_deadline(Some(dispatcher().now()));
    dispatcher().post(log.writes("post"));
    one_turn();
    assert_eq!(
        log.take(),
        [
            "post",
            "due Ready(DEADLINE)",
            "ready Ready(READABLE)",
            "dirty Ready(FLUSH)"
        ]
    );
    one_turn();
    assert_eq!(log.len(), 0);
}

#[test]
fn posts_run_first_in_first_out_and_those_they_post_wait_for_the_next_turn() {
    let log = Log::default();
    let first = {
        let (log, write) = (log.clone(), log.writes("posted by the first"));
        move || {
            log.add("first");
            dispatcher().post(write);
        }
    };
    dispatcher().post(first);
    dispatcher().post(log.writes("second"));
    EventLoop::new().handle().post(|| ()).unwrap();
    one_turn();
    assert_eq!(log.take(), ["first", "second"]);
    one_turn();
    assert_eq!(log.take(), ["posted by the first"]);
}

#[test]
fn posts_and_releases_keep_their_order() {
    let log = Log::default();
    let object = Rc::new(Noisy(log.clone(), "dropped"));
    let weak = Rc::downgrade(&object);
    let alive = {
        let log = log.clone();
        move || log.add(format!("alive: {}", weak.upgrade().is_some()))
    };
    dispatcher().post(alive.clone());
    delete_later(object);
    dispatcher().post(alive);
    one_turn();
    assert_eq!(log.take(), ["alive: true", "dropped", "alive: false"]);
}

#[test]
fn reasons_that_came_apart_are_served_together() {
    let log = Log::default();
    let probe = Probe::logging(&log, "probe");
    probe.registration().mark_ready(Ready::READABLE);
    probe.registration().mark_ready(Ready::WRITABLE);
    probe.registration().mark_ready(Ready::EMPTY);
    one_turn();
    one_turn();
    assert_eq!(log.take(), ["probe Ready(READABLE | WRITABLE)"]);
}

#[test]
fn a_source_with_more_to_do_comes_back_once_per_turn_for_the_same_reasons() {
    let log = Log::default();
    let rounds = Cell::new(2);
    let probe = Probe::new({
        let log = log.clone();
        move |_, ready| {
            log.add(format!("{ready:?}"));
            rounds.set(rounds.get() - 1);
            if rounds.get() > 0 {
                Progress::MoreToDo
            } else {
                Progress::Drained
            }
        }
    });
    probe
        .registration()
        .mark_ready(Ready::READABLE | Ready::READ_CLOSED);
    for _ in 0..2 {
        one_turn();
        assert_eq!(log.take(), ["Ready(READABLE | READ_CLOSED)"]);
    }
    assert_eq!(EventLoop::new().next(), Next::WhenWoken);
}

#[test]
fn a_source_marked_dirty_in_a_turn_is_flushed_once_at_its_end() {
    let log = Log::default();
    let writer = Probe::logging(&log, "writer");
    let reader = || {
        let (log, writer) = (log.clone(), writer.clone());
        Probe::new(move |_, _| {
            log.add("reader");
            writer.registration().mark_dirty();
            Progress::Drained
        })
    };
    let readers = [reader(), reader()];
    for reader in &readers {
        reader.registration().mark_ready(Ready::READABLE);
    }
    one_turn();
    assert_eq!(log.take(), ["reader", "reader", "writer Ready(FLUSH)"]);
}

#[test]
fn a_source_marked_dirty_while_others_flush_still_has_its_turn_but_not_for_ever() {
    let flushes = Rc::new(Cell::new(0));
    let probe = Probe::new({
        let flushes = flushes.clone();
        move |probe, _| {
            flushes.set(flushes.get() + 1);
            probe.registration().mark_dirty();
            Progress::Drained
        }
    });
    probe.registration().mark_dirty();
    one_turn();
    let per_turn = flushes.get();
    assert!((2..10).contains(&per_turn), "{per_turn}");
    assert_eq!(EventLoop::new().next(), Next::Now);
    one_turn();
    assert_eq!(flushes.get(), 2 * per_turn);
}

#[test]
fn a_dropped_source_gets_no_turn() {
    let log = Log::default();
    let probe = Probe::logging(&log, "old");
    probe.registration().mark_ready(Ready::READABLE);
    probe.registration().mark_dirty();
    probe.registration().set_deadline(Some(dispatcher().now()));
    let token = probe.registration().token();
    drop(probe);
    let next = Probe::logging(&log, "new");
    assert_ne!(token, next.registration().token());
    one_turn();
    assert_eq!(log.len(), 0);
}

#[test]
fn a_source_may_be_dropped_in_its_own_turn() {
    let holder: Rc<Cell<Option<Rc<Probe>>>> = Rc::default();
    let probe = Probe::new({
        let holder = holder.clone();
        move |probe, _| {
            drop(holder.take());
            assert_eq!(Rc::strong_count(probe), 1);
            Progress::MoreToDo
        }
    });
    let weak = Rc::downgrade(&probe);
    probe.registration().mark_ready(Ready::READABLE);
    holder.set(Some(probe));
    one_turn();
    assert!(weak.upgrade().is_none());
    one_turn();
}

#[test]
fn a_panicking_source_loses_no_edge() {
    let log = Log::default();
    let probe = Probe::new({
        let (log, panics) = (log.clone(), Cell::new(true));
        move |_, ready| {
            log.add(format!("{ready:?}"));
            assert!(!panics.take(), "a slot panics");
            Progress::Drained
        }
    });
    probe.registration().mark_ready(Ready::READABLE);
    panicking_turn();
    assert!(!dispatcher().is_in_turn());
    assert_eq!(EventLoop::new().next(), Next::Now);
    one_turn();
    one_turn();
    assert_eq!(log.take(), ["Ready(READABLE)", "Ready(READABLE)"]);
}

#[test]
fn a_panic_in_a_deadline_or_flush_comes_back_as_a_flush() {
    for deadline in [true, false] {
        let log = Log::default();
        let probe = Probe::new({
            let (log, panics) = (log.clone(), Cell::new(true));
            move |_, ready| {
                log.add(format!("{ready:?}"));
                assert!(!panics.take(), "a slot panics");
                Progress::Drained
            }
        });
        match deadline {
            true => probe.registration().set_deadline(Some(dispatcher().now())),
            false => probe.registration().mark_dirty(),
        }
        panicking_turn();
        one_turn();
        one_turn();
        let first = if deadline {
            "Ready(DEADLINE)"
        } else {
            "Ready(FLUSH)"
        };
        assert_eq!(log.take(), [first, "Ready(FLUSH)"]);
    }
}

#[test]
fn a_panicking_post_takes_no_other_with_it() {
    let log = Log::default();
    dispatcher().post(log.writes("before"));
    dispatcher().post(|| panic!("a post panics"));
    dispatcher().post(log.writes("after"));
    panicking_turn();
    one_turn();
    assert_eq!(log.take(), ["before", "after"]);
}

#[test]
fn a_turn_has_one_time_and_outside_the_clock_counts() {
    let clock = ManualClock::new();
    dispatcher().set_clock(clock.clone());
    let start = dispatcher().now();
    dispatcher().post({
        let clock = clock.clone();
        move || {
            assert!(dispatcher().is_in_turn());
            assert_eq!(dispatcher().now(), start);
            clock.advance(Duration::from_secs(1));
            assert_eq!(dispatcher().now(), start, "the turn's time");
            assert_eq!(dispatcher().read_clock(), start + Duration::from_secs(1));
        }
    });
    one_turn();
    assert_eq!(dispatcher().now(), start + Duration::from_secs(1));
}

#[test]
fn what_is_ready_when_registered_counts_as_an_edge_and_registering_again_makes_another() {
    let log = Log::default();
    let probe = Probe::logging(&log, "socket");
    let mut socket = mio::net::UdpSocket::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    probe
        .registration()
        .register(&mut socket, Interest::BOTH)
        .unwrap();
    run_until(|| log.len() == 1);
    one_turn();
    assert_eq!(log.take(), ["socket Ready(WRITABLE)"]);
    probe
        .registration()
        .reregister(&mut socket, Interest::BOTH)
        .unwrap();
    run_until(|| log.len() == 1);
    probe.registration().deregister(&mut socket).unwrap();
    assert!(
        probe
            .registration()
            .reregister(&mut socket, Interest::BOTH)
            .is_err()
    );
}

#[test]
fn more_edges_than_one_fetch_holds_are_all_served() {
    let log = Log::default();
    let mut sockets = Vec::new();
    for _ in 0..300 {
        let probe = Probe::logging(&log, "socket");
        let mut socket = mio::net::UdpSocket::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        probe
            .registration()
            .register(&mut socket, Interest::WRITABLE)
            .unwrap();
        sockets.push((probe, socket));
    }
    assert_eq!(
        EventLoop::new().process_events(Duration::ZERO),
        Next::Now,
        "there may be more"
    );
    run_until(|| log.len() == 300);
}
