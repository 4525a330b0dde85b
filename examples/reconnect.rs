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

/// How long the server of this program turns everybody away.
const AWAY: Duration = Duration::from_millis(150);

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
        self.pause.set(SHORTEST_PAUSE);
        self.socket.send_text_message("hello");
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
    let (_server, url) = echo::listen(forgetful_server())?;
    let client = Client::new(url);
    client.open();
    event_loop.exec();
    Ok(())
}

/// Loses its first client, turns everybody away for a while, and then all is well.
fn forgetful_server() -> Rc<WebSocketServer> {
    let server = WebSocketServer::new("", SslMode::NonSecure);
    let was_away = Cell::new(false);
    server.new_connection.connect_rc(&server, move |server| {
        let Some(peer) = server.next_pending_connection() else {
            return;
        };
        if was_away.replace(true) {
            peer.text_message_received
                .connect(|_hello| EventLoop::quit_current());
            return keep_until_disconnected(&peer);
        }
        let server = server.clone();
        peer.text_message_received
            .connect_to(&peer, move |peer, _hello| {
                peer.abort();
                server.set_max_pending_connections(0);
                single_shot_to(AWAY, &server, |server| {
                    server.set_max_pending_connections(1)
                });
            });
        keep_until_disconnected(&peer);
    });
    server
}
