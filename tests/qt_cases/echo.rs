//! The server that Qt's tests of the client talk to.

use std::cell::RefCell;
use std::rc::Rc;

use qwebsocket::{HostAddress, SslMode, WebSocket, WebSocketServer};

use super::support::run_until;

/// Sends back what it gets. It knows two subprotocols.
pub(crate) struct EchoServer {
    server: Rc<WebSocketServer>,
    sockets: Rc<RefCell<Vec<Rc<WebSocket>>>>,
}

impl EchoServer {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    /// Each socket is prepared before it reads anything.
    pub(crate) fn with(prepare: impl Fn(&WebSocket) + 'static) -> Self {
        let server = WebSocketServer::new("QtTest", SslMode::NonSecure);
        server.set_supported_subprotocols(["protocol1", "protocol2"]);
        let sockets: Rc<RefCell<Vec<Rc<WebSocket>>>> = Rc::default();
        let accepted = Rc::clone(&sockets);
        server.new_connection.connect_to(&server, move |server| {
            while let Some(socket) = server.next_pending_connection() {
                prepare(&socket);
                socket
                    .text_message_received
                    .connect_to(&socket, |socket, text| socket.send_text_message(text));
                socket
                    .binary_message_received
                    .connect_to(&socket, |socket, bytes| socket.send_binary_message(bytes));
                accepted.borrow_mut().push(socket);
            }
        });
        assert!(server.listen(HostAddress::LOCAL_HOST, 0), "a port");
        Self { server, sockets }
    }

    pub(crate) fn url(&self) -> String {
        format!("ws://127.0.0.1:{}", self.server.server_port())
    }

    /// Waits until there are so many connections, and gives the latest.
    #[track_caller]
    pub(crate) fn connection(&self, count: usize) -> Rc<WebSocket> {
        run_until(|| self.sockets.borrow().len() >= count);
        let sockets = self.sockets.borrow();
        assert_eq!(sockets.len(), count);
        Rc::clone(&sockets[count - 1])
    }
}
