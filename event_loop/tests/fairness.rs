//! Nobody starves anybody.

mod support;

use std::cell::Cell;
use std::io::Write;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use qeventloop::reactor::{Dispatcher, Progress, Ready};
use qeventloop::{EventLoop, Next, Timer};
use support::{Log, Probe, Reader, one_turn, run_until, tcp_pair};

#[test]
fn a_flooding_socket_does_not_starve_a_quiet_one() {
    let ((mut flood, flooded), (mut whisper, quiet)) = (tcp_pair(), tcp_pair());
    let (flooded, quiet) = (Reader::new(flooded, 512), Reader::new(quiet, 512));
    let stop = Arc::new(AtomicBool::new(false));
    let writer = std::thread::spawn({
        let stop = stop.clone();
        move || {
            while !stop.load(Ordering::Relaxed) && flood.write_all(&[0; 65536]).is_ok() {}
        }
    });
    run_until(|| flooded.turns.get() > 10);
    let dispatcher = Dispatcher::current().unwrap();
    for n in 1..=50 {
        whisper.write_all(b"x").unwrap();
        let before = (dispatcher.turns(), flooded.turns.get());
        run_until(|| quiet.received.get() == n);
        assert!(
            dispatcher.turns() - before.0 <= 3,
            "turns until the quiet one was heard"
        );
        assert!(
            flooded.turns.get() - before.1 <= 3,
            "goes the flooding one had meanwhile"
        );
    }
    stop.store(true, Ordering::Relaxed);
    drop(flooded); // the writer may be blocked
    writer.join().unwrap();
}

#[test]
fn two_busy_sockets_take_turns() {
    let ((mut first, a), (mut second, b)) = (tcp_pair(), tcp_pair());
    let log = Log::default();
    let (a, b) = (Reader::new(a, 1000), Reader::new(b, 1000));
    a.on_read({
        let write = log.writes("a");
        move || write()
    });
    b.on_read({
        let write = log.writes("b");
        move || write()
    });
    first.write_all(&[0; 10_000]).unwrap();
    second.write_all(&[0; 10_000]).unwrap();
    run_until(|| a.received.get() + b.received.get() == 20_000);
    let order = log.take().concat();
    assert!(!order.contains("aaa") && !order.contains("bbb"), "{order}");
}

#[test]
fn a_source_that_never_drains_has_one_go_per_turn() {
    let goes = Rc::new(Cell::new(0));
    let probe = Probe::new({
        let goes = goes.clone();
        move |_, _| {
            goes.set(goes.get() + 1);
            Progress::MoreToDo
        }
    });
    probe.registration().mark_ready(Ready::READABLE);
    for turn in 1..=5 {
        assert_eq!(EventLoop::new().process_events(Duration::ZERO), Next::Now);
        assert_eq!(goes.get(), turn);
    }
}

#[test]
fn a_slot_that_posts_itself_starves_nobody() {
    fn post_again(log: Log) {
        log.add("post");
        Dispatcher::current().unwrap().post(move || post_again(log));
    }
    let log = Log::default();
    post_again(log.clone());
    let probe = Probe::logging(&log, "source");
    probe.registration().mark_ready(Ready::READABLE);
    log.take();
    one_turn();
    one_turn();
    assert_eq!(log.take(), ["post", "source Ready(READABLE)", "post"]);
}

#[test]
fn a_timer_without_an_interval_fires_once_per_turn() {
    let log = Log::default();
    let timer = Timer::new();
    timer.timeout.connect(log.writes("timeout"));
    timer.start(Duration::ZERO);
    let probe = Probe::logging(&log, "source");
    probe.registration().mark_ready(Ready::READABLE);
    one_turn();
    one_turn();
    assert_eq!(log.take(), ["timeout", "source Ready(READABLE)", "timeout"]);
}

#[test]
fn a_budget_ends_between_turns() {
    let probe = Probe::new(|_, _| Progress::MoreToDo);
    probe.registration().mark_ready(Ready::READABLE);
    let event_loop = EventLoop::new();
    let turns = event_loop.dispatcher().turns();
    assert_eq!(
        event_loop.process_events(Duration::from_millis(5)),
        Next::Now
    );
    assert!(event_loop.dispatcher().turns() - turns > 1);
    drop(probe);
    assert_eq!(
        event_loop.process_events(Duration::from_secs(60)),
        Next::WhenWoken
    );
}
