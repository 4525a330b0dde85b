//! Packets end where they like.

use std::sync::mpsc;
use std::time::Duration;

use qeventloop::reactor::Dispatcher;
use qwebsocket::{SocketState, WebSocket};

use super::support::frames::*;
use super::support::pair::{listening, next_connection, stopped_clock};
use super::support::raw_peer::{RawPeer, accepting, raw_client};
use super::support::{run_until, settle};
use super::{REQUEST, client_of, send_bytewise};

/// A handshake in more than one packet was refused.
#[test]
fn qtbug_40878_a_handshake_may_come_in_any_number_of_packets() {
    let peer = RawPeer::new(|wire| {
        let answer = accepting(&wire.read_head());
        send_bytewise(wire, answer);
        wire.expect_close(1001, "Connection closed");
    });
    let socket = WebSocket::new();
    socket.open(peer.url());
    run_until(|| socket.state() == SocketState::Connected);
    drop(socket);
    peer.join();

    let server = listening();
    let client = raw_client(server.server_port(), |wire| {
        send_bytewise(wire, REQUEST);
        assert!(wire.read_head().starts_with("HTTP/1.1 101 "));
        wire.expect_close(1001, "Connection closed");
    });
    drop(next_connection(&server));
    client.join().expect("it is accepted");
}

/// A head that did not end kept the server busy for ever.
#[test]
fn qtbug_51001_a_head_without_an_end_is_refused_and_others_are_served() {
    let server = listening();
    let endless = raw_client(server.server_port(), |wire| {
        wire.send("GET / HTTP/1.1\r\n");
        wire.send("X-Header: value\r\n".repeat(200));
        assert!(wire.read_head().starts_with("HTTP/1.1 431 "));
        wire.read_rest();
    });
    let client = raw_client(server.server_port(), |wire| {
        wire.upgrade();
        wire.expect_close(1001, "Connection closed");
    });
    drop(next_connection(&server));
    client.join().expect("it is accepted");
    run_until(|| endless.is_finished());
    endless.join().expect("it is refused");
}

/// Of several frames in one packet only the first was delivered.
#[test]
fn qtbug_70000_all_frames_of_a_packet_are_delivered() {
    let (socket, peer) = client_of(|wire| {
        let frames = (0..1000).flat_map(|number| frame(TEXT, format!("{number}").as_bytes()));
        wire.send(frames.collect::<Vec<u8>>());
        wire.expect_close(1001, "Connection closed");
    });
    let messages = socket.text_message_received.collect();
    run_until(|| messages.count() == 1000);
    for number in 0..1000 {
        assert_eq!(messages.try_next(), Some((number.to_string(),)));
    }
    drop(socket);
    peer.join();
}

/// A header that a packet had cut was misread.
#[test]
fn qtbug_77830_a_frame_may_be_cut_anywhere() {
    let server = listening();
    let client = raw_client(server.server_port(), |wire| {
        wire.upgrade();
        for length in [0, 1, 125, 126, 300] {
            send_bytewise(wire, masked(BINARY, &vec![length as u8; length]));
        }
        // Its length takes eight bytes.
        let long = masked(BINARY, &[9; 65_536]);
        send_bytewise(wire, &long[..20]);
        wire.send(&long[20..]);
        wire.expect_close(1001, "Connection closed");
    });
    let socket = next_connection(&server);
    let messages = socket.binary_message_received.collect();
    run_until(|| messages.count() == 6);
    for length in [0, 1, 125, 126, 300] {
        let message = vec![length as u8; length];
        assert_eq!(messages.try_next(), Some((message,)));
    }
    assert!(messages.try_next() == Some((vec![9; 65_536],)));
    drop(socket);
    client.join().expect("the script holds");
}

/// What had arrived before anybody listened was never looked at again.
#[test]
fn qtbug_102111_what_arrives_before_a_slot_is_connected_is_not_lost() {
    let server = listening();
    let client = raw_client(server.server_port(), |wire| {
        wire.send([REQUEST.as_bytes(), &masked(TEXT, b"early")].concat());
        assert!(wire.read_head().starts_with("HTTP/1.1 101 "));
        wire.expect_close(1001, "Connection closed");
    });
    run_until(|| server.has_pending_connections());
    settle();
    settle();
    let socket = server.next_pending_connection().expect("it waits");
    let messages = socket.text_message_received.collect();
    run_until(|| messages.count() == 1);
    assert_eq!(messages.try_next(), Some(("early".to_owned(),)));
    drop(socket);
    client.join().expect("the script holds");
}

/// The server span over a client that had gone away in the middle of its request.
#[test]
fn qtbug_64026_half_a_request_keeps_nobody_busy() {
    let server = listening();
    let (done, is_done) = mpsc::channel();
    let gone = raw_client(server.server_port(), move |wire| {
        wire.send(&REQUEST[..50]);
        wire.fin();
        wire.expect_end();
        done.send(()).expect("somebody waits");
    });
    let silent = raw_client(server.server_port(), move |wire| {
        wire.send(&REQUEST[..50]);
        let _ = is_done.recv();
        wire.send(&REQUEST[50..]);
        wire.read_head();
        wire.expect_close(1001, "Connection closed");
    });
    run_until(|| gone.is_finished());
    let dispatcher = Dispatcher::current().expect("a loop");
    let socket = next_connection(&server);
    let turns = dispatcher.turns();
    let _ = qwebsocket::EventLoop::new().wait_for_events(Some(Duration::from_millis(50)));
    assert!(dispatcher.turns() - turns < 10, "the loop spins");
    drop(socket);
    gone.join().expect("it just ends");
    silent.join().expect("it is accepted in the end");
}

/// Half a frame made the whole thread wait for the rest, and then a slow peer was closed.
#[test]
fn qtbug_74464_half_a_frame_blocks_nobody_and_has_time() {
    let clock = stopped_clock();
    let (half, is_half) = mpsc::channel();
    let (go, gate) = mpsc::channel();
    let (slow, peer) = client_of(move |wire| {
        let message = frame(TEXT, b"slow but complete");
        wire.send(&message[..8]);
        half.send(()).expect("somebody waits");
        gate.recv().expect("the test says so");
        wire.send(&message[8..]);
        wire.expect_close(1001, "Connection closed");
    });
    let (quick, other_peer) = client_of(|wire| {
        wire.send(frame(TEXT, b"quick"));
        wire.expect_close(1001, "Connection closed");
    });
    let (late, early) = (
        slow.text_message_received.collect(),
        quick.text_message_received.collect(),
    );
    run_until(|| is_half.try_recv().is_ok());
    run_until(|| early.count() == 1);
    for _ in 0..60 {
        clock.advance(Duration::from_secs(60));
        settle();
    }
    assert_eq!((late.count(), slow.state()), (0, SocketState::Connected));
    go.send(()).expect("the peer waits");
    run_until(|| late.count() == 1);
    drop((slow, quick));
    peer.join();
    other_peer.join();
}
