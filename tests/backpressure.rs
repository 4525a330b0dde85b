//! Peers that do not read, that send more than anybody asked for, or that send very much at once.

mod support;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant};

use qwebsocket::{EventLoop, SocketState, WebSocket};
use support::frames::*;
use support::pair::{listening, next_connection};
use support::raw_peer::{RawPeer, Wire, raw_client};
use support::{PATIENCE, run_until};

const MIB: usize = 1 << 20;

#[test]
fn what_a_slow_server_does_not_read_waits_in_the_client() {
    let (go, gate) = mpsc::channel();
    let (tell, told) = mpsc::channel();
    let peer = RawPeer::new(move |wire| {
        let request = wire.accept_upgrade();
        tell.send(request.len()).expect("somebody waits");
        read_slowly(wire, &gate, true);
        wire.send(close(1000, ""));
    });
    let socket = WebSocket::new();
    let written = Written::by(&socket);
    socket.open(peer.url());
    run_until(|| socket.state() == SocketState::Connected);
    send_all(&socket, &go);
    run_until(|| socket.state() == SocketState::Unconnected);
    let request = told.recv().expect("the peer told it");
    written.check(request + all_on_the_wire(MASK.len()));
    peer.join();
}

#[test]
fn what_a_slow_client_does_not_read_waits_in_the_accepted_socket() {
    let (go, gate) = mpsc::channel();
    let server = listening();
    let peer = raw_client(server.server_port(), move |wire| {
        wire.upgrade();
        read_slowly(wire, &gate, false);
        wire.send(masked(CLOSE, &close_payload(1000, "")));
        wire.expect_end();
    });
    let socket = next_connection(&server);
    let written = Written::by(&socket);
    send_all(&socket, &go);
    run_until(|| socket.state() == SocketState::Unconnected);
    written.check(all_on_the_wire(0));
    peer.join().expect("everything arrived");
}

const MESSAGES: usize = 32;
/// Qt's outgoing frame size, in which ours leave.
const FRAME: usize = 512 * 1024;

/// Sends 32 MiB to a peer that does not read, then lets it.
fn send_all(socket: &Rc<WebSocket>, go: &Sender<()>) {
    for number in 0..MESSAGES {
        assert_eq!(socket.send_binary_message(pattern(number, MIB)), MIB);
    }
    let waiting = socket.bytes_to_write();
    assert!(waiting > 16 * MIB as u64, "{waiting} bytes wait");
    run_until_idle();
    let waiting = socket.bytes_to_write();
    assert!(waiting > 16 * MIB as u64, "{waiting} bytes still wait");
    go.send(()).expect("the peer waits");
    run_until(|| socket.bytes_to_write() == 0);
    assert_eq!(socket.state(), SocketState::Connected);
    socket.close();
}

/// Expects what [`send_all`] sends, once it may read.
fn read_slowly(wire: &mut Wire, gate: &Receiver<()>, masked: bool) {
    gate.recv().expect("somebody opens the gate");
    for number in 0..MESSAGES {
        let (first, rest) = (wire.read_frame(), wire.read_frame());
        assert_eq!((first.first, rest.first), (BINARY, 0x80 | CONTINUATION));
        assert_eq!((first.masked, rest.masked), (masked, masked));
        assert_eq!((first.payload.len(), rest.payload.len()), (FRAME, FRAME));
        let whole = [first.payload, rest.payload].concat();
        assert!(whole == pattern(number, MIB), "message {number}");
    }
    wire.expect_close(1000, "");
}

/// What [`send_all`] amounts to, headers and the close frame included.
fn all_on_the_wire(mask: usize) -> usize {
    let frame = 10 + mask + FRAME;
    MESSAGES * 2 * frame + 2 + mask + 2
}

/// What `bytes_written` said.
#[derive(Default)]
struct Written {
    bytes: Cell<u64>,
    emissions: Cell<u32>,
}

impl Written {
    fn by(socket: &WebSocket) -> Rc<Self> {
        let written = Rc::<Self>::default();
        socket.bytes_written.connect_to(&written, |written, bytes| {
            written.bytes.set(written.bytes.get() + bytes);
            written.emissions.set(written.emissions.get() + 1);
        });
        written
    }

    #[track_caller]
    fn check(&self, bytes: usize) {
        assert_eq!(self.bytes.get(), bytes as u64);
        let emissions = self.emissions.get();
        assert!(emissions > 2, "{emissions} times, as the peer read");
    }
}

const PINGS: u64 = 100_000;

#[test]
fn a_server_that_pings_and_does_not_read_gets_the_latest_pong() {
    let (go, gate) = mpsc::channel();
    let peer = RawPeer::new(move |wire| {
        wire.accept_upgrade();
        flood_with_pings(wire, frame, &gate);
        wire.expect_close(1001, "Connection closed");
    });
    let socket = WebSocket::new();
    socket.open(peer.url());
    bear_the_flood(&socket, &go);
    drop(socket);
    peer.join();
}

#[test]
fn a_client_that_pings_and_does_not_read_gets_the_latest_pong() {
    let (go, gate) = mpsc::channel();
    let server = listening();
    let peer = raw_client(server.server_port(), move |wire| {
        wire.upgrade();
        flood_with_pings(wire, masked, &gate);
        wire.expect_close(1001, "Connection closed");
    });
    let socket = next_connection(&server);
    bear_the_flood(&socket, &go);
    drop(socket);
    peer.join().expect("the client got the pongs it deserves");
}

/// Sends far more pings than pongs fit into the kernel, then reads: some pongs, the latest among them.
fn flood_with_pings(wire: &mut Wire, frame: fn(u8, &[u8]) -> Vec<u8>, gate: &Receiver<()>) {
    let payload = |number: u64| [&number.to_be_bytes()[..], &[0; 117]].concat();
    for start in (0..PINGS).step_by(1_000) {
        let pings: Vec<u8> = (start..start + 1_000)
            .flat_map(|number| frame(PING, &payload(number)))
            .collect();
        wire.send(pings);
    }
    wire.send(frame(TEXT, b"that was all"));
    gate.recv().expect("somebody opens the gate");
    let mut pongs = 0;
    let mut next = 0;
    while next < PINGS {
        let pong = wire.read_frame();
        assert_eq!(pong.first, 0x80 | PONG);
        let number = pong.payload[..8].try_into().map(u64::from_be_bytes);
        let number = number.expect("eight bytes");
        assert_eq!(pong.payload, payload(number));
        assert!(number >= next, "{number} comes after {next}");
        next = number + 1;
        pongs += 1;
    }
    assert!(pongs < PINGS, "the network took them all");
}

fn bear_the_flood(socket: &Rc<WebSocket>, go: &Sender<()>) {
    let end = socket.text_message_received.collect();
    let mut most = 0;
    run_until(|| {
        most = most.max(socket.bytes_to_write());
        end.count() == 1
    });
    assert!(most < 128 * 1024, "{most} bytes of pongs waited");
    go.send(()).expect("the peer waits");
    run_until(|| socket.bytes_to_write() == 0);
    run_until_idle();
}

#[test]
fn clients_take_messages_of_16_mib_several_at_once() {
    let peers = [0, 1].map(|_| {
        RawPeer::new(|wire| {
            wire.accept_upgrade();
            send_much(wire, frame);
            wire.expect_close(1001, "Connection closed");
        })
    });
    let sockets = [&peers[0], &peers[1]].map(|peer| {
        let socket = WebSocket::new();
        socket.open(peer.url());
        socket
    });
    let received = sockets.each_ref().map(|socket| Received::by(socket));
    run_until(|| received.iter().all(|received| received.is_complete()));
    received.iter().for_each(|received| received.check());
    drop(sockets);
    peers.into_iter().for_each(RawPeer::join);
}

#[test]
fn accepted_sockets_take_messages_of_16_mib_several_at_once() {
    let server = listening();
    let peers = [0, 1].map(|_| {
        raw_client(server.server_port(), |wire| {
            wire.upgrade();
            send_much(wire, masked);
            wire.expect_close(1001, "Connection closed");
        })
    });
    let sockets = [0, 1].map(|_| next_connection(&server));
    let received = sockets.each_ref().map(|socket| Received::by(socket));
    run_until(|| received.iter().all(|received| received.is_complete()));
    received.iter().for_each(|received| received.check());
    drop(sockets);
    for peer in peers {
        peer.join().expect("the client said its part");
    }
}

/// The largest message there may be in one frame, and another one right behind it.
fn send_much(wire: &mut Wire, frame: fn(u8, &[u8]) -> Vec<u8>) {
    wire.send(frame(BINARY, &pattern(0, 16 * MIB)));
    wire.send(frame(TEXT, "\u{20AC}uro".repeat(MIB / 6).as_bytes()));
}

#[derive(Default)]
struct Received {
    binary: RefCell<Vec<u8>>,
    text: RefCell<String>,
}

impl Received {
    fn by(socket: &WebSocket) -> Rc<Self> {
        let received = Rc::<Self>::default();
        let binary = &socket.binary_message_received;
        binary.connect_to(&received, |received, bytes| {
            received.binary.borrow_mut().extend(bytes);
        });
        let text = &socket.text_message_received;
        text.connect_to(&received, |received, text| {
            received.text.borrow_mut().push_str(text);
        });
        received
    }

    fn is_complete(&self) -> bool {
        !self.text.borrow().is_empty()
    }

    #[track_caller]
    fn check(&self) {
        assert!(*self.binary.borrow() == pattern(0, 16 * MIB));
        assert!(*self.text.borrow() == "\u{20AC}uro".repeat(MIB / 6));
    }
}

/// What one socket may read in a turn, and the buffer it may overshoot by.
const BUDGET: usize = MIB + 256 * 1024;

#[test]
fn a_flood_on_one_socket_leaves_the_others_their_turns() {
    let server = listening();
    let quiet_is_done = Arc::new(AtomicBool::new(false));
    let flood = raw_client(server.server_port(), {
        let quiet_is_done = quiet_is_done.clone();
        move |wire| {
            wire.upgrade();
            let frames = masked(BINARY, &[0; 60_000]).repeat(16);
            while !quiet_is_done.load(Ordering::SeqCst) {
                wire.send(&frames);
            }
            wire.send(masked(TEXT, b"over"));
            wire.expect_close(1001, "Connection closed");
        }
    });
    let flooded = next_connection(&server);
    let quiet = raw_client(server.server_port(), {
        let quiet_is_done = quiet_is_done.clone();
        move |wire| {
            wire.upgrade();
            for number in 0..100 {
                wire.send(masked(TEXT, format!("{number}").as_bytes()));
                wire.expect_frame(TEXT, format!("{number}"));
            }
            quiet_is_done.store(true, Ordering::SeqCst);
            wire.expect_close(1001, "Connection closed");
        }
    });
    let socket = next_connection(&server);
    let echoes = &socket.text_message_received;
    echoes.connect_to(&socket, |socket, text| socket.send_text_message(text));
    let bytes = Rc::new(Cell::new(0));
    let counted = &flooded.binary_message_received;
    counted.connect_to(&bytes, |bytes, message| {
        bytes.set(bytes.get() + message.len())
    });

    let over = flooded.text_message_received.collect();

    let event_loop = EventLoop::new();
    let end = Instant::now() + PATIENCE;
    while !quiet_is_done.load(Ordering::SeqCst) {
        assert!(Instant::now() < end, "the quiet socket starves");
        bytes.set(0);
        let _ = event_loop.wait_for_events(Some(Duration::from_millis(100)));
        assert!(bytes.get() <= BUDGET, "{} bytes in one turn", bytes.get());
    }
    run_until(|| over.count() == 1);
    drop((flooded, socket));
    quiet.join().expect("it got its echoes");
    flood.join().expect("it could send all the time");
}

/// Bytes that tell where in which message they are.
fn pattern(seed: usize, length: usize) -> Vec<u8> {
    let mut state = seed as u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()
    };
    (0..length / 4).flat_map(|_| next()).collect()
}

/// Runs the loop until it would wait.
fn run_until_idle() {
    let event_loop = EventLoop::new();
    for _ in 0..4 {
        let _ = event_loop.process_events(PATIENCE);
    }
}
