//! Messages cost no allocation once the buffers are warm.

mod heap;
mod support;

use std::cell::Cell;
use std::rc::Rc;

use qwebsocket::{HostAddress, SslMode, WebSocket, WebSocketServer};
use support::frames::*;
use support::raw_peer::{RawPeer, Wire, raw_client};
use support::run_until;

#[global_allocator]
static ALLOCATOR: heap::Counting = heap::Counting;

const WARM_UP: u32 = 100;
const MEASURED: u32 = 1_000;

/// The shortest, the longest with the short header, one that goes uncopied, and one that takes several reads.
const SIZES: [usize; 4] = [1, 125, 20_000, 70_000];

#[test]
fn a_client_echoes_text_without_allocating() {
    for size in SIZES {
        client_echoes(TEXT, size);
    }
}

#[test]
fn a_client_echoes_binary_without_allocating() {
    for size in SIZES {
        client_echoes(BINARY, size);
    }
}

#[test]
fn an_accepted_socket_echoes_text_without_allocating() {
    for size in SIZES {
        accepted_echoes(TEXT, size);
    }
}

#[test]
fn an_accepted_socket_echoes_binary_without_allocating() {
    for size in SIZES {
        accepted_echoes(BINARY, size);
    }
}

fn client_echoes(opcode: u8, size: usize) {
    let peer = RawPeer::new(move |wire| {
        wire.accept_upgrade();
        let frame = frame(opcode, &vec![b'x'; size]);
        converse(wire, &frame, frame.len() + MASK.len());
    });
    let socket = WebSocket::new();
    let echoes = Echoes::of(&socket);
    socket.open(peer.url());
    echoes.check(opcode, size);
    peer.join();
}

fn accepted_echoes(opcode: u8, size: usize) {
    let server = WebSocketServer::new("test", SslMode::NonSecure);
    assert!(server.listen(HostAddress::LOCAL_HOST, 0));
    let peer = raw_client(server.server_port(), move |wire| {
        wire.upgrade();
        let frame = masked(opcode, &vec![b'x'; size]);
        converse(wire, &frame, frame.len() - MASK.len());
    });
    run_until(|| server.has_pending_connections());
    let socket = server.next_pending_connection().expect("a connection");
    Echoes::of(&socket).check(opcode, size);
    peer.join().expect("the client got its echoes");
}

/// Sends the frame and waits for its echo, again and again. Both have the same header, but for the mask of either.
fn converse(wire: &mut Wire, frame: &[u8], echo: usize) {
    for _ in 0..WARM_UP + MEASURED {
        wire.send(frame);
        assert_eq!(wire.take(echo)[0], frame[0]);
    }
}

/// None; but the kernel may cut a message that takes several reads in a new way at any time, and then a pooled buffer
/// grows once more. That is no cost of each message.
fn allowed(size: usize) -> u64 {
    if size > 65_536 {
        u64::from(MEASURED) / 50
    } else {
        0
    }
}

/// Counts what a socket echoes, and what this thread allocated between the last warm-up and the last message.
struct Echoes {
    count: Cell<u32>,
    after_warm_up: Cell<u64>,
    at_the_end: Cell<u64>,
}

impl Echoes {
    fn of(socket: &Rc<WebSocket>) -> Rc<Self> {
        let echoes = Rc::new(Self {
            count: Cell::new(0),
            after_warm_up: Cell::new(0),
            at_the_end: Cell::new(0),
        });
        let text = &socket.text_message_received;
        text.connect_to(socket, |socket, text| socket.send_text_message(text));
        text.connect_to(&echoes, |echoes, _| echoes.count_one());
        let binary = &socket.binary_message_received;
        binary.connect_to(socket, |socket, bytes| socket.send_binary_message(bytes));
        binary.connect_to(&echoes, |echoes, _| echoes.count_one());
        echoes
    }

    fn count_one(&self) {
        self.count.set(self.count.get() + 1);
        match self.count.get() {
            WARM_UP => self.after_warm_up.set(heap::allocations()),
            count if count == WARM_UP + MEASURED => self.at_the_end.set(heap::allocations()),
            _ => {}
        }
    }

    #[track_caller]
    fn check(&self, opcode: u8, size: usize) {
        run_until(|| self.at_the_end.get() > 0);
        let allocations = self.at_the_end.get() - self.after_warm_up.get();
        assert!(
            allocations <= allowed(size),
            "{allocations} allocations in {MEASURED} echoes of {size} bytes, opcode {opcode}"
        );
        support::settle();
    }
}
