//! The peer closes, or breaks the rules.

use super::support::frames::*;
use super::support::pair::{listening, next_connection, stopped_clock};
use super::support::raw_peer::{RawPeer, Wire, raw_client};
use super::support::settle;
use super::support::transcript::Recorder;
use super::{connected_to, connected_with};

const PEER_CLOSED: &str = r#"
    about_to_close               {Connected, valid | no error | 4001 "moved"}
    state_changed(Closing)       {Closing | no error | 4001 "moved"}
    state_changed(Unconnected)   {Unconnected | no error | 4001 "moved"}
    disconnected                 {Unconnected | no error | 4001 "moved"}
    read_channel_finished        {Unconnected | no error | 4001 "moved"}
"#;

/// However the connection ends behind the peer's close frame, it makes the same transcript.
#[track_caller]
fn peer_closes_and(then: impl FnOnce(&mut Wire) + Send + 'static) {
    let peer = RawPeer::new(|wire| {
        wire.accept_upgrade();
        wire.send(close(4001, "moved"));
        then(wire);
    });
    let (_socket, recorder) = connected_to(&peer);
    recorder.run_until("read_channel_finished");
    peer.join();
    settle();
    recorder.expect(PEER_CLOSED);
}

#[test]
fn the_peer_closes_and_takes_the_answer() {
    peer_closes_and(|wire| wire.expect_close(4001, "moved"));
}

#[test]
fn the_peer_closes_and_ends_tcp_at_once() {
    peer_closes_and(|wire| {
        wire.fin();
        wire.expect_close(4001, "moved");
        wire.expect_end();
    });
}

#[test]
fn the_peer_closes_and_resets() {
    peer_closes_and(|wire| wire.reset());
}

#[test]
fn the_peer_closes_and_resets_behind_the_answer() {
    peer_closes_and(|wire| {
        wire.expect_close(4001, "moved");
        wire.reset();
    });
}

#[test]
fn the_peer_closes_and_talks_on() {
    peer_closes_and(|wire| {
        wire.send(frame(TEXT, b"one more thing"));
        wire.send(close(4002, "again"));
        wire.expect_close(4001, "moved");
        wire.fin();
        wire.expect_end();
    });
}

#[test]
fn the_peer_closes_with_messages_before() {
    let peer = RawPeer::new(|wire| {
        wire.accept_upgrade();
        wire.send([frame(TEXT, b"last"), close(4001, "moved")].concat());
        wire.expect_close(4001, "moved");
    });
    let (_socket, recorder) = connected_to(&peer);
    recorder.run_until("read_channel_finished");
    let message = r#"
        text_frame_received("last", true)   {Connected, valid | no error | 1000}
        text_message_received("last")       {Connected, valid | no error | 1000}
    "#;
    recorder.expect(&[message, PEER_CLOSED].concat());
    peer.join();
}

#[test]
fn the_peer_of_the_accepted_end_closes() {
    stopped_clock();
    let server = listening();
    let client = raw_client(server.server_port(), |wire| {
        wire.upgrade();
        wire.send(masked(CLOSE, &close_payload(4001, "moved")));
        wire.expect_close(4001, "moved");
        // The server ends TCP first.
        wire.expect_end();
    });
    let socket = next_connection(&server);
    let recorder = Recorder::new(&socket);
    recorder.run_until("read_channel_finished");
    recorder.expect(PEER_CLOSED);
    client.join().expect("the script holds");
}

#[test]
fn the_peer_of_the_accepted_end_closes_and_resets() {
    stopped_clock();
    let server = listening();
    let client = raw_client(server.server_port(), |wire| {
        wire.upgrade();
        wire.send(masked(CLOSE, &close_payload(4001, "moved")));
        wire.reset();
    });
    let socket = next_connection(&server);
    let recorder = Recorder::new(&socket);
    recorder.run_until("read_channel_finished");
    client.join().expect("the script holds");
    settle();
    recorder.expect(PEER_CLOSED);
}

/// The peer reads nothing behind its close frame, so nothing is accepted for it.
#[test]
fn sends_are_refused_once_the_peer_has_closed() {
    let peer = RawPeer::new(|wire| {
        wire.accept_upgrade();
        wire.send(close(4001, "moved"));
        wire.expect_close(4001, "moved");
        wire.fin();
        wire.expect_end();
    });
    let (_socket, recorder) = connected_with(&peer.url(), |socket, in_slot| {
        socket.about_to_close.connect_to(socket, move |socket| {
            in_slot.note(format!("text -> {}", socket.send_text_message("deaf")));
            socket.ping("deaf");
            socket.close();
        });
    });
    recorder.run_until("read_channel_finished");
    recorder.expect(&PEER_CLOSED.replacen("state_changed", "text -> 0\nstate_changed", 1));
    peer.join();
}

#[test]
fn our_protocol_error_tells_both_sides() {
    let peer = RawPeer::new(|wire| {
        wire.accept_upgrade();
        wire.send(frame(TEXT, b"good"));
        wire.send(raw_frame(0xA1, None, b"bad"));
        wire.expect_close(1002, "Rsv field is non-zero");
        // Nothing more is said, and nothing more is heard.
        wire.expect_end();
        wire.send(frame(TEXT, b"unheard"));
    });
    let (_socket, recorder) = connected_with(&peer.url(), |socket, in_slot| {
        socket.about_to_close.connect_to(socket, move |socket| {
            in_slot.note(format!("text -> {}", socket.send_text_message("deaf")));
            socket.ping("deaf");
        });
    });
    recorder.run_until("read_channel_finished");
    let long = "The peer set reserved bits (010) in a frame, but no extension is in use.";
    recorder.expect(&format!(
        r#"
        text_frame_received("good", true) {{Connected, valid | no error | 1000}}
        text_message_received("good")     {{Connected, valid | no error | 1000}}
        about_to_close               {{Connected, valid | Unknown "{long}" | 1002 "Rsv field is non-zero"}}
        text -> 0
        state_changed(Closing)       {{Closing | Unknown "{long}" | 1002 "Rsv field is non-zero"}}
        state_changed(Unconnected)   {{Unconnected | Unknown "{long}" | 1002 "Rsv field is non-zero"}}
        disconnected                 {{Unconnected | Unknown "{long}" | 1002 "Rsv field is non-zero"}}
        read_channel_finished        {{Unconnected | Unknown "{long}" | 1002 "Rsv field is non-zero"}}
        "#
    ));
    peer.join();
}

#[test]
fn a_limit_is_told_as_a_protocol_error_is() {
    let peer = RawPeer::new(|wire| {
        wire.accept_upgrade();
        wire.send(frame(BINARY, &[0; 11]));
        wire.expect_close(1009, "Maximum framesize exceeded.");
        wire.expect_end();
    });
    let (_socket, recorder) = connected_with(&peer.url(), |socket, _| {
        socket.set_max_allowed_incoming_frame_size(10);
    });
    recorder.run_until("read_channel_finished");
    let facts = r#"Unknown "The peer announced a frame of 11 bytes; 10 are allowed." | 1009 "Maximum framesize exceeded.""#;
    recorder.expect(&format!(
        "
        about_to_close               {{Connected, valid | {facts}}}
        state_changed(Closing)       {{Closing | {facts}}}
        state_changed(Unconnected)   {{Unconnected | {facts}}}
        disconnected                 {{Unconnected | {facts}}}
        read_channel_finished        {{Unconnected | {facts}}}
        "
    ));
    peer.join();
}

#[test]
fn the_accepted_end_tells_a_protocol_error() {
    stopped_clock();
    let server = listening();
    let client = raw_client(server.server_port(), |wire| {
        wire.upgrade();
        wire.send(frame(TEXT, b"no mask"));
        wire.expect_close(1002, "Unmasked frame received from the client");
        wire.expect_end();
    });
    let socket = next_connection(&server);
    let recorder = Recorder::new(&socket);
    recorder.run_until("read_channel_finished");
    let facts = "Unknown \"The client sent a frame without a mask; clients mask whatever they send.\" \
                 | 1002 \"Unmasked frame received from the client\"";
    recorder.expect(&format!(
        "
        about_to_close               {{Connected, valid | {facts}}}
        state_changed(Closing)       {{Closing | {facts}}}
        state_changed(Unconnected)   {{Unconnected | {facts}}}
        disconnected                 {{Unconnected | {facts}}}
        read_channel_finished        {{Unconnected | {facts}}}
        "
    ));
    client.join().expect("the script holds");
}
