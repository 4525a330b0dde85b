//! What the tests share.
#![allow(dead_code, unreachable_pub)] // each test binary uses its own part

use std::cell::{Cell, OnceCell, RefCell};
use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::rc::{Rc, Weak};
use std::time::{Duration, Instant};

use qeventloop::EventLoop;
use qeventloop::reactor::{Dispatcher, Interest, Progress, Ready, Registration, Shared, Source};

/// Far more than anything here takes; what runs into it fails.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A transcript, shared by the slots that write it.
#[derive(Clone, Default)]
pub struct Log(Rc<RefCell<Vec<String>>>);

impl Log {
    pub fn add(&self, line: impl Into<String>) {
        self.0.borrow_mut().push(line.into());
    }

    /// A slot that writes `line`.
    pub fn writes(&self, line: &str) -> impl Fn() + 'static {
        let (log, line) = (self.clone(), line.to_owned());
        move || log.add(line.clone())
    }

    pub fn len(&self) -> usize {
        self.0.borrow().len()
    }

    /// The transcript so far; the next one starts empty.
    pub fn take(&self) -> Vec<String> {
        self.0.take()
    }
}

/// Writes a line when it is dropped.
pub struct Noisy(pub Log, pub &'static str);

impl Drop for Noisy {
    fn drop(&mut self) {
        self.0.add(self.1);
    }
}

/// One turn that does not wait.
pub fn one_turn() {
    let _ = EventLoop::new().process_events(Duration::ZERO);
}

/// Runs the loop until `condition` holds.
#[track_caller]
pub fn run_until(condition: impl Fn() -> bool) {
    let event_loop = EventLoop::new();
    let start = Instant::now();
    while !condition() {
        let _ = event_loop.wait_for_events(Some(Duration::from_millis(100)));
        assert!(start.elapsed() < PATIENCE, "waited in vain");
    }
}

pub fn tcp_pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (peer, listener.accept().unwrap().0)
}

type OnTurn = Box<dyn Fn(&Rc<Probe>, Ready) -> Progress>;

/// A source whose turns are a closure.
pub struct Probe {
    on_turn: OnTurn,
    registration: OnceCell<Registration>,
}

impl Probe {
    pub fn new(on_turn: impl Fn(&Rc<Self>, Ready) -> Progress + 'static) -> Rc<Self> {
        let probe = Rc::new(Self {
            on_turn: Box::new(on_turn),
            registration: OnceCell::new(),
        });
        let weak: Weak<Self> = Rc::downgrade(&probe);
        let registration = Dispatcher::current().unwrap().add_source(weak);
        probe.registration.set(registration).unwrap();
        probe
    }

    /// A source that writes why it had a turn.
    pub fn logging(log: &Log, name: &'static str) -> Rc<Self> {
        let log = log.clone();
        Self::new(move |_, ready| {
            log.add(format!("{name} {ready:?}"));
            Progress::Drained
        })
    }

    pub fn registration(&self) -> &Registration {
        self.registration.get().unwrap()
    }
}

impl Source for Probe {
    fn turn(self: Rc<Self>, ready: Ready) -> Progress {
        (self.on_turn)(&self, ready)
    }
}

/// Whether a descriptor is readable, as a level-triggered host sees it.
#[cfg(unix)]
pub fn is_readable(descriptor: &impl std::os::fd::AsRawFd) -> bool {
    becomes_readable(descriptor, Duration::ZERO)
}

/// Waits until a descriptor is readable, and says whether it was in time.
#[cfg(unix)]
pub fn becomes_readable(descriptor: &impl std::os::fd::AsRawFd, timeout: Duration) -> bool {
    let mut poll = mio::Poll::new().unwrap();
    let mut events = mio::Events::with_capacity(1);
    let descriptor = descriptor.as_raw_fd();
    let mut source = mio::unix::SourceFd(&descriptor);
    poll.registry()
        .register(&mut source, mio::Token(0), mio::Interest::READABLE)
        .unwrap();
    poll.poll(&mut events, Some(timeout)).unwrap();
    !events.is_empty()
}

/// Reads one buffer per turn.
pub struct Reader {
    io: Shared<mio::net::TcpStream>,
    pub budget: usize,
    pub received: Cell<usize>,
    pub turns: Cell<usize>,
    on_turn: OnceCell<Box<dyn Fn()>>,
    registration: OnceCell<Registration>,
}

impl Reader {
    pub fn new(stream: TcpStream, budget: usize) -> Rc<Self> {
        stream.set_nonblocking(true).unwrap();
        let reader = Rc::new(Self {
            io: Shared::new(mio::net::TcpStream::from_std(stream)),
            budget,
            received: Cell::new(0),
            turns: Cell::new(0),
            on_turn: OnceCell::new(),
            registration: OnceCell::new(),
        });
        let weak: Weak<Self> = Rc::downgrade(&reader);
        let registration = Dispatcher::current().unwrap().add_source(weak);
        reader
            .io
            .with(|io| registration.register(io, Interest::BOTH))
            .unwrap();
        reader.registration.set(registration).unwrap();
        reader
    }

    /// Called after each read that brought something.
    pub fn on_read(&self, call: impl Fn() + 'static) {
        assert!(self.on_turn.set(Box::new(call)).is_ok());
    }
}

impl Source for Reader {
    fn turn(self: Rc<Self>, ready: Ready) -> Progress {
        if !ready.is_readable() {
            return Progress::Drained;
        }
        self.turns.set(self.turns.get() + 1);
        let mut buffer = vec![0; self.budget];
        match self.io.with(|io| io.read(&mut buffer)) {
            Ok(0) | Err(_) => Progress::Drained,
            Ok(n) => {
                self.received.set(self.received.get() + n);
                if let Some(call) = self.on_turn.get() {
                    call();
                }
                Progress::MoreToDo
            }
        }
    }
}
