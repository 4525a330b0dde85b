//! More than one thread.

mod support;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use qeventloop::{EventLoop, Handle, LoopGone, Next, Remote, single_shot};
use support::{Log, PATIENCE, one_turn, run_until};

thread_local! {
    static RECEIVED: RefCell<Vec<(usize, usize)>> = const { RefCell::new(Vec::new()) };
}

/// A loop on a thread of its own, until its handle is told to quit.
fn start_loop() -> (Handle, thread::JoinHandle<()>) {
    let (send, receive) = mpsc::channel();
    let thread = thread::spawn(move || {
        let event_loop = EventLoop::new();
        send.send(event_loop.handle()).unwrap();
        single_shot(PATIENCE, || panic!("nobody ended the loop"));
        event_loop.exec();
    });
    (receive.recv().unwrap(), thread)
}

#[test]
fn forty_thousand_posts_of_four_threads_all_arrive_in_order() {
    const EACH: usize = 10_000;
    let event_loop = EventLoop::new();
    let threads: Vec<_> = (0..4)
        .map(|thread| {
            let handle = event_loop.handle();
            thread::spawn(move || {
                for n in 0..EACH {
                    handle
                        .post(move || RECEIVED.with_borrow_mut(|all| all.push((thread, n))))
                        .unwrap();
                }
            })
        })
        .collect();
    run_until(|| RECEIVED.with_borrow(Vec::len) == 4 * EACH);
    for thread in threads {
        thread.join().unwrap();
    }
    let received = RECEIVED.take();
    for thread in 0..4 {
        let of_thread = |(from, n)| (from == thread).then_some(n);
        let numbers: Vec<_> = received.iter().copied().filter_map(of_thread).collect();
        assert!(numbers.iter().copied().eq(0..EACH));
    }
}

#[test]
fn posts_that_came_before_the_loop_looks_share_one_turn() {
    let event_loop = EventLoop::new();
    let handle = event_loop.handle();
    let poster = thread::spawn(move || {
        (0..1000).for_each(|n| {
            handle
                .post(move || RECEIVED.with_borrow_mut(|all| all.push((0, n))))
                .unwrap()
        });
    });
    poster.join().unwrap();
    assert_eq!(event_loop.process_events(Duration::ZERO), Next::WhenWoken);
    assert_eq!(
        (RECEIVED.take().len(), event_loop.dispatcher().turns()),
        (1000, 1)
    );
}

#[test]
fn wake_makes_a_sleeping_loop_take_a_turn() {
    let event_loop = EventLoop::new();
    let handle = event_loop.handle();
    let waker = thread::spawn(move || handle.wake());
    let _ = event_loop.wait_for_events(Some(PATIENCE));
    waker.join().unwrap();
    assert_eq!(event_loop.dispatcher().turns(), 1);
}

#[test]
fn whoever_posts_to_a_thread_that_ended_is_told() {
    struct Tell(mpsc::Sender<thread::ThreadId>);
    impl Drop for Tell {
        fn drop(&mut self) {
            self.0.send(thread::current().id()).unwrap();
        }
    }
    let (handle, thread) = start_loop();
    handle.quit().unwrap();
    thread.join().unwrap();
    let (send, dropped) = mpsc::channel();
    let tell = Tell(send);
    let posted = handle.post(move || {
        let _ = &tell;
        unreachable!()
    });
    assert_eq!(posted, Err(LoopGone));
    assert_eq!(dropped.recv().unwrap(), thread::current().id());
    assert_eq!(handle.quit(), Err(LoopGone));
    assert!(handle.create(|| Rc::new(1)).is_err());
    handle.wake();
    assert_eq!(
        LoopGone.to_string(),
        "the thread of the event loop has ended"
    );
}

#[test]
fn two_loops_in_two_threads_play_ping_pong() {
    struct Player {
        name: &'static str,
        hits: Cell<u32>,
        other: RefCell<Option<Remote<Player>>>,
    }
    impl Player {
        fn new(name: &'static str) -> Rc<Self> {
            Rc::new(Self {
                name,
                hits: Cell::new(0),
                other: RefCell::new(None),
            })
        }
        fn hit(&self) {
            self.hits.set(self.hits.get() + 1);
            let other = self.other.borrow().clone().unwrap();
            if self.hits.get() < 100 {
                other.invoke(Self::hit).unwrap();
            } else if self.name == "pong" {
                other.invoke(|_| EventLoop::quit_current()).unwrap();
            } else {
                other.invoke(Self::hit).unwrap();
            }
        }
    }
    let (handle, thread) = start_loop();
    let ping = Player::new("ping");
    let remote_ping = Remote::new(&ping).unwrap();
    let pong = handle.create(|| Player::new("pong")).unwrap();
    pong.invoke(move |pong| *pong.other.borrow_mut() = Some(remote_ping))
        .unwrap();
    *ping.other.borrow_mut() = Some(pong);
    ping.hit();
    assert_eq!(EventLoop::new().exec(), 0);
    assert_eq!(ping.hits.get(), 100);
    handle.quit().unwrap();
    thread.join().unwrap();
}

#[test]
fn a_remote_forgets_an_object_that_died() {
    let log = Log::default();
    let remote = Remote::new(&Rc::new(log.clone())).unwrap();
    let caller = thread::spawn(move || remote.invoke(|log: &Log| log.add("called")).unwrap());
    caller.join().unwrap();
    one_turn();
    assert_eq!(log.len(), 0);
}

#[test]
fn a_created_object_lives_and_dies_on_its_own_thread() {
    struct Resident(mpsc::Sender<(&'static str, thread::ThreadId)>);
    impl Drop for Resident {
        fn drop(&mut self) {
            self.0.send(("dropped", thread::current().id())).unwrap();
        }
    }
    let (handle, thread) = start_loop();
    let home = thread.thread().id();
    let (send, receive) = mpsc::channel();
    let remote = handle
        .create(move || {
            send.send(("made", thread::current().id())).unwrap();
            Rc::new(Resident(send))
        })
        .unwrap();
    remote
        .invoke(|resident| resident.0.send(("called", thread::current().id())).unwrap())
        .unwrap();
    for line in ["made", "called"] {
        assert_eq!(receive.recv_timeout(PATIENCE).unwrap(), (line, home));
    }
    drop(remote.clone());
    assert!(receive.try_recv().is_err());
    drop(remote);
    assert_eq!(receive.recv_timeout(PATIENCE).unwrap(), ("dropped", home));
    handle.quit().unwrap();
    thread.join().unwrap();
}
