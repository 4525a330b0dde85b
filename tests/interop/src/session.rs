//! One connection between a socket of ours and a peer.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;

use qwebsocket::{
    CloseCode, HostAddress, Inbox, NetworkRequest, SocketError, SocketState, SslConfiguration,
    SslMode, Url, WebSocket, WebSocketServer,
};

use crate::certificates::Certificates;
use crate::message::Message;
use crate::peer::Peer;
use crate::wait::wait_until;

/// Whose end is the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    WeConnect,
    PeerConnects,
}

impl Direction {
    pub const BOTH: [Self; 2] = [Self::WeConnect, Self::PeerConnects];
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WeConnect => "we connect",
            Self::PeerConnects => "it connects",
        })
    }
}

/// A connection that stands. What the peer does with it is said by the path of its URL.
pub struct Session<'a> {
    pub socket: Rc<WebSocket>,
    pub peer: &'a Peer,
    pub errors: Inbox<(SocketError,)>,
    received: Rc<RefCell<VecDeque<Message>>>,
}

impl<'a> Session<'a> {
    pub fn open(
        peer: &'a Peer,
        direction: Direction,
        path: &str,
        tls: Option<&Certificates>,
    ) -> Self {
        let socket = match direction {
            Direction::WeConnect => connect(peer, path, tls),
            Direction::PeerConnects => accept(peer, path, tls),
        };
        let subprotocol = if path == "/subprotocol" {
            "chat.v2"
        } else {
            ""
        };
        // Both peers offer and accept compression, which must not come about.
        peer.expect(&format!("opened extensions= subprotocol={subprotocol}"));
        assert_eq!(socket.subprotocol(), subprotocol);
        // The peer has to end the connection in time, not this clock.
        socket.set_close_timeout(None);
        Self {
            peer,
            errors: socket.error.collect(),
            received: collect_messages(&socket),
            socket,
        }
    }

    /// Sends a message, which the peer sends back.
    #[track_caller]
    pub fn echo(&self, message: &Message) {
        message.send_over(&self.socket);
        self.expect(message);
    }

    /// The next message that arrives is this.
    #[track_caller]
    pub fn expect(&self, message: &Message) {
        wait_until("a message arrives", || {
            !self.received.borrow().is_empty() || !self.socket.is_valid()
        });
        let received = self.received.borrow_mut().pop_front();
        let closed = (self.socket.close_code(), self.socket.close_reason());
        let received = received.unwrap_or_else(|| panic!("the connection ended: {closed:?}"));
        assert!(
            received == *message,
            "received {received:?}, not {message:?}"
        );
    }

    /// The connection ends for this reason, without an error, for both ends.
    #[track_caller]
    pub fn expect_close(&self, code: CloseCode, reason: &str) {
        self.wait_for_end();
        assert_eq!(
            (self.socket.close_code(), &*self.socket.close_reason()),
            (code, reason)
        );
        assert_eq!(
            self.errors.try_next(),
            None,
            "{}",
            self.socket.error_string()
        );
        self.peer.expect(&format!("closed {code} {reason}"));
    }

    #[track_caller]
    pub fn wait_for_end(&self) {
        wait_until("the connection has ended", || {
            self.socket.state() == SocketState::Unconnected
        });
        assert!(self.received.borrow().is_empty(), "a message too many");
    }

    /// Closes the connection normally, unless it ended.
    #[track_caller]
    pub fn close(&self) {
        if self.socket.state() != SocketState::Unconnected {
            self.socket.close();
            self.expect_close(CloseCode::NORMAL, "");
        }
    }
}

fn connect(peer: &Peer, path: &str, tls: Option<&Certificates>) -> Rc<WebSocket> {
    let scheme = if tls.is_some() { "wss" } else { "ws" };
    let url = format!("{scheme}://localhost:{}{path}", peer.port());
    let mut request = NetworkRequest::new(Url::parse(&url).expect("a URL"));
    if path == "/subprotocol" {
        request.set_raw_header("Sec-WebSocket-Protocol", "chat.v1, chat.v2");
    }
    let socket = WebSocket::new();
    if let Some(certificates) = tls {
        socket.set_ssl_configuration(certificates.configuration());
    }
    socket.open(request);
    wait_until("our client is connected or failed", || {
        socket.state() != SocketState::Connecting
    });
    assert!(socket.is_valid(), "{}", socket.error_string());
    socket
}

fn accept(peer: &Peer, path: &str, tls: Option<&Certificates>) -> Rc<WebSocket> {
    let server = serve(tls);
    let url = server.server_url().expect("it listens");
    peer.connect(url.join(path).expect("a path").as_str());
    wait_until("our server has a connection", || {
        server.has_pending_connections()
    });
    server.next_pending_connection().expect("a connection")
}

/// A server of ours on some port.
pub fn serve(tls: Option<&Certificates>) -> Rc<WebSocketServer> {
    serve_with(tls.map(Certificates::configuration))
}

/// The same with settings of its own.
pub fn serve_with(tls: Option<SslConfiguration>) -> Rc<WebSocketServer> {
    let mode = if tls.is_some() {
        SslMode::Secure
    } else {
        SslMode::NonSecure
    };
    let server = WebSocketServer::new("interop", mode);
    if let Some(configuration) = tls {
        server.set_ssl_configuration(configuration);
    }
    server.set_supported_subprotocols(["chat.v2"]);
    assert!(
        server.listen(HostAddress::LOCAL_HOST, 0),
        "{}",
        server.error_string()
    );
    server
}

fn collect_messages(socket: &WebSocket) -> Rc<RefCell<VecDeque<Message>>> {
    let received = Rc::<RefCell<VecDeque<Message>>>::default();
    socket
        .text_message_received
        .connect_to(&received, |received, text| {
            received.borrow_mut().push_back(Message::Text(text.into()));
        });
    socket
        .binary_message_received
        .connect_to(&received, |received, bytes| {
            received
                .borrow_mut()
                .push_back(Message::Binary(bytes.into()));
        });
    received
}
