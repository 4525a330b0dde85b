//! The echo: what a server does with its connections.

use std::rc::Rc;

use qwebsocket::{HostAddress, SslMode, Url, WebSocket, WebSocketServer, keep_until_disconnected};

/// The longest message that is echoed, in bytes, whether it comes as one frame or as many.
const LONGEST_MESSAGE: u64 = 64 * 1024 * 1024;

/// An echo server in this process, on a port of its own, and its URL. It lives as long as its `Rc`.
pub fn start() -> Result<(Rc<WebSocketServer>, Url), String> {
    let server = WebSocketServer::new("Echo Server", SslMode::NonSecure);
    echo_all(&server, |_socket| {});
    listen(server)
}

/// Lets `server` listen on a port of its own.
pub fn listen(server: Rc<WebSocketServer>) -> Result<(Rc<WebSocketServer>, Url), String> {
    if !server.listen(HostAddress::LOCAL_HOST, 0) {
        return Err(server.error_string());
    }
    let url = server.server_url().ok_or("the server has no URL")?;
    Ok((server, url))
}

/// Makes `server` send back every message that it gets. Each new connection is shown to `on_connection` first.
pub fn echo_all(server: &Rc<WebSocketServer>, on_connection: impl Fn(&Rc<WebSocket>) + 'static) {
    server.new_connection.connect_to(server, move |server| {
        while let Some(socket) = server.next_pending_connection() {
            on_connection(&socket);
            echo(&socket);
            // Without this the socket would close when the last `Rc` goes, here at the end of the block.
            keep_until_disconnected(&socket);
        }
    });
}

fn echo(socket: &Rc<WebSocket>) {
    socket.set_max_allowed_incoming_frame_size(LONGEST_MESSAGE);
    socket.set_max_allowed_incoming_message_size(LONGEST_MESSAGE);
    // A socket may be its own receiver: the connection holds it weakly.
    socket
        .text_message_received
        .connect_to(socket, |socket, text| socket.send_text_message(text));
    socket
        .binary_message_received
        .connect_to(socket, |socket, data| socket.send_binary_message(data));
}
