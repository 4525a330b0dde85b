//! The connection cannot be made.

use qwebsocket::WebSocket;

use super::support::raw_peer::{RawPeer, Wire};
use super::support::settle;
use super::support::transcript::Recorder;

#[test]
fn nobody_listens() {
    let free_port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.local_addr().expect("an address").port()
    };
    let socket = WebSocket::new();
    let recorder = Recorder::new(&socket);
    recorder.call("open", |socket| {
        socket.open(format!("ws://127.0.0.1:{free_port}"));
    });
    recorder.run_until("disconnected");
    settle();
    // There was no channel, so none finished.
    recorder.expect(
        r#"
        [open
          state_changed(Connecting)   {Connecting | no error | 1000}
        ]
        error(ConnectionRefused)      {Connecting | ConnectionRefused "Connection refused" | 1006}
        state_changed(Unconnected)    {Unconnected | ConnectionRefused "Connection refused" | 1006}
        disconnected                  {Unconnected | ConnectionRefused "Connection refused" | 1006}
        "#,
    );
}

#[track_caller]
fn fails_after_tcp(script: impl FnOnce(&mut Wire) + Send + 'static, facts: &str) {
    let peer = RawPeer::new(script);
    let socket = WebSocket::new();
    let recorder = Recorder::new(&socket);
    recorder.call("open", |socket| socket.open(peer.url()));
    recorder.run_until("read_channel_finished");
    peer.join();
    settle();
    let kind = facts.split(' ').next().expect("a kind of error");
    recorder.expect(&format!(
        "
        [open
          state_changed(Connecting)   {{Connecting | no error | 1000}}
        ]
        error({kind})                 {{Connecting | {facts} | 1006}}
        state_changed(Unconnected)    {{Unconnected | {facts} | 1006}}
        disconnected                  {{Unconnected | {facts} | 1006}}
        read_channel_finished         {{Unconnected | {facts} | 1006}}
        "
    ));
}

#[test]
fn the_server_refuses_the_upgrade() {
    fails_after_tcp(
        |wire| {
            wire.read_head();
            wire.send("HTTP/1.1 404 Not Found\r\n\r\n");
            wire.expect_end();
        },
        "ConnectionRefused \"QWebSocketPrivate::processHandshake: Unhandled http status code: 404 (Not Found).\"",
    );
}

#[test]
fn the_server_ends_tcp_before_it_answers() {
    fails_after_tcp(
        |wire| {
            wire.read_head();
        },
        "RemoteHostClosed \"The remote host closed the connection\"",
    );
}

#[test]
fn the_server_resets_before_it_answers() {
    fails_after_tcp(
        |wire| {
            wire.read_head();
            wire.reset();
        },
        "RemoteHostClosed \"The remote host closed the connection\"",
    );
}

/// What the last connection said is forgotten at the next `open`.
#[test]
fn each_open_starts_afresh() {
    let peer = RawPeer::in_turn([
        Box::new(|wire: &mut Wire| {
            wire.read_head();
            wire.reset();
        }) as super::support::raw_peer::Script,
        Box::new(|wire: &mut Wire| {
            wire.accept_upgrade();
            wire.send(super::support::frames::close(3001, "second"));
            wire.expect_close(3001, "second");
        }),
        Box::new(|wire: &mut Wire| {
            wire.read_head();
        }),
    ]);
    let socket = WebSocket::new();
    let recorder = Recorder::new(&socket);
    socket.open(peer.url());
    recorder.run_until("read_channel_finished");
    recorder.clear();
    recorder.call("open", |socket| socket.open(peer.url()));
    recorder.run_until("read_channel_finished");
    recorder.expect_and_clear(
        r#"
        [open
          state_changed(Connecting)   {Connecting | no error | 1000}
        ]
        state_changed(Connected)      {Connected, valid | no error | 1000}
        connected                     {Connected, valid | no error | 1000}
        about_to_close                {Connected, valid | no error | 3001 "second"}
        state_changed(Closing)        {Closing | no error | 3001 "second"}
        state_changed(Unconnected)    {Unconnected | no error | 3001 "second"}
        disconnected                  {Unconnected | no error | 3001 "second"}
        read_channel_finished         {Unconnected | no error | 3001 "second"}
        "#,
    );
    recorder.call("open", |socket| socket.open(peer.url()));
    recorder.expect(
        "
        [open
          state_changed(Connecting)   {Connecting | no error | 1000}
        ]
        ",
    );
    recorder.run_until("read_channel_finished");
    peer.join();
}
