//! The loop as a guest: behind a descriptor, and behind a watcher thread.

mod support;

use std::cell::Cell;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use qeventloop::reactor::{Dispatcher, Interest};
use qeventloop::{EventLoop, Next, Watch, single_shot};
use support::{Log, PATIENCE, Probe, Reader, one_turn, run_until, tcp_pair};

#[cfg(unix)]
mod descriptor {
    use std::time::Instant;

    use qeventloop::Timer;
    use qeventloop::reactor::{Progress, Ready};

    use super::*;
    use support::{becomes_readable, is_readable};

    /// A loop that has nothing to do, as its host sees it.
    fn idle_loop() -> EventLoop {
        let event_loop = EventLoop::new();
        while event_loop.process_events(Duration::from_millis(1)) == Next::Now {}
        assert!(!is_readable(&event_loop));
        event_loop
    }

    #[test]
    fn a_level_triggered_host_needs_nothing_but_the_descriptor() {
        let (mut peer, stream) = tcp_pair();
        let reader = Reader::new(stream, 100);
        let event_loop = idle_loop();
        peer.write_all(&[0; 1000]).unwrap();
        assert!(becomes_readable(&event_loop, PATIENCE));
        assert_eq!(
            event_loop.process_events(Duration::ZERO),
            Next::Now,
            "the budget ran out"
        );
        let mut calls = 1;
        while is_readable(&event_loop) {
            let _ = event_loop.process_events(Duration::ZERO);
            calls += 1;
            assert!(calls < 50, "it stays readable for ever");
        }
        assert_eq!(reader.received.get(), 1000);
    }

    #[test]
    fn an_edge_triggered_host_misses_nothing() {
        let (mut peer, stream) = tcp_pair();
        let reader = Reader::new(stream, 100);
        let event_loop = idle_loop();
        let mut host = mio::Poll::new().unwrap();
        let descriptor = std::os::fd::AsRawFd::as_raw_fd(&event_loop);
        let mut source = mio::unix::SourceFd(&descriptor);
        host.registry()
            .register(&mut source, mio::Token(0), mio::Interest::READABLE)
            .unwrap();
        let mut events = mio::Events::with_capacity(8);
        for round in 1..=5 {
            peer.write_all(&[0; 1000]).unwrap();
            while reader.received.get() < 1000 * round {
                host.poll(&mut events, Some(PATIENCE)).unwrap();
                assert!(
                    !events.is_empty(),
                    "round {round}: stuck at {}",
                    reader.received.get()
                );
                let _ = event_loop.process_events(Duration::ZERO);
            }
        }
    }

    #[test]
    fn a_post_of_another_thread_makes_it_readable() {
        let event_loop = idle_loop();
        let handle = event_loop.handle();
        std::thread::spawn(move || handle.post(|| ()).unwrap())
            .join()
            .unwrap();
        assert!(is_readable(&event_loop));
        assert_eq!(event_loop.process_events(Duration::ZERO), Next::WhenWoken);
        assert!(!is_readable(&event_loop));
    }

    #[test]
    fn what_a_panicking_slot_leaves_keeps_it_readable() {
        let event_loop = idle_loop();
        let log = Log::default();
        event_loop.dispatcher().post(|| panic!("a slot"));
        event_loop.dispatcher().post(log.writes("the rest"));
        let turn = || event_loop.process_events(Duration::ZERO);
        catch_unwind(AssertUnwindSafe(turn)).unwrap_err();
        assert!(is_readable(&event_loop));
        let _ = event_loop.process_events(Duration::ZERO);
        assert_eq!(log.take(), ["the rest"]);
    }

    #[test]
    fn work_created_outside_of_a_turn_makes_it_readable() {
        let event_loop = idle_loop();
        let probe = Probe::new(|_, _| Progress::Drained);
        let timer = Timer::new();
        let makes_it_readable = |what: &str, create: &dyn Fn()| {
            create();
            assert!(is_readable(&event_loop), "{what}");
            let _ = event_loop.process_events(Duration::ZERO);
            assert!(!is_readable(&event_loop), "{what}, done");
        };
        makes_it_readable("a post", &|| event_loop.dispatcher().post(|| ()));
        makes_it_readable("a deletion", &|| qeventloop::delete_later(Rc::new(())));
        makes_it_readable("an edge", &|| {
            probe.registration().mark_ready(Ready::READABLE)
        });
        makes_it_readable("something to flush", &|| probe.registration().mark_dirty());
        makes_it_readable("a first deadline", &|| {
            timer.start(Duration::from_secs(3600))
        });
        makes_it_readable("an earlier deadline", &|| {
            timer.start(Duration::from_secs(1800))
        });
        timer.start(Duration::from_secs(7200));
        assert!(!is_readable(&event_loop), "a later deadline can wait");
    }

    #[test]
    fn what_a_handler_of_the_host_leaves_in_a_nested_loop_makes_it_readable() {
        let event_loop = idle_loop();
        single_shot(Duration::ZERO, || {
            single_shot(Duration::from_secs(3600), || ());
            EventLoop::quit_current();
        });
        EventLoop::new().exec(); // a dialog, say
        assert!(
            is_readable(&event_loop),
            "the host knows nothing of the new deadline"
        );
        assert!(matches!(
            event_loop.process_events(Duration::ZERO),
            Next::At(_)
        ));
    }

    #[test]
    fn a_slot_that_runs_the_hosts_loop_wakes_it_before() {
        let event_loop = Rc::new(idle_loop());
        let (dialogs, left) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
        let (host, shown, seen) = (event_loop.clone(), dialogs.clone(), left.clone());
        single_shot(Duration::ZERO, move || {
            let count = seen.clone();
            single_shot(Duration::ZERO, move || count.set(count.get() + 1));
            single_shot(Duration::from_secs(3600), || ());
            assert!(!is_readable(&host), "it is for the end of this turn");

            host.handle().wake();
            assert!(is_readable(&host));
            let next = host.process_events(Duration::from_millis(1)); // what its dialog does
            assert!(matches!(next, Next::At(_)), "{next:?}");
            assert_eq!(seen.get(), 1, "before the slot returns");
            shown.set(shown.get() + 1);
        });
        run_until(|| dialogs.get() == 1);
        assert_eq!(left.get(), 1);
    }

    #[test]
    fn the_host_is_told_when_to_come_back() {
        let event_loop = idle_loop();
        let before = Instant::now();
        single_shot(Duration::from_secs(60), || ());
        let Next::At(at) = event_loop.process_events(Duration::ZERO) else {
            panic!()
        };
        assert!(at >= before + Duration::from_secs(60));
        Dispatcher::current().unwrap().post(|| ());
        assert_eq!(event_loop.next(), Next::Now);
    }
}

/// A watched loop and what the watcher says.
fn watched() -> (EventLoop, Watch, mpsc::Receiver<()>) {
    let event_loop = EventLoop::new();
    let (wake, woken) = mpsc::channel();
    let watch = event_loop.watch(move || wake.send(()).unwrap()).unwrap();
    (event_loop, watch, woken)
}

#[test]
fn a_watcher_wakes_the_host_for_sockets_and_posts() {
    let (event_loop, _watch, woken) = watched();
    let (mut peer, stream) = tcp_pair();
    let reader = Reader::new(stream, 4096);
    for round in 1..=5 {
        peer.write_all(b"hello").unwrap();
        while reader.received.get() < 5 * round {
            woken.recv_timeout(PATIENCE).expect("the host is woken");
            while event_loop.process_events(Duration::ZERO) == Next::Now {}
        }
    }
    let posted = Rc::new(Cell::new(false));
    Dispatcher::current().unwrap().post({
        let posted = posted.clone();
        move || posted.set(true)
    });
    while !posted.get() {
        woken
            .recv_timeout(PATIENCE)
            .expect("the host is woken for its own posts too");
        let _ = event_loop.process_events(Duration::ZERO);
    }
}

#[test]
fn a_watcher_wakes_the_host_for_what_a_panicking_slot_leaves() {
    let (event_loop, _watch, woken) = watched();
    let log = Log::default();
    event_loop.dispatcher().post(|| panic!("a slot"));
    event_loop.dispatcher().post(log.writes("the rest"));
    woken.recv_timeout(PATIENCE).unwrap();
    let turn = || event_loop.process_events(Duration::ZERO);
    catch_unwind(AssertUnwindSafe(turn)).unwrap_err();
    while log.len() == 0 {
        woken.recv_timeout(PATIENCE).unwrap();
        let _ = event_loop.process_events(Duration::ZERO);
    }
}

#[test]
fn a_watcher_does_not_call_again_before_the_loop_has_looked() {
    let event_loop = EventLoop::new();
    let calls = Arc::new(AtomicUsize::new(0));
    let (wake, woken) = mpsc::channel();
    let watch = event_loop.watch({
        let calls = calls.clone();
        move || {
            calls.fetch_add(1, Ordering::SeqCst);
            wake.send(()).unwrap();
        }
    });
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
    woken.recv_timeout(PATIENCE).unwrap();
    assert_eq!(calls.load(Ordering::SeqCst), 1, "the host has not come yet");
    // More edges than the watcher may hold: the rest follows as the loop makes room.
    run_until(|| log.len() == 300);
    drop(watch);
}

#[test]
fn exec_under_a_watcher_neither_spins_nor_starves() {
    let (event_loop, _watch, _woken) = watched();
    let (mut peer, stream) = tcp_pair();
    let reader = Reader::new(stream, 4096);
    reader.on_read({
        let reader = Rc::downgrade(&reader);
        move || {
            if reader.upgrade().unwrap().received.get() == 10 {
                EventLoop::quit_current();
            }
        }
    });
    let turns = event_loop.dispatcher().turns();
    let writer = std::thread::spawn(move || {
        let (_never, pause) = mpsc::channel::<()>();
        for _ in 0..10 {
            peer.write_all(b"x").unwrap();
            let _ = pause.recv_timeout(Duration::from_millis(10));
        }
    });
    single_shot(Duration::from_millis(40), || ());
    assert_eq!(event_loop.exec(), 0);
    writer.join().unwrap();
    let turns = event_loop.dispatcher().turns() - turns;
    // Ten bytes, each an edge and a leftover, a timer, and what starting up took; spinning for 100
    // ms takes thousands.
    assert!(turns < 60, "{turns} turns");
}

#[test]
fn an_idle_exec_under_a_watcher_takes_no_turns() {
    let (event_loop, _watch, _woken) = watched();
    one_turn();
    let turns = event_loop.dispatcher().turns();
    single_shot(Duration::from_millis(50), EventLoop::quit_current);
    event_loop.exec();
    assert!(event_loop.dispatcher().turns() - turns <= 4);
}

#[test]
fn a_dropped_watch_gives_the_poll_back() {
    let (mut peer, stream) = tcp_pair();
    let reader = Reader::new(stream, 4096);
    for round in 1..=3 {
        let (_event_loop, watch, _woken) = watched();
        peer.write_all(b"while watched").unwrap();
        drop(watch);
        run_until(|| reader.received.get() == round * 26 - 13);
        peer.write_all(b"while at home").unwrap();
        run_until(|| reader.received.get() == round * 26);
    }
}

#[test]
fn a_loop_is_watched_once() {
    let (event_loop, watch, _woken) = watched();
    let second = event_loop.watch(|| unreachable!());
    assert_eq!(
        second.unwrap_err().kind(),
        std::io::ErrorKind::AlreadyExists
    );
    drop(watch);
    drop(event_loop.watch(|| ()).unwrap());
}

#[test]
fn a_wake_callback_that_panics_costs_nothing_but_its_call() {
    let event_loop = EventLoop::new();
    let _watch = event_loop.watch(|| panic!("the callback panics")).unwrap();
    let (mut peer, stream) = tcp_pair();
    let reader = Reader::new(stream, 4096);
    for round in 1..=3 {
        peer.write_all(b"x").unwrap();
        run_until(|| reader.received.get() == round);
        one_turn(); // reads on to the end, so that the next round needs an edge
    }
}

#[test]
fn a_watch_may_begin_and_end_inside_a_slot() {
    let log = Log::default();
    let event_loop = Rc::new(EventLoop::new());
    Dispatcher::current().unwrap().post({
        let (log, event_loop) = (log.clone(), event_loop.clone());
        move || {
            let watch = event_loop.watch(|| ()).unwrap();
            single_shot(
                Duration::from_millis(1),
                log.writes("served under the watcher"),
            );
            run_until(|| log.len() == 1);
            drop(watch);
            EventLoop::quit_current();
        }
    });
    assert_eq!(event_loop.exec(), 0);
}
