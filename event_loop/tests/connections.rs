//! The kinds of connections.

mod support;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::mpsc;
use std::time::Duration;

use qeventloop::{Direct, EventLoop, Ref, Remote, Signal, delete_later, single_shot};
use support::{Log, Noisy, PATIENCE, one_turn, run_until};

#[derive(Default)]
struct Button {
    clicked: Signal<fn(times: u32)>,
    name: &'static str,
}

struct Window {
    log: Log,
    children: RefCell<Vec<Rc<Button>>>,
}

impl Window {
    fn new(log: &Log) -> Rc<Self> {
        Rc::new(Self {
            log: log.clone(),
            children: RefCell::default(),
        })
    }

    fn on_clicked(&self, times: u32) {
        self.log.add(format!("clicked {times}"));
    }

    fn on_clicked_add(self: &Rc<Self>, _times: u32) {
        let button = Rc::new(Button::default());
        button.clicked.connect_to(self, Self::on_clicked);
        self.children.borrow_mut().push(button);
    }

    fn on_clicked_by(&self, sender: &Rc<Button>, times: u32) {
        self.log.add(format!("{} clicked {times}", sender.name));
    }
}

#[test]
fn a_receiver_is_cut_off_when_it_dies() {
    let (log, button) = (Log::default(), Button::default());
    let window = Window::new(&log);
    let connection = button.clicked.connect_to(&window, Window::on_clicked);
    button.clicked.emit(1);
    assert!(connection.is_connected());
    drop(window);
    assert!(!connection.is_connected() && !button.clicked.is_connected());
    button.clicked.emit(2);
    assert_eq!(log.take(), ["clicked 1"]);
}

#[test]
fn a_receiver_may_die_in_the_middle_of_an_emission() {
    let (log, button) = (Log::default(), Button::default());
    let window = Cell::new(Some(Window::new(&log)));
    let kept = window.take().unwrap();
    let window = Rc::new(Cell::new(Some(kept.clone())));
    button.clicked.connect({
        let window = window.clone();
        move |_| drop(window.take())
    });
    button.clicked.connect_to(&kept, Window::on_clicked);
    drop(kept);
    button.clicked.emit(1);
    assert_eq!((log.len(), button.clicked.receivers()), (0, 1));
}

#[test]
fn a_sender_may_be_its_own_receiver_without_a_leak() {
    let button = Rc::new(Button::default());
    button.clicked.connect_to(&button, |_button, _times| ());
    button.clicked.connect_rc(&button, |_button, _times| ());
    button
        .clicked
        .connect_from(&button, &button, |_receiver, _sender, _times| ());
    button.clicked.emit(1);
    let weak = Rc::downgrade(&button);
    drop(button);
    assert!(weak.upgrade().is_none());
}

#[test]
fn connections_to_dead_receivers_do_not_pile_up() {
    let button = Button::default();
    let slot = Rc::new(());
    for _ in 0..10_000 {
        let slot = slot.clone();
        button.clicked.connect_to(&Rc::new(()), move |(), _| {
            let _ = &slot;
        });
    }
    assert!(Rc::strong_count(&slot) < 10, "{}", Rc::strong_count(&slot));
}

#[test]
fn connect_rc_lends_the_rc() {
    let (log, button) = (Log::default(), Button::default());
    let window = Window::new(&log);
    button.clicked.connect_rc(&window, Window::on_clicked_add);
    button.clicked.emit(0);
    window.children.borrow()[0].clicked.emit(5);
    assert_eq!(log.take(), ["clicked 5"]);
}

#[test]
fn connect_from_tells_the_sender() {
    let log = Log::default();
    let window = Window::new(&log);
    let buttons = ["ok", "cancel"].map(|name| {
        Rc::new(Button {
            name,
            ..Button::default()
        })
    });
    for button in &buttons {
        button
            .clicked
            .connect_from(button, &window, Window::on_clicked_by);
    }
    buttons[1].clicked.emit(1);
    buttons[0].clicked.emit(2);
    assert_eq!(log.take(), ["cancel clicked 1", "ok clicked 2"]);
}

#[test]
fn connect_notify_takes_no_arguments() {
    let (log, button) = (Log::default(), Button::default());
    button.clicked.connect_notify(log.writes("clicked"));
    button.clicked.emit(3);
    assert_eq!(log.take(), ["clicked"]);
}

#[test]
fn a_connection_may_be_dropped_a_scoped_one_ends() {
    let (log, button) = (Log::default(), Button::default());
    drop(button.clicked.connect_notify(log.writes("free")));
    let scoped = button.clicked.connect_notify(log.writes("scoped")).scoped();
    button.clicked.emit(1);
    drop(scoped);
    button.clicked.emit(2);
    assert_eq!(log.take(), ["free", "scoped", "free"]);
}

#[test]
fn disconnect_says_whether_there_was_something_to_break() {
    let button = Button::default();
    let connection = button.clicked.connect(|_| ());
    assert!(connection.is_connected());
    assert!(connection.disconnect());
    assert!(!connection.disconnect() && !connection.is_connected());
    let connection = button.clicked.connect(|_| ());
    drop(button);
    assert!(!connection.is_connected() && !connection.disconnect());
}

#[test]
fn a_signal_may_be_connected_to_a_signal() {
    let log = Log::default();
    let (first, second) = (Button::default(), Button::default());
    let connection = first.clicked.connect_signal(&second.clicked);
    second.clicked.connect({
        let log = log.clone();
        move |times| log.add(format!("{times}"))
    });
    first.clicked.emit(1);
    second.clicked.block_signals(true);
    first.clicked.emit(2);
    second.clicked.block_signals(false);
    drop(second);
    assert!(!connection.is_connected());
    first.clicked.emit(3);
    assert_eq!(log.take(), ["1"]);
}

#[test]
fn a_queued_slot_runs_from_the_loop_with_copies() {
    let log = Log::default();
    let received: Signal<fn(text: Ref<str>, is_last: bool)> = Signal::new();
    received.connect_queued({
        let log = log.clone();
        move |text, last| log.add(format!("{text} {last}"))
    });
    received.connect_notify(log.writes("direct"));
    received.emit(&String::from("gone by then"), true);
    assert_eq!(log.take(), ["direct"]);
    one_turn();
    assert_eq!(log.take(), ["gone by then true"]);
}

#[test]
fn disconnecting_takes_back_what_waits_and_dropping_the_sender_does_not() {
    let log = Log::default();
    let (first, second) = (Button::default(), Button::default());
    let connection = first.clicked.connect_queued({
        let write = log.writes("first");
        move |_| write()
    });
    second.clicked.connect_queued({
        let write = log.writes("second");
        move |_| write()
    });
    first.clicked.emit(1);
    second.clicked.emit(1);
    connection.disconnect();
    drop(second);
    one_turn();
    assert_eq!(log.take(), ["second"]);
}

#[test]
fn a_remote_slot_runs_on_the_thread_of_its_target() {
    let (send, receive) = mpsc::channel();
    let other = std::thread::spawn(move || {
        let event_loop = EventLoop::new();
        let log = Rc::new(RefCell::new(Vec::new()));
        send.send(Remote::new(&log).unwrap()).unwrap();
        single_shot(PATIENCE, || panic!("nothing came"));
        event_loop.exec();
        log.take()
    });
    let remote: Remote<RefCell<Vec<String>>> = receive.recv().unwrap();
    let received: Signal<fn(text: Ref<str>, n: u32)> = Signal::new();
    received.connect_remote(&remote, |log, text, n| {
        log.borrow_mut().push(format!("{text} {n}"));
        if n == 2 {
            EventLoop::quit_current();
        }
    });
    received.emit("one", 1);
    received.emit("two", 2);
    assert_eq!(other.join().unwrap(), ["one 1", "two 2"]);
    assert!(!received.is_connected(), "its loop has gone");
    received.emit("three", 3);
}

#[test]
fn an_inbox_keeps_owned_arguments_until_asked() {
    let received: Signal<fn(text: Ref<str>, bytes: Ref<[u8]>, n: u32)> = Signal::new();
    let inbox = received.collect();
    received.emit("a", b"b", 1);
    received.emit("c", b"d", 2);
    received.emit("e", b"f", 3);
    assert_eq!((inbox.count(), inbox.is_empty()), (3, false));
    assert_eq!(inbox.try_next(), Some(("a".to_owned(), b"b".to_vec(), 1)));
    assert_eq!(inbox.take_all().len(), 2);
    assert_eq!(inbox.try_next(), None);
    drop(inbox);
    assert!(!received.is_connected());
}

#[test]
fn an_inbox_waits_in_a_nested_loop() {
    let tick: Rc<Signal<fn(n: u32)>> = Rc::default();
    let inbox = tick.collect();
    assert!(!inbox.wait(Duration::from_millis(1)));
    let later = tick.clone();
    single_shot(Duration::from_millis(2), move || later.emit(7));
    assert!(inbox.wait(PATIENCE));
    assert!(inbox.wait(Duration::ZERO), "it is still there");
    assert_eq!(inbox.wait_next(PATIENCE), Some((7,)));
}

#[test]
fn a_direct_argument_is_answered_on_the_spot() {
    struct Authenticator {
        user: RefCell<String>,
    }
    let required: Signal<fn(authenticator: Direct<Authenticator>)> = Signal::new();
    required.connect(|authenticator| authenticator.user.replace("ada".into()));
    let authenticator = Authenticator {
        user: RefCell::default(),
    };
    required.emit(&authenticator);
    assert_eq!(*authenticator.user.borrow(), "ada");
}

#[test]
fn quit_current_is_a_slot() {
    let event_loop = EventLoop::new();
    let done: Rc<Signal<fn()>> = Rc::default();
    done.connect(EventLoop::quit_current);
    done.emit(); // no loop runs: nothing happens
    single_shot(Duration::ZERO, {
        let done = done.clone();
        move || done.emit()
    });
    assert_eq!(event_loop.exec(), 0);
}

#[test]
fn delete_later_releases_one_rc_in_the_next_turn() {
    let log = Log::default();
    let object = Rc::new(Noisy(log.clone(), "dropped"));
    delete_later(object.clone());
    one_turn();
    assert_eq!(Rc::strong_count(&object), 1);
    delete_later(object);
    assert_eq!(log.len(), 0);
    run_until(|| log.len() == 1);
}
