//! What once went wrong in Qt's WebSockets, each as a test of what must hold here. A test is named after the number in
//! Qt's bug tracker, by which those who suffered from it will look for it.
#![allow(unreachable_pub, missing_debug_implementations, reason = "a test")]

mod authentication;
mod closing;
#[path = "../heap/mod.rs"]
mod heap;
mod limits;
mod order;
mod reentrancy;
mod requests;
mod server;
mod splitting;
#[path = "../support/mod.rs"]
mod support;
mod threads;
#[cfg(any(feature = "ring", feature = "aws-lc-rs", feature = "openssl"))]
mod tls;

use std::collections::BTreeSet;
use std::path::Path;
use std::rc::Rc;

use qwebsocket::WebSocket;
use support::raw_peer::{RawPeer, Wire};

#[global_allocator]
static ALLOCATOR: heap::Counting = heap::Counting;

/// The bugs, by what they were about.
const BUGS: &[(&str, &[u32])] = &[
    ("reentrancy", &[87279, 59179, 111248, 108996, 105087, 45331]),
    ("order of signals", &[100054, 36757]),
    ("signals told twice", &[67778, 36762]),
    ("opening again", &[88923, 44893]),
    (
        "bytes in pieces",
        &[40878, 51001, 70000, 77830, 102111, 64026],
    ),
    ("blocking", &[74464]),
    (
        "limits and deadlines",
        &[48123, 70691, 70693, 63312, 57026, 44866, 105851],
    ),
    ("frames and masks", &[62949, 42298, 61694]),
    ("how it ended", &[42982, 37228, 106937, 101756]),
    (
        "requests",
        &[39355, 77526, 68245, 44310, 44889, 41285, 120492],
    ),
    ("answers", &[37975, 40615]),
    ("parsers", &[80700, 80701, 57357]),
    ("subprotocols", &[38742, 108276]),
    ("authentication", &[92858]),
    ("TLS", &[36676]),
    ("threads", &[83722, 78078, 106372]),
    ("server", &[56414, 85180, 62667, 54276]),
];

#[test]
fn every_bug_has_its_test() {
    let mut missing: BTreeSet<u32> = BTreeSet::new();
    for number in BUGS.iter().flat_map(|(_, numbers)| *numbers) {
        assert!(missing.insert(*number), "{number} twice");
    }
    for number in tests() {
        assert!(
            missing.remove(&number),
            "{number} is unknown, or tested twice"
        );
    }
    assert!(missing.is_empty(), "without a test: {missing:?}");
}

/// The numbers in the names of the tests of this folder.
fn tests() -> Vec<u32> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/qtbugs");
    let mut numbers = Vec::new();
    for file in std::fs::read_dir(folder).expect("this folder") {
        let text = std::fs::read_to_string(file.expect("a file").path()).expect("a text");
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            if line.trim() != "#[test]" {
                continue;
            }
            let name = lines.find_map(|line| line.strip_prefix("fn "));
            let bug = name.and_then(|name| name.strip_prefix("qtbug_"));
            if let Some((number, _)) = bug.and_then(|bug| bug.split_once('_')) {
                numbers.push(number.parse().expect("a number"));
            }
        }
    }
    numbers
}

/// A request that a server accepts.
const REQUEST: &str = "GET /chat HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                       Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/// A client whose peer has accepted it and follows `script`.
fn client_of(script: impl FnOnce(&mut Wire) + Send + 'static) -> (Rc<WebSocket>, RawPeer) {
    let peer = RawPeer::new(|wire| {
        wire.accept_upgrade();
        script(wire);
    });
    let socket = WebSocket::new();
    socket.open(peer.url());
    (socket, peer)
}

/// Each byte in a packet of its own.
fn send_bytewise(wire: &mut Wire, bytes: impl AsRef<[u8]>) {
    for byte in bytes.as_ref() {
        wire.send([*byte]);
    }
}
