//! What a client may ask for beside the URL.

/// Options of an opening handshake: see [`open_with_options`](crate::WebSocket::open_with_options).
///
/// ```no_run
/// use qwebsocket::{WebSocket, WebSocketHandshakeOptions};
///
/// let socket = WebSocket::new();
/// let mut options = WebSocketHandshakeOptions::new();
/// options.set_subprotocols(["chat.v2", "chat.v1"]);
/// socket.connected.connect_to(&socket, |socket| println!("{}", socket.subprotocol()));
/// socket.open_with_options("ws://localhost:1234", &options);
/// ```
#[doc(alias = "QWebSocketHandshakeOptions")]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WebSocketHandshakeOptions {
    subprotocols: Vec<String>,
}

impl WebSocketHandshakeOptions {
    /// Options that ask for nothing.
    #[doc(alias = "QWebSocketHandshakeOptions")]
    pub fn new() -> Self {
        Self::default()
    }

    /// The subprotocols to offer, the most wanted first, as they were set.
    pub fn subprotocols(&self) -> &[String] {
        &self.subprotocols
    }

    /// Sets the subprotocols to offer, the most wanted first. They are checked when they are used: a name that is no
    /// token, and so also an empty one, makes the opening fail; of several that are equal the first is offered.
    #[doc(alias = "setSubprotocols")]
    pub fn set_subprotocols<S: Into<String>>(&mut self, subprotocols: impl IntoIterator<Item = S>) {
        self.subprotocols = subprotocols.into_iter().map(Into::into).collect();
    }
}
