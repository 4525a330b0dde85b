//! What a socket says about its end.

use std::rc::Rc;

use qwebsocket::{CloseCode, SocketError, SocketState, WebSocket};

use super::client_of;
use super::support::frames::*;
use super::support::pair::{listening, next_connection};
use super::support::raw_peer::{RawPeer, Script, raw_client};
use super::support::run_until;
use super::support::transcript::{Recorder, facts};

/// Code and reason were lost on the way.
#[test]
fn qtbug_42982_code_and_reason_reach_the_other_end_and_stay() {
    let server = listening();
    let client = WebSocket::new();
    client.open(server.server_url().expect("it listens"));
    let accepted = next_connection(&server);
    run_until(|| client.state() == SocketState::Connected);
    client.close_with(CloseCode(4711), "see you");
    run_until(|| client.state() == SocketState::Unconnected);
    run_until(|| accepted.state() == SocketState::Unconnected);
    for socket in [&client, &accepted] {
        assert_eq!(facts(socket), "{Unconnected | no error | 4711 \"see you\"}");
    }
}

/// They were not there yet in the slots that tell of the end.
#[test]
fn qtbug_37228_code_and_reason_are_there_in_every_slot_of_an_end() {
    let peer = RawPeer::in_turn([
        Box::new(|wire: &mut super::Wire| {
            wire.accept_upgrade();
            wire.send(close(3001, "enough"));
            wire.expect_close(3001, "enough");
        }) as Script,
        Box::new(|wire| {
            wire.accept_upgrade();
            wire.expect_close(1001, "Connection closed");
        }),
    ]);
    let socket = WebSocket::new();
    let recorder = Recorder::new(&socket);
    socket.open(peer.url());
    recorder.run_until("read_channel_finished");
    recorder.forget_through("connected");
    recorder.expect(
        "
        about_to_close             {Connected, valid | no error | 3001 \"enough\"}
        state_changed(Closing)     {Closing | no error | 3001 \"enough\"}
        state_changed(Unconnected) {Unconnected | no error | 3001 \"enough\"}
        disconnected               {Unconnected | no error | 3001 \"enough\"}
        read_channel_finished      {Unconnected | no error | 3001 \"enough\"}
        ",
    );
    socket.open(peer.url());
    assert_eq!(facts(&socket), "{Connecting | no error | 1000}");
    run_until(|| socket.state() == SocketState::Connected);
    drop(socket);
    peer.join();
}

/// The text was whatever had been there before, or nothing.
#[test]
fn qtbug_106937_the_text_of_an_error_is_about_that_error() {
    let peer = RawPeer::in_turn([
        Box::new(|wire: &mut super::Wire| {
            wire.read_head();
            wire.send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
        }) as Script,
        Box::new(|wire| {
            wire.accept_upgrade();
            wire.fin();
            wire.expect_end();
        }),
    ]);
    let socket = WebSocket::new();
    assert_eq!(socket.error_string(), "");
    let texts = Rc::new(std::cell::RefCell::new(Vec::new()));
    socket.error.connect_to(&socket, {
        let texts = texts.clone();
        move |socket, _| texts.borrow_mut().push(socket.error_string())
    });
    let ended = socket.disconnected.collect();
    socket.open(peer.url());
    run_until(|| ended.count() == 1);
    socket.open(peer.url());
    assert_eq!(socket.error_string(), "");
    run_until(|| ended.count() == 2);
    socket.open("http://localhost/");
    let texts = texts.borrow();
    assert_eq!(texts.len(), 3);
    assert!(texts[0].contains("404"), "{}", texts[0]);
    assert_eq!(texts[1], "The remote host closed the connection");
    assert!(texts[2].contains("http"), "{}", texts[2]);
    peer.join();
}

/// A getter and a signal shared a name, so that connecting needed a cast.
#[test]
fn qtbug_101756_errors_have_a_signal_with_a_name_of_its_own() {
    let socket = WebSocket::new();
    let recorder = Rc::new(std::cell::RefCell::new(Vec::new()));
    for (name, signal) in [
        ("error", &socket.error),
        ("error_occurred", &socket.error_occurred),
    ] {
        let recorder = recorder.clone();
        signal.connect(move |error| recorder.borrow_mut().push((name, error)));
    }
    socket.open("http://localhost/");
    let error = SocketError::UnsupportedSocketOperation;
    let told = [("error_occurred", error), ("error", error)];
    assert_eq!(*recorder.borrow(), told);
    assert_eq!(socket.error(), error);
}

/// A long reason made a close frame that was none.
#[test]
fn qtbug_62949_a_close_frame_never_exceeds_125_bytes() {
    let (socket, peer) = client_of(|wire| {
        let frame = wire.read_frame();
        assert_eq!((frame.first, frame.payload.len()), (0x80 | CLOSE, 125));
        wire.send(super::support::frames::frame(CLOSE, &frame.payload));
    });
    run_until(|| socket.state() == SocketState::Connected);
    socket.close_with(CloseCode::NORMAL, &"x".repeat(200));
    assert_eq!(socket.close_reason(), "x".repeat(123));
    run_until(|| socket.state() == SocketState::Unconnected);
    peer.join();

    // The reason of the peer's that is sent back.
    let server = listening();
    let client = raw_client(server.server_port(), |wire| {
        wire.upgrade();
        let payload = close_payload(1000, &"y".repeat(123));
        wire.send(masked(CLOSE, &payload));
        wire.expect_frame(CLOSE, payload);
    });
    let socket = next_connection(&server);
    run_until(|| socket.state() == SocketState::Unconnected);
    client.join().expect("the script holds");
}
