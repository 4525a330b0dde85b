//! What becomes of everything when its thread ends, and of what the dispatcher keeps before that.

mod support;

use std::cell::{Cell, RefCell};
use std::io::Write;
use std::process::Command;
use std::rc::Rc;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use qeventloop::reactor::{Dispatcher, Kept, Progress, Ready};
use qeventloop::{EventLoop, LoopGone, Remote, Timer, delete_later, single_shot};
use support::{Log, Noisy, PATIENCE, Probe, Reader, one_turn, tcp_pair};

/// Says on which thread it was dropped, and does what a destructor might do.
struct Witness(&'static str, mpsc::Sender<(&'static str, thread::ThreadId)>);

impl Drop for Witness {
    fn drop(&mut self) {
        if let Some(dispatcher) = Dispatcher::try_current() {
            dispatcher.post(|| ());
        }
        delete_later(Rc::new(()));
        single_shot(Duration::ZERO, || ());
        EventLoop::quit_current();
        self.1.send((self.0, thread::current().id())).unwrap();
    }
}

#[test]
fn a_thread_that_ends_drops_what_waits() {
    #[derive(Default)]
    struct State(RefCell<Option<(Witness, Rc<Dispatcher>)>>); // a cycle, until the thread ends

    let (send, dropped) = mpsc::channel();
    let thread = thread::spawn(move || {
        let witness = |name| Witness(name, send.clone());
        let dispatcher = Dispatcher::current().unwrap();
        let (post, shot, job) = (
            witness("post"),
            witness("single shot"),
            witness("remote post"),
        );
        dispatcher.post(move || drop(post));
        single_shot(Duration::from_secs(3600), move || drop(shot));
        dispatcher.handle().post(move || drop(job)).unwrap();
        delete_later(Rc::new(witness("deleted later")));
        let cycle = (witness("local state"), dispatcher.clone());
        *dispatcher.local::<State>().0.borrow_mut() = Some(cycle);
        std::mem::forget(dispatcher.keep(Rc::new(witness("kept"))));
        let created = dispatcher.handle().create({
            let witness = witness("created");
            move || Rc::new(witness)
        });
        std::mem::forget(created);
        let timer = Timer::new();
        let slot = witness("slot of a live timer");
        timer.timeout.connect(move || {
            let _ = &slot;
        });
        timer.start(Duration::from_secs(3600));
        let (_peer, stream) = tcp_pair();
        let reader = Reader::new(stream, 10);
        one_turn_later(&dispatcher, (timer, reader));
    });
    let id = thread.thread().id();
    thread.join().unwrap();
    let mut names: Vec<_> = dropped
        .try_iter()
        .inspect(|(_, on)| assert_eq!(*on, id))
        .map(|(name, _)| name)
        .collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "created",
            "deleted later",
            "kept",
            "local state",
            "post",
            "remote post",
            "single shot",
            "slot of a live timer"
        ]
    );
}

/// Leaves live objects to the dispatcher's queue.
fn one_turn_later(dispatcher: &Dispatcher, objects: impl Sized + 'static) {
    dispatcher.post(move || drop(objects));
}

#[test]
fn handles_and_remotes_outlive_the_thread() {
    let (send, receive) = mpsc::channel();
    let thread = thread::spawn(move || {
        let object = Rc::new(1);
        send.send((EventLoop::new().handle(), Remote::new(&object).unwrap()))
            .unwrap();
    });
    let (handle, remote) = receive.recv().unwrap();
    thread.join().unwrap();
    assert_eq!(handle.post(|| ()), Err(LoopGone));
    assert_eq!(remote.invoke(|_| ()), Err(LoopGone));
    drop(remote);
}

#[test]
fn objects_may_outlive_the_dispatcher_in_other_thread_locals() {
    struct Late(Rc<Dispatcher>, Rc<Timer>, (Rc<Reader>, Kept));
    impl Drop for Late {
        fn drop(&mut self) {
            self.0.post(|| ());
            self.1.stop();
            self.1.start(Duration::ZERO);
            self.2.0.received.set(1);
            let _ = &self.2.1;
            assert!(Dispatcher::current().is_err() || Dispatcher::try_current().is_some());
            assert!(EventLoop::try_new().is_err() || Dispatcher::try_current().is_some());
        }
    }
    thread_local! { static LATE: RefCell<Option<Late>> = const { RefCell::new(None) }; }
    for late_first in [true, false] {
        thread::spawn(move || {
            if late_first {
                LATE.with(|_| ());
            }
            let dispatcher = Dispatcher::current().unwrap();
            let (_peer, stream) = tcp_pair();
            let timer = Timer::new();
            timer.start(Duration::ZERO);
            let kept = dispatcher.keep(timer.clone());
            LATE.set(Some(Late(
                dispatcher,
                timer,
                (Reader::new(stream, 10), kept),
            )));
        })
        .join()
        .unwrap();
    }
}

#[test]
fn a_thread_may_end_while_it_is_watched() {
    let (captured, ended) = mpsc::channel::<()>();
    thread::spawn(|| {
        let event_loop = EventLoop::new();
        let watch = event_loop.watch(move || {
            let _ = &captured;
        });
        std::mem::forget(watch.unwrap());
        let (mut peer, stream) = tcp_pair();
        let reader = Reader::new(stream, 10);
        peer.write_all(b"x").unwrap();
        while reader.received.get() == 0 {
            let _ = event_loop.wait_for_events(Some(PATIENCE));
        }
    })
    .join()
    .unwrap();
    let watcher = ended.recv_timeout(PATIENCE);
    assert_eq!(
        watcher,
        Err(mpsc::RecvTimeoutError::Disconnected),
        "it ended too"
    );
}

#[test]
fn a_thread_may_end_by_a_panic() {
    let (send, dropped) = mpsc::channel();
    let thread = thread::spawn(move || {
        let event_loop = EventLoop::new();
        let witness = Witness("kept", send);
        std::mem::forget(event_loop.dispatcher().keep(Rc::new(witness)));
        event_loop.dispatcher().post(|| panic!("a post panics"));
        event_loop.exec();
    });
    assert!(thread.join().is_err());
    assert_eq!(dropped.recv().unwrap().0, "kept");
}

/// Run by the next test, in a process of its own.
#[test]
fn leak_two_sources() {
    if std::env::var_os("LEAK_SOURCES").is_some() {
        thread::Builder::new()
            .name("leaky".into())
            .spawn(|| {
                std::mem::forget(Probe::new(|_, _| Progress::Drained));
                std::mem::forget(Probe::new(|_, _| Progress::Drained));
                drop(Probe::new(|_, _| Progress::Drained));
            })
            .unwrap()
            .join()
            .unwrap();
    }
}

#[test]
fn sources_still_alive_are_reported_in_debug_builds() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "leak_two_sources", "--nocapture"])
        .env("LEAK_SOURCES", "1")
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    let reports: Vec<_> = stderr
        .lines()
        .filter(|line| line.starts_with("qeventloop: "))
        .collect();
    if cfg!(debug_assertions) {
        assert!(
            reports.len() == 1 && reports[0].contains("'leaky'") && reports[0].contains(" 2 "),
            "{stderr}"
        );
    } else {
        assert!(reports.is_empty(), "{stderr}");
    }
}

#[test]
fn a_kept_object_lives_until_its_token_is_dropped_also_in_its_own_slot() {
    let log = Log::default();
    struct Session {
        kept: Cell<Option<Kept>>,
        probe: RefCell<Option<Rc<Probe>>>,
        noisy: Noisy,
    }
    let dispatcher = Dispatcher::current().unwrap();
    let session = Rc::new(Session {
        kept: Cell::new(None),
        probe: RefCell::default(),
        noisy: Noisy(log.clone(), "session dropped"),
    });
    let weak = Rc::downgrade(&session);
    let probe = Probe::new(move |_, _| {
        let session = weak.upgrade().unwrap();
        drop(session.kept.take());
        session.noisy.0.add("released");
        Progress::Drained
    });
    probe.registration().mark_ready(Ready::READABLE);
    *session.probe.borrow_mut() = Some(probe);
    session.kept.set(Some(dispatcher.keep(session.clone())));
    drop(session);
    assert_eq!(log.len(), 0);
    one_turn();
    assert_eq!(log.take(), ["released", "session dropped"]);
}

#[test]
fn local_state_exists_once_per_type_and_thread() {
    #[derive(Default)]
    struct Buffers(Cell<usize>);
    let dispatcher = Dispatcher::current().unwrap();
    dispatcher.local::<Buffers>().0.set(7);
    assert_eq!(dispatcher.local::<Buffers>().0.get(), 7);
    assert_eq!(dispatcher.local::<Cell<usize>>().get(), 0);
    thread::spawn(|| assert_eq!(Dispatcher::current().unwrap().local::<Buffers>().0.get(), 0))
        .join()
        .unwrap();
}
