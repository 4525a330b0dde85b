//! Loops inside of loops.

mod support;

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::time::Duration;

use qeventloop::reactor::{Dispatcher, Progress, Ready};
use qeventloop::{EventLoop, Next, delete_later, single_shot};
use support::{Log, Noisy, Probe, one_turn};

fn post(job: impl FnOnce() + 'static) {
    Dispatcher::current().unwrap().post(job);
}

#[test]
fn exec_returns_the_code_of_exit() {
    let event_loop = Rc::new(EventLoop::new());
    event_loop.exit(1); // before `exec` it has no effect
    post({
        let event_loop = event_loop.clone();
        move || {
            assert!(event_loop.is_running());
            event_loop.exit(3);
        }
    });
    assert_eq!(event_loop.exec(), 3);
    assert!(!event_loop.is_running());
    post(EventLoop::quit_current);
    assert_eq!(event_loop.exec(), 0);
}

#[test]
fn a_loop_that_runs_is_not_run_again() {
    let event_loop = Rc::new(EventLoop::new());
    post({
        let event_loop = event_loop.clone();
        move || {
            assert_eq!(event_loop.exec(), -1);
            event_loop.exit(5);
        }
    });
    assert_eq!(event_loop.exec(), 5);
}

#[test]
fn quit_current_leaves_the_innermost_loop() {
    let log = Log::default();
    let outer = EventLoop::new();
    post({
        let log = log.clone();
        move || {
            let inner = EventLoop::new();
            post(log.writes("served inside"));
            post(EventLoop::quit_current);
            assert_eq!(inner.exec(), 0);
            log.add("inner left");
            post(EventLoop::quit_current);
        }
    });
    outer.exec();
    log.add("outer left");
    assert_eq!(log.take(), ["served inside", "inner left", "outer left"]);
}

#[test]
fn leaving_the_outer_loop_waits_for_the_inner() {
    let log = Log::default();
    let outer = Rc::new(EventLoop::new());
    post({
        let (log, outer) = (log.clone(), outer.clone());
        move || {
            let inner = Rc::new(EventLoop::new());
            post(move || outer.exit(7));
            single_shot(Duration::from_millis(1), {
                let inner = inner.clone();
                move || inner.exit(8)
            });
            log.add(format!("inner {}", inner.exec()));
        }
    });
    log.add(format!("outer {}", outer.exec()));
    assert_eq!(log.take(), ["inner 8", "outer 7"]);
}

#[test]
fn a_nested_loop_serves_what_the_outer_one_had_fetched() {
    let log = Log::default();
    let quiet = Probe::logging(&log, "quiet");
    let nester = Probe::new({
        let log = log.clone();
        move |_, _| {
            log.add("enter");
            one_turn();
            log.add("leave");
            Progress::Drained
        }
    });
    nester.registration().mark_ready(Ready::READABLE);
    quiet.registration().mark_ready(Ready::READABLE);
    one_turn();
    assert_eq!(log.take(), ["enter", "quiet Ready(READABLE)", "leave"]);
    assert_eq!(EventLoop::new().next(), Next::WhenWoken);
}

#[test]
fn a_nested_loop_serves_the_deadlines_and_posts_of_the_turn_around_it() {
    let log = Log::default();
    post({
        let log = log.clone();
        move || {
            one_turn();
            log.add("outer post");
        }
    });
    post(log.writes("second post"));
    single_shot(Duration::ZERO, log.writes("deadline"));
    one_turn();
    assert_eq!(log.take(), ["second post", "deadline", "outer post"]);
}

#[test]
fn a_nested_loop_keeps_the_hands_off_what_the_outer_level_deletes_later() {
    let log = Log::default();
    let outer = EventLoop::new();
    post({
        let log = log.clone();
        move || {
            delete_later(Rc::new(Noisy(log.clone(), "outer object dropped")));
            let inner = EventLoop::new();
            post({
                let log = log.clone();
                move || delete_later(Rc::new(Noisy(log, "inner object dropped")))
            });
            single_shot(Duration::from_millis(2), EventLoop::quit_current);
            let turns = inner.dispatcher().turns();
            inner.exec();
            log.add("inner left");
            assert!(
                inner.dispatcher().turns() - turns < 10,
                "it spun over the deferred release"
            );
            post(EventLoop::quit_current);
        }
    });
    outer.exec();
    assert_eq!(
        log.take(),
        ["inner object dropped", "inner left", "outer object dropped"]
    );
}

#[test]
fn a_panic_passes_through_all_loops_and_they_run_again() {
    let outer = EventLoop::new();
    let inner = Rc::new(EventLoop::new());
    post({
        let inner = inner.clone();
        move || {
            post(|| panic!("a slot panics"));
            inner.exec();
        }
    });
    assert!(catch_unwind(AssertUnwindSafe(|| outer.exec())).is_err());
    assert!(!outer.is_running() && !inner.is_running());
    assert!(!outer.dispatcher().is_in_turn());
    post(EventLoop::quit_current);
    assert_eq!(outer.exec(), 0);
}

#[test]
fn a_source_may_be_entered_again_by_a_nested_loop() {
    let log = Log::default();
    let depth = Cell::new(0);
    let probe = Probe::new({
        let log = log.clone();
        move |probe, _| {
            depth.set(depth.get() + 1);
            log.add(format!("enter {}", depth.get()));
            if depth.get() == 1 {
                probe.registration().mark_ready(Ready::READABLE);
                one_turn();
            }
            log.add(format!("leave {}", depth.get()));
            depth.set(depth.get() - 1);
            Progress::Drained
        }
    });
    probe.registration().mark_ready(Ready::READABLE);
    one_turn();
    assert_eq!(log.take(), ["enter 1", "enter 2", "leave 2", "leave 1"]);
}

#[test]
fn the_loop_of_a_handle_is_the_innermost() {
    let outer = EventLoop::new();
    let handle = outer.handle();
    post(move || {
        handle.quit().unwrap();
        assert_eq!(EventLoop::new().exec(), 0);
        EventLoop::quit_current();
    });
    assert_eq!(outer.exec(), 0);
}
