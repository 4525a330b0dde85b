//! How long a socket lives.

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;

use qeventloop::reactor::{Dispatcher, Kept};

use super::WebSocket;
use crate::network::SocketState;

/// Who holds a socket beside the application.
#[derive(Default)]
pub(super) struct Held {
    /// Its turns on the stack, each of which holds an `Rc`.
    turns: Cell<u32>,
    /// Somebody asked for that.
    pub(super) kept: Cell<Option<Kept>>,
}

/// Keeps `socket` alive until its connection has ended, whoever else lets go of it. Does nothing for a socket that is
/// unconnected. A slot that opens the socket again begins another connection: keep it anew.
///
/// ```no_run
/// use qwebsocket::{WebSocket, keep_until_disconnected};
///
/// fn fire_and_forget(url: &str) {
///     let socket = WebSocket::new();
///     socket.connected.connect_to(&socket, |socket| {
///         socket.send_text_message("done");
///         socket.close();
///     });
///     socket.open(url);
///     keep_until_disconnected(&socket);
/// }
/// ```
pub fn keep_until_disconnected(socket: &Rc<WebSocket>) {
    if socket.state() == SocketState::Unconnected {
        return;
    }
    let Ok(dispatcher) = Dispatcher::current() else {
        return;
    };
    let kept = dispatcher.keep(Rc::clone(socket) as Rc<dyn std::any::Any>);
    let old = socket.held.kept.replace(Some(kept));
    drop(old);
}

impl WebSocket {
    /// To be called by whoever holds an `Rc` only to give this socket a turn; lasts as long as the result.
    pub(super) fn begin_turn(&self) -> Turn<'_> {
        self.held.turns.set(self.held.turns.get() + 1);
        Turn(self)
    }

    /// Whether everybody else has dropped the socket: it will go with the last turn on the stack.
    pub(super) fn is_held_by_turns_only(&self) -> bool {
        self.me.strong_count() <= self.held.turns.get() as usize
    }

    /// Ends a socket that nobody holds any more but could not be dropped yet, because a slot further out on the stack
    /// runs the loop that gives this turn. That slot may be waiting for the end.
    pub(super) fn end_if_abandoned(&self) {
        if let Some(base) = self.base.get()
            && self.held.turns.get() > 1
            && self.is_held_by_turns_only()
        {
            self.end_or_give_up(base);
        }
    }
}

/// A turn on the stack.
pub(super) struct Turn<'a>(&'a WebSocket);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.held.turns.set(self.0.held.turns.get() - 1);
    }
}

impl Drop for WebSocket {
    /// Ends an open connection with code 1001, "Connection closed": one write, every signal of the end, no waiting.
    /// While a panic unwinds nothing is sent or emitted.
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        if let Some(base) = self.base.get() {
            self.end_now(base);
        }
    }
}

impl fmt::Debug for WebSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocket")
            .field("id", &self.id())
            .field("state", &self.state())
            .field("peer_name", &self.peer_name())
            .field("close_code", &self.close_code())
            .finish_non_exhaustive()
    }
}
