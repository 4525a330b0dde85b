//! The order of the signals: every row of the contract in `docs/signals.md`, as a whole transcript with what the
//! socket says about itself inside each slot.

#[path = "../support/mod.rs"]
mod support;

mod aborting;
mod authentication;
mod byte_counts;
mod close_codes;
mod closing;
mod deadlines;
mod dropping;
mod error_names;
mod failing;
mod losing;
mod opening;
mod peer_closes;
mod pings;
mod proxies;
mod refusals;
mod reopening;
mod secure;
mod trust;

use std::rc::Rc;

use qwebsocket::WebSocket;
use support::pair::stopped_clock;
use support::raw_peer::RawPeer;
use support::transcript::Recorder;

/// A client whose connection to `peer` stands, and a recorder that heard nothing of that.
#[track_caller]
fn connected_to(peer: &RawPeer) -> (Rc<WebSocket>, Recorder) {
    connected_with(&peer.url(), |_, _| {})
}

/// As [`connected_to`], prepared before the connection stands: the turn that brings the upgrade may bring more.
#[track_caller]
fn connected_with(
    url: &str,
    prepare: impl FnOnce(&Rc<WebSocket>, Recorder),
) -> (Rc<WebSocket>, Recorder) {
    stopped_clock();
    let socket = WebSocket::new();
    let recorder = Recorder::new(&socket);
    prepare(&socket, recorder.clone());
    socket.open(url);
    recorder.run_until("connected");
    recorder.forget_through("connected");
    (socket, recorder)
}
