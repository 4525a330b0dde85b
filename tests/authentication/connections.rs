//! Which connection carries the next request, and what it carries.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, Sender, channel};

use qwebsocket::{MaskGenerator, NetworkRequest, SocketError, SocketState, WebSocket};

use super::support::raw_peer::{RawPeer, Script, Wire, header};
use super::support::run_until;
use super::{BASIC, NOBODY_ANSWERED, RIGHT, accept, answering, asks, challenge, run_to};

fn in_turn(scripts: Vec<Script>) -> RawPeer {
    RawPeer::in_turn(scripts)
}

/// The first connection is served by `first`, the second one upgrades.
fn reconnects(first: impl FnOnce(&mut Wire) + Send + 'static) {
    let peer = in_turn(vec![
        Box::new(first),
        Box::new(|wire: &mut Wire| {
            let request = wire.read_head();
            assert_eq!(header(&request, "Authorization"), Some(RIGHT));
            accept(wire, &request);
        }),
    ]);
    connects(&peer);
    peer.join();
}

#[track_caller]
fn connects(peer: &RawPeer) {
    let socket = WebSocket::new();
    let seen = answering(&socket, &[("ada", "right")]);
    socket.open(peer.url());
    run_to(&socket, SocketState::Connected);
    assert_eq!(*seen.borrow(), ["shadow \"\""]);
    assert_eq!(socket.error(), SocketError::Unknown);
}

#[test]
fn the_password_of_the_url_is_tried_once_and_then_gone() {
    let peer = RawPeer::new(|wire| {
        let request = wire.read_head();
        assert_eq!(header(&request, "Authorization"), None);
        let request = challenge(wire, BASIC);
        assert_eq!(header(&request, "Authorization"), Some("Basic 6TphIGI="));
        wire.send(asks(BASIC));
        wire.expect_end();
    });
    let socket = WebSocket::new();
    let seen = answering(&socket, &[]);
    let url = format!("ws://%C3%A9:a%20b@127.0.0.1:{}/p?q", peer.port());
    socket.open(&url);
    assert_eq!(socket.request_url().expect("a URL").as_str(), url);
    run_to(&socket, SocketState::Unconnected);
    peer.join();
    assert_eq!(*seen.borrow(), ["shadow \"é\""]);
    assert_eq!(socket.error_string(), NOBODY_ANSWERED);
    let request = socket.request();
    assert_eq!(request.url().expect("a URL").username(), "");
    assert!(!format!("{request:?}{socket:?}").contains("a%20b"));
}

#[test]
fn the_same_connection_carries_the_answer() {
    let peer = RawPeer::new(|wire| {
        wire.read_head();
        wire.send(format!(
            "HTTP/1.1 401 No\r\n{BASIC}Transfer-Encoding: chunked\r\n\r\n5\r\nsorry"
        ));
        wire.send("\r\n0\r\n\r\n");
        let request = wire.read_head();
        assert_eq!(header(&request, "Authorization"), Some(RIGHT));
        assert_eq!(request.matches("Authorization").count(), 1);
        accept(wire, &request);
    });
    let socket = WebSocket::new();
    let _seen = answering(&socket, &[("ada", "right")]);
    let mut request = NetworkRequest::new(peer.url().parse().expect("a URL"));
    request.set_raw_header("authorization", "Bearer old");
    request.set_raw_header("X-Own", "1");
    socket.open(request);
    run_to(&socket, SocketState::Connected);
    drop(socket);
    peer.join();
}

#[test]
fn http_1_0_does_not_keep_connections() {
    reconnects(|wire| {
        wire.read_head();
        let answer = asks(&format!("Connection: keep-alive\r\n{BASIC}"));
        wire.send(answer.replace("HTTP/1.1", "HTTP/1.0"));
        wire.expect_end();
    });
}

#[test]
fn a_long_body_is_not_worth_reading() {
    reconnects(|wire| {
        wire.read_head();
        let answer = format!("HTTP/1.1 401 No\r\n{BASIC}Content-Length: 65537\r\n\r\n");
        wire.send(answer);
        wire.expect_end();
    });
}

#[test]
fn chunks_without_end_are_not_read_for_ever() {
    reconnects(|wire| {
        wire.read_head();
        let answer = format!("HTTP/1.1 401 No\r\n{BASIC}Transfer-Encoding: chunked\r\n\r\n");
        wire.send(answer);
        wire.send(format!("ffff\r\n{}\r\n", "x".repeat(0xffff)));
        wire.expect_end();
    });
}

#[test]
fn chunks_that_are_none_end_the_connection() {
    reconnects(|wire| {
        wire.read_head();
        let answer = format!("HTTP/1.1 401 No\r\n{BASIC}Transfer-Encoding: chunked\r\n\r\nx\r\n");
        wire.send(answer);
        wire.expect_end();
    });
}

/// A server need not wait for a password that somebody has to look up.
#[test]
fn a_server_that_gave_up_the_connection_is_asked_anew() {
    reconnects(|wire| {
        wire.read_head();
        wire.send(asks(BASIC));
        // The request that answers finds nobody.
    });
}

/// The write fails already, and that is the failure of this connection alone.
#[test]
fn a_server_that_reset_the_connection_is_asked_anew() {
    let (is_reset, reset) = channel();
    let peer = in_turn(vec![
        Box::new(move |wire: &mut Wire| {
            wire.read_head();
            wire.send(asks(BASIC));
            wire.reset();
            is_reset.send(()).expect("a client");
        }),
        Box::new(|wire: &mut Wire| {
            let request = wire.read_head();
            accept(wire, &request);
        }),
    ]);
    let socket = WebSocket::new();
    socket
        .authentication_required
        .connect(move |authenticator| {
            reset.recv().expect("a peer");
            authenticator.set_user("ada");
        });
    socket.open(peer.url());
    run_to(&socket, SocketState::Connected);
    drop(socket);
    peer.join();
}

/// Once: a connection that is new cannot have been given up.
#[test]
fn a_server_that_does_not_answer_anew_is_lost() {
    let peer = in_turn(vec![
        Box::new(|wire: &mut Wire| {
            wire.read_head();
            wire.send(asks(BASIC));
        }),
        Box::new(|wire: &mut Wire| drop(wire.read_head())),
    ]);
    let socket = WebSocket::new();
    let seen = answering(&socket, &[("ada", "right")]);
    socket.open(peer.url());
    run_to(&socket, SocketState::Unconnected);
    peer.join();
    assert_eq!(seen.borrow().len(), 1);
    assert_eq!(socket.error(), SocketError::RemoteHostClosed);
}

#[test]
fn a_body_that_is_cut_off_costs_only_its_connection() {
    reconnects(|wire| {
        wire.read_head();
        wire.send(format!(
            "HTTP/1.1 401 No\r\n{BASIC}Content-Length: 5\r\n\r\nso"
        ));
    });
}

/// Runs a loop before the key of the second connection is made, until that connection exists nevertheless.
struct Waiting {
    masks: Cell<u32>,
    waits: Sender<()>,
    asked: Receiver<()>,
    returns: Sender<()>,
}

impl MaskGenerator for Waiting {
    fn next_mask(&self) -> u32 {
        self.masks.set(self.masks.get() + 1);
        if self.masks.get() == 5 {
            self.waits.send(()).expect("a peer");
            run_until(|| self.asked.try_recv().is_ok());
            self.returns.send(()).expect("a peer");
        }
        self.masks.get()
    }
}

#[test]
fn a_generator_that_runs_a_loop_makes_no_third_connection() {
    let (waits, waiting) = channel();
    let (asks_now, asked) = channel();
    let (returns, returned) = channel();
    let peer = in_turn(vec![
        Box::new(move |wire: &mut Wire| {
            wire.read_head();
            wire.send(asks(&format!("{BASIC}Connection: close\r\n")));
            waiting.recv().expect("a client"); // the end of this connection gives the socket a turn
        }),
        Box::new(move |wire: &mut Wire| {
            let request = wire.read_head();
            asks_now.send(()).expect("a client");
            returned.recv().expect("a client");
            accept(wire, &request);
        }),
    ]);
    let socket = WebSocket::new();
    let _seen = answering(&socket, &[("ada", "right")]);
    socket.set_mask_generator(Some(Rc::new(Waiting {
        masks: Cell::default(),
        waits,
        asked,
        returns,
    })));
    socket.open(peer.url());
    run_to(&socket, SocketState::Connected);
    drop(socket);
    peer.join();
}

#[test]
fn each_connection_has_a_key_of_its_own() {
    let (keys, of_peer) = channel();
    let note = move |request: &str| {
        let key = header(request, "Sec-WebSocket-Key").expect("a key");
        keys.send(key.to_owned()).expect("a listener");
    };
    let second = note.clone();
    let peer = in_turn(vec![
        Box::new(move |wire: &mut Wire| {
            note(&wire.read_head());
            note(&challenge(wire, BASIC));
            wire.send(asks(&format!("{BASIC}Connection: close\r\n")));
        }),
        Box::new(move |wire: &mut Wire| {
            let request = wire.read_head();
            second(&request);
            accept(wire, &request);
        }),
    ]);
    let socket = WebSocket::new();
    let _seen = answering(&socket, &[("ada", "wrong"), ("ada", "right")]);
    socket.open(peer.url());
    run_to(&socket, SocketState::Connected);
    drop(socket);
    peer.join();
    let keys: Vec<String> = of_peer.iter().collect();
    assert!(keys[0] == keys[1] && keys[1] != keys[2], "{keys:?}");
}
