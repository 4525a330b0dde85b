//! What an emission does.

mod support;

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use qeventloop::{Connection, Direct, Ref, Signal, SignalBlocker};
use support::{Log, Noisy};

#[test]
fn a_signal_is_a_pointer_and_costs_nothing_more_until_connected() {
    assert_eq!(size_of::<Signal<fn(text: Ref<str>, is_last: bool)>>(), 8);
    let silent = const { Signal::<fn()>::new() };
    silent.emit();
    assert_eq!(format!("{silent:?}"), "Signal { receivers: 0, .. }");
}

#[test]
fn slots_run_in_the_order_of_connection_with_every_number_of_arguments() {
    let log = Log::default();
    let (zero, one): (Signal<fn()>, Signal<fn(n: i32)>) = Default::default();
    let two: Signal<fn(text: Ref<str>, is_last: bool)> = Signal::new();
    let three: Signal<fn(bytes: Ref<[u8]>, n: i32, answer: Direct<Cell<i32>>)> = Signal::new();
    zero.connect(log.writes("zero, first"));
    zero.connect(log.writes("zero, second"));
    one.connect({
        let log = log.clone();
        move |n| log.add(format!("one {n}"))
    });
    two.connect({
        let log = log.clone();
        move |text, last| log.add(format!("two {text} {last}"))
    });
    three.connect(|bytes, n, answer| answer.set(bytes.len() as i32 + n));
    zero.emit();
    one.emit(1);
    two.emit(&String::from("lent"), true);
    let answer = Cell::new(0);
    three.emit(b"abc", 4, &answer);
    assert_eq!(
        log.take(),
        ["zero, first", "zero, second", "one 1", "two lent true"]
    );
    assert_eq!(answer.get(), 7);
}

#[test]
fn each_borrowed_argument_has_a_lifetime_of_its_own() {
    let both: Signal<fn(a: Ref<str>, b: Ref<str>)> = Signal::new();
    both.connect(|a, b| assert_eq!((a, b), ("long", "short")));
    let long = String::from("long");
    {
        let short = String::from("short");
        both.emit(&long, &short);
    }
}

#[test]
fn what_a_slot_returns_is_ignored() {
    let signal: Signal<fn()> = Signal::new();
    signal.connect(|| 42);
    signal.connect_once(|| "text");
    signal.connect_notify(|| Some(1));
    signal.emit();
}

#[test]
fn a_slot_connected_during_an_emission_waits_for_the_next() {
    for slots_before in [1, 2, 5] {
        let log = Log::default();
        let signal: Rc<Signal<fn()>> = Rc::default();
        for _ in 1..slots_before {
            signal.connect(|| ());
        }
        signal.connect_once({
            let (log, weak) = (log.clone(), Rc::downgrade(&signal));
            move || {
                log.add("first");
                weak.upgrade().unwrap().connect(log.writes("late"));
            }
        });
        signal.emit();
        assert_eq!(log.take(), ["first"]);
        signal.emit();
        assert_eq!(log.take(), ["late"]);
    }
}

#[test]
fn a_slot_disconnected_during_an_emission_is_skipped() {
    let log = Log::default();
    let signal: Signal<fn()> = Signal::new();
    let second: Rc<RefCell<Option<Connection>>> = Rc::default();
    signal.connect({
        let second = second.clone();
        move || second.borrow().as_ref().map(Connection::disconnect)
    });
    *second.borrow_mut() = Some(signal.connect(log.writes("second")));
    signal.connect(log.writes("third"));
    signal.emit();
    signal.emit();
    assert_eq!(log.take(), ["third", "third"]);
}

#[test]
fn disconnect_all_during_an_emission_silences_the_rest() {
    let log = Log::default();
    let signal: Rc<Signal<fn()>> = Rc::default();
    let weak = Rc::downgrade(&signal);
    signal.connect(move || weak.upgrade().unwrap().disconnect_all());
    signal.connect(log.writes("never"));
    signal.emit();
    assert_eq!((log.len(), signal.receivers()), (0, 0));
}

#[test]
fn a_single_shot_is_severed_before_its_call() {
    let signal: Rc<Signal<fn()>> = Rc::default();
    let calls = Rc::new(Cell::new(0));
    signal.connect_once({
        let (calls, weak) = (calls.clone(), Rc::downgrade(&signal));
        move || {
            calls.set(calls.get() + 1);
            weak.upgrade().unwrap().emit(); // would recurse for ever
        }
    });
    signal.emit();
    assert_eq!((calls.get(), signal.receivers()), (1, 0));
}

#[test]
fn a_sender_dropped_by_a_slot_silences_the_rest() {
    struct Sender {
        changed: Signal<fn()>,
    }
    let log = Log::default();
    let sender = Rc::new(RefCell::new(Some(Sender {
        changed: Signal::new(),
    })));
    let trigger: Signal<fn()> = Signal::new();
    // The emission reaches `changed` through another signal, so nothing but the emission keeps its
    // slots.
    trigger.connect_signal(&sender.borrow().as_ref().unwrap().changed);
    {
        let guard = sender.borrow();
        let changed = &guard.as_ref().unwrap().changed;
        changed.connect({
            let (log, sender) = (log.clone(), sender.clone());
            let captured = Noisy(log.clone(), "slot dropped");
            move || {
                let _ = &captured;
                drop(sender.borrow_mut().take());
                log.add("still running"); // what the slot captured is alive
            }
        });
        changed.connect(log.writes("never"));
    }
    trigger.emit();
    assert_eq!(log.take(), ["still running", "slot dropped"]);
    trigger.emit();
    assert_eq!((log.len(), trigger.receivers()), (0, 0));
}

#[test]
fn an_object_dropped_inside_its_own_slot_stays_whole_until_the_emission_ends() {
    struct Object {
        changed: Signal<fn()>,
        _noisy: Noisy,
    }
    let log = Log::default();
    let object = Rc::new(Object {
        changed: Signal::new(),
        _noisy: Noisy(log.clone(), "object dropped"),
    });
    let holder = Rc::new(Cell::new(Some(object.clone())));
    object.changed.connect({
        let (log, holder) = (log.clone(), holder.clone());
        move || {
            drop(holder.take());
            log.add("slot");
        }
    });
    let emit = |object: Rc<Object>| object.changed.emit(); // the last owner, as in a source's turn
    emit(object);
    assert_eq!(log.take(), ["slot", "object dropped"]);
}

#[test]
fn a_slot_may_emit_its_own_signal() {
    let signal: Rc<Signal<fn(n: u32)>> = Rc::default();
    let log = Log::default();
    signal.connect({
        let (log, weak) = (log.clone(), Rc::downgrade(&signal));
        move |n| {
            log.add(format!("enter {n}"));
            if n > 0 {
                weak.upgrade().unwrap().emit(n - 1);
            }
            log.add(format!("leave {n}"));
        }
    });
    signal.emit(1);
    assert_eq!(log.take(), ["enter 1", "enter 0", "leave 0", "leave 1"]);
}

#[test]
fn a_panic_in_a_slot_leaves_the_signal_usable() {
    let log = Log::default();
    let signal: Signal<fn()> = Signal::new();
    signal.connect_once(|| panic!("a slot panics"));
    signal.connect(log.writes("second"));
    assert!(catch_unwind(AssertUnwindSafe(|| signal.emit())).is_err());
    assert_eq!((log.len(), signal.receivers()), (0, 1));
    signal.connect(log.writes("third"));
    signal.emit();
    assert_eq!(log.take(), ["second", "third"]);
}

#[test]
fn a_mutable_slot_misses_the_emission_it_causes_and_survives_its_panic() {
    let signal: Rc<Signal<fn(n: i32)>> = Rc::default();
    let log = Log::default();
    let mut count = 0;
    signal.connect_mut({
        let (log, weak) = (log.clone(), Rc::downgrade(&signal));
        move |n| {
            count += 1;
            log.add(format!("call {count} with {n}"));
            assert!(n != 13, "a slot panics");
            weak.upgrade().unwrap().emit(n + 1);
        }
    });
    signal.emit(1);
    assert!(catch_unwind(AssertUnwindSafe(|| signal.emit(13))).is_err());
    signal.emit(2);
    assert_eq!(
        log.take(),
        ["call 1 with 1", "call 2 with 13", "call 3 with 2"]
    );
}

#[test]
fn a_blocked_signal_is_silent_and_forgets() {
    let log = Log::default();
    let signal: Signal<fn()> = Signal::new();
    signal.connect(log.writes("heard"));
    assert!(!signal.block_signals(true));
    signal.emit();
    assert!(signal.block_signals(false));
    signal.emit();
    assert_eq!(log.take(), ["heard"]);
}

#[test]
fn blockers_nest_and_restore() {
    let log = Log::default();
    let signal: Signal<fn()> = Signal::new();
    signal.connect(log.writes("heard"));
    let outer = SignalBlocker::new(&signal);
    drop(SignalBlocker::new(&signal));
    signal.emit();
    outer.unblock();
    signal.emit();
    outer.reblock();
    signal.emit();
    drop(outer);
    signal.emit();
    assert_eq!(log.take(), ["heard", "heard"]);
    let orphan = SignalBlocker::new(&signal);
    drop(signal);
    drop(orphan);
}

#[test]
fn the_destructor_of_a_slot_may_connect_disconnect_and_emit() {
    struct Busy {
        signal: std::rc::Weak<Signal<fn()>>,
        log: Log,
    }
    impl Drop for Busy {
        fn drop(&mut self) {
            self.log.add("dropped");
            let Some(signal) = self.signal.upgrade() else {
                return;
            };
            signal.emit();
            let connection = signal.connect(self.log.writes("connected by a destructor"));
            signal.emit();
            connection.disconnect();
        }
    }
    let log = Log::default();
    let signal: Rc<Signal<fn()>> = Rc::default();
    let busy = || Busy {
        signal: Rc::downgrade(&signal),
        log: log.clone(),
    };
    let transcript = ["dropped", "connected by a destructor"];

    let slot = busy();
    signal
        .connect(move || {
            let _ = &slot;
        })
        .disconnect();
    assert_eq!(log.take(), transcript, "Connection::disconnect");

    let slot = busy();
    signal.connect_once(move || {
        let _ = &slot;
    });
    signal.emit();
    assert_eq!(log.take(), transcript, "a single shot");

    let slot = busy();
    signal.connect(move || {
        let _ = &slot;
    });
    signal.disconnect_all();
    assert_eq!(log.take(), transcript, "Signal::disconnect_all");

    let (slot, receiver) = (busy(), Rc::new(()));
    signal.connect_to(&receiver, move |()| {
        let _ = &slot;
    });
    drop(receiver);
    signal.connect(|| ());
    assert_eq!(
        log.take(),
        transcript,
        "a dead receiver, found by the next connect"
    );
    signal.disconnect_all();

    let slot = busy();
    signal.connect(move || {
        let _ = &slot;
    });
    drop(signal);
    assert_eq!(log.take(), ["dropped"], "the signal itself is gone");
}
