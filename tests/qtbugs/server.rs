//! What clients leave behind in a server.

use qwebsocket::{SocketState, WebSocketServer, keep_until_disconnected};

use super::support::frames::*;
use super::support::pair::listening;
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
