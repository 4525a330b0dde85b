//! TCP is lost under a connection that stands.

use super::support::frames::*;
use super::support::pair::{listening, next_connection, stopped_clock};
use super::support::raw_peer::{RawPeer, Wire, raw_client};
use super::support::settle;
use super::support::transcript::Recorder;
use super::{connected_to, connected_with};

const LOST: &str = r#"
    error(RemoteHostClosed)      {Connected | RemoteHostClosed "The remote host closed the connection" | 1006}
    state_changed(Closing)       {Closing | RemoteHostClosed "The remote host closed the connection" | 1006}
    state_changed(Unconnected)   {Unconnected | RemoteHostClosed "The remote host closed the connection" | 1006}
    disconnected                 {Unconnected | RemoteHostClosed "The remote host closed the connection" | 1006}
    read_channel_finished        {Unconnected | RemoteHostClosed "The remote host closed the connection" | 1006}
"#;

#[track_caller]
fn lost_by(script: impl FnOnce(&mut Wire) + Send + 'static) {
    let peer = RawPeer::new(|wire| {
        wire.accept_upgrade();
        script(wire);
    });
    let (_socket, recorder) = connected_to(&peer);
    recorder.run_until("read_channel_finished");
    peer.join();
    settle();
    recorder.expect(LOST);
}

#[test]
fn the_peer_ends_tcp() {
    lost_by(|wire| {
        wire.fin();
        // Nothing is said to a peer that is gone.
        wire.expect_end();
    });
}

#[test]
fn the_peer_resets() {
    lost_by(|wire| wire.reset());
}

#[test]
fn the_peer_ends_tcp_inside_a_header() {
    lost_by(|wire| {
        wire.send([0x81]);
        wire.fin();
        wire.expect_end();
    });
}

#[test]
fn the_peer_ends_tcp_inside_a_frame() {
    lost_by(|wire| {
        wire.send(&frame(TEXT, b"not all of it")[..7]);
        wire.fin();
        wire.expect_end();
    });
}

#[test]
fn the_peer_resets_inside_a_frame() {
    lost_by(|wire| {
        wire.send(&frame(BINARY, &[1; 1000])[..100]);
        wire.reset();
    });
}

const MESSAGE_THEN_LOST: &str = r#"
    text_frame_received("complete", true)    {Connected, valid | no error | 1000}
    text_message_received("complete")        {Connected, valid | no error | 1000}
    binary_frame_received([1], false)        {Connected, valid | no error | 1000}
"#;

#[test]
fn complete_messages_come_before_the_loss() {
    let peer = RawPeer::new(|wire| {
        wire.accept_upgrade();
        let frames = [
            frame(TEXT, b"complete"),
            part(BINARY, &[1]),
            part(CONTINUATION, &[2, 3]),
        ];
        let mut bytes = frames.concat();
        bytes.pop(); // half a frame at the end
        wire.send(bytes);
        wire.fin();
        wire.expect_end();
    });
    let (_socket, recorder) = connected_to(&peer);
    recorder.run_until("read_channel_finished");
    recorder.expect(&[MESSAGE_THEN_LOST, LOST].concat());
    peer.join();
}

#[test]
fn complete_messages_come_before_the_loss_at_the_accepted_end() {
    stopped_clock();
    let server = listening();
    let client = raw_client(server.server_port(), |wire| {
        wire.upgrade();
        wire.send(masked(TEXT, b"complete"));
        wire.send(raw_frame(BINARY, Some(MASK), &[1]));
        wire.fin();
        wire.expect_end();
    });
    let socket = next_connection(&server);
    let recorder = Recorder::new(&socket);
    recorder.run_until("read_channel_finished");
    recorder.expect(&[MESSAGE_THEN_LOST, LOST].concat());
    client.join().expect("the script holds");
}

#[test]
fn the_peer_of_the_accepted_end_resets() {
    stopped_clock();
    let server = listening();
    let client = raw_client(server.server_port(), |wire| {
        wire.upgrade();
        wire.reset();
    });
    let socket = next_connection(&server);
    let recorder = Recorder::new(&socket);
    recorder.run_until("read_channel_finished");
    client.join().expect("the script holds");
    settle();
    recorder.expect(LOST);
}

#[test]
fn a_write_into_a_lost_connection_is_a_loss_too() {
    let peer = RawPeer::new(|wire| {
        wire.accept_upgrade();
        wire.send(frame(TEXT, b"complete"));
        wire.reset();
    });
    let (_socket, recorder) = connected_with(&peer.url(), |socket, _| {
        socket
            .text_message_received
            .connect_to(socket, |socket, text| {
                for _ in 0..2 {
                    socket.send_text_message(text);
                    socket.flush();
                }
            });
    });
    recorder.run_until("read_channel_finished");
    peer.join();
    settle();
    recorder.forget_through("text_message_received");
    recorder.expect(LOST);
}

#[test]
fn what_is_done_in_the_slot_of_error_comes_too_late() {
    let peer = RawPeer::new(|wire| {
        wire.accept_upgrade();
        wire.fin();
        wire.expect_end();
    });
    let (_socket, recorder) = connected_with(&peer.url(), |socket, in_slot| {
        socket.error.connect_to(socket, move |socket, _| {
            in_slot.note(format!("text -> {}", socket.send_text_message("hello?")));
            socket.ping("hello?");
            in_slot.call("close", |socket| socket.close());
            in_slot.call("abort", |socket| socket.abort());
        });
    });
    recorder.run_until("read_channel_finished");
    settle();
    let lost: Vec<&str> = LOST.trim().lines().collect();
    let expected = [
        &lost[..1],
        &["text -> 0", "[close", "]", "[abort"],
        &lost[1..],
        &["]"],
    ];
    recorder.expect(&expected.concat().join("\n"));
    peer.join();
}
