//! Blocking calls on worker threads.

mod support;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::thread;
use std::time::Duration;

use qeventloop::EventLoop;
use qeventloop::reactor::Dispatcher;
use support::{Log, Noisy, PATIENCE, one_turn, run_until};

fn dispatcher() -> Rc<Dispatcher> {
    Dispatcher::current().unwrap()
}

#[test]
fn work_runs_elsewhere_and_its_result_comes_home() {
    let log = Log::default();
    let home = thread::current().id();
    let job = dispatcher().run_blocking(|| thread::current().id(), {
        let log = log.clone();
        move |worker| {
            assert_ne!(worker, home);
            assert_eq!(thread::current().id(), home);
            log.add("done");
        }
    });
    assert!(!job.is_finished());
    run_until(|| log.len() == 1);
    assert!(job.is_finished());
}

#[test]
fn four_run_at_the_same_time_and_never_more() {
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let together = Arc::new(Barrier::new(4));
    let results = Rc::new(RefCell::new(Vec::new()));
    let turns = dispatcher().turns();
    let jobs: Vec<_> = (0..100)
        .map(|n| {
            let (running, most, together) = (running.clone(), most.clone(), together.clone());
            let results = results.clone();
            dispatcher().run_blocking(
                move || {
                    let now = running.fetch_add(1, Ordering::SeqCst) + 1;
                    most.fetch_max(now, Ordering::SeqCst);
                    together.wait(); // hangs unless four are here
                    running.fetch_sub(1, Ordering::SeqCst);
                    n
                },
                move |n| results.borrow_mut().push(n),
            )
        })
        .collect();
    assert_eq!(dispatcher().turns(), turns, "submitting never waits");
    run_until(|| results.borrow().len() == 100);
    results.borrow_mut().sort_unstable();
    assert!(results.borrow().iter().copied().eq(0..100));
    assert_eq!(most.load(Ordering::SeqCst), 4);
    assert!(jobs.iter().all(|job| job.is_finished()));
}

#[test]
fn a_dropped_job_drops_its_end_here_and_at_once() {
    let log = Log::default();
    let (release, wait) = mpsc::channel::<()>();
    let captured = Noisy(log.clone(), "dropped");
    let job = dispatcher().run_blocking(
        move || wait.recv_timeout(PATIENCE).is_ok(),
        move |_| {
            let _captured = captured;
            unreachable!("nobody waits for it");
        },
    );
    drop(job);
    assert_eq!(log.take(), ["dropped"]);
    release.send(()).unwrap();
    let after = log.clone();
    dispatcher()
        .run_blocking(|| (), move |()| after.add("the worker goes on"))
        .detach();
    run_until(|| log.len() == 1);
}

#[test]
fn work_whose_job_was_dropped_before_it_began_is_dropped_with_it() {
    let log = Log::default();
    let stop = Arc::new(Barrier::new(5));
    let busy: Vec<_> = (0..4)
        .map(|_| {
            let (stop, log) = (stop.clone(), log.clone());
            dispatcher().run_blocking(move || stop.wait(), move |_| log.add("busy one done"))
        })
        .collect();
    // Fills the channel, and one more that stays on this side.
    let waiting: Vec<_> = (0..8)
        .map(|_| dispatcher().run_blocking(|| (), |()| ()))
        .collect();
    let (send, receive) = mpsc::channel::<()>();
    let last = dispatcher().run_blocking(move || drop(send), |()| ());
    drop(last);
    assert_eq!(
        receive.try_recv(),
        Err(mpsc::TryRecvError::Disconnected),
        "what the work had captured is gone"
    );
    stop.wait();
    run_until(|| log.len() == 4 && waiting.iter().all(|job| job.is_finished()));
    drop(busy);
}

#[test]
fn work_that_panics_drops_its_end_and_leaves_the_workers_usable() {
    let log = Log::default();
    for _ in 0..10 {
        let captured = Noisy(log.clone(), "told by its destructor");
        let work = || -> u32 { panic!("the work panics") };
        dispatcher()
            .run_blocking(work, move |_| drop(captured))
            .detach();
    }
    run_until(|| log.len() == 10);
    let after = log.clone();
    dispatcher()
        .run_blocking(|| 5, move |n| after.add(format!("{n}")))
        .detach();
    run_until(|| log.len() == 11);
    assert_eq!(log.take().last().unwrap(), "5");
}

#[test]
fn the_thread_may_end_before_its_workers() {
    let (release, wait) = mpsc::channel::<()>();
    let (send, dropped) = mpsc::channel();
    let finished = Arc::new(Barrier::new(2));
    let at_the_end = finished.clone();
    thread::spawn(move || {
        struct Tell(mpsc::Sender<()>);
        impl Drop for Tell {
            fn drop(&mut self) {
                self.0.send(()).unwrap();
            }
        }
        let tell = Tell(send);
        let work = move || {
            wait.recv_timeout(PATIENCE).unwrap();
            at_the_end.wait();
        };
        dispatcher()
            .run_blocking(work, move |()| drop(tell))
            .detach();
    })
    .join()
    .unwrap();
    dropped
        .recv_timeout(PATIENCE)
        .expect("the end was dropped with its thread");
    release.send(()).unwrap();
    finished.wait();
}

#[test]
fn the_loop_goes_on_while_workers_block() {
    let log = Log::default();
    let (release, wait) = mpsc::channel::<()>();
    let job = {
        let log = log.clone();
        dispatcher().run_blocking(
            move || wait.recv_timeout(PATIENCE),
            move |_| log.add("worker"),
        )
    };
    qeventloop::single_shot(Duration::from_millis(1), {
        let log = log.clone();
        move || {
            log.add("timer");
            release.send(()).unwrap();
        }
    });
    run_until(|| job.is_finished());
    assert_eq!(log.take(), ["timer", "worker"]);
    one_turn();
    assert_eq!(EventLoop::new().next(), qeventloop::Next::WhenWoken);
}
