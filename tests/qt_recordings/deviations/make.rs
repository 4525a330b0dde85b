//! What the rules put into a recording.

use serde_json::{Value, json};

use crate::recording::Scenario;
use crate::transcript::{Node, Seen, Signal};
use crate::tree::{at, paths};
use crate::wire::{Frame, shown_payload};

pub const CONNECTING: &str = "stateChanged(Connecting)";
pub const CONNECTED: &str = "stateChanged(Connected)";
pub const CLOSING: &str = "stateChanged(Closing)";
pub const UNCONNECTED: &str = "stateChanged(Unconnected)";
/// How every connection that stood ends.
pub const GONE: [&str; 3] = [UNCONNECTED, "disconnected", "readChannelFinished"];

/// A signal of this kind, in whose slot this is seen.
pub fn told(kind: &str, seen: &Seen) -> Node {
    match kind.split_once('(') {
        Some((name, state)) => told_with(name, vec![json!(state.trim_end_matches(')'))], seen),
        None => told_with(kind, Vec::new(), seen),
    }
}

pub fn told_with(name: &str, args: Vec<Value>, seen: &Seen) -> Node {
    Node::Signal(Signal {
        who: "c".into(),
        name: name.into(),
        args,
        seen: Some(seen.clone()),
        inner: Vec::new(),
    })
}

/// An `error` of the kind that is seen.
pub fn error(seen: &Seen) -> Node {
    told_with("error", vec![json!(seen.error)], seen)
}

pub fn written(bytes: u64, seen: &Seen) -> Node {
    told_with("bytesWritten", vec![json!(bytes)], seen)
}

pub fn is_gone(node: &Node) -> bool {
    GONE.iter().any(|kind| node.is_signal(kind))
}

/// A masked frame of the scenario's socket.
pub fn frame(scenario: &Scenario, opcode: u64, payload: &[u8]) -> Frame {
    let sets_mask = scenario.nodes.iter().any(|node| node.is_call("setMask"));
    let mask = if sets_mask { "01020304" } else { "random" };
    Frame {
        fin: true,
        rsv: 0,
        opcode,
        form: "7bit".into(),
        len: payload.len() as u64,
        mask: Some(mask.into()),
        payload: shown_payload(payload),
    }
}

pub fn close_frame(scenario: &Scenario, code: u16, reason: &str) -> Frame {
    frame(
        scenario,
        8,
        &[&code.to_be_bytes()[..], reason.as_bytes()].concat(),
    )
}

/// The size of a short frame on the wire.
pub fn size(frame: &Frame) -> u64 {
    frame.len + 6
}

/// What was seen last before the node at `path` began.
pub fn seen_before(nodes: &[Node], path: &[usize]) -> Seen {
    let seen = paths(nodes)
        .into_iter()
        .take_while(|other| other.as_slice() < path)
        .filter_map(|other| match at(nodes, &other) {
            Node::Signal(signal) => signal.seen.clone(),
            Node::Call(call) if !path.starts_with(&other) => call.seen.clone(),
            _ => None,
        })
        .last();
    seen.unwrap_or_default()
}

/// Takes all signals out.
pub fn remove_signals(nodes: &mut Vec<Node>) {
    nodes.retain(|node| node.signal().is_none());
    for node in nodes {
        if let Some(inner) = node.inner_mut() {
            remove_signals(inner);
        }
    }
}

/// Takes out what was told of a connection from here on; gives where the next one begins.
pub fn remove_signals_of_connection(nodes: &mut Vec<Node>, from: usize) -> usize {
    let behind = nodes[from..].iter();
    let count = behind.take_while(|node| !node.is_call("open")).count();
    let mut rest = nodes.split_off(from + count);
    let mut own = nodes.split_off(from);
    remove_signals(&mut own);
    nodes.append(&mut own);
    let end = nodes.len();
    nodes.append(&mut rest);
    end
}
