//! Our own close.

use qwebsocket::CloseCode;

use super::support::frames::*;
use super::support::pair::{listening, next_connection, stopped_clock};
use super::support::raw_peer::{RawPeer, raw_client};
use super::support::settle;
use super::support::transcript::Recorder;
use super::{connected_to, connected_with};

#[test]
fn close_when_connected() {
    let peer = RawPeer::new(|wire| {
        wire.accept_upgrade();
        wire.expect_close(3000, "done");
        wire.send(close(3000, "done"));
        // The client waits for the server to end TCP, so that the waiting for late packets is not the server's.
    });
    let (_socket, recorder) = connected_to(&peer);
    recorder.call("close", |socket| socket.close_with(CloseCode(3000), "done"));
    recorder.run_until("read_channel_finished");
    recorder.expect(
        r#"
        [close
          about_to_close             {Connected, valid | no error | 3000 "done"}
          state_changed(Closing)     {Closing | no error | 3000 "done"}
        ]
        state_changed(Unconnected)   {Unconnected | no error | 3000 "done"}
        disconnected                 {Unconnected | no error | 3000 "done"}
        read_channel_finished        {Unconnected | no error | 3000 "done"}
        "#,
    );
    peer.join();
}

#[test]
fn close_of_the_accepted_end() {
    stopped_clock();
    let server = listening();
    let client = raw_client(server.server_port(), |wire| {
        wire.upgrade();
        wire.expect_close(1000, "bye");
        wire.send(masked(CLOSE, &close_payload(1000, "bye")));
        // The server ends TCP first.
        wire.expect_end();
    });
    let socket = next_connection(&server);
    let recorder = Recorder::new(&socket);
    recorder.call("close", |socket| {
        socket.close_with(CloseCode::NORMAL, "bye");
    });
    recorder.run_until("read_channel_finished");
    recorder.expect(
        r#"
        [close
          about_to_close             {Connected, valid | no error | 1000 "bye"}
          state_changed(Closing)     {Closing | no error | 1000 "bye"}
        ]
        state_changed(Unconnected)   {Unconnected | no error | 1000 "bye"}
        disconnected                 {Unconnected | no error | 1000 "bye"}
        read_channel_finished        {Unconnected | no error | 1000 "bye"}
        "#,
    );
    client.join().expect("the script holds");
}

/// The end of a close that the peer does not answer properly is the same whatever it does.
fn close_ended_by(
    what_the_peer_does: impl FnOnce(&mut super::support::raw_peer::Wire) + Send + 'static,
) {
    let peer = RawPeer::new(|wire| {
        wire.accept_upgrade();
        wire.expect_close(1000, "");
        what_the_peer_does(wire);
    });
    let (_socket, recorder) = connected_to(&peer);
    recorder.call("close", |socket| socket.close());
    recorder.run_until("read_channel_finished");
    peer.join();
    settle();
    recorder.expect(
        "
        [close
          about_to_close             {Connected, valid | no error | 1000}
          state_changed(Closing)     {Closing | no error | 1000}
        ]
        state_changed(Unconnected)   {Unconnected | no error | 1000}
        disconnected                 {Unconnected | no error | 1000}
        read_channel_finished        {Unconnected | no error | 1000}
        ",
    );
}

#[test]
fn a_close_ends_with_the_peers_fin() {
    close_ended_by(|wire| {
        wire.fin();
        wire.expect_end();
    });
}

#[test]
fn a_close_ends_with_the_peers_reset() {
    close_ended_by(|wire| wire.reset());
}

#[test]
fn a_close_ends_with_the_peers_close_and_reset() {
    close_ended_by(|wire| {
        wire.send(close(1000, ""));
        wire.reset();
    });
}

#[test]
fn our_close_code_stays_though_the_peer_answers_with_another() {
    close_ended_by(|wire| wire.send(close(4000, "mine")));
}

#[test]
fn a_peer_that_breaks_the_rules_after_our_close_makes_no_error() {
    close_ended_by(|wire| wire.send(raw_frame(0xF1, None, b"?")));
}

#[test]
fn what_the_peer_sends_after_our_close_is_not_delivered() {
    close_ended_by(|wire| {
        wire.send(frame(TEXT, b"too late"));
        wire.send(part(BINARY, b"too"));
        wire.send(frame(PING, b"no pong to this"));
        wire.send(frame(PONG, b"unheard"));
        wire.send(frame(CONTINUATION, b"late"));
        wire.send(close(1000, ""));
        wire.fin();
        wire.expect_end();
    });
}

#[test]
fn a_message_that_was_arriving_when_we_closed_is_not_delivered() {
    let peer = RawPeer::new(|wire| {
        wire.accept_upgrade();
        wire.send(part(TEXT, b"first half"));
        wire.expect_close(1000, "");
        wire.send(frame(CONTINUATION, b"second half"));
        wire.send(close(1000, ""));
    });
    let (_socket, recorder) = connected_to(&peer);
    recorder.run_until("text_frame_received");
    recorder.forget_through("text_frame_received");
    recorder.call("close", |socket| socket.close());
    recorder.run_until("read_channel_finished");
    recorder.expect(
        "
        [close
          about_to_close             {Connected, valid | no error | 1000}
          state_changed(Closing)     {Closing | no error | 1000}
        ]
        state_changed(Unconnected)   {Unconnected | no error | 1000}
        disconnected                 {Unconnected | no error | 1000}
        read_channel_finished        {Unconnected | no error | 1000}
        ",
    );
    peer.join();
}

#[test]
fn what_about_to_close_sends_leaves_before_the_close_frame() {
    let peer = RawPeer::new(|wire| {
        wire.accept_upgrade();
        wire.expect_frame(TEXT, "before");
        wire.expect_frame(TEXT, "last words");
        wire.expect_frame(BINARY, [7; 70_000]);
        wire.expect_frame(PING, "?");
        wire.expect_close(1000, "");
        wire.send(close(1000, ""));
        wire.fin();
        wire.expect_end();
    });
    let (socket, recorder) = connected_to(&peer);
    let in_slot = recorder.clone();
    socket.about_to_close.connect_to(&socket, move |socket| {
        in_slot.note(format!(
            "text -> {}",
            socket.send_text_message("last words")
        ));
        in_slot.note(format!(
            "binary -> {}",
            socket.send_binary_message([7; 70_000])
        ));
        socket.ping("?");
    });
    let in_slot = recorder.clone();
    socket.state_changed.connect_to(&socket, move |socket, _| {
        in_slot.note(format!("text -> {}", socket.send_text_message("too late")));
        socket.ping("too late");
    });
    recorder.call("close", |socket| {
        socket.send_text_message("before");
        socket.close();
        in_vain(socket.send_text_message("too late"));
    });
    recorder.run_until("read_channel_finished");
    recorder.expect(
        "
        [close
          about_to_close             {Connected, valid | no error | 1000}
          text -> 10
          binary -> 70000
          state_changed(Closing)     {Closing | no error | 1000}
          text -> 0
        ]
        state_changed(Unconnected)   {Unconnected | no error | 1000}
        text -> 0
        disconnected                 {Unconnected | no error | 1000}
        read_channel_finished        {Unconnected | no error | 1000}
        ",
    );
    peer.join();
}

fn in_vain(sent: usize) {
    assert_eq!(sent, 0);
}

#[test]
fn close_again_does_nothing() {
    let peer = RawPeer::new(|wire| {
        wire.accept_upgrade();
        wire.expect_close(1000, "first");
        wire.send(close(1000, "first"));
        wire.fin();
        wire.expect_end();
    });
    let (socket, recorder) = connected_to(&peer);
    socket.about_to_close.connect_to(&socket, |socket| {
        socket.close_with(CloseCode(3001), "in it")
    });
    recorder.call("close", |socket| {
        socket.close_with(CloseCode::NORMAL, "first");
    });
    recorder.call("close", |socket| {
        socket.close_with(CloseCode(3002), "in Closing")
    });
    recorder.run_until("read_channel_finished");
    recorder.call("close", |socket| {
        socket.close_with(CloseCode(3003), "in Unconnected");
    });
    settle();
    recorder.expect(
        r#"
        [close
          about_to_close             {Connected, valid | no error | 1000 "first"}
          state_changed(Closing)     {Closing | no error | 1000 "first"}
        ]
        [close
        ]
        state_changed(Unconnected)   {Unconnected | no error | 1000 "first"}
        disconnected                 {Unconnected | no error | 1000 "first"}
        read_channel_finished        {Unconnected | no error | 1000 "first"}
        [close
        ]
        "#,
    );
    assert_eq!(socket.close_reason(), "first");
    peer.join();
}

const CLOSE_WHILE_CONNECTING: &str = "
    [close
      about_to_close             {Connecting | no error | 3000}
      state_changed(Unconnected) {Unconnected | no error | 3000}
      disconnected               {Unconnected | no error | 3000}
      read_channel_finished      {Unconnected | no error | 3000}
    ]
";

#[test]
fn close_while_connecting_before_tcp() {
    let socket = qwebsocket::WebSocket::new();
    let recorder = Recorder::new(&socket);
    // No loop ran since: there is not even a lookup.
    socket.open("ws://127.0.0.1:1");
    recorder.clear();
    recorder.call("close", |socket| socket.close_with(CloseCode(3000), ""));
    settle();
    recorder.expect(CLOSE_WHILE_CONNECTING);
}

#[test]
fn close_while_connecting_sends_no_frame() {
    let peer = RawPeer::new(|wire| {
        wire.read_head();
        wire.expect_end();
    });
    let socket = qwebsocket::WebSocket::new();
    let recorder = Recorder::new(&socket);
    let written = socket.bytes_written.collect();
    socket.open(peer.url());
    super::support::run_until(|| written.count() > 0);
    recorder.clear();
    recorder.call("close", |socket| socket.close_with(CloseCode(3000), ""));
    peer.join();
    settle();
    recorder.expect(CLOSE_WHILE_CONNECTING);
}

#[test]
fn close_in_the_slot_of_connecting() {
    let socket = qwebsocket::WebSocket::new();
    let recorder = Recorder::new(&socket);
    socket
        .state_changed
        .connect_to(&socket, |socket, _| socket.close());
    recorder.call("open", |socket| socket.open("ws://127.0.0.1:1"));
    settle();
    recorder.expect(
        "
        [open
          state_changed(Connecting)  {Connecting | no error | 1000}
          about_to_close             {Connecting | no error | 1000}
          state_changed(Unconnected) {Unconnected | no error | 1000}
          disconnected               {Unconnected | no error | 1000}
          read_channel_finished      {Unconnected | no error | 1000}
        ]
        ",
    );
}

#[test]
fn close_in_the_slot_of_connected_withholds_nothing() {
    let peer = RawPeer::new(|wire| {
        wire.accept_upgrade();
        wire.expect_close(1000, "");
        wire.send(close(1000, ""));
    });
    let socket = qwebsocket::WebSocket::new();
    let recorder = Recorder::new(&socket);
    socket
        .connected
        .connect_to(&socket, |socket| socket.close());
    socket.open(peer.url());
    recorder.run_until("read_channel_finished");
    recorder.expect(
        "
        state_changed(Connecting)    {Connecting | no error | 1000}
        state_changed(Connected)     {Connected, valid | no error | 1000}
        connected                    {Connected, valid | no error | 1000}
        about_to_close               {Connected, valid | no error | 1000}
        state_changed(Closing)       {Closing | no error | 1000}
        state_changed(Unconnected)   {Unconnected | no error | 1000}
        disconnected                 {Unconnected | no error | 1000}
        read_channel_finished        {Unconnected | no error | 1000}
        ",
    );
    peer.join();
}

/// A connection that a slot ended before anybody was told is not called connected.
#[test]
fn close_in_the_slot_of_the_connected_state() {
    let peer = RawPeer::new(|wire| {
        wire.accept_upgrade();
        wire.expect_close(1000, "");
        wire.send(close(1000, ""));
    });
    let socket = qwebsocket::WebSocket::new();
    let recorder = Recorder::new(&socket);
    socket.state_changed.connect_to(&socket, |socket, state| {
        if state == qwebsocket::SocketState::Connected {
            socket.close();
        }
    });
    socket.open(peer.url());
    recorder.run_until("read_channel_finished");
    recorder.expect(
        "
        state_changed(Connecting)    {Connecting | no error | 1000}
        state_changed(Connected)     {Connected, valid | no error | 1000}
        about_to_close               {Connected, valid | no error | 1000}
        state_changed(Closing)       {Closing | no error | 1000}
        state_changed(Unconnected)   {Unconnected | no error | 1000}
        disconnected                 {Unconnected | no error | 1000}
        read_channel_finished        {Unconnected | no error | 1000}
        ",
    );
    peer.join();
}

/// What `close` could write before it returned is on its way, although the loop never runs again.
#[test]
fn close_then_quit_loses_nothing() {
    let message = "x".repeat(100_000);
    let expected = message.clone();
    let peer = RawPeer::new(move |wire| {
        wire.accept_upgrade();
        wire.expect_frame(TEXT, "one");
        wire.expect_frame(TEXT, &expected);
        wire.expect_close(1000, "bye");
    });
    let (socket, _recorder) = connected_to(&peer);
    socket.send_text_message("one");
    socket.send_text_message(&message);
    socket.close_with(CloseCode::NORMAL, "bye");
    peer.join();
}

#[test]
fn close_then_quit_of_the_accepted_end_loses_nothing() {
    stopped_clock();
    let server = listening();
    let client = raw_client(server.server_port(), |wire| {
        wire.upgrade();
        wire.expect_frame(BINARY, [5; 100_000]);
        wire.expect_close(1001, "bye");
    });
    let socket = next_connection(&server);
    socket.send_binary_message([5; 100_000]);
    socket.close_with(CloseCode::GOING_AWAY, "bye");
    client.join().expect("the script holds");
}

#[test]
fn both_ends_of_one_loop_close_each_other() {
    stopped_clock();
    let server = listening();
    let url = server.server_url().expect("it listens").to_string();
    let (client, of_client) = connected_with(&url, |_, _| {});
    let accepted = next_connection(&server);
    let of_accepted = Recorder::new(&accepted);
    client.close_with(CloseCode(4000), "client");
    accepted.close_with(CloseCode(4001), "server");
    of_client.run_until("read_channel_finished");
    of_accepted.run_until("read_channel_finished");
    settle();
    of_client.expect(
        r#"
        about_to_close               {Connected, valid | no error | 4000 "client"}
        state_changed(Closing)       {Closing | no error | 4000 "client"}
        state_changed(Unconnected)   {Unconnected | no error | 4000 "client"}
        disconnected                 {Unconnected | no error | 4000 "client"}
        read_channel_finished        {Unconnected | no error | 4000 "client"}
        "#,
    );
    of_accepted.expect(
        r#"
        about_to_close               {Connected, valid | no error | 4001 "server"}
        state_changed(Closing)       {Closing | no error | 4001 "server"}
        state_changed(Unconnected)   {Unconnected | no error | 4001 "server"}
        disconnected                 {Unconnected | no error | 4001 "server"}
        read_channel_finished        {Unconnected | no error | 4001 "server"}
        "#,
    );
}
