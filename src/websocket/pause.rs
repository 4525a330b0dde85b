//! Reading no faster than the application can work.

use qeventloop::reactor::Ready;

use super::WebSocket;
use crate::network::SocketState;

impl WebSocket {
    /// Stops reading, for an application that cannot keep up. Until [`resume`](Self::resume) nothing is taken from the
    /// network and no frame, message or pong is delivered, not even of what is in memory already. TCP then holds the
    /// peer back. Nothing is lost, and the order stays.
    ///
    /// In a slot of a frame its message waits too; other slots of the emission that runs are still called. Before
    /// `connected` the opening goes on, and reading waits from there. It lasts over the end of a connection: one that
    /// is opened meanwhile starts paused.
    ///
    /// What goes on:
    ///
    /// * sending, and `bytes_written`;
    /// * closing: `close`, `abort` and drop end a paused connection as any other. From `close` on what the peer sends
    ///   is read and thrown away, so that its answer is found. What waited to be delivered is gone then;
    /// * deadlines, except that for an [unfinished message](Self::set_message_timeout), which begins anew on `resume`:
    ///   it is not the peer that is slow.
    ///
    /// What waits, because it stands behind what is not read: the peer's pings, which a peer may take for silence, its
    /// close frame, and the loss of the connection, also when a send notices it first. What came before is delivered
    /// first, as ever.
    ///
    /// ```
    /// use std::time::Duration;
    /// use qwebsocket::{WebSocket, single_shot};
    ///
    /// # let socket = WebSocket::new();
    /// socket.binary_message_received.connect_rc(&socket, |socket, _message| {
    ///     socket.pause(); // one message in ten milliseconds is enough
    ///     let socket = socket.clone();
    ///     single_shot(Duration::from_millis(10), move || socket.resume());
    /// });
    /// ```
    pub fn pause(&self) {
        self.is_paused.set(true);
        self.watch_message_anew();
    }

    /// Reads again after [`pause`](Self::pause): from the next turn of the loop on, first what waited. Emits nothing
    /// itself. Without a pause it does nothing.
    ///
    /// A connection that [paused by itself](Self::set_pause_mode) because of `ssl_errors` is made if these are ignored
    /// by now, and ends with `error(SslHandshakeFailed)` if not, both from the event loop.
    pub fn resume(&self) {
        self.end_pause_on_ssl_errors();
        if self.is_paused.replace(false) {
            self.watch_message_anew();
            self.look_at_network();
        }
    }

    /// Whether what the peer sends has to wait. Once the connection is closing it is thrown away instead.
    pub(super) fn holds_back(&self) -> bool {
        self.is_paused.get() && self.state() == SocketState::Connected && !self.owes_close.get()
    }

    /// Has the next turn read: whatever edges there were, they are spent.
    pub(super) fn look_at_network(&self) {
        if let Some(base) = self.base.get() {
            let edges = Ready::READABLE.union(Ready::READ_CLOSED);
            base.registration.mark_ready(edges);
        }
    }
}
