//! A client that stays connected: when the connection is lost it tries again, each time after a longer pause.

mod support;

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use qwebsocket::{
    EventLoop, SslMode, Url, WebSocket, WebSocketServer, keep_until_disconnected, single_shot_to,
};
use support::echo;

// Seconds and minutes would be more like it. Where thousands of clients could come back at the same moment, add
// something random to each pause.
const SHORTEST_PAUSE: Duration = Duration::from_millis(25);
const LONGEST_PAUSE: Duration = Duration::from_millis(200);

struct Client {
    socket: Rc<WebSocket>,
    url: Url,
    pause: Cell<Duration>,
}

impl Client {
    fn new(url: Url) -> Rc<Self> {
        let client = Rc::new(Self {
            socket: WebSocket::new(),
            url,
            pause: Cell::new(SHORTEST_PAUSE),
        });
        let socket = &client.socket;
        socket.connected.connect_to(&client, Self::on_connected);
        socket
            .text_message_received
            .connect_to(&client, Self::on_message);
        // Also told after an attempt that failed, so this slot is all that it takes.
        socket
            .disconnected
            .connect_rc(&client, Self::on_disconnected);
        client
    }

    fn open(&self) {
        self.socket.open(&self.url);
    }

    fn on_connected(&self) {
        println!("connected");
        self.socket.send_text_message("hello");
    }

    /// Only now all is well: a server that takes connections and loses them at once would be asked without a pause.
    fn on_message(&self, message: &str) {
        println!("{message}");
        self.pause.set(SHORTEST_PAUSE);
        EventLoop::quit_current();
    }

    fn on_disconnected(self: &Rc<Self>) {
        let pause = self.pause.get();
        println!("again in {pause:?}: {}", self.socket.error_string());
        self.pause.set(LONGEST_PAUSE.min(pause * 2));
        single_shot_to(pause, self, Self::open);
    }
}

fn main() -> Result<(), String> {
    let event_loop = EventLoop::new();
    let (server, url) = echo::listen(forgetful_server())?;
    let client = Client::new(url);
    come_back_for(&client.socket, &server);
    client.open();
    event_loop.exec();
    Ok(())
}

/// Loses its first client, turns everybody away for a while, loses one more, and then all is well.
fn forgetful_server() -> Rc<WebSocketServer> {
    let server = WebSocketServer::new("", SslMode::NonSecure);
    let visits = Cell::new(0);
    server.new_connection.connect_rc(&server, move |server| {
        while let Some(peer) = server.next_pending_connection() {
            visits.set(visits.get() + 1);
            match visits.get() {
                1 => {
                    peer.text_message_received.connect_to(&peer, hang_up);
                    peer.disconnected.connect_to(server, go_away);
                }
                2 => {
                    peer.text_message_received.connect_to(&peer, hang_up);
                }
                _ => {
                    peer.send_text_message("welcome back");
                }
            }
            keep_until_disconnected(&peer);
        }
    });
    server
}

fn hang_up(peer: &WebSocket, _message: &str) {
    peer.abort();
}

fn go_away(server: &WebSocketServer) {
    server.set_max_pending_connections(0);
}

/// The while is over when this client was turned away twice.
fn come_back_for(client: &Rc<WebSocket>, server: &Rc<WebSocketServer>) {
    let losses = Cell::new(0);
    client.disconnected.connect_to(server, move |server| {
        losses.set(losses.get() + 1);
        if losses.get() == 3 {
            server.set_max_pending_connections(1);
        }
    });
}
