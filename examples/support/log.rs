//! What a server prints: its URL first, then who comes and goes.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::rc::Rc;

use qwebsocket::{WebSocket, WebSocketServer};

/// Prints one line. A server whose log nobody reads any more goes on serving.
pub fn line(text: &str) {
    let _ = writeln!(io::stdout(), "{text}");
}

/// Prints where `server` listens, for people and for programs that started it with port 0.
pub fn listening(server: &WebSocketServer) {
    if let Some(url) = server.server_url() {
        line(&format!("listening on {url}"));
    }
}

/// Prints that `socket` is here, and later how it went.
pub fn coming_and_going(socket: &Rc<WebSocket>) {
    // Noted now: a socket that is disconnected has no peer any more.
    let peer = match socket.peer_address().to_ip() {
        Some(address) => SocketAddr::new(address, socket.peer_port()).to_string(),
        None => "a client that left already".to_owned(),
    };
    line(&format!("{peer} connected"));
    socket.disconnected.connect_to(socket, move |socket| {
        let (code, reason) = (socket.close_code(), socket.close_reason());
        line(&format!("{peer} closed with code {code}, {reason:?}"));
    });
}
