//! Digest, held against a reckoning of our own.

use md5::Md5;
use qwebsocket::{SocketState, WebSocket};
use sha2::{Digest, Sha256};

use super::support::raw_peer::{RawPeer, header};
use super::{BASIC, NOBODY_ANSWERED, accept, answering, asks, challenge};

fn digest(nonce: &str, more: &str) -> String {
    format!(
        "WWW-Authenticate: Digest realm=\"shadow\", qop=\"auth\", nonce=\"{nonce}\", opaque=\"o\"{more}\r\n"
    )
}

/// The value of a parameter in the answer.
fn value(request: &str, name: &str) -> String {
    let answer = header(request, "Authorization").expect("an answer");
    let parts = answer.strip_prefix("Digest ").expect("Digest").split(", ");
    parts
        .filter_map(|part| part.split_once('='))
        .find_map(|(other, value)| (other == name).then(|| value.trim_matches('"').to_owned()))
        .unwrap_or_else(|| panic!("no {name} in {answer}"))
}

fn hash<D: Digest>(parts: &[&str]) -> String {
    let bytes = D::digest(parts.join(":"));
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[track_caller]
fn is_right<D: Digest>(request: &str, password: &str, nonce: &str, count: &str) {
    let [uri, client] = ["uri", "cnonce"].map(|name| value(request, name));
    let secret = hash::<D>(&["ada", "shadow", password]);
    let asked = hash::<D>(&["GET", &uri]);
    let expected = hash::<D>(&[&secret, nonce, count, &client, "auth", &asked]);
    assert_eq!(value(request, "response"), expected);
    assert_eq!(
        (uri.as_str(), value(request, "nc").as_str()),
        ("/p?q=1", count)
    );
    assert_eq!(value(request, "opaque"), "o");
    assert!(client.len() >= 16, "{client}");
}

fn open(peer: &RawPeer, answers: &[(&str, &str)]) -> (std::rc::Rc<WebSocket>, usize) {
    let socket = WebSocket::new();
    let seen = answering(&socket, answers);
    socket.open(format!("{}/p?q=1", peer.url()));
    super::run_until(|| socket.state() != SocketState::Connecting);
    let asked = seen.borrow().len();
    (socket, asked)
}

#[test]
fn the_strongest_of_several_is_answered() {
    let peer = RawPeer::new(|wire| {
        wire.read_head();
        let sha = digest("second", ", algorithm=SHA-256");
        let request = challenge(wire, &[BASIC, &digest("first", ""), &sha].concat());
        is_right::<Sha256>(&request, "right", "second", "00000001");
        accept(wire, &request);
    });
    let (socket, asked) = open(&peer, &[("ada", "right")]);
    assert_eq!((socket.state(), asked), (SocketState::Connected, 1));
    drop(socket);
    peer.join();
}

#[test]
fn a_stale_nonce_asks_nobody() {
    let peer = RawPeer::new(|wire| {
        wire.read_head();
        let request = challenge(wire, &digest("old", ""));
        is_right::<Md5>(&request, "right", "old", "00000001");
        let request = challenge(wire, &digest("new", ", stale=true"));
        is_right::<Md5>(&request, "right", "new", "00000001");
        accept(wire, &request);
    });
    let (socket, asked) = open(&peer, &[("ada", "right")]);
    assert_eq!((socket.state(), asked), (SocketState::Connected, 1));
    drop(socket);
    peer.join();
}

/// Who finds each nonce stale finds no end.
#[test]
fn a_nonce_that_is_stale_at_once_asks_again() {
    let peer = RawPeer::new(|wire| {
        wire.read_head();
        for number in 0..2 {
            challenge(wire, &digest(&number.to_string(), ", stale=true"));
        }
        wire.send(asks(&digest("last", ", stale=true")));
        wire.expect_end();
    });
    let (socket, asked) = open(&peer, &[("ada", "right")]);
    assert_eq!(
        (socket.error_string().as_str(), asked),
        (NOBODY_ANSWERED, 2)
    );
    peer.join();
}

#[test]
fn answers_to_one_nonce_are_counted() {
    let peer = RawPeer::new(|wire| {
        wire.read_head();
        let first = challenge(wire, &digest("n", ""));
        is_right::<Md5>(&first, "wrong", "n", "00000001");
        let second = challenge(wire, &digest("n", ""));
        is_right::<Md5>(&second, "right", "n", "00000002");
        assert_ne!(value(&first, "cnonce"), value(&second, "cnonce"));
        accept(wire, &second);
    });
    let (socket, asked) = open(&peer, &[("ada", "wrong"), ("ada", "right")]);
    assert_eq!((socket.state(), asked), (SocketState::Connected, 2));
    drop(socket);
    peer.join();
}

/// Only a nonce grows old. Who gave a hash has not agreed to give the password itself.
#[test]
fn what_is_not_digest_is_never_stale() {
    let peer = RawPeer::new(|wire| {
        wire.read_head();
        challenge(wire, &digest("n", ""));
        wire.send(asks(
            "WWW-Authenticate: Basic realm=\"shadow\", stale=true\r\n",
        ));
        wire.expect_end();
    });
    let (socket, asked) = open(&peer, &[("ada", "right")]);
    assert_eq!(
        (socket.error_string().as_str(), asked),
        (NOBODY_ANSWERED, 2)
    );
    peer.join();
}
