//! The server answers, and does not upgrade: `handshake_failed`.

use std::rc::Rc;
use std::time::Duration;

use qwebsocket::{SocketState, WebSocket};

use super::support::pair::stopped_clock;
use super::support::raw_peer::{RawPeer, Script, Wire, accepting};
use super::support::transcript::Recorder;
use super::support::{run_until, settle};

fn refusing(answer: impl AsRef<[u8]> + Send + 'static) -> RawPeer {
    RawPeer::new(move |wire| {
        wire.read_head();
        wire.send(answer);
        wire.expect_end();
    })
}

/// A client that listens to refusals.
fn opening(url: &str) -> (Rc<WebSocket>, Recorder) {
    let socket = WebSocket::new();
    let recorder = Recorder::new(&socket);
    recorder.hear_refusals();
    recorder.call("open", |socket| socket.open(url));
    (socket, recorder)
}

/// The transcript of a refusal with status 503 and this body.
fn told(body: &str) -> String {
    let facts = "ConnectionRefused \"QWebSocketPrivate::processHandshake: Unhandled http status code: 503 (Busy).\" | 1006";
    format!(
        "
        [open
          state_changed(Connecting)   {{Connecting | no error | 1000}}
        ]
        handshake_failed(503, {body}) {{Connecting | {facts}}}
        error(ConnectionRefused)      {{Connecting | {facts}}}
        state_changed(Unconnected)    {{Unconnected | {facts}}}
        disconnected                  {{Unconnected | {facts}}}
        read_channel_finished         {{Unconnected | {facts}}}
        "
    )
}

#[track_caller]
fn is_told(answer: impl AsRef<[u8]> + Send + 'static, body: &str) {
    let peer = refusing(answer);
    let (_socket, recorder) = opening(&peer.url());
    recorder.run_until("read_channel_finished");
    peer.join();
    settle();
    recorder.expect(&told(body));
}

#[test]
fn a_body_with_a_length() {
    is_told(
        "HTTP/1.1 503 Busy\r\nContent-Length: 5\r\n\r\nlater",
        "\"later\"",
    );
    is_told("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", "\"\"");
}

#[test]
fn a_body_in_chunks() {
    is_told(
        "HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nlat\r\n2\r\ner\r\n0\r\n\r\n",
        "\"later\"",
    );
}

#[test]
fn a_body_up_to_the_end_of_the_stream() {
    let peer = RawPeer::new(|wire| {
        wire.read_head();
        wire.send("HTTP/1.1 503 Busy\r\n\r\nlat");
        wire.send("er");
        wire.fin();
        wire.expect_end();
    });
    let (_socket, recorder) = opening(&peer.url());
    recorder.run_until("read_channel_finished");
    peer.join();
    recorder.expect(&told("\"later\""));
}

#[test]
fn a_body_that_is_cut_off_by_a_reset() {
    let peer = RawPeer::new(|wire| {
        wire.read_head();
        wire.send("HTTP/1.1 503 Busy\r\nContent-Length: 100\r\n\r\n");
        wire.reset();
    });
    let (_socket, recorder) = opening(&peer.url());
    recorder.run_until("read_channel_finished");
    peer.join();
    assert_eq!(recorder.count("handshake_failed(503, \"\")"), 1);
}

#[test]
fn of_a_long_body_64_kib_are_read() {
    is_told(
        format!("HTTP/1.1 503 Busy\r\n\r\n{}", "x".repeat(65_537)),
        "65536 bytes",
    );
    is_told(
        format!(
            "HTTP/1.1 503 Busy\r\nContent-Length: 1000000\r\n\r\n{}",
            "x".repeat(65_536)
        ),
        "65536 bytes",
    );
}

/// What is around the body counts as well: a server must not keep the loop busy with it.
#[test]
fn a_body_with_more_packaging_than_content() {
    let _clock = stopped_clock();
    let trailers = format!("1\r\nx\r\n0\r\n{}", "A: b\r\n".repeat(1 << 20));
    let extensions = format!("1;{}\r\nx\r\n", "y".repeat(200)).repeat(1 << 14);
    for chunks in [trailers, extensions] {
        let peer = RawPeer::new(move |wire| {
            use std::io::Write;
            wire.read_head();
            wire.send("HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n");
            // The other end may have heard enough by then.
            let _ = wire.stream().write_all(chunks.as_bytes());
            wire.expect_end();
        });
        let (_socket, recorder) = opening(&peer.url());
        recorder.run_until("read_channel_finished");
        peer.join();
        assert_eq!(recorder.count("handshake_failed(503, "), 1);
    }
}

/// A body that does not come delays a refusal, but does not make it a timeout.
#[test]
fn a_body_that_does_not_come() {
    let clock = stopped_clock();
    for (timeout, patience) in [(None, 2_000), (Some(30_000), 2_000), (Some(1_000), 1_000)] {
        let peer = refusing("HTTP/1.1 503 Busy\r\nContent-Length: 100\r\n\r\nlat");
        let socket = WebSocket::new();
        socket.set_connect_timeout(timeout.map(Duration::from_millis));
        let recorder = Recorder::new(&socket);
        recorder.hear_refusals();
        recorder.call("open", |socket| socket.open(peer.url()));
        run_until(|| socket.response_headers().get("Content-Length").is_some());
        settle();
        clock.advance(Duration::from_millis(patience - 1));
        settle();
        assert_eq!(recorder.count("handshake_failed"), 0);
        clock.advance(Duration::from_millis(1));
        recorder.run_until("read_channel_finished");
        peer.join();
        recorder.expect(&told("\"lat\""));
    }
}

/// Nobody listens, so nothing is waited for.
#[test]
fn without_a_slot_no_body_is_read() {
    stopped_clock();
    let peer = refusing("HTTP/1.1 503 Busy\r\nContent-Length: 100\r\nRetry-After: 7\r\n\r\n");
    let socket = WebSocket::new();
    socket.open(peer.url());
    run_until(|| socket.state() == SocketState::Unconnected);
    peer.join();
    assert_eq!(socket.response_headers().get("retry-after"), Some("7"));
}

#[test]
fn headers_are_told_and_kept_until_the_next_open() {
    let peer = RawPeer::in_turn([
        Box::new(|wire: &mut Wire| {
            wire.read_head();
            wire.send("HTTP/1.1 503 Busy\r\nA: 1\r\nB: 2\r\na: 3\r\nContent-Length: 0\r\n\r\n");
            wire.expect_end();
        }) as Script,
        Box::new(|wire: &mut Wire| {
            let request = wire.read_head();
            wire.send(accepting(&request).replace("\r\n\r\n", "\r\nServer: x\r\n\r\n"));
            wire.read_rest();
        }),
    ]);
    let socket = WebSocket::new();
    assert_eq!(socket.response_headers().iter().count(), 0);
    let told = socket.handshake_failed.collect();
    socket.open(peer.url());
    run_until(|| socket.state() == SocketState::Unconnected);
    let (status, headers, body) = told.try_next().expect("a refusal");
    assert_eq!((status, &*body), (503, &b""[..]));
    assert!(headers.get_all("a").eq(["1", "3"]));
    assert_eq!(headers, socket.response_headers());
    socket.open(peer.url());
    assert_eq!(socket.response_headers().get("a"), None);
    run_until(|| socket.state() == SocketState::Connected);
    assert_eq!(socket.response_headers().get("server"), Some("x"));
    assert_eq!(told.count(), 0);
    drop(socket);
    peer.join();
}

#[test]
fn an_upgrade_that_cannot_be_used_has_no_body() {
    let peer = refusing("HTTP/1.1 101 Fine\r\nContent-Length: 5\r\n\r\nlater");
    let (_socket, recorder) = opening(&peer.url());
    recorder.run_until("handshake_failed(101, \"\")");
    recorder.run_until("read_channel_finished");
    peer.join();
}

#[test]
fn what_is_no_http_is_no_refusal() {
    let peer = refusing("garbage\r\n\r\n");
    let (_socket, recorder) = opening(&peer.url());
    recorder.run_until("read_channel_finished");
    peer.join();
    assert_eq!(recorder.count("handshake_failed"), 0);
}

#[test]
fn close_while_the_body_is_read() {
    let peer = RawPeer::new(|wire| {
        wire.read_head();
        wire.send("HTTP/1.1 503 Busy\r\n\r\n");
        wire.expect_end();
    });
    let (socket, recorder) = opening(&peer.url());
    run_until(|| socket.peer_port() != 0);
    settle();
    recorder.call("close", |socket| socket.close());
    peer.join();
    assert_eq!(recorder.count("about_to_close"), 1);
    assert_eq!(recorder.count("handshake_failed"), 0);
    assert_eq!(recorder.count("error"), 0);
}

/// The slot's wish is the newer one, and what is left of the old attempt is told first.
#[test]
fn a_slot_may_open_again() {
    let peer = refusing("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
    let next = RawPeer::new(|wire| {
        wire.accept_upgrade();
        wire.read_rest();
    });
    let socket = WebSocket::new();
    let recorder = Recorder::new(&socket);
    recorder.hear_refusals();
    let (url, notes) = (next.url(), recorder.clone());
    socket.handshake_failed.connect_once(move |_, _, _| {
        notes.call("open", |socket| socket.open(&url));
    });
    socket.open(peer.url());
    recorder.run_until("connected");
    peer.join();
    let lines = recorder.lines();
    let names: Vec<_> = lines
        .iter()
        .filter_map(|line| line.split([' ', '(']).next())
        .collect();
    let expected = [
        "state_changed",
        "handshake_failed",
        "[open",
        "error",
        "state_changed",
        "disconnected",
        "read_channel_finished",
        "state_changed",
        "]",
        "state_changed",
        "connected",
    ];
    assert_eq!(names, expected);
    drop(socket);
    next.join();
}
