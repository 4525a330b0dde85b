//! Rules about calls in the middle of something: on a live connection, and in slots.

use serde_json::{Value, json};

use super::closing::{CLOSING, CONNECTED, CONNECTING, UNCONNECTED};
use crate::recording::Scenario;
use crate::rewrite::each_list;
use crate::transcript::{Call, Node, Seen, Signal};
use crate::tree::{at, at_mut, paths, siblings, take_behind};
use crate::wire::{Frame, WireLog};

/// The signals with which a connection ends, in their order.
const END: [&str; 6] =
    ["error", "aboutToClose", CLOSING, UNCONNECTED, "disconnected", "readChannelFinished"];

/// How far a connection is.
#[derive(Clone, Debug, Default)]
struct Life {
    state: String,
    /// What of the end has been told.
    told: Vec<String>,
    had_tcp: bool,
}

impl Life {
    fn note(&mut self, node: &Node) {
        let Some(signal) = node.signal() else { return };
        let kind = signal.kind();
        if kind == CONNECTING {
            *self = Self::default();
        }
        if let Some(state) = signal.new_state() {
            self.state = state.to_owned();
        }
        self.had_tcp |= kind == "bytesWritten";
        if END.contains(&kind.as_str()) {
            self.told.push(kind);
        }
    }

    fn has_told(&self, kind: &str) -> bool {
        self.told.iter().any(|told| told == kind)
    }

    /// What is left to tell when something ends the connection now; `politely` if that says good-bye first.
    fn rest(&self, politely: bool) -> Vec<&'static str> {
        if self.state.is_empty() {
            return Vec::new();
        }
        let has_begun = !self.told.is_empty();
        let mut rest = Vec::new();
        if !self.has_told("aboutToClose") && !self.has_told("error") && !self.has_told(UNCONNECTED) {
            rest.push("aboutToClose");
        }
        let was_lost = self.has_told("error") && self.state == "Connected";
        if self.state == "Connected" && (politely || was_lost) {
            rest.push(CLOSING);
        }
        for kind in [UNCONNECTED, "disconnected", "readChannelFinished"] {
            let comes = kind != "readChannelFinished" || self.had_tcp || !has_begun || self.has_told(CLOSING);
            if comes && !self.has_told(kind) {
                rest.push(kind);
            }
        }
        rest
    }
}

/// `open` on a live socket ends the old connection, with all there is to tell. In Qt that is dropped silently. A slot
/// that opens or aborts in the middle of an end first gets what is left of it.
pub fn the_old_connection_ends_first(scenario: &mut Scenario) {
    let mut life = Life::default();
    let mut peer: Option<usize> = None;
    let mut index = 0;
    loop {
        let paths = paths(&scenario.nodes);
        let Some(path) = paths.get(index).cloned() else { return };
        index += 1;
        let node = at(&scenario.nodes, &path);
        life.note(node);
        let Some(call) = node.call() else { continue };
        let (opens, aborts) = (call.name() == "open", call.name() == "abort");
        let fails_at_once = call.inner.first().is_some_and(|node| node.is_signal("error"));
        if (!opens && !aborts) || fails_at_once {
            continue;
        }
        let reached = call.op["reaches"].as_u64().map(|peer| peer as usize);
        let already = call.inner.clone();
        let rest = life.rest(opens);
        if aborts && (rest.is_empty() || already.iter().any(|node| node.is_signal(UNCONNECTED))) {
            continue;
        }
        if opens {
            say_connecting(scenario, &path);
        }
        if !rest.is_empty() {
            let says_goodbye = opens && rest.contains(&"aboutToClose") && life.state == "Connected";
            if says_goodbye && let Some(peer) = peer {
                let frame = close_frame(scenario, 1001, "Connection closed");
                scenario.wires[peer].frames.push(frame);
            }
            let old = take_end(scenario, &path, opens);
            let first = first_seen(&scenario.nodes, &path);
            let chain = rest.iter().map(|kind| {
                let recorded = old.iter().find(|node| node.is_signal(kind)).cloned();
                recorded.unwrap_or_else(|| told(kind, &first, says_goodbye))
            });
            let mut chain: Vec<Node> = chain.collect();
            if says_goodbye {
                let place = chain.iter().position(|node| node.is_signal(CLOSING)).map_or(0, |at| at + 1);
                let seen = chain[0].signal().and_then(|signal| signal.seen.clone());
                chain.insert(place, written(25, seen));
            }
            let inner = at_mut(&mut scenario.nodes, &path).inner_mut().expect("a call");
            inner.splice(0..0, chain);
        }
        peer = if opens { reached.or(peer) } else { peer };
    }
}

/// Qt does not say Connecting if it was so before.
fn say_connecting(scenario: &mut Scenario, path: &[usize]) {
    let seen = first_seen(&scenario.nodes, path);
    let inner = at_mut(&mut scenario.nodes, path).inner_mut().expect("a call");
    if !inner.iter().any(|node| node.is_signal(CONNECTING)) {
        inner.push(told(CONNECTING, &seen, false));
    }
}

/// Takes what Qt told of the end after the call.
fn take_end(scenario: &mut Scenario, path: &[usize], opens: bool) -> Vec<Node> {
    let nodes = &mut scenario.nodes;
    let until = paths(nodes).into_iter().find(|other| {
        other.as_slice() > path
            && !other.starts_with(path)
            && (at(nodes, other).is_signal(CONNECTED) && opens || at(nodes, other).is_signal("error"))
    });
    let marker = until.map(|path| at(nodes, &path).clone());
    let mut is_past = false;
    let _ = (&marker, &mut is_past);
    let limit = paths(nodes)
        .into_iter()
        .position(|other| marker.as_ref().is_some_and(|marker| at(nodes, &other) == marker));
    match limit {
        None => take_behind(nodes, path, |node| END.iter().any(|kind| node.is_signal(kind))),
        Some(limit) => take_between(nodes, path, limit),
    }
}

fn take_between(nodes: &mut Vec<Node>, from: &[usize], limit: usize) -> Vec<Node> {
    let between: Vec<_> = paths(nodes)
        .into_iter()
        .take(limit)
        .filter(|path| path.as_slice() > from && !path.starts_with(from))
        .collect();
    let mut taken = Vec::new();
    for path in between.into_iter().rev() {
        if END.iter().any(|kind| at(nodes, &path).is_signal(kind)) {
            taken.push(siblings(nodes, &path).remove(path[path.len() - 1]));
        }
    }
    taken.reverse();
    taken
}

/// What was seen last before the node at `path` began.
pub fn first_seen(nodes: &[Node], path: &[usize]) -> Seen {
    let seen = paths(nodes)
        .into_iter()
        .take_while(|other| other.as_slice() < path)
        .filter_map(|other| match at(nodes, &other) {
            Node::Signal(signal) => signal.seen.clone(),
            Node::Call(call) if !path.starts_with(&other) => call.seen.clone(),
            _ => None,
        })
        .last();
    seen.unwrap_or_else(|| Seen {
        state: "Unconnected".into(),
        valid: false,
        error: -1,
        error_string: String::new(),
        close_code: 1000,
        close_reason: String::new(),
    })
}

/// A signal that Qt did not emit.
pub fn told(kind: &str, before: &Seen, says_goodbye: bool) -> Node {
    let (name, args) = match kind.split_once('(') {
        Some((name, state)) => (name, vec![json!(state.trim_end_matches(')'))]),
        None => (kind, Vec::new()),
    };
    let mut seen = before.clone();
    if says_goodbye {
        (seen.close_code, seen.close_reason) = (1001, "Connection closed".into());
    }
    Node::Signal(Signal { who: "c".into(), name: name.into(), args, seen: Some(seen), inner: Vec::new() })
}

fn written(bytes: u64, seen: Option<Seen>) -> Node {
    Node::Signal(Signal {
        who: "c".into(),
        name: "bytesWritten".into(),
        args: vec![json!(bytes)],
        seen,
        inner: Vec::new(),
    })
}

/// The close frame that the scenario's socket sends.
pub fn close_frame(scenario: &Scenario, code: u16, reason: &str) -> Frame {
    let payload = [&code.to_be_bytes()[..], reason.as_bytes()].concat();
    let sets_mask = scenario.nodes.iter().any(|node| node.is_call("setMask"));
    let mask = if sets_mask { "01020304" } else { "random" };
    Frame {
        fin: true,
        rsv: 0,
        opcode: 8,
        form: "7bit".into(),
        len: payload.len() as u64,
        mask: Some(mask.into()),
        payload: crate::wire::shown_payload(&payload),
    }
}

/// After the end, Qt goes on to deliver the message whose frame ended it.
pub fn nothing_is_delivered_after_the_end(scenario: &mut Scenario) {
    each_list(&mut scenario.nodes, &mut |nodes| {
        let mut index = 1;
        while index < nodes.len() {
            let ended = nodes[index - 1].inner().iter().any(|node| {
                ["abort", "close", "open"].iter().any(|call| node.is_call(call))
            });
            let is_frame = |node: &Node| {
                node.is_signal("textFrameReceived") || node.is_signal("binaryFrameReceived")
            };
            let is_message = |node: &Node| {
                node.is_signal("textMessageReceived") || node.is_signal("binaryMessageReceived")
            };
            if ended && is_frame(&nodes[index - 1]) && is_message(&nodes[index]) {
                nodes.remove(index);
            } else {
                index += 1;
            }
        }
    });
}

/// An argument that cannot be opened changes nothing. Qt forgets the old request, and for an unknown scheme the old
/// connection.
pub fn a_bad_argument_changes_nothing(scenario: &mut Scenario) {
    let good = ["request_url", "request_url_valid", "resource_name", "peer_name", "request_raw_headers"];
    let failed = scenario.nodes.iter().any(fails_at_once);
    let opened = scenario.nodes.iter().any(|node| node.is_call("open") && !fails_at_once(node));
    if failed && !opened {
        let nothing = [json!(""), json!(false), json!(""), json!(""), json!([])];
        for node in &mut scenario.nodes {
            if let Node::Look(look) = node
                && look.value.is_object()
            {
                for (getter, value) in good.iter().zip(&nothing) {
                    look.value[*getter] = value.clone();
                }
            }
        }
    }
}

pub fn fails_at_once(node: &Node) -> bool {
    node.is_call("open") && node.inner().first().is_some_and(|node| node.is_signal("error"))
}

/// A socket that is being destroyed cannot be looked at: the last reference to it is gone.
pub fn the_destroyed_cannot_be_looked_at(scenario: &mut Scenario) {
    fn blind(nodes: &mut [Node], is_inside: bool) {
        for node in nodes {
            if let Node::Signal(signal) = node {
                let says = |seen: &Seen| seen.close_reason == "Connection closed";
                if is_inside || signal.seen.as_ref().is_some_and(says) {
                    signal.seen = None;
                }
            }
            let is_inside = is_inside || node.is_call("delete");
            if let Some(inner) = node.inner_mut() {
                blind(inner, is_inside);
            }
        }
    }
    blind(&mut scenario.nodes, false);
}

/// `flush()` has nothing to do without a connection, also after one.
pub fn flush_without_a_connection_is_true(scenario: &mut Scenario) {
    crate::recording::each_call(&mut scenario.nodes, &mut |call: &mut Call| {
        let is_unconnected = call.seen.as_ref().is_some_and(|seen| seen.state == "Unconnected");
        if call.name() == "flush" && is_unconnected {
            call.returned = Value::Bool(true);
        }
    });
}

/// An aborted connection is none any more when `about_to_close` tells of it: nothing can be sent.
pub fn an_aborted_connection_is_not_valid(scenario: &mut Scenario) {
    crate::recording::each_call(&mut scenario.nodes, &mut |call: &mut Call| {
        if call.name() == "abort"
            && let Some(Node::Signal(signal)) = call.inner.first_mut()
            && signal.is("aboutToClose")
            && let Some(seen) = &mut signal.seen
        {
            seen.valid = false;
        }
    });
}

/// The request of a connection that Qt gave up before it wrote one, but for the path as the first.
pub fn request_like(first: &WireLog, path: &str) -> WireLog {
    let mut wire = WireLog { request: first.request.clone(), ..WireLog::default() };
    if let Some(line) = wire.request.first_mut() {
        *line = format!("GET {path} HTTP/1.1");
    }
    wire
}
