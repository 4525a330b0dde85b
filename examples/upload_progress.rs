//! Uploads a lot, with little of it in memory, and shows how far it is.

mod support;

use std::cell::Cell;
use std::rc::Rc;

use qwebsocket::{
    CloseCode, EventLoop, SslMode, WebSocket, WebSocketServer, keep_until_disconnected,
};
use support::echo;

const TOTAL: u64 = 32 * 1024 * 1024;
const CHUNK: usize = 64 * 1024;
/// As long as less than this waits for the network, more is given to the socket.
const LOW_WATER: u64 = 256 * 1024;

struct Upload {
    socket: Rc<WebSocket>,
    given: Cell<u64>,
    percent: Cell<u64>,
}

impl Upload {
    fn new() -> Rc<Self> {
        let upload = Rc::new(Self {
            socket: WebSocket::new(),
            given: Cell::new(0),
            percent: Cell::new(0),
        });
        let socket = &upload.socket;
        socket.connected.connect_to(&upload, Self::give_more);
        socket.bytes_written.connect_to(&upload, |upload, _bytes| {
            upload.show_progress();
            upload.give_more();
        });
        upload
    }

    fn give_more(&self) {
        // Sending emits nothing: `bytes_written` comes from the loop.
        while self.given.get() < TOTAL && self.socket.bytes_to_write() < LOW_WATER {
            let taken = self.socket.send_binary_message([7; CHUNK]);
            if taken == 0 {
                return; // not connected: the opening handshake was written, or all is over
            }
            self.given.set(self.given.get() + taken as u64);
        }
        // `close` would wait for what has not left, but no longer than the close timeout.
        if self.given.get() == TOTAL && self.socket.bytes_to_write() == 0 {
            self.socket.close();
        }
    }

    /// `bytes_written` itself counts what is on the wire: with the headers of frames, and encrypted on wss.
    fn show_progress(&self) {
        let done = self
            .given
            .get()
            .saturating_sub(self.socket.bytes_to_write());
        let percent = done * 100 / TOTAL / 10 * 10;
        if self.percent.get() < percent {
            self.percent.set(percent);
            println!("{percent} %");
        }
    }
}

fn main() -> Result<(), String> {
    let event_loop = EventLoop::new();
    let received = Rc::new(Cell::new(0));
    let (_server, url) = echo::listen(counting_server(received.clone()))?;
    let upload = Upload::new();
    upload.socket.disconnected.connect(EventLoop::quit_current);
    upload.socket.open(url);
    event_loop.exec();
    println!("the server has {} MiB", received.get() / 1024 / 1024);
    // Normal is an end that the server agreed to, behind all that was sent.
    match upload.socket.close_code() {
        CloseCode::NORMAL => Ok(()),
        code => Err(format!("{code}: {}", upload.socket.error_string())),
    }
}

fn counting_server(received: Rc<Cell<usize>>) -> Rc<WebSocketServer> {
    let server = WebSocketServer::new("", SslMode::NonSecure);
    server.new_connection.connect_to(&server, move |server| {
        while let Some(peer) = server.next_pending_connection() {
            let received = received.clone();
            let count = move |data: &[u8]| received.set(received.get() + data.len());
            peer.binary_message_received.connect(count);
            keep_until_disconnected(&peer);
        }
    });
    server
}
