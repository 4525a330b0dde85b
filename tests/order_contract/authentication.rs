//! The server asks who we are before it accepts.

use std::rc::Rc;

use qwebsocket::WebSocket;

use super::support::raw_peer::{RawPeer, Wire, accepting};
use super::support::settle;
use super::support::transcript::Recorder;

const ASKS: &str = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"lab\"\r\n\
                    Content-Length: 6\r\n\r\nwho?\r\n";

/// Refuses so many requests, then upgrades.
fn asking(times: usize) -> RawPeer {
    RawPeer::new(move |wire| {
        for _ in 0..times {
            wire.read_head();
            wire.send(ASKS);
        }
        let request = wire.read_head();
        wire.send(accepting(&request));
        wire.read_rest();
    })
}

/// Refuses so many requests, then expects the end.
fn refusing(times: usize) -> impl FnOnce(&mut Wire) + Send + 'static {
    move |wire| {
        for _ in 0..times {
            wire.read_head();
            wire.send(ASKS);
        }
        wire.expect_end();
    }
}

fn opening(url: String, answer: Option<&'static str>) -> (Rc<WebSocket>, Recorder) {
    let socket = WebSocket::new();
    let recorder = Recorder::new(&socket);
    recorder.hear_refusals();
    if let Some(user) = answer {
        socket
            .authentication_required
            .connect(move |authenticator| authenticator.set_user(user));
    }
    recorder.call("open", |socket| socket.open(url));
    (socket, recorder)
}

#[test]
fn a_slot_answers() {
    let peer = asking(1);
    let (socket, recorder) = opening(peer.url(), Some("ada"));
    recorder.run_until("connected");
    settle();
    recorder.expect(
        r#"
        [open
          state_changed(Connecting)          {Connecting | no error | 1000}
        ]
        authentication_required("lab", "")   {Connecting | no error | 1000}
        state_changed(Connected)             {Connected, valid | no error | 1000}
        connected                            {Connected, valid | no error | 1000}
        "#,
    );
    drop(socket);
    peer.join();
}

#[test]
fn the_url_answers() {
    let peer = asking(1);
    let url = peer.url().replace("ws://", "ws://ada:secret@");
    let (socket, recorder) = opening(url, None);
    recorder.run_until("connected");
    settle();
    recorder.expect(
        r#"
        [open
          state_changed(Connecting)   {Connecting | no error | 1000}
        ]
        state_changed(Connected)      {Connected, valid | no error | 1000}
        connected                     {Connected, valid | no error | 1000}
        "#,
    );
    drop(socket);
    peer.join();
}

#[test]
fn nobody_answers() {
    let peer = RawPeer::new(refusing(1));
    let (_socket, recorder) = opening(peer.url(), None);
    recorder.run_until("read_channel_finished");
    peer.join();
    settle();
    recorder.expect(
        r#"
        [open
          state_changed(Connecting)            {Connecting | no error | 1000}
        ]
        authentication_required("lab", "")     {Connecting | no error | 1000}
        handshake_failed(401, "who?\r\n")      {Connecting | ConnectionRefused "QWebSocket::processHandshake: Host requires authentication" | 1006}
        error(ConnectionRefused)               {Connecting | ConnectionRefused "QWebSocket::processHandshake: Host requires authentication" | 1006}
        state_changed(Unconnected)             {Unconnected | ConnectionRefused "QWebSocket::processHandshake: Host requires authentication" | 1006}
        disconnected                           {Unconnected | ConnectionRefused "QWebSocket::processHandshake: Host requires authentication" | 1006}
        read_channel_finished                  {Unconnected | ConnectionRefused "QWebSocket::processHandshake: Host requires authentication" | 1006}
        "#,
    );
}

#[test]
fn the_same_answer_again() {
    let peer = RawPeer::new(refusing(2));
    let (_socket, recorder) = opening(peer.url(), Some("ada"));
    recorder.run_until("read_channel_finished");
    peer.join();
    settle();
    recorder.expect(
        r#"
        [open
          state_changed(Connecting)            {Connecting | no error | 1000}
        ]
        authentication_required("lab", "")     {Connecting | no error | 1000}
        authentication_required("lab", "ada")  {Connecting | no error | 1000}
        handshake_failed(401, "who?\r\n")      {Connecting | ConnectionRefused "QWebSocket::processHandshake: Host requires authentication" | 1006}
        error(ConnectionRefused)               {Connecting | ConnectionRefused "QWebSocket::processHandshake: Host requires authentication" | 1006}
        state_changed(Unconnected)             {Unconnected | ConnectionRefused "QWebSocket::processHandshake: Host requires authentication" | 1006}
        disconnected                           {Unconnected | ConnectionRefused "QWebSocket::processHandshake: Host requires authentication" | 1006}
        read_channel_finished                  {Unconnected | ConnectionRefused "QWebSocket::processHandshake: Host requires authentication" | 1006}
        "#,
    );
}

#[test]
fn a_challenge_that_nobody_understands() {
    let peer = RawPeer::new(|wire| {
        wire.read_head();
        wire.send(ASKS.replace("Basic", "Bearer"));
        wire.expect_end();
    });
    let (_socket, recorder) = opening(peer.url(), Some("ada"));
    recorder.run_until("read_channel_finished");
    peer.join();
    settle();
    recorder.expect(
        r#"
        [open
          state_changed(Connecting)            {Connecting | no error | 1000}
        ]
        handshake_failed(401, "who?\r\n")      {Connecting | ConnectionRefused "QWebSocketPrivate::processHandshake: Unsupported WWW-Authenticate challenge encountered." | 1006}
        error(ConnectionRefused)               {Connecting | ConnectionRefused "QWebSocketPrivate::processHandshake: Unsupported WWW-Authenticate challenge encountered." | 1006}
        state_changed(Unconnected)             {Unconnected | ConnectionRefused "QWebSocketPrivate::processHandshake: Unsupported WWW-Authenticate challenge encountered." | 1006}
        disconnected                           {Unconnected | ConnectionRefused "QWebSocketPrivate::processHandshake: Unsupported WWW-Authenticate challenge encountered." | 1006}
        read_channel_finished                  {Unconnected | ConnectionRefused "QWebSocketPrivate::processHandshake: Unsupported WWW-Authenticate challenge encountered." | 1006}
        "#,
    );
}

/// What is left of the attempt may not outlive it: the answer is for this server alone.
#[test]
fn each_open_asks_anew() {
    let peer = RawPeer::in_turn([
        Box::new(refusing(2)) as super::support::raw_peer::Script,
        Box::new(refusing(2)),
    ]);
    let (_socket, recorder) = opening(peer.url(), Some("ada"));
    recorder.run_until("read_channel_finished");
    recorder.clear();
    recorder.call("open", |socket| socket.open(peer.url()));
    recorder.run_until("read_channel_finished");
    peer.join();
    assert_eq!(recorder.count("authentication_required(\"lab\", \"\")"), 1);
}

/// The channel of the first connection is the socket's too.
#[test]
fn the_answer_finds_nobody() {
    let peer = RawPeer::new(|wire| {
        wire.read_head();
        wire.send(ASKS.replace("Content-Length: 6", "Connection: close"));
    });
    let url = peer.url();
    let (socket, recorder) = opening(url, None);
    // Nobody listens any more when the slot has waited for that.
    let peer = std::cell::Cell::new(Some(peer));
    socket
        .authentication_required
        .connect(move |authenticator| {
            peer.take().expect("asked once").join();
            authenticator.set_user("ada");
        });
    recorder.run_until("read_channel_finished");
    settle();
    recorder.expect(
        r#"
        [open
          state_changed(Connecting)            {Connecting | no error | 1000}
        ]
        authentication_required("lab", "")     {Connecting | no error | 1000}
        error(ConnectionRefused)               {Connecting | ConnectionRefused "Connection refused" | 1006}
        state_changed(Unconnected)             {Unconnected | ConnectionRefused "Connection refused" | 1006}
        disconnected                           {Unconnected | ConnectionRefused "Connection refused" | 1006}
        read_channel_finished                  {Unconnected | ConnectionRefused "Connection refused" | 1006}
        "#,
    );
}
