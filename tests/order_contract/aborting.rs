//! abort().

use qwebsocket::WebSocket;

use super::support::frames::*;
use super::support::pair::{listening, next_connection, stopped_clock};
use super::support::raw_peer::{RawPeer, raw_client};
use super::support::transcript::Recorder;
use super::support::{run_until, settle};
use super::{connected_to, connected_with};

const ABORTED: &str = "
    [abort
      about_to_close             {Connected | no error | 1000}
      text -> 0
      state_changed(Unconnected) {Unconnected | no error | 1000}
      disconnected               {Unconnected | no error | 1000}
      read_channel_finished      {Unconnected | no error | 1000}
    ]
";

fn send_in_about_to_close(socket: &std::rc::Rc<WebSocket>, recorder: &Recorder) {
    let in_slot = recorder.clone();
    socket.about_to_close.connect_to(socket, move |socket| {
        in_slot.note(format!("text -> {}", socket.send_text_message("no way")));
    });
}

#[test]
fn abort_when_connected() {
    let peer = RawPeer::new(|wire| {
        wire.accept_upgrade();
        // Neither a close frame nor what waited in the queue.
        wire.expect_end();
    });
    let (socket, recorder) = connected_to(&peer);
    send_in_about_to_close(&socket, &recorder);
    recorder.call("abort", |socket| {
        socket.send_text_message("never leaves");
        socket.abort();
    });
    peer.join();
    settle();
    recorder.expect(ABORTED);
}

#[test]
fn abort_of_the_accepted_end() {
    stopped_clock();
    let server = listening();
    let client = raw_client(server.server_port(), |wire| {
        wire.upgrade();
        wire.expect_end();
    });
    let socket = next_connection(&server);
    let recorder = Recorder::new(&socket);
    send_in_about_to_close(&socket, &recorder);
    recorder.call("abort", |socket| socket.abort());
    client.join().expect("the script holds");
    settle();
    recorder.expect(ABORTED);
}

#[test]
fn abort_while_connecting() {
    let peer = RawPeer::new(|wire| {
        wire.read_head();
        wire.expect_end();
    });
    let socket = WebSocket::new();
    let recorder = Recorder::new(&socket);
    let written = socket.bytes_written.collect();
    socket.open(peer.url());
    run_until(|| written.count() > 0);
    recorder.clear();
    recorder.call("abort", |socket| socket.abort());
    peer.join();
    settle();
    recorder.expect(
        "
        [abort
          about_to_close             {Connecting | no error | 1000}
          state_changed(Unconnected) {Unconnected | no error | 1000}
          disconnected               {Unconnected | no error | 1000}
          read_channel_finished      {Unconnected | no error | 1000}
        ]
        ",
    );
}

#[test]
fn abort_in_closing_tells_the_rest() {
    let peer = RawPeer::new(|wire| {
        wire.accept_upgrade();
        wire.expect_close(1000, "");
        wire.expect_end();
    });
    let (socket, recorder) = connected_to(&peer);
    socket.close();
    recorder.clear();
    recorder.call("abort", |socket| socket.abort());
    peer.join();
    settle();
    recorder.expect(
        "
        [abort
          state_changed(Unconnected) {Unconnected | no error | 1000}
          disconnected               {Unconnected | no error | 1000}
          read_channel_finished      {Unconnected | no error | 1000}
        ]
        ",
    );
}

#[test]
fn abort_in_unconnected_does_nothing() {
    let socket = WebSocket::new();
    let recorder = Recorder::new(&socket);
    recorder.call("abort", |socket| socket.abort());
    recorder.expect("[abort\n]");
}

#[test]
fn abort_in_a_message_slot_drops_the_messages_behind_it() {
    let peer = RawPeer::new(|wire| {
        wire.accept_upgrade();
        wire.send([frame(TEXT, b"one"), frame(TEXT, b"two")].concat());
        wire.expect_end();
    });
    // The frame's slot already ends it: not even its own message follows.
    let (_socket, recorder) = connected_with(&peer.url(), |socket, in_slot| {
        socket
            .text_frame_received
            .connect(move |_, _| in_slot.call("abort", |socket| socket.abort()));
    });
    recorder.run_until("read_channel_finished");
    peer.join();
    settle();
    recorder.expect(
        r#"
        text_frame_received("one", true) {Connected, valid | no error | 1000}
        [abort
          about_to_close             {Connected | no error | 1000}
          state_changed(Unconnected) {Unconnected | no error | 1000}
          disconnected               {Unconnected | no error | 1000}
          read_channel_finished      {Unconnected | no error | 1000}
        ]
        "#,
    );
}

#[test]
fn abort_in_about_to_close_skips_the_close_frame() {
    let peer = RawPeer::new(|wire| {
        wire.accept_upgrade();
        wire.expect_end();
    });
    let (socket, recorder) = connected_to(&peer);
    let in_slot = recorder.clone();
    socket
        .about_to_close
        .connect(move || in_slot.call("abort", |socket| socket.abort()));
    recorder.call("close", |socket| socket.close());
    peer.join();
    settle();
    recorder.expect(
        "
        [close
          about_to_close               {Connected, valid | no error | 1000}
          [abort
            state_changed(Unconnected) {Unconnected | no error | 1000}
            disconnected               {Unconnected | no error | 1000}
            read_channel_finished      {Unconnected | no error | 1000}
          ]
        ]
        ",
    );
}
