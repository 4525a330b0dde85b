//! A chat server: what one says all others hear.

use std::rc::Rc;

use qwebsocket::qeventloop::reactor::Shared;
use qwebsocket::{EventLoop, HostAddress, SslMode, WebSocket, WebSocketServer};

fn main() {
    let event_loop = EventLoop::new();
    let server = WebSocketServer::new("Chat Server", SslMode::NonSecure);
    let clients: Rc<Shared<Vec<Rc<WebSocket>>>> = Rc::default();
    server.new_connection.connect_to(&server, move |server| {
        while let Some(client) = server.next_pending_connection() {
            admit(&clients, client);
        }
    });
    if !server.listen(HostAddress::LOCAL_HOST, 0) {
        eprintln!("{}", server.error_string());
        return;
    }
    println!("listening on ws://127.0.0.1:{}", server.server_port());
    event_loop.exec();
}

fn admit(clients: &Rc<Shared<Vec<Rc<WebSocket>>>>, client: Rc<WebSocket>) {
    clients.with(|clients| clients.push(client.clone()));
    let id = client.id();
    let all = clients.clone();
    client.text_message_received.connect(move |text| {
        for other in all.with(|clients| clients.clone()) {
            if other.id() != id {
                other.send_text_message(text);
            }
        }
    });
    let all = clients.clone();
    client.disconnected.connect(move || {
        let gone = all.with(|clients| clients.extract_if(.., |client| client.id() == id).collect());
        drop::<Vec<_>>(gone);
    });
}
