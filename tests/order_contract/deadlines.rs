//! Deadlines, by a clock that the tests advance.

use std::time::Duration;

use qwebsocket::{SocketState, WebSocket};

use super::support::frames::*;
use super::support::pair::{listening, next_connection, stopped_clock};
use super::support::raw_peer::{RawPeer, Script, Wire, raw_client};
use super::support::transcript::Recorder;
use super::support::{run_until, settle};
use super::{connected_to, connected_with};

const MOMENT: Duration = Duration::from_millis(1);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

#[test]
fn a_server_that_never_answers() {
    let clock = stopped_clock();
    let peer = RawPeer::new(|wire| {
        wire.read_head();
        wire.send("HTTP/1.1 101 "); // a slow start is no excuse
        wire.expect_end();
    });
    let socket = WebSocket::new();
    let recorder = Recorder::new(&socket);
    let written = socket.bytes_written.collect();
    socket.open(peer.url());
    run_until(|| written.count() > 0);
    recorder.expect_and_clear("state_changed(Connecting) {Connecting | no error | 1000}");
    clock.advance(CONNECT_TIMEOUT - MOMENT);
    settle();
    recorder.expect("");
    clock.advance(MOMENT);
    recorder.run_until("read_channel_finished");
    recorder.expect(
        r#"
        error(SocketTimeout)         {Connecting | SocketTimeout "Connection timed out" | 1006}
        state_changed(Unconnected)   {Unconnected | SocketTimeout "Connection timed out" | 1006}
        disconnected                 {Unconnected | SocketTimeout "Connection timed out" | 1006}
        read_channel_finished        {Unconnected | SocketTimeout "Connection timed out" | 1006}
        "#,
    );
    peer.join();
}

#[test]
fn a_connect_timeout_of_ones_own_and_none_at_all() {
    let clock = stopped_clock();
    let wait_for_the_end = || {
        Box::new(|wire: &mut Wire| {
            wire.read_head();
            wire.expect_end();
        }) as Script
    };
    let peer = RawPeer::in_turn([wait_for_the_end(), wait_for_the_end()]);
    let socket = WebSocket::new();
    let recorder = Recorder::new(&socket);
    let written = socket.bytes_written.collect();
    for timeout in [Some(MOMENT), None] {
        recorder.clear();
        socket.set_connect_timeout(timeout);
        socket.open(peer.url());
        assert!(written.wait(super::support::PATIENCE));
        written.take_all();
        clock.advance(MOMENT);
        settle();
        assert_eq!(
            recorder.count("error(SocketTimeout)"),
            timeout.iter().count()
        );
    }
    clock.advance(Duration::from_secs(1_000_000));
    settle();
    assert_eq!(socket.state(), SocketState::Connecting);
    socket.abort();
    peer.join();
}

/// The deadline of the connection attempt means nothing to a connection that stands.
#[test]
fn a_connection_that_stands_has_no_deadline() {
    let clock = stopped_clock();
    let peer = RawPeer::new(|wire| {
        wire.accept_upgrade();
        wire.send(part(TEXT, b"a message without an end"));
        wire.expect_close(1000, "");
    });
    let (socket, recorder) = connected_to(&peer);
    recorder.run_until("text_frame_received");
    recorder.clear();
    clock.advance(Duration::from_secs(1_000_000));
    settle();
    recorder.expect("");
    socket.close();
    peer.join();
}

#[test]
fn a_peer_that_does_not_answer_our_close() {
    let clock = stopped_clock();
    let peer = RawPeer::new(|wire| {
        wire.accept_upgrade();
        wire.expect_close(1000, "");
        wire.send(frame(TEXT, b"not listening"));
        wire.expect_end();
    });
    let (_socket, recorder) = connected_to(&peer);
    recorder.call("close", |socket| socket.close());
    clock.advance(CLOSE_TIMEOUT - MOMENT);
    settle();
    recorder.expect_and_clear(
        "
        [close
          about_to_close             {Connected, valid | no error | 1000}
          state_changed(Closing)     {Closing | no error | 1000}
        ]
        ",
    );
    clock.advance(MOMENT);
    recorder.run_until("read_channel_finished");
    recorder.expect(
        "
        state_changed(Unconnected)   {Unconnected | no error | 1000}
        disconnected                 {Unconnected | no error | 1000}
        read_channel_finished        {Unconnected | no error | 1000}
        ",
    );
    peer.join();
}

#[test]
fn a_client_that_does_not_answer_the_accepted_ends_close() {
    let clock = stopped_clock();
    let server = listening();
    let client = raw_client(server.server_port(), |wire| {
        wire.upgrade();
        wire.expect_close(1000, "");
        wire.expect_end();
    });
    let socket = next_connection(&server);
    let recorder = Recorder::new(&socket);
    socket.set_close_timeout(Some(MOMENT));
    socket.close();
    clock.advance(MOMENT);
    recorder.run_until("read_channel_finished");
    recorder.expect(
        "
        about_to_close               {Connected, valid | no error | 1000}
        state_changed(Closing)       {Closing | no error | 1000}
        state_changed(Unconnected)   {Unconnected | no error | 1000}
        disconnected                 {Unconnected | no error | 1000}
        read_channel_finished        {Unconnected | no error | 1000}
        ",
    );
    client.join().expect("the script holds");
}

/// Both closed, but the server does not end TCP.
#[test]
fn a_server_that_does_not_end_tcp() {
    let clock = stopped_clock();
    let (answered, has_answered) = std::sync::mpsc::channel();
    let peer = RawPeer::new(move |wire| {
        wire.accept_upgrade();
        wire.expect_close(1000, "");
        wire.send(close(1000, ""));
        answered.send(()).expect("the test waits");
        wire.expect_end();
    });
    let (socket, recorder) = connected_to(&peer);
    socket.close();
    has_answered.recv().expect("the peer answers");
    settle();
    clock.advance(CLOSE_TIMEOUT - MOMENT);
    settle();
    assert_eq!(recorder.count("state_changed(Unconnected)"), 0);
    clock.advance(MOMENT);
    recorder.run_until("read_channel_finished");
    peer.join();
}

#[test]
fn a_peer_that_breaks_the_rules_and_stays() {
    let clock = stopped_clock();
    let peer = RawPeer::new(|wire| {
        wire.accept_upgrade();
        wire.send(raw_frame(0x83, None, &[]));
        wire.expect_close(1002, "Used reserved opcode");
        wire.expect_end();
        // Only now, when the client has gone for good, does this one.
    });
    let (socket, recorder) = connected_to(&peer);
    recorder.run_until("state_changed(Closing)");
    settle();
    clock.advance(CLOSE_TIMEOUT);
    recorder.run_until("read_channel_finished");
    assert_eq!(recorder.count("error("), 0);
    drop(socket);
    peer.join();
}

#[test]
fn a_message_that_does_not_end() {
    let clock = stopped_clock();
    let timeout = Duration::from_secs(3);
    let (next, go_on) = std::sync::mpsc::channel();
    let peer = RawPeer::new(move |wire| {
        wire.accept_upgrade();
        for half in [&b"in time"[..], b"slow"] {
            wire.send(part(TEXT, half));
            go_on.recv().expect("the test says so");
            if half == b"in time" {
                wire.send(frame(CONTINUATION, b""));
                go_on.recv().expect("the test says so");
            }
        }
        wire.expect_close(1001, "Timeout when reading data from socket.");
        wire.expect_end();
    });
    let (_socket, recorder) = connected_with(&peer.url(), |socket, in_slot| {
        socket.set_message_timeout(Some(timeout));
        socket.about_to_close.connect_to(socket, move |socket| {
            in_slot.note(format!("text -> {}", socket.send_text_message("deaf")));
        });
    });
    recorder.run_until(r#"text_frame_received("in time""#);
    settle();
    clock.advance(timeout - MOMENT);
    settle();
    next.send(()).expect("the peer waits");
    recorder.run_until("text_message_received");
    clock.advance(timeout); // between messages there is no deadline
    settle();
    next.send(()).expect("the peer waits");
    recorder.run_until(r#"text_frame_received("slow""#);
    settle();
    clock.advance(timeout - MOMENT);
    settle();
    recorder.expect_and_clear(
        r#"
        text_frame_received("in time", false)  {Connected, valid | no error | 1000}
        text_frame_received("", true)          {Connected, valid | no error | 1000}
        text_message_received("in time")       {Connected, valid | no error | 1000}
        text_frame_received("slow", false)     {Connected, valid | no error | 1000}
        "#,
    );
    clock.advance(MOMENT);
    next.send(()).expect("the peer waits");
    recorder.run_until("read_channel_finished");
    let facts = r#"Unknown "The peer did not finish a message in time." | 1001 "Timeout when reading data from socket.""#;
    recorder.expect(&format!(
        "
        about_to_close               {{Connected, valid | {facts}}}
        text -> 0
        state_changed(Closing)       {{Closing | {facts}}}
        state_changed(Unconnected)   {{Unconnected | {facts}}}
        disconnected                 {{Unconnected | {facts}}}
        read_channel_finished        {{Unconnected | {facts}}}
        "
    ));
    peer.join();
}

/// Messages without a pause between them: each has its own time.
#[test]
fn a_message_that_begins_as_another_one_ends() {
    let clock = stopped_clock();
    let timeout = Duration::from_secs(3);
    let (next, go_on) = std::sync::mpsc::channel();
    let peer = RawPeer::new(move |wire| {
        wire.accept_upgrade();
        wire.send(part(TEXT, b"one"));
        go_on.recv().expect("the test says so");
        wire.send([frame(CONTINUATION, b""), part(TEXT, b"two")].concat());
        go_on.recv().expect("the test says so");
        wire.send(frame(CONTINUATION, b""));
        wire.expect_close(1000, "");
    });
    let (socket, recorder) = connected_with(&peer.url(), |socket, _| {
        socket.set_message_timeout(Some(timeout));
    });
    for text in ["one", "two"] {
        recorder.run_until(&format!(r#"text_frame_received("{text}""#));
        settle();
        clock.advance(timeout - MOMENT);
        settle();
        next.send(()).expect("the peer waits");
    }
    recorder.run_until(r#"text_message_received("two")"#);
    socket.close();
    peer.join();
}

/// A header, even its first byte, begins a message.
#[test]
fn a_frame_that_stops_inside_its_header() {
    let clock = stopped_clock();
    let (sent, has_sent) = std::sync::mpsc::channel();
    let peer = RawPeer::new(move |wire| {
        wire.accept_upgrade();
        wire.send([frame(TEXT, b"before"), vec![0x82]].concat());
        sent.send(()).expect("the test waits");
        wire.expect_close(1001, "Timeout when reading data from socket.");
        wire.expect_end();
    });
    let (_socket, recorder) = connected_with(&peer.url(), |socket, _| {
        socket.set_message_timeout(Some(MOMENT));
    });
    has_sent.recv().expect("the peer sends");
    recorder.run_until("text_message_received");
    settle();
    clock.advance(MOMENT);
    recorder.run_until("read_channel_finished");
    assert_eq!(recorder.count("error("), 0);
    peer.join();
}

/// The clock of the close runs while a slot of `about_to_close` waits for the end in a loop of its own.
#[test]
fn waiting_in_about_to_close_for_the_end_ends() {
    let clock = stopped_clock();
    let peer = RawPeer::new(|wire| {
        wire.accept_upgrade();
        wire.expect_end();
    });
    let (_socket, recorder) = connected_with(&peer.url(), |socket, in_slot| {
        socket.about_to_close.connect(move || {
            clock.advance(CLOSE_TIMEOUT);
            in_slot.note("[wait");
            in_slot.run_until("read_channel_finished");
            in_slot.note("]");
        });
    });
    recorder.call("close", |socket| socket.close());
    peer.join();
    settle();
    recorder.expect(
        "
        [close
          about_to_close               {Connected, valid | no error | 1000}
          [wait
            state_changed(Closing)     {Closing | no error | 1000}
            state_changed(Unconnected) {Unconnected | no error | 1000}
            disconnected               {Unconnected | no error | 1000}
            read_channel_finished      {Unconnected | no error | 1000}
          ]
        ]
        ",
    );
}
