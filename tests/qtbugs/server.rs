//! What clients leave behind in a server.

use std::io::Read;
use std::net::TcpListener;

use qwebsocket::{SocketState, SslMode, WebSocketServer, keep_until_disconnected};

use super::support::frames::*;
use super::support::pair::{listening, next_connection};
use super::support::raw_peer::{Wire, raw_client};
use super::support::{run_until, settle};
use super::{REQUEST, heap};

/// Clients that follow `script` must leave nothing on the heap of this thread, which is the server's.
fn nothing_remains(server: &WebSocketServer, script: fn(&mut Wire)) {
    let port = server.server_port();
    let grown_by = |clients: usize| {
        let before = heap::live();
        // One thread starts them all, so that what a thread costs is the same for any number.
        let clients = std::thread::spawn(move || {
            for _ in 0..clients {
                raw_client(port, script).join().expect("the script holds");
            }
        });
        run_until(|| clients.is_finished());
        clients.join().expect("the scripts hold");
        settle();
        heap::live() - before
    };
    // Tables grow when many come at once, but not each time. What stays does.
    let rounds: Vec<i64> = (0..5).map(|_| grown_by(100) - grown_by(0)).collect();
    assert!(rounds.contains(&0), "{rounds:?} bytes");
}

/// Each client that went away left its socket behind.
#[test]
fn qtbug_56414_clients_that_disconnect_leave_nothing() {
    let server = listening();
    server.new_connection.connect_to(&server, |server| {
        while let Some(socket) = server.next_pending_connection() {
            keep_until_disconnected(&socket);
            assert_eq!(socket.state(), SocketState::Connected);
        }
    });
    nothing_remains(&server, |wire| {
        wire.upgrade();
        wire.send(masked(TEXT, b"hello"));
        wire.send(masked(CLOSE, &close_payload(1000, "")));
        wire.expect_close(1000, "");
        wire.expect_end();
    });
    nothing_remains(&server, |wire| {
        wire.upgrade();
        wire.reset();
    });
}

/// So did each one that went away before it was upgraded.
#[test]
fn qtbug_85180_clients_that_vanish_in_the_handshake_leave_nothing() {
    let server = listening();
    nothing_remains(&server, |wire| {
        wire.send(&REQUEST[..40]);
        wire.fin();
        wire.expect_end();
    });
    nothing_remains(&server, |wire| {
        wire.send(&REQUEST[..40]);
        wire.reset();
    });
    assert!(!server.has_pending_connections());
}

/// A socket that another server had accepted could not be handed over.
#[test]
fn qtbug_54276_a_connection_accepted_elsewhere_is_upgraded() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let client = raw_client(port_of(&listener), |wire| {
        wire.upgrade();
        wire.send(masked(TEXT, b"hello"));
        wire.expect_frame(TEXT, "hello");
    });
    let server = WebSocketServer::new("", SslMode::NonSecure);
    let (stream, _) = listener.accept().expect("a connection");
    assert!(server.handle_connection(stream));
    echo_once(&server);
    client.join().expect("the script holds");
}

/// If the request had been looked at before, the handed over socket waited for it for ever.
#[test]
fn qtbug_62667_a_request_that_was_read_already_counts() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let client = raw_client(port_of(&listener), |wire| {
        wire.upgrade();
        wire.send(masked(TEXT, b"hello"));
        wire.expect_frame(TEXT, "hello");
    });
    let server = WebSocketServer::new("", SslMode::NonSecure);
    let (mut stream, _) = listener.accept().expect("a connection");
    let mut received = vec![0; 16];
    stream.read_exact(&mut received).expect("it was sent");
    assert!(server.upgrade_from(stream, received));
    echo_once(&server);
    client.join().expect("the script holds");
}

fn port_of(listener: &TcpListener) -> u16 {
    listener.local_addr().expect("an address").port()
}

/// Takes the next connection, and sends its first message back.
fn echo_once(server: &WebSocketServer) {
    let socket = next_connection(server);
    socket
        .text_message_received
        .connect_to(&socket, |socket, text| socket.send_text_message(text));
    run_until(|| socket.state() == SocketState::Unconnected);
}
