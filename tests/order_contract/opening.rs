//! Connecting, and messages.

use qwebsocket::{NetworkRequest, WebSocket};

use super::connected_to;
use super::support::frames::*;
use super::support::pair::{listening, next_connection, stopped_clock};
use super::support::raw_peer::{RawPeer, raw_client};
use super::support::transcript::Recorder;

#[test]
fn connect() {
    let peer = RawPeer::new(|wire| {
        wire.accept_upgrade();
        wire.expect_close(1000, "");
    });
    let socket = WebSocket::new();
    let recorder = Recorder::new(&socket);
    recorder.call("open", |socket| socket.open(peer.url()));
    recorder.run_until("connected");
    recorder.expect(
        "
        [open
          state_changed(Connecting)  {Connecting | no error | 1000}
        ]
        state_changed(Connected)     {Connected, valid | no error | 1000}
        connected                    {Connected, valid | no error | 1000}
        ",
    );
    socket.close();
    peer.join();
}

#[test]
fn the_accepted_end_is_connected_from_the_start_and_silent_about_it() {
    stopped_clock();
    let server = listening();
    let client = raw_client(server.server_port(), |wire| {
        wire.upgrade();
        wire.send(masked(TEXT, b"hi"));
        wire.expect_close(1000, "");
        wire.send(masked(CLOSE, &close_payload(1000, "")));
        wire.expect_end();
    });
    let socket = next_connection(&server);
    let recorder = Recorder::new(&socket);
    assert_eq!(recorder.lines(), [""; 0]);
    recorder.run_until("text_message_received");
    recorder.expect(
        r#"
        text_frame_received("hi", true)   {Connected, valid | no error | 1000}
        text_message_received("hi")       {Connected, valid | no error | 1000}
        "#,
    );
    socket.close();
    recorder.run_until("read_channel_finished");
    client.join().expect("the script holds");
}

#[test]
fn frames_come_before_their_message() {
    let peer = RawPeer::new(|wire| {
        wire.accept_upgrade();
        wire.send(frame(TEXT, "h\u{e9}".as_bytes()));
        wire.send(part(BINARY, &[1]));
        wire.send(frame(PONG, b"in between"));
        wire.send(part(CONTINUATION, &[]));
        wire.send(frame(CONTINUATION, &[2, 3]));
        // The character that spans two frames belongs to the one that completes it.
        wire.send(part(TEXT, b"a\xC3"));
        wire.send(frame(CONTINUATION, b"\xA9b"));
        wire.send(frame(BINARY, &[]));
        wire.expect_close(1000, "");
    });
    let (socket, recorder) = connected_to(&peer);
    recorder.run_until("binary_message_received([])");
    recorder.expect(
        r#"
        text_frame_received("hé", true)             {Connected, valid | no error | 1000}
        text_message_received("hé")                 {Connected, valid | no error | 1000}
        binary_frame_received([1], false)           {Connected, valid | no error | 1000}
        pong(0, "in between")                       {Connected, valid | no error | 1000}
        binary_frame_received([], false)            {Connected, valid | no error | 1000}
        binary_frame_received([2, 3], true)         {Connected, valid | no error | 1000}
        binary_message_received([1, 2, 3])          {Connected, valid | no error | 1000}
        text_frame_received("a", false)             {Connected, valid | no error | 1000}
        text_frame_received("éb", true)             {Connected, valid | no error | 1000}
        text_message_received("aéb")                {Connected, valid | no error | 1000}
        binary_frame_received([], true)             {Connected, valid | no error | 1000}
        binary_message_received([])                 {Connected, valid | no error | 1000}
        "#,
    );
    socket.close();
    peer.join();
}

#[test]
fn frames_come_before_their_message_at_the_accepted_end() {
    stopped_clock();
    let server = listening();
    let client = raw_client(server.server_port(), |wire| {
        wire.upgrade();
        wire.send(raw_frame(TEXT, Some(MASK), b"one "));
        wire.send(masked(CONTINUATION, b"two"));
        wire.send(masked(BINARY, &[3]));
        wire.expect_end();
    });
    let socket = next_connection(&server);
    let recorder = Recorder::new(&socket);
    recorder.run_until("binary_message_received");
    recorder.expect(
        r#"
        text_frame_received("one ", false)          {Connected, valid | no error | 1000}
        text_frame_received("two", true)            {Connected, valid | no error | 1000}
        text_message_received("one two")            {Connected, valid | no error | 1000}
        binary_frame_received([3], true)            {Connected, valid | no error | 1000}
        binary_message_received([3])                {Connected, valid | no error | 1000}
        "#,
    );
    socket.abort();
    client.join().expect("the script holds");
}

#[test]
fn frames_that_arrive_with_the_servers_head_follow_connected() {
    let peer = RawPeer::new(|wire| {
        let request = wire.read_head();
        let mut bytes = super::support::raw_peer::accepting(&request).into_bytes();
        bytes.extend(frame(TEXT, b"early"));
        bytes.extend(close(1001, "and gone"));
        wire.send(bytes);
        wire.expect_close(1001, "and gone");
    });
    let socket = WebSocket::new();
    let recorder = Recorder::new(&socket);
    recorder.call("open", |socket| socket.open(peer.url()));
    recorder.run_until("read_channel_finished");
    recorder.expect(
        r#"
        [open
          state_changed(Connecting)       {Connecting | no error | 1000}
        ]
        state_changed(Connected)          {Connected, valid | no error | 1000}
        connected                         {Connected, valid | no error | 1000}
        text_frame_received("early", true)  {Connected, valid | no error | 1000}
        text_message_received("early")    {Connected, valid | no error | 1000}
        about_to_close                    {Connected, valid | no error | 1001 "and gone"}
        state_changed(Closing)            {Closing | no error | 1001 "and gone"}
        state_changed(Unconnected)        {Unconnected | no error | 1001 "and gone"}
        disconnected                      {Unconnected | no error | 1001 "and gone"}
        read_channel_finished             {Unconnected | no error | 1001 "and gone"}
        "#,
    );
    peer.join();
}

#[test]
fn a_bad_argument_to_open_changes_nothing() {
    let socket = WebSocket::new();
    let recorder = Recorder::new(&socket);
    recorder.call("open", |socket| socket.open("http://localhost/"));
    let mut request = NetworkRequest::new("ws://localhost/".parse().expect("a URL"));
    request.set_raw_header("X-Bad", "a\r\nb");
    recorder.call("open", |socket| socket.open(request));
    super::support::settle();
    recorder.expect(
        r#"
        [open
          error(UnsupportedSocketOperation)  {Unconnected | UnsupportedSocketOperation "Unsupported WebSocket scheme: http" | 1000}
        ]
        [open
          error(ConnectionRefused)           {Unconnected | ConnectionRefused "Invalid header: \"X-Bad\"." | 1000}
        ]
        "#,
    );
}

#[test]
fn a_live_connection_survives_a_bad_argument_to_open() {
    let peer = RawPeer::new(|wire| {
        wire.accept_upgrade();
        wire.expect_frame(TEXT, "still here");
        wire.expect_close(1000, "");
        wire.send(close(1000, ""));
    });
    let (socket, recorder) = connected_to(&peer);
    recorder.call("open", |socket| socket.open("ws://h/a\nb"));
    socket.send_text_message("still here");
    recorder.call("close", |socket| socket.close());
    recorder.run_until("read_channel_finished");
    recorder.expect(
        r#"
        [open
          error(ConnectionRefused)   {Connected, valid | ConnectionRefused "Invalid resource name." | 1000}
        ]
        [close
          about_to_close             {Connected, valid | ConnectionRefused "Invalid resource name." | 1000}
          state_changed(Closing)     {Closing | ConnectionRefused "Invalid resource name." | 1000}
        ]
        state_changed(Unconnected)   {Unconnected | ConnectionRefused "Invalid resource name." | 1000}
        disconnected                 {Unconnected | ConnectionRefused "Invalid resource name." | 1000}
        read_channel_finished        {Unconnected | ConnectionRefused "Invalid resource name." | 1000}
        "#,
    );
    peer.join();
}
