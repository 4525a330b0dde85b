//! open() on a socket that is in use, and from its own slots.

use std::cell::Cell;
use std::rc::Rc;

use qwebsocket::{SocketState, WebSocket};

use super::support::frames::*;
use super::support::raw_peer::{RawPeer, Script, Wire};
use super::support::transcript::Recorder;
use super::support::{run_until, settle};
use super::{connected_to, connected_with};

/// Serves `first`, then a connection that says `again` and is closed by us.
fn served_twice(first: impl FnOnce(&mut Wire) + Send + 'static) -> RawPeer {
    RawPeer::in_turn([
        Box::new(first) as Script,
        Box::new(|wire| {
            wire.accept_upgrade();
            wire.send(frame(TEXT, b"again"));
            wire.expect_close(1000, "");
        }),
    ])
}

const SECOND_CONNECTION: &str = r#"
    state_changed(Connected)             {Connected, valid | no error | 1000}
    connected                            {Connected, valid | no error | 1000}
    text_frame_received("again", true)   {Connected, valid | no error | 1000}
    text_message_received("again")       {Connected, valid | no error | 1000}
"#;

/// The second connection stands, and the transcript is `expected` up to there.
#[track_caller]
fn finish(socket: &WebSocket, recorder: &Recorder, peer: RawPeer, expected: &str) {
    recorder.run_until(r#"text_message_received("again")"#);
    recorder.expect(&[expected, SECOND_CONNECTION].concat());
    socket.close();
    peer.join();
}

#[test]
fn open_when_connected() {
    let peer = served_twice(|wire| {
        wire.accept_upgrade();
        wire.expect_frame(TEXT, "queued");
        wire.expect_close(1001, "Connection closed");
        wire.expect_end();
    });
    let (socket, recorder) = connected_to(&peer);
    socket.send_text_message("queued");
    recorder.call("open", |socket| socket.open(peer.url()));
    finish(
        &socket,
        &recorder,
        peer,
        r#"
        [open
          about_to_close               {Connected, valid | no error | 1001 "Connection closed"}
          state_changed(Closing)       {Closing | no error | 1001 "Connection closed"}
          state_changed(Unconnected)   {Unconnected | no error | 1001 "Connection closed"}
          disconnected                 {Unconnected | no error | 1001 "Connection closed"}
          read_channel_finished        {Unconnected | no error | 1001 "Connection closed"}
          state_changed(Connecting)    {Connecting | no error | 1000}
        ]
        "#,
    );
}

#[test]
fn open_while_connecting() {
    let peer = served_twice(|wire| {
        wire.read_head();
        wire.expect_end();
    });
    let socket = WebSocket::new();
    let recorder = Recorder::new(&socket);
    let written = socket.bytes_written.collect();
    socket.open(peer.url());
    run_until(|| written.count() > 0);
    recorder.clear();
    recorder.call("open", |socket| socket.open(peer.url()));
    finish(
        &socket,
        &recorder,
        peer,
        "
        [open
          about_to_close               {Connecting | no error | 1000}
          state_changed(Unconnected)   {Unconnected | no error | 1000}
          disconnected                 {Unconnected | no error | 1000}
          read_channel_finished        {Unconnected | no error | 1000}
          state_changed(Connecting)    {Connecting | no error | 1000}
        ]
        ",
    );
}

#[test]
fn open_in_closing() {
    let peer = served_twice(|wire| {
        wire.accept_upgrade();
        wire.expect_close(1000, "");
        wire.expect_end();
    });
    let (socket, recorder) = connected_to(&peer);
    socket.close();
    recorder.clear();
    recorder.call("open", |socket| socket.open(peer.url()));
    finish(
        &socket,
        &recorder,
        peer,
        "
        [open
          state_changed(Unconnected)   {Unconnected | no error | 1000}
          disconnected                 {Unconnected | no error | 1000}
          read_channel_finished        {Unconnected | no error | 1000}
          state_changed(Connecting)    {Connecting | no error | 1000}
        ]
        ",
    );
}

#[test]
fn open_when_unconnected_again() {
    let peer = served_twice(|wire| {
        wire.accept_upgrade();
        wire.send(close(1000, ""));
    });
    let (socket, recorder) = connected_to(&peer);
    recorder.run_until("read_channel_finished");
    recorder.clear();
    recorder.call("open", |socket| socket.open(peer.url()));
    finish(
        &socket,
        &recorder,
        peer,
        "
        [open
          state_changed(Connecting)    {Connecting | no error | 1000}
        ]
        ",
    );
}

/// What the slot that opens anew is connected to.
type ReopenIn = fn(&Rc<WebSocket>, Box<dyn Fn()>);

/// The peer ends a connection; a slot of that opens the next one.
#[track_caller]
fn reopened(reopen_in: ReopenIn, ended_by: fn(&mut Wire), expected: &str) {
    let peer = served_twice(move |wire| {
        wire.accept_upgrade();
        ended_by(wire);
    });
    let url = peer.url();
    let (socket, recorder) = connected_with(&peer.url(), |socket, in_slot| {
        let done = Cell::new(false);
        reopen_in(
            socket,
            Box::new(move || {
                if !done.replace(true) {
                    in_slot.call("open", |socket| socket.open(&url));
                }
            }),
        );
    });
    finish(&socket, &recorder, peer, expected);
}

fn peer_closes(wire: &mut Wire) {
    wire.send(close(4001, "moved"));
    wire.expect_close(4001, "moved");
}

fn peer_is_lost(wire: &mut Wire) {
    wire.reset();
}

#[test]
fn open_in_disconnected() {
    reopened(
        |socket, reopen| _ = socket.disconnected.connect(reopen),
        peer_closes,
        r#"
        about_to_close                {Connected, valid | no error | 4001 "moved"}
        state_changed(Closing)        {Closing | no error | 4001 "moved"}
        state_changed(Unconnected)    {Unconnected | no error | 4001 "moved"}
        disconnected                  {Unconnected | no error | 4001 "moved"}
        [open
          read_channel_finished       {Unconnected | no error | 4001 "moved"}
          state_changed(Connecting)   {Connecting | no error | 1000}
        ]
        "#,
    );
}

#[test]
fn open_in_state_changed_to_unconnected() {
    reopened(
        |socket, reopen| {
            socket.state_changed.connect(move |state| {
                if state == SocketState::Unconnected {
                    reopen();
                }
            });
        },
        peer_closes,
        r#"
        about_to_close                {Connected, valid | no error | 4001 "moved"}
        state_changed(Closing)        {Closing | no error | 4001 "moved"}
        state_changed(Unconnected)    {Unconnected | no error | 4001 "moved"}
        [open
          disconnected                {Unconnected | no error | 4001 "moved"}
          read_channel_finished       {Unconnected | no error | 4001 "moved"}
          state_changed(Connecting)   {Connecting | no error | 1000}
        ]
        "#,
    );
}

#[test]
fn open_in_state_changed_to_closing() {
    reopened(
        |socket, reopen| {
            socket.state_changed.connect(move |state| {
                if state == SocketState::Closing {
                    reopen();
                }
            });
        },
        peer_closes,
        r#"
        about_to_close                {Connected, valid | no error | 4001 "moved"}
        state_changed(Closing)        {Closing | no error | 4001 "moved"}
        [open
          state_changed(Unconnected)  {Unconnected | no error | 4001 "moved"}
          disconnected                {Unconnected | no error | 4001 "moved"}
          read_channel_finished       {Unconnected | no error | 4001 "moved"}
          state_changed(Connecting)   {Connecting | no error | 1000}
        ]
        "#,
    );
}

#[test]
fn open_in_about_to_close() {
    reopened(
        |socket, reopen| _ = socket.about_to_close.connect(reopen),
        peer_closes,
        r#"
        about_to_close                {Connected, valid | no error | 4001 "moved"}
        [open
          state_changed(Closing)      {Closing | no error | 4001 "moved"}
          state_changed(Unconnected)  {Unconnected | no error | 4001 "moved"}
          disconnected                {Unconnected | no error | 4001 "moved"}
          read_channel_finished       {Unconnected | no error | 4001 "moved"}
          state_changed(Connecting)   {Connecting | no error | 1000}
        ]
        "#,
    );
}

#[test]
fn open_in_read_channel_finished() {
    reopened(
        |socket, reopen| _ = socket.read_channel_finished.connect(reopen),
        peer_closes,
        r#"
        about_to_close                {Connected, valid | no error | 4001 "moved"}
        state_changed(Closing)        {Closing | no error | 4001 "moved"}
        state_changed(Unconnected)    {Unconnected | no error | 4001 "moved"}
        disconnected                  {Unconnected | no error | 4001 "moved"}
        read_channel_finished         {Unconnected | no error | 4001 "moved"}
        [open
          state_changed(Connecting)   {Connecting | no error | 1000}
        ]
        "#,
    );
}

#[test]
fn open_in_error() {
    reopened(
        |socket, reopen| _ = socket.error.connect_notify(reopen),
        peer_is_lost,
        r#"
        error(RemoteHostClosed)       {Connected | RemoteHostClosed "The remote host closed the connection" | 1006}
        [open
          state_changed(Closing)      {Closing | RemoteHostClosed "The remote host closed the connection" | 1006}
          state_changed(Unconnected)  {Unconnected | RemoteHostClosed "The remote host closed the connection" | 1006}
          disconnected                {Unconnected | RemoteHostClosed "The remote host closed the connection" | 1006}
          read_channel_finished       {Unconnected | RemoteHostClosed "The remote host closed the connection" | 1006}
          state_changed(Connecting)   {Connecting | no error | 1000}
        ]
        "#,
    );
}

#[test]
fn open_in_a_message() {
    reopened(
        |socket, reopen| _ = socket.text_message_received.connect_notify(reopen),
        |wire| {
            // The second message belongs to a connection that is gone when its turn comes.
            wire.send([frame(TEXT, b"one"), frame(TEXT, b"two")].concat());
            wire.expect_close(1001, "Connection closed");
            wire.expect_end();
        },
        r#"
        text_frame_received("one", true)  {Connected, valid | no error | 1000}
        text_message_received("one")      {Connected, valid | no error | 1000}
        [open
          about_to_close              {Connected, valid | no error | 1001 "Connection closed"}
          state_changed(Closing)      {Closing | no error | 1001 "Connection closed"}
          state_changed(Unconnected)  {Unconnected | no error | 1001 "Connection closed"}
          disconnected                {Unconnected | no error | 1001 "Connection closed"}
          read_channel_finished       {Unconnected | no error | 1001 "Connection closed"}
          state_changed(Connecting)   {Connecting | no error | 1000}
        ]
        "#,
    );
}

/// Two wishes at once: the slot's is the newer one. No endless loop.
#[test]
fn a_slot_that_opens_while_open_ends_the_old_connection_wins() {
    let peer = served_twice(|wire| {
        wire.accept_upgrade();
        wire.expect_close(1001, "Connection closed");
        wire.expect_end();
    });
    let url = peer.url();
    let (socket, recorder) = connected_with(&peer.url(), |socket, in_slot| {
        socket
            .disconnected
            .connect(move || in_slot.call("inner open", |socket| socket.open(&url)));
    });
    recorder.call("open", |socket| socket.open("ws://127.0.0.1:1/never"));
    finish(
        &socket,
        &recorder,
        peer,
        r#"
        [open
          about_to_close               {Connected, valid | no error | 1001 "Connection closed"}
          state_changed(Closing)       {Closing | no error | 1001 "Connection closed"}
          state_changed(Unconnected)   {Unconnected | no error | 1001 "Connection closed"}
          disconnected                 {Unconnected | no error | 1001 "Connection closed"}
          [inner open
            read_channel_finished      {Unconnected | no error | 1001 "Connection closed"}
            state_changed(Connecting)  {Connecting | no error | 1000}
          ]
        ]
        "#,
    );
    settle();
    socket.disconnected.disconnect_all();
}
