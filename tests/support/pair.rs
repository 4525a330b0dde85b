//! Servers and sockets of ours, ready to use.

use std::rc::Rc;

use qeventloop::reactor::{Dispatcher, ManualClock};
use qwebsocket::{HostAddress, MaskGenerator, SslMode, WebSocket, WebSocketServer};

use super::run_until;

/// A server on a port of its own.
pub fn listening() -> Rc<WebSocketServer> {
    let server = WebSocketServer::new("", SslMode::NonSecure);
    assert!(server.listen(HostAddress::LOCAL_HOST, 0), "a port");
    server
}

/// The next connection that `server` accepts.
#[track_caller]
pub fn next_connection(server: &WebSocketServer) -> Rc<WebSocket> {
    run_until(|| server.has_pending_connections());
    server.next_pending_connection().expect("a connection")
}

/// The clock of this thread's loop, replaced by one that stands still until it is told to advance: nothing happens
/// because of a deadline then.
pub fn stopped_clock() -> ManualClock {
    thread_local! {
        static CLOCK: ManualClock = {
            let clock = ManualClock::new();
            Dispatcher::current().expect("a loop").set_clock(clock.clone());
            clock
        };
    }
    CLOCK.with(Clone::clone)
}

/// Always the same mask, so that the key of the handshake and every byte on the wire are known.
pub struct FixedMask;

/// A palindrome, since the key takes its bytes in the machine's order.
pub const FIXED_MASK: u32 = 0x5A5A_5A5A;
/// The key that a client with [`FixedMask`] sends.
pub const FIXED_KEY: &str = "WlpaWlpaWlpaWlpaWlpaWg==";

impl MaskGenerator for FixedMask {
    fn next_mask(&self) -> u32 {
        FIXED_MASK
    }
}

/// A client whose every byte is known.
pub fn predictable_client() -> Rc<WebSocket> {
    let socket = WebSocket::new();
    socket.set_mask_generator(Some(Rc::new(FixedMask)));
    socket
}
