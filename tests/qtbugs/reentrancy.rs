//! Slots that run loops, and objects that die in them.

use std::cell::RefCell;
use std::rc::Rc;

use qwebsocket::{SocketState, WebSocket};

use super::client_of;
use super::support::frames::*;
use super::support::pair::{listening, next_connection};
use super::support::raw_peer::{RawPeer, raw_client};
use super::support::transcript::Recorder;
use super::support::{run_until, settle};

/// A slot that showed a dialog got the message a second time, or torn.
#[test]
fn qtbug_87279_a_loop_in_a_slot_neither_doubles_nor_tears_a_message() {
    let (socket, peer) = client_of(|wire| {
        wire.send([frame(TEXT, b"one"), part(TEXT, b"tw")].concat());
        wire.expect_frame(TEXT, "one");
        wire.send([frame(CONTINUATION, b"o"), frame(TEXT, b"three")].concat());
        wire.expect_frame(TEXT, "two");
        wire.expect_frame(TEXT, "three");
        wire.expect_close(1001, "Connection closed");
    });
    let recorder = Recorder::new(&socket);
    let messages = &socket.text_message_received;
    messages.connect_to(&socket, |socket, text| {
        socket.send_text_message(text);
        settle();
    });
    socket.text_frame_received.connect_notify(settle);
    recorder.run_until("text_message_received(\"three\")");
    recorder.forget_through("connected");
    recorder.expect(
        r#"
        text_frame_received("one", true)    {Connected, valid | no error | 1000}
        text_message_received("one")        {Connected, valid | no error | 1000}
        text_frame_received("tw", false)    {Connected, valid | no error | 1000}
        text_frame_received("o", true)      {Connected, valid | no error | 1000}
        text_message_received("two")        {Connected, valid | no error | 1000}
        text_frame_received("three", true)  {Connected, valid | no error | 1000}
        text_message_received("three")      {Connected, valid | no error | 1000}
        "#,
    );
    settle();
    drop(socket);
    peer.join();
}

/// Bytes that arrived after `close` ran into an assertion.
#[test]
fn qtbug_59179_what_arrives_after_close_is_thrown_away() {
    let (socket, peer) = client_of(|wire| {
        wire.expect_close(1000, "");
        wire.send([frame(TEXT, b"too late"), part(BINARY, &[0; 70_000])].concat());
        wire.send(frame(PING, b"anybody?"));
        wire.send(close(1000, ""));
    });
    run_until(|| socket.state() == SocketState::Connected);
    let recorder = Recorder::new(&socket);
    socket.close();
    recorder.run_until("read_channel_finished");
    recorder.expect(
        "
        about_to_close             {Connected, valid | no error | 1000}
        state_changed(Closing)     {Closing | no error | 1000}
        state_changed(Unconnected) {Unconnected | no error | 1000}
        disconnected               {Unconnected | no error | 1000}
        read_channel_finished      {Unconnected | no error | 1000}
        ",
    );
    peer.join();
}

/// A socket that nobody but the test holds, and that a slot can drop.
fn droppable(socket: Rc<WebSocket>) -> Rc<RefCell<Option<Rc<WebSocket>>>> {
    Rc::new(RefCell::new(Some(socket)))
}

/// An object that was deleted in a slot of its own was used afterwards.
#[test]
fn qtbug_111248_a_socket_may_be_dropped_in_the_slot_of_a_message() {
    let (socket, peer) = client_of(|wire| {
        wire.send([frame(TEXT, b"one"), frame(TEXT, b"two")].concat());
        wire.expect_close(1001, "Connection closed");
    });
    let (weak, messages) = (
        Rc::downgrade(&socket),
        socket.text_message_received.collect(),
    );
    let holder = droppable(socket.clone());
    socket.text_message_received.connect_notify({
        let holder = holder.clone();
        move || drop(holder.borrow_mut().take())
    });
    drop(socket);
    run_until(|| weak.upgrade().is_none());
    assert_eq!(messages.count(), 1);
    peer.join();
}

#[test]
fn qtbug_108996_a_socket_may_be_dropped_in_the_slot_of_disconnected() {
    let (socket, peer) = client_of(|wire| {
        wire.send(close(1000, ""));
        wire.expect_close(1000, "");
    });
    let (weak, finished) = (
        Rc::downgrade(&socket),
        socket.read_channel_finished.collect(),
    );
    let holder = droppable(socket.clone());
    socket.disconnected.connect_notify({
        let holder = holder.clone();
        move || drop(holder.borrow_mut().take())
    });
    drop(socket);
    run_until(|| weak.upgrade().is_none());
    assert_eq!(finished.count(), 1);
    peer.join();
}

/// What was on its way came back to an object that was gone.
#[test]
fn qtbug_105087_a_socket_may_be_dropped_while_it_connects() {
    let peer = RawPeer::new(|wire| {
        wire.read_head();
        wire.expect_end();
    });
    let socket = WebSocket::new();
    socket.open(peer.url().replace("127.0.0.1", "localhost"));
    drop(socket); // its name is being looked up
    let socket = WebSocket::new();
    let recorder = Recorder::new(&socket);
    socket.open(peer.url());
    let written = socket.bytes_written.collect();
    run_until(|| written.count() == 1);
    recorder.clear();
    recorder.drop_socket(socket);
    settle();
    recorder.expect("[drop\n]");
    peer.join();
}

/// The server's end took its sockets along, and those who held them crashed.
#[test]
fn qtbug_45331_accepted_sockets_go_on_when_their_server_goes() {
    let server = listening();
    let client = raw_client(server.server_port(), |wire| {
        wire.upgrade();
        wire.expect_frame(TEXT, "still here");
        wire.send(masked(CLOSE, &close_payload(1000, "")));
        wire.expect_close(1000, "");
    });
    let socket = next_connection(&server);
    drop(server);
    settle();
    socket.send_text_message("still here");
    run_until(|| socket.state() == SocketState::Unconnected);
    client.join().expect("the script holds");
}
