//! Plays a scenario with a socket of ours and writes down what happens.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::{Rc, Weak};
use std::time::{Duration, Instant};

use qwebsocket::qeventloop::reactor::ManualClock;
use qwebsocket::{EventLoop, MaskGenerator, WebSocket};
use serde_json::{Value, json};

use crate::bytes_told::{BytesTold, tell_plaintext};
use crate::calls;
use crate::getters;
use crate::network::Network;
use crate::peers::Peer;
use crate::recording::Scenario;
use crate::rewrite::each_seen;
use crate::support::raw_peer::accept_key;
use crate::tape::Tape;
use crate::transcript::{ACCEPT, Call, Look, Node, Seen, Signal, count_signals};
use crate::wire::WireLog;

/// What came of it.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub nodes: Vec<Node>,
    pub wires: Vec<WireLog>,
    /// Of each peer, whether the client ended the connection.
    pub ended: Vec<bool>,
}

/// How long to wait for what does not come.
const PATIENCE: Duration = Duration::from_secs(2);

/// Plays `scenario` on a thread, and with an event loop, of its own.
pub fn play(scenario: &Scenario) -> Outcome {
    let scenario = scenario.clone();
    let thread = std::thread::spawn(move || {
        let player = Player::new(&scenario);
        player.clone().run(&scenario.nodes);
        player.outcome()
    });
    thread
        .join()
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

pub struct Player {
    event_loop: EventLoop,
    clock: ManualClock,
    objects: RefCell<HashMap<String, Object>>,
    pub masks: RefCell<Option<Rc<ConstantMask>>>,
    /// What the slot that runs answers to the question who we are.
    pub answer: RefCell<Option<(String, String)>>,
    /// The identity and the key that the slot that runs has.
    pub key: RefCell<Option<(Option<String>, Vec<u8>)>>,
    /// The application listens to questions for a key. That alone makes another library do TLS, so it is not done always.
    pub answers_for_keys: bool,
    pub network: Network,
    tape: Tape,
    /// The calls to make in slots: by who, kind of signal, and how many came before.
    in_slots: RefCell<HashMap<(String, String, usize), Vec<Node>>>,
    seen_of_kind: RefCell<HashMap<(String, String), usize>>,
    pub bytes_told: BytesTold,
}

/// A socket of the scenario, and whether the scenario still owns it.
struct Object {
    socket: Weak<WebSocket>,
    owned: Option<Rc<WebSocket>>,
}

/// A mask generator that always gives the same.
pub struct ConstantMask {
    pub mask: u32,
    pub calls: Cell<u32>,
}

impl MaskGenerator for ConstantMask {
    fn next_mask(&self) -> u32 {
        self.calls.set(self.calls.get() + 1);
        self.mask
    }
}

impl Player {
    fn new(scenario: &Scenario) -> Rc<Self> {
        let event_loop = EventLoop::new();
        let clock = ManualClock::new();
        event_loop.dispatcher().set_clock(clock.clone());
        let player = Self {
            event_loop,
            clock,
            objects: RefCell::default(),
            masks: RefCell::default(),
            answer: RefCell::default(),
            key: RefCell::default(),
            answers_for_keys: scenario.tls.iter().flatten().any(|tls| tls.keys.is_some()),
            network: Network::default(),
            tape: Tape::default(),
            in_slots: RefCell::default(),
            seen_of_kind: RefCell::default(),
            bytes_told: BytesTold::default(),
        };
        player.prepare(scenario, &scenario.nodes);
        player.network.let_last_peer_serve(scenario.wires.len());
        Rc::new(player)
    }

    /// Makes the peers and notes what is to be done in which slot.
    fn prepare(&self, scenario: &Scenario, nodes: &[Node]) {
        for node in nodes {
            match node {
                Node::Signal(signal) => {
                    let calls = signal.inner.iter().filter(|node| node.call().is_some());
                    let key = (signal.who.clone(), signal.kind());
                    let mut seen = self.seen_of_kind.borrow_mut();
                    let ordinal = seen.entry(key.clone()).or_default();
                    let key = (key.0, key.1, *ordinal);
                    self.in_slots
                        .borrow_mut()
                        .insert(key, calls.cloned().collect());
                    *ordinal += 1;
                }
                Node::Call(call) if call.op["reaches"].is_u64() => {
                    let by_proxy = call.op["by_proxy"] == true;
                    let peer = call.op["reaches"].as_u64().unwrap_or_default();
                    let url = call.op["url"].as_str().unwrap_or_default();
                    self.network
                        .add_peer(url, scenario.tls[peer as usize].as_ref(), by_proxy);
                }
                _ => {}
            }
            self.prepare(scenario, node.inner());
        }
    }

    fn run(self: &Rc<Self>, nodes: &[Node]) {
        self.seen_of_kind.borrow_mut().clear();
        let mut signals = 0;
        for node in nodes {
            signals += usize::from(node.signal().is_some()) + count_signals(node.inner());
            match node {
                Node::Signal(_) => self.pump_until(|| self.tape.signals() >= signals),
                Node::Call(call) => self.call(call),
                Node::Peer(act) => {
                    self.network.act(act);
                }
                Node::Wait(time) => {
                    self.settle();
                    self.clock.advance(Duration::from_millis(*time));
                    self.tape.push(Node::Wait(*time));
                    let _ = self.event_loop.process_events(Duration::ZERO);
                }
                Node::Look(look) => {
                    self.settle();
                    let value = getters::look(self, look);
                    self.tape.push(Node::Look(Look {
                        value,
                        ..look.clone()
                    }));
                }
            }
        }
        self.settle();
    }

    fn outcome(&self) -> Outcome {
        self.network.read();
        let mut nodes = self.tape.take();
        let outcome = self.network.with_peers(|peers| {
            let upgraded = peers
                .iter()
                .filter(|peer| peer.received.starts_with(b"GET "))
                .filter(|peer| peer.received.ends_with(b"\r\n\r\n"));
            for peer in upgraded {
                let key = accept_key(&String::from_utf8_lossy(&peer.received));
                each_seen(&mut nodes, &mut |_, seen| {
                    seen.error_string = seen.error_string.replace(&key, ACCEPT);
                });
            }
            let wires = peers.iter().map(Peer::wire);
            tell_plaintext(&mut nodes, peers);
            let ended = peers.iter().map(Peer::is_alone);
            Outcome {
                nodes,
                wires: wires.collect(),
                ended: ended.collect(),
            }
        });
        let objects = std::mem::take(&mut *self.objects.borrow_mut());
        drop(objects);
        outcome
    }

    /// Makes a call, now.
    fn call(self: &Rc<Self>, call: &Call) {
        self.tape.open();
        let returned = if call.name() == "batch" {
            for inner in call.inner.iter().filter_map(Node::call) {
                self.call(inner);
            }
            Value::Null
        } else {
            calls::make(self, call)
        };
        let inner = self.tape.close();
        let seen = self.object(&call.who).map(|socket| getters::seen(&socket));
        self.tape.push(Node::Call(Call {
            returned,
            seen,
            inner,
            ..call.clone()
        }));
    }

    /// What a slot does: writes down the signal, then makes the calls that belong here.
    pub fn on_signal(
        self: &Rc<Self>,
        who: &str,
        socket: &Weak<WebSocket>,
        name: &str,
        args: Vec<Value>,
    ) {
        let seen = socket.upgrade().map(|socket| getters::seen(&socket));
        let signal = self.signal(who, name, args, seen);
        self.tape.count_signal();
        let ordinal = {
            let mut seen = self.seen_of_kind.borrow_mut();
            let count = seen.entry((who.to_owned(), signal.kind())).or_default();
            *count += 1;
            *count - 1
        };
        let key = (who.to_owned(), signal.kind(), ordinal);
        let calls = self.in_slots.borrow_mut().remove(&key).unwrap_or_default();
        self.tape.open();
        for call in calls.iter().filter_map(Node::call) {
            self.call(call);
        }
        let inner = self.tape.close();
        self.tape.push(Node::Signal(Signal { inner, ..signal }));
    }

    /// The object is gone.
    pub fn on_destroyed(&self, who: &str) {
        self.tape.count_signal();
        self.tape.push(Node::Signal(self.signal(
            who,
            "destroyed",
            Vec::new(),
            None,
        )));
    }

    fn signal(&self, who: &str, name: &str, args: Vec<Value>, seen: Option<Seen>) -> Signal {
        Signal {
            who: who.to_owned(),
            name: name.to_owned(),
            args,
            seen,
            inner: Vec::new(),
        }
    }

    pub fn object(&self, who: &str) -> Option<Rc<WebSocket>> {
        self.objects.borrow().get(who)?.socket.upgrade()
    }

    pub fn add_object(&self, who: &str, socket: Rc<WebSocket>) {
        let object = Object {
            socket: Rc::downgrade(&socket),
            owned: Some(socket),
        };
        self.objects.borrow_mut().insert(who.to_owned(), object);
    }

    /// Takes the one reference that owns the object.
    pub fn take_object(&self, who: &str) -> Option<Rc<WebSocket>> {
        self.objects.borrow_mut().get_mut(who)?.owned.take()
    }

    /// What was told between `sslErrors` and `resume`.
    pub fn signals_while_paused(&self) -> usize {
        self.tape.signals_between("sslErrors", "resume")
    }

    /// Runs the loop until nothing is left to do at once.
    fn settle(&self) {
        loop {
            let _ = self.event_loop.process_events(PATIENCE);
            if !self.network.go_on() {
                return;
            }
        }
    }

    /// Runs the loop until `condition` holds, or will not come to hold.
    fn pump_until(&self, condition: impl Fn() -> bool) {
        let mut end = Instant::now() + PATIENCE;
        loop {
            self.settle();
            if condition() || self.tape.is_hopeless() {
                return;
            }
            // What is missing may wait for a peer that reads.
            let read = self.network.read();
            if read {
                end = Instant::now() + PATIENCE;
            } else if Instant::now() > end {
                return self.tape.give_up();
            } else {
                let _ = self
                    .event_loop
                    .wait_for_events(Some(Duration::from_millis(5)));
            }
        }
    }
}

pub fn no_such_object() -> Value {
    json!("no-such-object")
}
