//! Strangers who send too much or too little, deadlines, and masks.

use std::cell::Cell;
use std::collections::HashSet;
use std::rc::Rc;
use std::sync::mpsc;
use std::time::Duration;

use qwebsocket::{CloseCode, SocketState, WebSocket};

use super::REQUEST;
use super::client_of;
use super::support::frames::*;
use super::support::pair::{listening, next_connection, stopped_clock};
use super::support::raw_peer::{RawPeer, header, raw_client};
use super::support::{run_until, settle};

/// A head could be as large as the memory.
#[test]
fn qtbug_48123_the_number_and_the_length_of_headers_are_bounded() {
    let line = |length: usize| format!("X-Long: {}\r\n", "x".repeat(length));
    for headers in [line(9_000), line(10).repeat(120), line(7_000).repeat(12)] {
        let server = listening();
        let client = raw_client(server.server_port(), {
            let headers = headers.clone();
            move |wire| {
                wire.send(REQUEST.replace("Upgrade: ", &format!("{headers}Upgrade: ")));
                let answer = wire.read_head();
                assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
                wire.read_rest();
            }
        });
        run_until(|| client.is_finished());
        client.join().expect("it is refused");

        let peer = RawPeer::new(move |wire| {
            wire.read_head();
            wire.send(["HTTP/1.1 101 Switching Protocols\r\n", &headers, "\r\n"].concat());
            wire.read_rest();
        });
        let socket = WebSocket::new();
        let ended = socket.disconnected.collect();
        socket.open(peer.url());
        run_until(|| ended.count() == 1);
        assert!(!socket.error_string().is_empty());
        peer.join();
    }
}

/// The server believed whatever length was announced.
#[test]
fn qtbug_70691_a_frame_of_exabytes_is_refused_by_its_header() {
    let server = listening();
    let client = raw_client(server.server_port(), |wire| {
        wire.upgrade();
        wire.send([
            0x82, 0xFF, 0x3F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4,
        ]);
        let close = wire.read_frame();
        assert_eq!(close.payload[..2], 1009_u16.to_be_bytes());
    });
    let socket = next_connection(&server);
    let before = super::heap::live();
    run_until(|| socket.state() == SocketState::Unconnected);
    assert!(super::heap::live() - before < 1 << 20);
    assert_eq!(socket.close_code(), CloseCode::TOO_MUCH_DATA);
    client.join().expect("the script holds");
}

/// Frames and messages had no limits that one could set.
#[test]
fn qtbug_70693_frames_and_messages_have_limits() {
    let exceeding: [fn() -> Vec<u8>; 2] = [
        || masked(BINARY, &[0; 1001]),
        || {
            let parts = raw_frame(BINARY, Some(MASK), &[0; 900]);
            [parts, masked(CONTINUATION, &[0; 101])].concat()
        },
    ];
    for exceeding in exceeding {
        let server = listening();
        let client = raw_client(server.server_port(), move |wire| {
            wire.upgrade();
            wire.send(masked(BINARY, &[0; 1000]));
            wire.expect_frame(TEXT, "fine");
            wire.send(exceeding());
            let close = wire.read_frame();
            assert_eq!(close.payload[..2], 1009_u16.to_be_bytes());
        });
        let socket = next_connection(&server);
        socket.set_max_allowed_incoming_frame_size(1000);
        socket.set_max_allowed_incoming_message_size(1000);
        let messages = socket.binary_message_received.collect();
        let answer = &socket.binary_message_received;
        answer.connect_to(&socket, |socket, _| socket.send_text_message("fine"));
        run_until(|| socket.state() == SocketState::Unconnected);
        assert_eq!(messages.count(), 1);
        client.join().expect("the script holds");
    }
}

/// Clients that connect and say nothing, for as long as the result is kept.
fn silent_clients(port: u16, count: usize) -> (mpsc::Sender<()>, Vec<std::thread::JoinHandle<()>>) {
    let (begun, have_begun) = mpsc::channel();
    let (stay, release) = mpsc::channel::<()>();
    let release = std::sync::Arc::new(std::sync::Mutex::new(release));
    let clients = (0..count)
        .map(|_| {
            let (begun, release) = (begun.clone(), release.clone());
            raw_client(port, move |wire| {
                wire.send(&REQUEST[..20]);
                begun.send(()).expect("the test waits");
                drop(release.lock().map(|release| release.recv()));
                wire.read_rest();
            })
        })
        .collect();
    for _ in 0..count {
        have_begun.recv().expect("a client");
    }
    (stay, clients)
}

/// Handshakes that did not go on took the places of others.
#[test]
fn qtbug_63312_clients_that_say_nothing_take_no_places() {
    stopped_clock();
    let server = listening();
    server.set_max_pending_connections(1);
    let (stay, silent) = silent_clients(server.server_port(), 40);
    let client = raw_client(server.server_port(), |wire| {
        wire.upgrade();
        wire.expect_close(1001, "Connection closed");
    });
    drop(next_connection(&server));
    client.join().expect("it is served");
    drop(stay);
    drop(server);
    settle();
    for client in silent {
        client.join().expect("nothing is expected of them");
    }
}

/// They stayed for ever.
#[test]
fn qtbug_57026_clients_that_say_nothing_are_dropped_in_time() {
    let clock = stopped_clock();
    let server = listening();
    let (stay, silent) = silent_clients(server.server_port(), 3);
    drop(stay);
    settle();
    clock.advance(Duration::from_secs(10));
    run_until(|| silent.iter().all(|client| client.is_finished()));
    for client in silent {
        client.join().expect("they are just dropped");
    }
    assert!(!server.has_pending_connections());
}

/// One that spoke something else kept the next one out.
#[test]
fn qtbug_44866_a_client_that_speaks_something_else_does_not_harm_the_next() {
    let server = listening();
    for garbage in [
        &b"\x16\x03\x01\x02\x00"[..],
        b"hello\r\n\r\n",
        b"\r\n\r\n\r\n",
        b"",
    ] {
        let bad = raw_client(server.server_port(), move |wire| {
            wire.send(garbage);
            wire.fin();
            wire.read_rest();
        });
        let good = raw_client(server.server_port(), |wire| {
            wire.upgrade();
            wire.expect_close(1001, "Connection closed");
        });
        drop(next_connection(&server));
        good.join().expect("it is served");
        run_until(|| bad.is_finished());
        bad.join().expect("it is answered or dropped");
    }
}

/// TLS had the whole time, and the handshake behind it had it once more.
#[cfg(any(feature = "ring", feature = "aws-lc-rs", feature = "openssl"))]
#[test]
fn qtbug_105851_tls_and_the_handshake_share_one_deadline() {
    use super::support::tls::Identity;
    let clock = stopped_clock();
    let identity = Identity::new();
    let server = identity.listening();
    server.set_handshake_timeout(None);
    let (heard, hears) = mpsc::channel();
    let (go, gate) = mpsc::channel();
    let relay = one_flight_each(server.server_port(), heard, gate);
    let client = WebSocket::new();
    client.set_ssl_configuration(identity.trusting());
    client.set_connect_timeout(Some(Duration::from_secs(30)));
    let errors = client.error.collect();
    client.open(relay.url().replace("ws://127.0.0.1", "wss://localhost"));
    run_until(|| hears.try_recv().is_ok());
    clock.advance(Duration::from_secs(20));
    settle();
    go.send(()).expect("the relay waits");
    // TLS is done: the client's next flight holds the request.
    run_until(|| hears.try_recv().is_ok());
    clock.advance(Duration::from_millis(9_999));
    settle();
    assert_eq!(
        (errors.count(), client.state()),
        (0, SocketState::Connecting)
    );
    clock.advance(Duration::from_millis(1));
    run_until(|| errors.count() == 1);
    assert_eq!(client.error(), qwebsocket::SocketError::SocketTimeout);
    drop(client);
    relay.join();
}

/// Hands on one flight of the client's and, when the gate opens, the answer to that. What follows is heard of only.
#[cfg(any(feature = "ring", feature = "aws-lc-rs", feature = "openssl"))]
fn one_flight_each(port: u16, heard: mpsc::Sender<()>, gate: mpsc::Receiver<()>) -> RawPeer {
    use std::io::{Read, Write};
    RawPeer::new(move |wire| {
        let mut bytes = [0; 64 * 1024];
        let mut server = std::net::TcpStream::connect(("127.0.0.1", port)).expect("the server");
        let count = wire.stream().read(&mut bytes).expect("a hello");
        server
            .write_all(&bytes[..count])
            .expect("the server takes it");
        heard.send(()).expect("the test waits");
        gate.recv().expect("the test says so");
        let mut from = server.try_clone().expect("a descriptor");
        let mut to = wire.stream().try_clone().expect("a descriptor");
        // It ends with the server's end of the connection. It is not joined, since not on every system a shutdown here
        // ends a read of another thread.
        std::thread::spawn(move || std::io::copy(&mut from, &mut to));
        let count = wire
            .stream()
            .read(&mut bytes)
            .expect("the end of the handshake");
        assert_ne!(count, 0, "the client goes on");
        heard.send(()).expect("the test waits");
        wire.read_rest();
        let _ = server.shutdown(std::net::Shutdown::Both);
    })
}

/// A client's pings were not masked.
#[test]
fn qtbug_42298_every_frame_of_a_client_is_masked() {
    let (socket, peer) = client_of(|wire| {
        for opcode in [TEXT, BINARY, PING] {
            let frame = wire.read_frame();
            assert_eq!((frame.first, frame.masked), (0x80 | opcode, true));
        }
        wire.send(frame(PING, b"your turn"));
        for opcode in [PONG, CLOSE] {
            let frame = wire.read_frame();
            assert_eq!((frame.first, frame.masked), (0x80 | opcode, true));
        }
    });
    run_until(|| socket.state() == SocketState::Connected);
    socket.send_text_message("text");
    socket.send_binary_message([0]);
    socket.ping("ping");
    let written = Rc::new(Cell::new(0));
    socket.bytes_written.connect_to(&written, |written, bytes| {
        written.set(written.get() + bytes)
    });
    let frames = ["text", "\0", "ping", "your turn"].map(|payload| 2 + 4 + payload.len() as u64);
    run_until(|| written.get() == frames.iter().sum());
    drop(socket);
    peer.join();
}

/// Masks and keys could be foretold: the generator was never seeded.
#[test]
fn qtbug_61694_masks_and_keys_cannot_be_foretold() {
    const FRAMES: usize = 100;
    let mut masks = HashSet::new();
    let mut keys = HashSet::new();
    for _ in 0..3 {
        let (tell, told) = mpsc::channel();
        let peer = RawPeer::new(move |wire| {
            let request = wire.accept_upgrade();
            let key = header(&request, "Sec-WebSocket-Key")
                .expect("a key")
                .to_owned();
            let masks: Vec<u32> = (0..FRAMES)
                .map(|_| {
                    wire.take(6)[2..]
                        .try_into()
                        .map(u32::from_be_bytes)
                        .expect("four")
                })
                .collect();
            tell.send((key, masks)).expect("the test waits");
            wire.expect_close(1001, "Connection closed");
        });
        let socket = WebSocket::new();
        socket.open(peer.url());
        run_until(|| socket.state() == SocketState::Connected);
        for _ in 0..FRAMES {
            socket.send_text_message("");
        }
        settle();
        let (key, of_one) = told.recv().expect("the peer tells");
        let steps: HashSet<u32> = of_one
            .windows(2)
            .map(|two| two[1].wrapping_sub(two[0]))
            .collect();
        assert!(steps.len() > FRAMES - 5, "a sequence: {of_one:?}");
        keys.insert(key);
        masks.extend(of_one);
        drop(socket);
        peer.join();
    }
    assert_eq!(keys.len(), 3);
    assert!(masks.len() > 3 * FRAMES - 5, "{} masks", masks.len());
}
