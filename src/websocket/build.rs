//! What a socket is made of.

use std::cell::{Cell, OnceCell};
use std::rc::{Rc, Weak};

use qeventloop::Signal;
use qeventloop::reactor::Shared;

use super::{Held, Nesting, NewsQueue, Pings, SocketId, WebSocket};
use crate::protocol::{CloseCode, Closing, Role, Version};

impl WebSocket {
    /// A client socket without an origin. Its TLS settings are what
    /// [`SslConfiguration::new`](crate::SslConfiguration::new) gives now.
    ///
    /// ```
    /// use qwebsocket::{SocketState, WebSocket};
    ///
    /// let socket = WebSocket::new();
    /// assert_eq!(socket.state(), SocketState::Unconnected);
    /// ```
    #[doc(alias = "QWebSocket")]
    pub fn new() -> Rc<Self> {
        Self::with_origin("", Version::LATEST)
    }

    pub(super) fn build(role: Role) -> Rc<Self> {
        Rc::new_cyclic(|me| Self {
            connected: Signal::default(),
            disconnected: Signal::default(),
            about_to_close: Signal::default(),
            state_changed: Signal::default(),
            error_occurred: Signal::default(),
            error: Signal::default(),
            authentication_required: Signal::default(),
            proxy_authentication_required: Signal::default(),
            handshake_failed: Signal::default(),
            text_frame_received: Signal::default(),
            text_message_received: Signal::default(),
            binary_frame_received: Signal::default(),
            binary_message_received: Signal::default(),
            pong: Signal::default(),
            bytes_written: Signal::default(),
            read_channel_finished: Signal::default(),
            peer_verify_error: Signal::default(),
            ssl_errors: Signal::default(),
            handshake_interrupted_on_error: Signal::default(),
            pre_shared_key_authentication_required: Signal::default(),
            alert_sent: Signal::default(),
            alert_received: Signal::default(),
            id: SocketId::next(),
            role,
            me: me.clone(),
            base: OnceCell::new(),
            state: Cell::default(),
            last_error: Cell::default(),
            close_code: Cell::new(CloseCode::NORMAL),
            close_is_explained: Cell::default(),
            texts: Shared::default(),
            epoch: Cell::default(),
            news: NewsQueue::default(),
            held: Held::default(),
            link: Shared::default(),
            unreported: Cell::default(),
            reader: Shared::default(),
            undelivered: Shared::default(),
            is_paused: Cell::default(),
            nesting: Nesting::default(),
            pings: Pings::default(),
            closing: Cell::new(Closing::Gone),
            told_about_to_close: Cell::default(),
            owes_close: Cell::default(),
            settings: Shared::default(),
            hello: OnceCell::new(),
        })
    }

    pub(super) fn weak(&self) -> Weak<Self> {
        self.me.clone()
    }
}
