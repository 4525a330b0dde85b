//! A message that arrives in one piece is lent where the network's bytes were read to.

mod support;

use std::cell::RefCell;
use std::rc::Rc;

use qwebsocket::{HostAddress, SslMode, WebSocket, WebSocketServer};
use support::frames::*;
use support::raw_peer::{RawPeer, raw_client};
use support::run_until;

/// Of any two neighbours each order and each kind of header: two bytes up to 125 of payload, four from there on.
const MESSAGES: [(u8, usize); 8] = [
    (TEXT, 5),
    (TEXT, 125),
    (BINARY, 126),
    (BINARY, 1),
    (TEXT, 3_000),
    (BINARY, 7),
    (TEXT, 0),
    (BINARY, 2),
];

#[test]
fn a_client_is_lent_the_frames_of_one_read_where_they_lie() {
    let peer = RawPeer::new(|wire| {
        wire.accept_upgrade();
        wire.expect_frame(TEXT, "ready");
        wire.send(one_write(frame));
        wire.expect_close(1001, "Connection closed");
    });
    let socket = WebSocket::new();
    let lent = Lent::by(&socket);
    socket
        .connected
        .connect_to(&socket, |socket| socket.send_text_message("ready"));
    socket.open(peer.url());
    lent.check_neighbours(0);
    drop(socket);
    peer.join();
}

#[test]
fn an_accepted_socket_is_lent_the_frames_of_one_read_where_they_lie() {
    let server = WebSocketServer::new("test", SslMode::NonSecure);
    assert!(server.listen(HostAddress::LOCAL_HOST, 0));
    let peer = raw_client(server.server_port(), |wire| {
        wire.upgrade();
        wire.expect_frame(TEXT, "ready");
        wire.send(one_write(masked));
        wire.expect_close(1001, "Connection closed");
    });
    run_until(|| server.has_pending_connections());
    let socket = server.next_pending_connection().expect("a connection");
    let lent = Lent::by(&socket);
    socket.send_text_message("ready");
    lent.check_neighbours(MASK.len());
    drop(socket);
    peer.join().expect("the client saw what it expected");
}

/// All messages, as the kernel will hand them over: in one read.
fn one_write(frame: fn(u8, &[u8]) -> Vec<u8>) -> Vec<u8> {
    MESSAGES
        .iter()
        .flat_map(|&(opcode, length)| frame(opcode, &vec![b'x'; length]))
        .collect()
}

/// Where in memory the frames and messages were that a socket lent.
#[derive(Default)]
struct Lent {
    frames: RefCell<Vec<Place>>,
    messages: RefCell<Vec<Place>>,
}

#[derive(Debug, PartialEq)]
struct Place {
    opcode: u8,
    start: usize,
    length: usize,
}

impl Place {
    fn of(opcode: u8, bytes: &[u8]) -> Self {
        Self {
            opcode,
            start: bytes.as_ptr() as usize,
            length: bytes.len(),
        }
    }
}

impl Lent {
    fn by(socket: &WebSocket) -> Rc<Self> {
        let lent = Rc::<Self>::default();
        socket
            .text_frame_received
            .connect_to(&lent, |lent, text, _| {
                let place = Place::of(TEXT, text.as_bytes());
                lent.frames.borrow_mut().push(place);
            });
        socket
            .binary_frame_received
            .connect_to(&lent, |lent, bytes, _| {
                lent.frames.borrow_mut().push(Place::of(BINARY, bytes));
            });
        socket
            .text_message_received
            .connect_to(&lent, |lent, text| {
                let place = Place::of(TEXT, text.as_bytes());
                lent.messages.borrow_mut().push(place);
            });
        socket
            .binary_message_received
            .connect_to(&lent, |lent, bytes| {
                lent.messages.borrow_mut().push(Place::of(BINARY, bytes));
            });
        lent
    }

    /// Waits for all messages: each must begin right behind the one before it, but for its header.
    #[track_caller]
    fn check_neighbours(&self, mask: usize) {
        run_until(|| self.messages.borrow().len() == MESSAGES.len());
        let mut start = self.messages.borrow()[0].start;
        let mut expected = Vec::new();
        for (opcode, length) in MESSAGES {
            expected.push(Place {
                opcode,
                start,
                length,
            });
            start += length;
            // The header of the next one; there is none behind the last.
            let next = MESSAGES.get(expected.len()).map_or(0, |next| next.1);
            start += if next < 126 { 2 } else { 4 } + mask;
        }
        assert_eq!(*self.messages.borrow(), expected);
        assert_eq!(
            *self.frames.borrow(),
            expected,
            "a whole message is its frame"
        );
    }
}
