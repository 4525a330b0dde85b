//! What comes first, what comes once, and what belongs to the connection before.

use qwebsocket::{NetworkRequest, SocketState, WebSocket};

use super::client_of;
use super::support::frames::*;
use super::support::raw_peer::{RawPeer, Script, accepting, header};
use super::support::run_until;
use super::support::transcript::Recorder;

/// `disconnected` overtook the last messages.
#[test]
fn qtbug_100054_messages_come_before_the_end_of_a_connection_that_was_lost() {
    let (socket, peer) = client_of(|wire| {
        let messages = frame(BINARY, &[7; 300_000]).repeat(3);
        wire.send([messages, frame(TEXT, b"last words")].concat());
        wire.fin();
        wire.expect_end();
    });
    let recorder = Recorder::new(&socket);
    recorder.run_until("read_channel_finished");
    recorder.forget_through("binary_message_received");
    recorder.forget_through("binary_message_received");
    recorder.forget_through("binary_message_received");
    recorder.forget_through("text_message_received(\"last words\")");
    recorder.forget_through("error(RemoteHostClosed)");
    recorder.forget_through("disconnected");
    assert_eq!(recorder.lines().len(), 1);
    peer.join();
}

#[test]
fn qtbug_36757_messages_come_before_the_end_of_a_connection_that_was_closed() {
    let peer = RawPeer::new(|wire| {
        let answer = accepting(&wire.read_head());
        let frames = [frame(TEXT, b"one"), frame(TEXT, b"two"), close(1000, "")];
        wire.send([answer.into_bytes(), frames.concat()].concat());
        wire.fin();
        wire.expect_close(1000, "");
    });
    let socket = WebSocket::new();
    let recorder = Recorder::new(&socket);
    socket.open(peer.url());
    recorder.run_until("read_channel_finished");
    recorder.forget_through("connected");
    recorder.expect(
        r#"
        text_frame_received("one", true) {Connected, valid | no error | 1000}
        text_message_received("one")     {Connected, valid | no error | 1000}
        text_frame_received("two", true) {Connected, valid | no error | 1000}
        text_message_received("two")     {Connected, valid | no error | 1000}
        about_to_close                   {Connected, valid | no error | 1000}
        state_changed(Closing)           {Closing | no error | 1000}
        state_changed(Unconnected)       {Unconnected | no error | 1000}
        disconnected                     {Unconnected | no error | 1000}
        read_channel_finished            {Unconnected | no error | 1000}
        "#,
    );
    peer.join();
}

/// A signal was connected twice, so that every byte was told twice.
#[test]
fn qtbug_67778_each_byte_is_told_once_to_be_written() {
    let (socket, peer) = client_of(|wire| {
        wire.expect_frame(TEXT, "hello");
        wire.send(frame(TEXT, b"thanks"));
        wire.expect_close(1001, "Connection closed");
    });
    run_until(|| socket.state() == SocketState::Connected);
    let (written, thanks) = (
        socket.bytes_written.collect(),
        socket.text_message_received.collect(),
    );
    socket.send_text_message("hello");
    run_until(|| thanks.count() == 1);
    let header_and_mask = 2 + MASK.len() as u64;
    assert_eq!(written.try_next(), Some((header_and_mask + 5,)));
    assert_eq!(written.try_next(), None);
    drop(socket);
    peer.join();
}

/// Each time the socket was opened, its signals were told once more.
#[test]
fn qtbug_36762_each_message_is_told_once_however_often_the_socket_was_opened() {
    let script = || -> Script {
        Box::new(|wire| {
            wire.accept_upgrade();
            wire.send(frame(TEXT, b"hello"));
            wire.send(frame(BINARY, b"hello"));
            wire.send(frame(PONG, b"hello"));
            wire.expect_close(1000, "");
            wire.send(close(1000, ""));
        })
    };
    let peer = RawPeer::in_turn([script(), script(), script()]);
    let socket = WebSocket::new();
    let recorder = Recorder::new(&socket);
    for _ in 0..3 {
        recorder.clear();
        socket.open(peer.url());
        recorder.run_until("pong");
        socket.close();
        recorder.run_until("read_channel_finished");
        for signal in [
            "connected",
            "text_frame_received",
            "text_message_received",
            "binary_frame_received",
            "binary_message_received",
            "pong",
            "about_to_close",
            "disconnected",
            "read_channel_finished",
        ] {
            assert_eq!(recorder.count(signal), 1, "{signal}");
        }
        assert_eq!(recorder.count("state_changed"), 4);
    }
    peer.join();
}

/// Half a frame of the connection before was the beginning of the next one's first.
#[test]
fn qtbug_88923_half_a_frame_does_not_get_into_the_next_connection() {
    let halves: [Vec<u8>; 3] = [
        part(TEXT, b"half a message"),
        frame(TEXT, &[b'x'; 1000])[..500].to_vec(),
        frame(BINARY, &[0; 70_000])[..5].to_vec(),
    ];
    for half in halves {
        let peer = RawPeer::in_turn([
            Box::new(|wire: &mut super::Wire| {
                wire.accept_upgrade();
                wire.send([frame(PONG, b""), half].concat());
                wire.fin();
                wire.read_rest();
            }) as Script,
            Box::new(|wire| {
                wire.accept_upgrade();
                wire.send(frame(TEXT, b"fresh"));
                wire.expect_close(1001, "Connection closed");
            }),
        ]);
        let socket = WebSocket::new();
        let messages = socket.text_message_received.collect();
        let ended = socket.disconnected.collect();
        socket.open(peer.url());
        run_until(|| ended.count() == 1);
        socket.open(peer.url());
        run_until(|| messages.count() == 1);
        assert_eq!(messages.try_next(), Some(("fresh".to_owned(),)));
        assert_eq!(socket.error_string(), "");
        drop(socket);
        peer.join();
    }
}

/// What the handshake before had left was taken for part of the next.
#[test]
fn qtbug_44893_half_a_handshake_does_not_get_into_the_next_one() {
    let peer = RawPeer::in_turn([
        Box::new(|wire: &mut super::Wire| {
            let request = wire.read_head();
            assert_eq!(header(&request, "Sec-WebSocket-Protocol"), Some("chat"));
            wire.send(&accepting(&request)[..60]);
            wire.fin();
            wire.read_rest();
        }) as Script,
        Box::new(|wire| {
            let request = wire.accept_upgrade();
            assert_eq!(header(&request, "Sec-WebSocket-Protocol"), None);
            wire.expect_close(1001, "Connection closed");
        }),
    ]);
    let socket = WebSocket::new();
    let ended = socket.disconnected.collect();
    let mut request = NetworkRequest::new(peer.url().parse().expect("a URL"));
    request.set_raw_header("Sec-WebSocket-Protocol", "chat");
    socket.open(request);
    run_until(|| ended.count() == 1);
    socket.open(peer.url());
    run_until(|| socket.state() == SocketState::Connected);
    assert_eq!(socket.subprotocol(), "");
    drop(socket);
    peer.join();
}
