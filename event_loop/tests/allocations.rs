//! What emissions and turns cost in allocations: counted, not guessed.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::{Cell, OnceCell};
use std::rc::{Rc, Weak};
use std::time::Duration;

use qeventloop::reactor::{Dispatcher, Progress, Ready, Registration, Source};
use qeventloop::{EventLoop, Ref, Signal, Timer};

struct Counting;

thread_local! { static COUNT: Cell<usize> = const { Cell::new(0) }; }

// SAFETY: passes everything on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = COUNT.try_with(|count| count.set(count.get() + 1));
        // SAFETY: the caller keeps the contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(work: impl FnOnce()) -> usize {
    let before = COUNT.get();
    work();
    COUNT.get() - before
}

#[test]
fn emitting_allocates_nothing() {
    let signal: Signal<fn(text: Ref<str>, n: u32)> = Signal::new();
    assert_eq!(allocations(|| signal.emit("nobody listens", 0)), 0);
    let receiver = Rc::new(Cell::new(0));
    let other = Signal::new();
    let add =
        |receiver: &Cell<usize>, text: &str, _: u32| receiver.set(receiver.get() + text.len());
    signal.connect_to(&receiver, add);
    assert_eq!(allocations(|| signal.emit("one slot", 1)), 0);
    signal.connect_signal(&other);
    other.connect_to(&receiver, add);
    signal.connect_mut(|_, _| ());
    signal.connect_once(|_, _| ());
    assert_eq!(allocations(|| signal.emit("five slots", 2)), 0);
    assert_eq!(receiver.get(), 8 + 2 * 10);
}

#[test]
fn a_connection_is_one_allocation_and_the_first_one_more() {
    let signal: Signal<fn()> = Signal::new();
    let receiver = Rc::new(());
    assert_eq!(
        allocations(|| drop(signal.connect_to(&receiver, |()| ()))),
        2
    );
    let signals: [Signal<fn()>; 100] = std::array::from_fn(|_| Signal::new());
    let connect_all = || {
        signals
            .iter()
            .for_each(|signal| drop(signal.connect(|| ())))
    };
    assert_eq!(allocations(connect_all), 200);
    // Several share a list, which grows now and then.
    let many = allocations(|| (0..100).for_each(|_| drop(signal.connect(|| ()))));
    assert!(many <= 110, "{many}");
}

#[test]
fn a_turn_of_a_ready_source_allocates_nothing() {
    #[derive(Default)]
    struct Busy {
        turns: Cell<u32>,
        registration: OnceCell<Registration>,
    }
    impl Source for Busy {
        fn turn(self: Rc<Self>, _: Ready) -> Progress {
            self.turns.set(self.turns.get() + 1);
            if let Some(registration) = self.registration.get() {
                registration.mark_dirty();
            }
            Progress::MoreToDo
        }
    }
    let busy = Rc::<Busy>::default();
    let weak: Weak<Busy> = Rc::downgrade(&busy);
    let event_loop = EventLoop::new();
    let registration = event_loop.dispatcher().add_source(weak);
    registration.mark_ready(Ready::READABLE);
    let _ = busy.registration.set(registration);
    let timer = Timer::new();
    timer.start(Duration::ZERO);
    let run = || {
        for _ in 0..100 {
            let _ = event_loop.process_events(Duration::ZERO);
        }
    };
    run();
    assert_eq!(allocations(run), 0);
    assert!(busy.turns.get() >= 200);
    assert!(!Dispatcher::current().unwrap().is_in_turn());
}
