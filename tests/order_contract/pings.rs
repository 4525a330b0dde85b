//! Pings and pongs, by a clock that the tests advance.

use std::sync::mpsc;
use std::time::Duration;

use qwebsocket::WebSocket;

use super::connected_to;
use super::support::frames::*;
use super::support::pair::{listening, next_connection, stopped_clock};
use super::support::raw_peer::{RawPeer, accepting, raw_client};
use super::support::transcript::Recorder;
use super::support::{run_until, settle};

#[test]
fn each_pong_is_measured_from_its_own_ping() {
    let clock = stopped_clock();
    let (next, go_on) = mpsc::channel();
    let peer = RawPeer::new(move |wire| {
        wire.accept_upgrade();
        for payload in ["a", "b", "b", ""] {
            wire.expect_frame(PING, payload);
        }
        for payload in ["a", "b", "b", ""] {
            go_on.recv().expect("the test says so");
            wire.send(frame(PONG, payload.as_bytes()));
        }
        wire.expect_close(1000, "");
    });
    let (socket, recorder) = connected_to(&peer);
    for payload in ["a", "b", "b", ""] {
        socket.ping(payload);
        clock.advance(Duration::from_millis(10));
    }
    for count in 1..=4 {
        next.send(()).expect("the peer waits");
        recorder.run_until_count("pong", count);
        clock.advance(Duration::from_millis(100));
    }
    recorder.expect(
        r#"
        pong(40, "a")    {Connected, valid | no error | 1000}
        pong(130, "b")   {Connected, valid | no error | 1000}
        pong(220, "b")   {Connected, valid | no error | 1000}
        pong(310, "")    {Connected, valid | no error | 1000}
        "#,
    );
    socket.close();
    peer.join();
}

#[test]
fn an_unsolicited_pong_took_no_time() {
    let clock = stopped_clock();
    let (next, go_on) = mpsc::channel();
    let peer = RawPeer::new(move |wire| {
        wire.accept_upgrade();
        wire.send(frame(PONG, b"alive"));
        wire.expect_frame(PING, "asked");
        go_on.recv().expect("the test says so");
        wire.send(frame(PONG, b"another"));
        wire.send(frame(PONG, b"asked"));
        wire.send(frame(PONG, b"asked"));
        wire.expect_close(1000, "");
    });
    let (socket, recorder) = connected_to(&peer);
    socket.ping("asked");
    clock.advance(Duration::from_millis(7));
    next.send(()).expect("the peer waits");
    recorder.run_until_count("pong", 4);
    recorder.expect(
        r#"
        pong(0, "alive")     {Connected, valid | no error | 1000}
        pong(0, "another")   {Connected, valid | no error | 1000}
        pong(7, "asked")     {Connected, valid | no error | 1000}
        pong(0, "asked")     {Connected, valid | no error | 1000}
        "#,
    );
    socket.close();
    peer.join();
}

/// A peer may answer the latest of several pings only (RFC 6455, 5.5.3).
#[test]
fn a_pong_answers_the_pings_before_its_own_too() {
    let clock = stopped_clock();
    let (next, go_on) = mpsc::channel();
    let peer = RawPeer::new(move |wire| {
        wire.accept_upgrade();
        wire.expect_frame(PING, "first");
        wire.expect_frame(PING, "second");
        go_on.recv().expect("the test says so");
        wire.send([frame(PONG, b"second"), frame(PONG, b"first")].concat());
        wire.expect_close(1000, "");
    });
    let (socket, recorder) = connected_to(&peer);
    socket.ping("first");
    clock.advance(Duration::from_millis(100));
    socket.ping("second");
    clock.advance(Duration::from_millis(5));
    next.send(()).expect("the peer waits");
    recorder.run_until_count("pong", 2);
    recorder.expect(
        r#"
        pong(5, "second")    {Connected, valid | no error | 1000}
        pong(0, "first")     {Connected, valid | no error | 1000}
        "#,
    );
    socket.close();
    peer.join();
}

#[test]
fn a_long_payload_is_cut_to_what_a_control_frame_holds() {
    let clock = stopped_clock();
    let server = listening();
    let client = raw_client(server.server_port(), |wire| {
        wire.upgrade();
        // Binary payloads are fine, and the long one came cut to what a control frame holds.
        assert_eq!(wire.read_frame().payload, [0xFF; 125]);
        wire.send(masked(PONG, &[0xFF; 125]));
        wire.expect_end();
    });
    let socket = next_connection(&server);
    let recorder = Recorder::new(&socket);
    let pongs = socket.pong.collect();
    socket.ping([0xFF; 200]);
    clock.advance(Duration::from_millis(3));
    recorder.run_until("pong");
    assert_eq!(pongs.take_all(), [(3, vec![0xFF; 125])]);
    socket.abort();
    socket.ping("unconnected");
    settle();
    client.join().expect("the script holds");
}

/// Nothing but the request goes out before the upgrade, and the pong that follows answers no ping of ours.
#[test]
fn a_ping_while_connecting_is_not_sent() {
    let clock = stopped_clock();
    let (go_on, may_go_on) = mpsc::channel();
    let peer = RawPeer::new(move |wire| {
        let request = wire.read_head();
        may_go_on.recv().expect("the test says so");
        wire.send(accepting(&request));
        wire.send(frame(PONG, b"early"));
        wire.expect_close(1000, "");
    });
    let socket = WebSocket::new();
    let pongs = socket.pong.collect();
    let written = socket.bytes_written.collect();
    socket.open(peer.url());
    socket.ping("early");
    run_until(|| written.count() > 0);
    socket.ping("early");
    assert_eq!(socket.bytes_to_write(), 0);
    clock.advance(Duration::from_millis(3));
    go_on.send(()).expect("the peer waits");
    run_until(|| pongs.count() > 0);
    assert_eq!(pongs.take_all(), [(0, b"early".to_vec())]);
    socket.close();
    peer.join();
}

/// The library answers by itself, in order, and tells nobody.
#[test]
fn pings_of_the_peer_are_answered_silently() {
    let peer = RawPeer::new(|wire| {
        wire.accept_upgrade();
        wire.send(
            [
                frame(PING, b"1"),
                frame(PING, b""),
                frame(PING, &[b'x'; 125]),
            ]
            .concat(),
        );
        wire.expect_frame(PONG, "1");
        wire.expect_frame(PONG, "");
        wire.expect_frame(PONG, [b'x'; 125]);
        wire.send(frame(TEXT, b"done"));
        wire.expect_close(1000, "");
    });
    let (socket, recorder) = connected_to(&peer);
    recorder.run_until("text_message_received");
    recorder.expect(
        r#"
        text_frame_received("done", true)   {Connected, valid | no error | 1000}
        text_message_received("done")       {Connected, valid | no error | 1000}
        "#,
    );
    socket.close();
    peer.join();
}
