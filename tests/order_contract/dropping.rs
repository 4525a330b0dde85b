//! Dropping the last `Rc`. Nobody can ask the socket anything any more, so the slots get only what is handed to them.

use std::sync::mpsc;

use qwebsocket::WebSocket;

use super::connected_to;
use super::support::frames::*;
use super::support::pair::{listening, next_connection, stopped_clock};
use super::support::raw_peer::{RawPeer, raw_client};
use super::support::transcript::Recorder;
use super::support::{run_until, settle};

const DROPPED_WHEN_CONNECTED: &str = "
    [drop
      about_to_close               {dropped}
      state_changed(Closing)       {dropped}
      state_changed(Unconnected)   {dropped}
      disconnected                 {dropped}
      read_channel_finished        {dropped}
    ]
";

#[test]
fn drop_when_connected() {
    let peer = RawPeer::new(|wire| {
        wire.accept_upgrade();
        wire.expect_frame(TEXT, "queued");
        wire.expect_close(1001, "Connection closed");
        wire.expect_end();
    });
    let (socket, recorder) = connected_to(&peer);
    socket.send_text_message("queued");
    recorder.drop_socket(socket);
    // The loop is not needed for that.
    peer.join();
    settle();
    recorder.expect(DROPPED_WHEN_CONNECTED);
}

#[test]
fn drop_of_the_accepted_end() {
    stopped_clock();
    let server = listening();
    let client = raw_client(server.server_port(), |wire| {
        wire.upgrade();
        wire.expect_frame(TEXT, "queued");
        wire.expect_close(1001, "Connection closed");
        wire.expect_end();
    });
    let socket = next_connection(&server);
    let recorder = Recorder::new(&socket);
    socket.send_text_message("queued");
    recorder.drop_socket(socket);
    client.join().expect("the script holds");
    settle();
    recorder.expect(DROPPED_WHEN_CONNECTED);
}

/// What the peer sent and nobody read does not turn the end into a reset, which would take the close frame with it.
#[test]
fn drop_over_unread_bytes_still_tells_the_peer() {
    let (next, go_on) = mpsc::channel();
    let (sent, has_sent) = mpsc::channel();
    let peer = RawPeer::new(move |wire| {
        wire.accept_upgrade();
        go_on.recv().expect("the test says so");
        wire.send(frame(BINARY, &[0; 50_000]));
        sent.send(()).expect("the test waits");
        go_on.recv().expect("the test says so");
        wire.expect_close(1001, "Connection closed");
        wire.expect_fin();
        let error = wire.stream().take_error().expect("an answer");
        assert!(error.is_none(), "{error:?}");
    });
    let (socket, recorder) = connected_to(&peer);
    next.send(()).expect("the peer waits");
    has_sent.recv().expect("the peer sends");
    recorder.drop_socket(socket);
    next.send(()).expect("the peer waits");
    peer.join();
    recorder.expect(DROPPED_WHEN_CONNECTED);
}

#[test]
fn drop_while_connecting_is_silent() {
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
    recorder.drop_socket(socket);
    peer.join();
    settle();
    recorder.expect("[drop\n]");
}

#[test]
fn drop_when_unconnected_is_silent() {
    let never_opened = WebSocket::new();
    let recorder = Recorder::new(&never_opened);
    recorder.drop_socket(never_opened);
    recorder.expect("[drop\n]");

    let peer = RawPeer::new(|wire| {
        wire.accept_upgrade();
    });
    let (socket, recorder) = connected_to(&peer);
    recorder.run_until("read_channel_finished");
    recorder.clear();
    recorder.drop_socket(socket);
    settle();
    recorder.expect("[drop\n]");
    peer.join();
}

#[test]
fn drop_in_closing_tells_the_rest() {
    let peer = RawPeer::new(|wire| {
        wire.accept_upgrade();
        wire.expect_close(1000, "");
        wire.expect_end();
    });
    let (socket, recorder) = connected_to(&peer);
    socket.close();
    recorder.clear();
    recorder.drop_socket(socket);
    peer.join();
    settle();
    recorder.expect(
        "
        [drop
          state_changed(Unconnected)   {dropped}
          disconnected                 {dropped}
          read_channel_finished        {dropped}
        ]
        ",
    );
}
