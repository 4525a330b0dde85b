//! What went wrong once, each as what a user saw of it.

mod support;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::mpsc;
use std::time::Duration;

use qeventloop::reactor::{Dispatcher, ManualClock};
use qwebsocket::{SocketError, SocketState, WebSocket};
use support::frames::*;
use support::pair::{listening, next_connection};
use support::raw_peer::{RawPeer, accepting, raw_client};
use support::{run_until, settle};

fn stopped_clock() -> ManualClock {
    let clock = ManualClock::new();
    let dispatcher = Dispatcher::current().expect("a loop");
    dispatcher.set_clock(clock.clone());
    clock
}

/// The time a slot takes is not part of the time that what it begins has.
#[test]
fn a_slot_that_took_long_before_it_opened_again() {
    let clock = stopped_clock();
    let peer = RawPeer::new(|wire| {
        wire.accept_upgrade();
        wire.expect_close(1000, "");
        wire.send(close(1000, ""));
    });
    let socket = WebSocket::new();
    socket.set_connect_timeout(Some(Duration::from_secs(1)));
    let url = peer.url();
    let again = Cell::new(Some(url));
    socket.error.connect_to(&socket, move |socket, error| {
        let Some(url) = again.take() else {
            return assert_eq!(error, SocketError::Unknown, "the second attempt succeeds");
        };
        let _ = Dispatcher::current().expect("a loop").now();
        clock.advance(Duration::from_secs(60));
        socket.open(url);
    });
    socket
        .connected
        .connect_to(&socket, |socket| socket.close());
    socket.open("ws://127.0.0.1:1");
    let connected = socket.connected.collect();
    run_until(|| socket.state() == SocketState::Unconnected && connected.count() == 1);
    peer.join();
}

#[test]
fn a_message_timeout_that_was_taken_back() {
    let clock = stopped_clock();
    let (next, go_on) = mpsc::channel();
    let peer = RawPeer::new(move |wire| {
        wire.accept_upgrade();
        wire.send(part(TEXT, b"slow"));
        go_on.recv().expect("the test says so");
        wire.send(frame(CONTINUATION, b" but complete"));
        wire.expect_close(1000, "");
    });
    let socket = WebSocket::new();
    socket.set_message_timeout(Some(Duration::from_secs(1)));
    let (frames, messages) = (
        socket.text_frame_received.collect(),
        socket.text_message_received.collect(),
    );
    socket.open(peer.url());
    run_until(|| frames.count() == 1);
    settle();
    socket.set_message_timeout(None);
    clock.advance(Duration::from_secs(60));
    settle();
    next.send(()).expect("the peer waits");
    run_until(|| messages.count() == 1);
    clock.advance(Duration::from_secs(60));
    settle();
    assert_eq!(socket.state(), SocketState::Connected);
    socket.close();
    peer.join();
}

#[test]
fn a_message_timeout_that_is_set_while_a_message_arrives() {
    let clock = stopped_clock();
    let peer = RawPeer::new(move |wire| {
        wire.accept_upgrade();
        wire.send(part(TEXT, b"slow"));
        wire.expect_close(1001, "Timeout when reading data from socket.");
    });
    let socket = WebSocket::new();
    let frames = socket.text_frame_received.collect();
    socket.open(peer.url());
    run_until(|| frames.count() == 1);
    settle();
    socket.set_message_timeout(Some(Duration::from_secs(1)));
    clock.advance(Duration::from_secs(1));
    run_until(|| socket.state() == SocketState::Unconnected);
    peer.join();
}

/// Nobody holds the socket any more but the turns of the loop, of which there are two. The slot that runs the inner one
/// may be waiting for the end.
#[test]
fn a_socket_dropped_in_a_slot_that_runs_a_loop_ends_there() {
    let peer = RawPeer::new(|wire| {
        wire.accept_upgrade();
        wire.send([frame(TEXT, b"one"), frame(TEXT, b"two")].concat());
        wire.expect_close(1001, "Connection closed");
    });
    let socket = WebSocket::new();
    let messages = socket.text_message_received.collect();
    let disconnected = Rc::new(socket.disconnected.collect());
    let is_over = Rc::new(Cell::new(false));
    let holder = Rc::new(RefCell::new(None));
    socket.connected.connect({
        let (holder, is_over) = (holder.clone(), is_over.clone());
        let disconnected = disconnected.clone();
        move || {
            let last: Option<Rc<WebSocket>> = holder.borrow_mut().take();
            drop(last);
            run_until(|| disconnected.count() == 1);
            is_over.set(true);
        }
    });
    socket.open(peer.url());
    *holder.borrow_mut() = Some(socket);
    run_until(|| is_over.get());
    settle();
    assert_eq!((messages.count(), disconnected.count()), (0, 1));
    peer.join();
}

/// It went on to `connected` though everybody had dropped it, if the last did so in a slot that runs a loop.
#[test]
fn a_socket_dropped_while_it_connects_goes_no_further() {
    let (say_dropped, is_dropped) = mpsc::channel();
    let (say_ended, has_ended) = mpsc::channel();
    let peer = RawPeer::new(move |wire| {
        let head = wire.read_head();
        is_dropped.recv().expect("the socket is dropped");
        wire.send(accepting(&head));
        wire.expect_end();
        say_ended.send(()).expect("the slot waits");
    });
    let socket = WebSocket::new();
    let connected = socket.connected.collect();
    let disconnected = socket.disconnected.collect();
    let holder = Rc::new(RefCell::new(None));
    let is_over = Rc::new(Cell::new(false));
    socket.bytes_written.connect_once({
        let (holder, is_over) = (holder.clone(), is_over.clone());
        move |_| {
            let last: Option<Rc<WebSocket>> = holder.borrow_mut().take();
            drop(last);
            say_dropped.send(()).expect("the peer waits");
            run_until(|| has_ended.try_recv().is_ok());
            is_over.set(true);
        }
    });
    socket.open(peer.url());
    *holder.borrow_mut() = Some(socket);
    run_until(|| is_over.get());
    assert_eq!((connected.count(), disconnected.count()), (0, 1));
    peer.join();
}

/// The answer to a message that came together with the end of the stream was lost.
/// What came right behind the server's answer made no edge of its own.
#[test]
fn a_slot_of_connected_that_waits_for_what_came_along() {
    let peer = RawPeer::new(|wire| {
        let answer = accepting(&wire.read_head());
        wire.send([answer.as_bytes(), &frame(TEXT, b"hello")].concat());
        wire.fin();
        wire.read_rest();
    });
    let socket = WebSocket::new();
    let messages = socket.text_message_received.collect();
    let heard = Rc::new(Cell::new(0));
    socket.connected.connect_to(&socket, {
        let heard = heard.clone();
        move |socket| {
            run_until(|| socket.state() == SocketState::Unconnected);
            heard.set(messages.count());
        }
    });
    socket.open(peer.url());
    run_until(|| heard.get() == 1);
    peer.join();
}

#[test]
fn an_answer_to_a_peer_that_has_finished_sending() {
    let peer = RawPeer::new(|wire| {
        let answer = accepting(&wire.read_head());
        wire.send([answer.as_bytes(), &frame(TEXT, b"last words")].concat());
        wire.fin();
        wire.expect_frame(TEXT, "last words");
        wire.expect_end();
    });
    let socket = WebSocket::new();
    socket
        .text_message_received
        .connect_to(&socket, |socket, text| socket.send_text_message(text));
    let errors = socket.error.collect();
    socket.open(peer.url());
    run_until(|| errors.count() == 1);
    assert_eq!(errors.try_next(), Some((SocketError::RemoteHostClosed,)));
    peer.join();
}

#[test]
fn a_header_that_a_client_sent_twice() {
    let server = listening();
    let client = raw_client(server.server_port(), |wire| {
        wire.send(
            "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             X-Forwarded-For: 192.0.2.1\r\nx-forwarded-for: 192.0.2.2\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
        );
        wire.read_head();
    });
    let socket = next_connection(&server);
    let request = socket.request();
    assert_eq!(
        request.raw_header("X-Forwarded-For"),
        Some("192.0.2.1, 192.0.2.2")
    );
    client.join().expect("the script holds");
}

/// No descriptor left is an error of `open`, not a panic. The test runs itself again with few of them.
#[cfg(target_os = "linux")]
#[test]
fn no_descriptor_left() {
    const AGAIN: &str = "QWEBSOCKET_TEST_WITHOUT_DESCRIPTORS";
    if std::env::var_os(AGAIN).is_some() {
        let mut hoard = Vec::new();
        while let Ok(file) = std::fs::File::open("/dev/null") {
            hoard.push(file);
        }
        let socket = WebSocket::new();
        let errors = socket.error.collect();
        socket.open("ws://127.0.0.1:1");
        assert_eq!(errors.try_next(), Some((SocketError::SocketResource,)));
        assert_eq!(socket.state(), SocketState::Unconnected);
        hoard.truncate(hoard.len() - 3); // enough for a loop, not for a connection
        socket.open("ws://127.0.0.1:1");
        assert_eq!(socket.state(), SocketState::Connecting);
        run_until(|| errors.count() == 1);
        assert_eq!(errors.try_next(), Some((SocketError::SocketResource,)));
        drop(hoard);
        socket.open("ws://127.0.0.1:1");
        run_until(|| errors.count() == 1);
        assert_eq!(errors.try_next(), Some((SocketError::ConnectionRefused,)));
        return;
    }
    let this = std::env::current_exe().expect("a test binary");
    let output = std::process::Command::new("sh")
        .arg("-c")
        .arg("ulimit -n 40 && exec \"$0\" --exact no_descriptor_left --nocapture")
        .arg(this)
        .env(AGAIN, "1")
        .output()
        .expect("a shell");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
