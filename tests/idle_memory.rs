//! What a socket costs that has nothing to do, and that connections leave nothing behind.

mod heap;
mod support;

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread::JoinHandle;

use qwebsocket::{
    EventLoop, HostAddress, SocketState, SslMode, WebSocket, WebSocketServer,
    keep_until_disconnected,
};
use support::frames::*;
use support::raw_peer::raw_client;
use support::{run_until, settle};

#[global_allocator]
static ALLOCATOR: heap::Counting = heap::Counting;

const REQUEST: &str = "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                       Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/// What mio keeps for each socket beside, on Windows: a request to the system's poll.
const POLLED: i64 = if cfg!(windows) { 192 } else { 0 };

#[test]
fn an_idle_accepted_socket_holds_at_most_one_kib_beside_its_request() {
    let bytes = per_socket(hold_accepted) - (REQUEST.len() - "\r\n\r\n".len()) as i64;
    println!("an idle accepted socket with four slots: {bytes} bytes of heap");
    println!("of these the object: {} bytes", size_of::<WebSocket>());
    assert!(bytes <= 1024 + POLLED, "{bytes} bytes");
}

#[test]
fn an_idle_client_holds_little_more() {
    let bytes = per_socket(hold_clients);
    println!("an idle client with four slots: {bytes} bytes of heap");
    assert!(bytes <= 2048 + POLLED, "{bytes} bytes");
}

#[test]
fn ten_thousand_connections_leave_nothing_behind() {
    let server = echo_server();
    let url = server.server_url().expect("it listens");
    for _ in 0..500 {
        converse(&url);
    }
    let before = heap::live();
    for _ in 0..10_000 {
        converse(&url);
    }
    assert_eq!(heap::live() - before, 0, "bytes");
}

/// The heap that each of a hundred sockets adds, tables that grow with their number included.
fn per_socket(hold: fn(usize) -> i64) -> i64 {
    // A thread of its own for each number has a loop of its own and starts from nothing.
    let held = |count| {
        std::thread::spawn(move || hold(count))
            .join()
            .expect("no panic")
    };
    (held(101) - held(1)) / 100
}

/// The heap of this thread while it holds `count` accepted sockets that echoed once.
fn hold_accepted(count: usize) -> i64 {
    let mut sockets = Vec::with_capacity(count);
    let server = WebSocketServer::new("test", SslMode::NonSecure);
    assert!(server.listen(HostAddress::LOCAL_HOST, 0));
    let before = heap::live();
    let echoed = Arc::new(AtomicUsize::new(0));
    let clients = raw_clients(count, server.server_port(), &echoed);
    while sockets.len() < count {
        run_until(|| server.has_pending_connections());
        let socket = server.next_pending_connection().expect("it has one");
        connect_four_slots(&socket);
        sockets.push(socket);
    }
    run_until(|| echoed.load(Ordering::SeqCst) == count);
    settle();
    let held = heap::live() - before;
    drop(sockets);
    clients.join().expect("the clients got their echoes");
    held
}

/// Clients that come one after the other, get their echo and wait for the end.
fn raw_clients(count: usize, port: u16, echoed: &Arc<AtomicUsize>) -> JoinHandle<()> {
    let (echoed, server) = (echoed.clone(), EventLoop::new().handle());
    std::thread::spawn(move || {
        let mut clients = Vec::new();
        for _ in 0..count {
            let (done, echo) = mpsc::channel();
            clients.push(raw_client(port, move |wire| {
                wire.send(REQUEST);
                wire.read_head();
                wire.send(masked(TEXT, b"hi"));
                wire.expect_frame(TEXT, "hi");
                done.send(()).expect("somebody waits");
                wire.expect_close(1001, "Connection closed");
            }));
            echo.recv().expect("the client got its echo");
            echoed.fetch_add(1, Ordering::SeqCst);
            server.wake();
        }
        for client in clients {
            client.join().expect("the client saw the end");
        }
    })
}

/// The heap of this thread while it holds `count` clients that got one echo.
fn hold_clients(count: usize) -> i64 {
    let (started, server) = mpsc::channel();
    let peer = std::thread::spawn(move || {
        let server = echo_server();
        let url = server.server_url().expect("it listens");
        let event_loop = EventLoop::new();
        started
            .send((url, event_loop.handle()))
            .expect("somebody waits");
        event_loop.exec();
    });
    let (url, peer_loop) = server.recv().expect("the server listens");
    let mut sockets = Vec::with_capacity(count);
    let before = heap::live();
    let echoed = Rc::new(Cell::new(0));
    for _ in 0..count {
        let socket = WebSocket::new();
        connect_four_slots(&socket);
        socket.open(&url);
        run_until(|| socket.state() == SocketState::Connected);
        let echo = socket.text_message_received.collect();
        socket.send_text_message("stop");
        run_until(|| echo.count() == 1);
        echoed.set(echoed.get() + 1);
        sockets.push(socket);
    }
    settle();
    let held = heap::live() - before;
    drop(sockets);
    peer_loop.quit().expect("the server runs");
    peer.join().expect("the server was fine");
    held
}

fn connect_four_slots(socket: &Rc<WebSocket>) {
    socket
        .text_message_received
        .connect_to(socket, |socket, text| {
            if text != "stop" {
                socket.send_text_message(text);
            }
        });
    socket
        .binary_message_received
        .connect_to(socket, |socket, bytes| socket.send_binary_message(bytes));
    socket.error.connect_to(socket, |_, _| {});
    socket.disconnected.connect_to(socket, |_| {});
}

fn echo_server() -> Rc<WebSocketServer> {
    let server = WebSocketServer::new("echo", SslMode::NonSecure);
    server.new_connection.connect_to(&server, |server| {
        while let Some(socket) = server.next_pending_connection() {
            socket
                .text_message_received
                .connect_to(&socket, |socket, text| socket.send_text_message(text));
            keep_until_disconnected(&socket);
        }
    });
    assert!(server.listen(HostAddress::LOCAL_HOST, 0));
    server
}

/// Connects, gets an echo, closes.
fn converse(url: &url::Url) {
    let socket = WebSocket::new();
    socket
        .connected
        .connect_to(&socket, |socket| socket.send_text_message("hello"));
    socket
        .text_message_received
        .connect_to(&socket, |socket, text| {
            assert_eq!(text, "hello");
            socket.close();
        });
    socket.open(url);
    run_until(|| socket.state() == SocketState::Unconnected);
    assert_eq!(socket.error_string(), "");
}
