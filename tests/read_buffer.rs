//! A bound on what is read ahead.

mod heap;
mod support;

use std::cell::Cell;
use std::rc::Rc;

use qwebsocket::{CloseCode, SocketState, WebSocket, WebSocketServer};
use support::pair::{listening, next_connection};
use support::{run_until, settle};

#[global_allocator]
static ALLOCATOR: heap::Counting = heap::Counting;

const SIZES: [u64; 5] = [1, 2, 7, 16, 4096];

#[test]
fn what_was_set_is_what_is_told() {
    let socket = WebSocket::new();
    assert_eq!(socket.read_buffer_size(), 0);
    for size in [128, 1, u64::MAX, 0] {
        socket.set_read_buffer_size(size);
        assert_eq!(socket.read_buffer_size(), size);
    }
}

#[test]
fn handshake_and_frames_may_be_larger() {
    let long = "x".repeat(3000);
    for size in SIZES {
        let server = listening();
        let client = WebSocket::new();
        client.set_read_buffer_size(size);
        client.open(server.server_url().expect("it listens"));
        let accepted = next_connection(&server);
        accepted.set_read_buffer_size(size);
        converse(&client, &accepted, &long);
    }
}

#[cfg(any(feature = "ring", feature = "aws-lc-rs", feature = "openssl"))]
#[test]
fn tls_handshakes_and_records_may_be_larger() {
    let long = "x".repeat(3000);
    let identity = support::tls::Identity::new();
    for size in SIZES {
        let server = identity.listening();
        let client = WebSocket::new();
        client.set_ssl_configuration(identity.trusting());
        client.set_read_buffer_size(size);
        client.open(support::tls::secure_url(&server));
        let accepted = next_connection(&server);
        accepted.set_read_buffer_size(size);
        converse(&client, &accepted, &long);
    }
}

/// Frames of all sizes in both directions, fragments, pings, the closing handshake.
fn converse(client: &Rc<WebSocket>, accepted: &Rc<WebSocket>, long: &str) {
    accepted
        .text_message_received
        .connect_to(accepted, |socket, text| socket.send_text_message(text));
    accepted.set_outgoing_frame_size(1000);
    let (echoes, frames) = (
        client.text_message_received.collect(),
        client.text_frame_received.collect(),
    );
    let pongs = client.pong.collect();
    run_until(|| client.state() == SocketState::Connected);
    let texts = ["", "0123456789", &long[..200], long];
    for text in texts {
        client.send_text_message(text);
    }
    client.ping(b"ping");
    run_until(|| echoes.count() == texts.len() && pongs.count() == 1);
    for text in texts {
        assert_eq!(echoes.try_next().expect("an echo").0, text);
    }
    assert_eq!(frames.count(), 6);
    client.close();
    run_until(|| client.state() == SocketState::Unconnected);
    run_until(|| accepted.state() == SocketState::Unconnected);
    let codes = (client.close_code(), accepted.close_code());
    assert_eq!(codes, (CloseCode::NORMAL, CloseCode::NORMAL));
}

const KIB: usize = 1024;
const SOCKETS: usize = 10;
const MESSAGES: usize = 1000;
/// What a socket may hold in this test besides what it read.
const SLACK: usize = KIB;

#[test]
fn a_paused_socket_holds_no_more_than_that() {
    let server = listening();
    let url = server.server_url().expect("it listens");
    let held = held_in_a_pause(&server, 4096, || {
        let client = WebSocket::new();
        client.open(&url);
        client
    });
    println!("{held} bytes each");
    assert!(held <= 4 * KIB + SLACK, "{held} bytes each");
}

#[cfg(any(feature = "ring", feature = "aws-lc-rs", feature = "openssl"))]
#[test]
fn a_paused_secured_socket_holds_one_record_more() {
    let identity = support::tls::Identity::new();
    let server = identity.listening();
    let configuration = identity.trusting();
    let held = held_in_a_pause(&server, 4096, || {
        let client = WebSocket::new();
        client.set_ssl_configuration(configuration.clone());
        client.open(support::tls::secure_url(&server));
        client
    });
    println!("{held} bytes each");
    assert!(held <= (4 + 16) * KIB + SLACK, "{held} bytes each");
}

/// The heap that each of some clients takes when it is paused in a slot, with a flood behind the message.
fn held_in_a_pause(
    server: &WebSocketServer,
    size: u64,
    connect: impl Fn() -> Rc<WebSocket>,
) -> usize {
    let ends: Vec<_> = (0..SOCKETS)
        .map(|_| (connect(), next_connection(server)))
        .collect();
    let received = Rc::new(Cell::new(0));
    for (client, accepted) in &ends {
        run_until(|| client.state() == SocketState::Connected);
        client.set_read_buffer_size(size);
        let messages = &client.binary_message_received;
        messages.connect_to(&received, |received, _| received.set(received.get() + 1));
        messages.connect_once({
            let client = Rc::downgrade(client);
            move |_| client.upgrade().expect("it is there").pause()
        });
        // More than the buffer, less than the system's: all of it leaves this program's heap.
        for _ in 0..MESSAGES {
            accepted.send_binary_message([0; 100]);
        }
    }
    let sent = || {
        ends.iter()
            .all(|(_, accepted)| accepted.bytes_to_write() == 0)
    };
    run_until(sent);
    settle();
    let paused = heap::live();
    assert_eq!(received.replace(0), SOCKETS);
    for (client, _) in &ends {
        client.resume();
    }
    settle();
    assert_eq!(received.get(), SOCKETS * (MESSAGES - 1));
    usize::try_from(paused - heap::live()).expect("something was held") / SOCKETS
}
