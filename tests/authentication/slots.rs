//! What slots of `authentication_required` may do.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::time::Duration;

use qwebsocket::{Authenticator, EventLoop, SocketError, SocketState, WebSocket};

use super::support::pair::{listening, stopped_clock};
use super::support::raw_peer::{RawPeer, header};
use super::support::transcript::Recorder;
use super::support::{run_until, settle};
use super::{BASIC, NOBODY_ANSWERED, RIGHT, accept, answering, asks, challenge, run_to};

/// Asks once, and gets no answer.
fn asking_in_vain() -> RawPeer {
    RawPeer::new(|wire| {
        wire.read_head();
        wire.send(asks(BASIC));
        wire.expect_end();
    })
}

/// Asks once, and gets the right answer.
fn asking() -> RawPeer {
    RawPeer::new(|wire| {
        wire.read_head();
        let request = challenge(wire, BASIC);
        assert_eq!(header(&request, "Authorization"), Some(RIGHT));
        accept(wire, &request);
    })
}

fn fill_in(authenticator: &Authenticator) {
    authenticator.set_user("ada");
    authenticator.set_password("right");
}

#[test]
fn are_asked_three_times() {
    let peer = RawPeer::new(|wire| {
        wire.read_head();
        for _ in 0..3 {
            challenge(wire, BASIC);
        }
        wire.send(asks(BASIC));
        wire.expect_end();
    });
    let socket = WebSocket::new();
    let seen = answering(&socket, &[("a", "1"), ("b", "2"), ("c", "3"), ("d", "4")]);
    socket.open(peer.url());
    run_to(&socket, SocketState::Unconnected);
    peer.join();
    assert_eq!(
        *seen.borrow(),
        ["shadow \"\"", "shadow \"a\"", "shadow \"b\""]
    );
    assert_eq!(socket.error_string(), NOBODY_ANSWERED);
}

#[test]
fn must_not_give_what_cannot_be_sent() {
    for (user, password) in [("a\r\nX: 1", ""), ("", "a\0"), ("a\n", "b"), ("a:b", "c")] {
        let peer = asking_in_vain();
        let socket = WebSocket::new();
        let _seen = answering(&socket, &[(user, password)]);
        socket.open(peer.url());
        run_to(&socket, SocketState::Unconnected);
        peer.join();
        assert_eq!(socket.error(), SocketError::ConnectionRefused);
        assert_eq!(
            socket.error_string(),
            "The credentials contain characters that must not be sent."
        );
    }
    let socket = WebSocket::new();
    let url = "ws://a%0A:b@127.0.0.1:1/".parse::<qwebsocket::Url>();
    socket.open(url.expect("a URL"));
    assert_eq!(socket.error_string(), "Invalid URL.");
}

#[test]
fn may_end_the_attempt() {
    for end in [WebSocket::abort, WebSocket::close] {
        let peer = asking_in_vain();
        let socket = WebSocket::new();
        let recorder = Recorder::new(&socket);
        socket
            .authentication_required
            .connect_to(&socket, move |socket, authenticator| {
                fill_in(authenticator);
                end(socket);
            });
        recorder.call("open", |socket| socket.open(peer.url()));
        recorder.run_until("read_channel_finished");
        peer.join();
        settle();
        recorder.expect(
            r#"
            [open
              state_changed(Connecting)               {Connecting | no error | 1000}
            ]
            authentication_required("shadow", "")     {Connecting | no error | 1000}
            about_to_close                            {Connecting | no error | 1000}
            state_changed(Unconnected)                {Unconnected | no error | 1000}
            disconnected                              {Unconnected | no error | 1000}
            read_channel_finished                     {Unconnected | no error | 1000}
            "#,
        );
    }
}

#[test]
fn may_open_another_connection() {
    let peer = asking_in_vain();
    let server = listening();
    let url = format!("ws://127.0.0.1:{}", server.server_port());
    let socket = WebSocket::new();
    socket
        .authentication_required
        .connect_to(&socket, move |socket, authenticator| {
            fill_in(authenticator);
            socket.open(&url);
        });
    socket.open(peer.url());
    run_to(&socket, SocketState::Connected);
    peer.join();
    assert_eq!(socket.peer_port(), server.server_port());
}

#[test]
fn may_drop_the_socket() {
    let peer = asking_in_vain();
    let socket = Rc::new(Cell::new(Some(WebSocket::new())));
    let handle = socket.take().expect("a socket");
    let weak = Rc::downgrade(&handle);
    let held = socket.clone();
    handle
        .authentication_required
        .connect(move |authenticator| {
            fill_in(authenticator);
            drop(held.take());
        });
    handle.open(peer.url());
    socket.set(Some(handle));
    run_until(|| weak.strong_count() == 0);
    peer.join();
}

#[test]
fn may_panic_after_the_answer() {
    let peer = asking();
    let socket = WebSocket::new();
    socket.authentication_required.connect(|authenticator| {
        fill_in(authenticator);
        std::panic::resume_unwind(Box::new("deliberate"));
    });
    socket.open(peer.url());
    let panicked = catch_unwind(AssertUnwindSafe(|| run_to(&socket, SocketState::Connected)));
    assert!(panicked.is_err());
    run_to(&socket, SocketState::Connected);
    drop(socket);
    peer.join();
}

/// A user reads a dialog: nothing goes on, and no time passes.
#[test]
fn may_take_their_time_in_a_loop_of_their_own() {
    let clock = stopped_clock();
    let peer = asking();
    let socket = WebSocket::new();
    socket.set_connect_timeout(Some(Duration::from_secs(10)));
    let asked = Rc::new(Cell::new(0));
    let count = asked.clone();
    socket
        .authentication_required
        .connect_to(&socket, move |socket, authenticator| {
            count.set(count.get() + 1);
            clock.advance(Duration::from_secs(3600));
            for _ in 0..10 {
                let _ = EventLoop::new().process_events(Duration::ZERO);
            }
            assert_eq!(socket.state(), SocketState::Connecting);
            fill_in(authenticator);
        });
    socket.open(peer.url());
    run_to(&socket, SocketState::Connected);
    assert_eq!(asked.get(), 1);
    drop(socket);
    peer.join();
}

/// The time that was left is what is left afterwards.
#[test]
fn get_no_more_time_than_there_was() {
    let clock = stopped_clock();
    let peer = RawPeer::new(|wire| {
        wire.read_head();
        challenge(wire, BASIC);
        wire.expect_end();
    });
    let socket = WebSocket::new();
    socket.set_connect_timeout(Some(Duration::from_secs(10)));
    let is_asked = Rc::new(Cell::new(false));
    let (asked, time) = (is_asked.clone(), clock.clone());
    socket
        .authentication_required
        .connect(move |authenticator| {
            time.advance(Duration::from_secs(3600));
            fill_in(authenticator);
            asked.set(true);
        });
    socket.open(peer.url());
    clock.advance(Duration::from_secs(4));
    run_until(|| is_asked.get());
    settle();
    clock.advance(Duration::from_millis(5_900));
    settle();
    assert_eq!(socket.state(), SocketState::Connecting);
    clock.advance(Duration::from_millis(200));
    run_to(&socket, SocketState::Unconnected);
    assert_eq!(socket.error(), SocketError::SocketTimeout);
    peer.join();
}

/// What was left of one attempt's time is nothing to a connection that a slot opened instead.
#[test]
fn leave_no_clock_to_another_connection() {
    let clock = stopped_clock();
    let peer = asking_in_vain();
    let server = listening();
    let url = format!("ws://127.0.0.1:{}", server.server_port());
    let socket = WebSocket::new();
    socket.set_connect_timeout(Some(Duration::from_secs(10)));
    socket
        .authentication_required
        .connect_to(&socket, move |socket, _| {
            socket.open(&url);
            run_to(socket, SocketState::Connected);
        });
    socket.open(peer.url());
    run_to(&socket, SocketState::Connected);
    settle();
    clock.advance(Duration::from_secs(11));
    settle();
    assert_eq!(socket.state(), SocketState::Connected);
    peer.join();
}
