//! Descriptors that belong to others.
#![cfg(unix)]

mod support;

use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::rc::Rc;

use qeventloop::reactor::{Dispatcher, Interest};
use qeventloop::{EventLoop, Next, NotifierKind, SocketNotifier};
use support::{Log, one_turn, run_until};

/// Our end, the other end, and a notifier that writes down what it is told.
fn watched(interest: Interest, log: &Log) -> (Rc<UnixStream>, UnixStream, Rc<SocketNotifier>) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let ours = Rc::new(ours);
    let notifier = SocketNotifier::new(ours.clone(), interest).unwrap();
    let log = log.clone();
    notifier
        .activated
        .connect(move |kind| log.add(format!("{kind:?}")));
    (ours, theirs, notifier)
}

fn read(mut stream: &UnixStream, length: usize) {
    stream.read_exact(&mut vec![0; length]).unwrap();
}

#[test]
fn it_fires_once_per_turn_as_long_as_something_is_unread() {
    let log = Log::default();
    let (ours, mut theirs, _notifier) = watched(Interest::READABLE, &log);
    one_turn();
    assert_eq!(log.len(), 0);
    theirs.write_all(b"abc").unwrap();
    for _ in 0..3 {
        one_turn();
        assert_eq!(log.take(), ["Read"]);
        read(&ours, 1);
    }
    one_turn();
    assert_eq!((log.len(), EventLoop::new().next()), (0, Next::WhenWoken));
}

#[test]
fn it_rests_while_disabled() {
    let log = Log::default();
    let (ours, mut theirs, notifier) = watched(Interest::READABLE, &log);
    assert!(notifier.is_enabled());
    notifier.set_enabled(false).unwrap();
    notifier.set_enabled(false).unwrap();
    theirs.write_all(b"x").unwrap();
    one_turn();
    assert_eq!((log.len(), notifier.is_enabled()), (0, false));
    notifier.set_enabled(true).unwrap();
    run_until(|| log.len() > 0);
    read(&ours, 1);
}

#[test]
fn it_tells_reading_and_writing_apart() {
    let log = Log::default();
    let (ours, mut theirs, notifier) = watched(Interest::BOTH, &log);
    one_turn();
    assert_eq!(log.take(), ["Write"]);
    theirs.write_all(b"x").unwrap();
    one_turn();
    assert_eq!(log.take(), ["Read", "Write"]);
    read(&ours, 1);
    assert_eq!(notifier.interest(), Interest::BOTH);
}

#[test]
fn a_slot_that_disables_it_is_not_told_the_rest() {
    let log = Log::default();
    let (_ours, mut theirs, notifier) = watched(Interest::BOTH, &log);
    theirs.write_all(b"x").unwrap();
    let weak = Rc::downgrade(&notifier);
    notifier
        .activated
        .connect(move |_| weak.upgrade().unwrap().set_enabled(false));
    one_turn();
    one_turn();
    assert_eq!(log.take(), ["Read"]);
}

#[test]
fn it_may_be_dropped_in_its_own_slot() {
    let log = Log::default();
    let (_ours, mut theirs, notifier) = watched(Interest::READABLE, &log);
    let weak = Rc::downgrade(&notifier);
    let holder = std::cell::Cell::new(None);
    notifier.activated.connect({
        let weak = weak.clone();
        move |_| drop(holder.replace(weak.upgrade()))
    });
    theirs.write_all(b"x").unwrap();
    one_turn();
    weak.upgrade().unwrap().activated.disconnect_all(); // drops the holder, and with it nothing yet
    drop(notifier);
    assert!(weak.upgrade().is_none());
    one_turn();
    assert_eq!(log.take(), ["Read"]);
}

#[test]
fn a_raw_descriptor_is_watched_while_its_owner_keeps_it_open() {
    let log = Log::default();
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    let notifier = SocketNotifier::from_raw(ours.as_raw_fd(), Interest::READABLE).unwrap();
    assert_eq!(notifier.descriptor(), ours.as_raw_fd());
    notifier.activated.connect({
        let log = log.clone();
        move |kind| {
            assert_eq!(kind, NotifierKind::Read);
            read(&ours, 1);
            log.add("read");
        }
    });
    theirs.write_all(b"x").unwrap();
    run_until(|| log.len() == 1);
}

#[test]
fn what_cannot_be_watched_is_an_error() {
    let file = std::fs::File::open(std::env::current_exe().unwrap()).unwrap();
    if cfg!(target_os = "linux") {
        assert!(
            SocketNotifier::new(file, Interest::READABLE).is_err(),
            "a regular file"
        );
    }
    assert!(
        SocketNotifier::from_raw(-1, Interest::READABLE).is_err(),
        "no descriptor"
    );
    let sources = Dispatcher::current().unwrap();
    assert!(!sources.is_in_turn());
}
