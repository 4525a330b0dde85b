//! Rules about calls in the middle of something: on a live connection, and in slots.

use serde_json::{Value, json};

use super::closing::{CLOSING, CONNECTED, CONNECTING, UNCONNECTED};
use crate::recording::Scenario;
use crate::rewrite::write_addresses;
use crate::transcript::{Action, Call, Look, Node, PeerAct, Seen, Signal};
use crate::tree::{at, at_mut, paths, siblings};
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
        let rest = life.rest(opens);
        if opens {
            say_connecting(scenario, &path);
        }
        if !rest.is_empty() || aborts {
            end_first(scenario, &path, &life, &rest, peer);
        }
        if opens {
            peer = reached.or(peer);
            if let Some(peer) = reached {
                send_request(scenario, &path, peer);
            }
        }
    }
}

/// Puts `rest` before all else that the call at `path` emits.
fn end_first(scenario: &mut Scenario, path: &[usize], life: &Life, rest: &[&str], peer: Option<usize>) {
    let opens = at(&scenario.nodes, path).is_call("open");
    let says_goodbye = opens && rest.contains(&"aboutToClose") && life.state == "Connected";
    if says_goodbye && let Some(peer) = peer {
        let frame = close_frame(scenario, 1001, "Connection closed");
        scenario.wires[peer].frames.push(frame);
        count_frame(scenario, peer);
    }
    let mut old = take_end(scenario, path);
    let first = first_seen(&scenario.nodes, path);
    let inner = at_mut(&mut scenario.nodes, path).inner_mut().expect("a call");
    let (ends, others) = std::mem::take(inner).into_iter().partition::<Vec<_>, _>(is_end);
    old.extend(ends);
    let chain = rest.iter().map(|kind| {
        let recorded = old.iter().find(|node| node.is_signal(kind)).cloned();
        recorded.unwrap_or_else(|| told(kind, &first, says_goodbye))
    });
    let mut chain: Vec<Node> = chain.collect();
    let closing = chain.iter().position(|node| node.is_signal(CLOSING)).map_or(0, |at| at + 1);
    if says_goodbye {
        let seen = chain[0].signal().and_then(|signal| signal.seen.clone());
        chain.insert(closing, written(25, seen));
    } else if opens && (closing > 0 || life.state == "Closing") && !life.has_told("error") {
        chain.splice(closing..closing, take_written(scenario, path));
    }
    let inner = at_mut(&mut scenario.nodes, path).inner_mut().expect("a call");
    inner.extend(chain);
    inner.extend(others);
}

fn is_end(node: &Node) -> bool {
    END.iter().any(|kind| node.is_signal(kind))
}

/// The recordings count the frames of the first peer at their end.
fn count_frame(scenario: &mut Scenario, peer: usize) {
    for node in scenario.nodes.iter_mut().filter(|_| peer == 0) {
        if let Node::Look(look) = node
            && look.name == "first_peer_frames"
        {
            look.value = json!(look.value.as_u64().unwrap_or(0) + 1);
        }
    }
}

/// The request of a connection that Qt gave up before it wrote one: like the first, but for the path.
fn send_request(scenario: &mut Scenario, path: &[usize], peer: usize) {
    let url = at(&scenario.nodes, path).call().and_then(|call| call.op["url"].as_str());
    let resource = url.and_then(|url| url.split_once("<PORT>")).map(|(_, resource)| resource.to_owned());
    let is_last = !paths(&scenario.nodes).iter().any(|other| {
        let node = at(&scenario.nodes, other);
        other.as_slice() > path && !other.starts_with(path) && (node.is_call("open") || is_end(node))
    });
    let wires = &mut scenario.wires;
    if peer == 0 || !wires[peer].request.is_empty() || !is_last {
        return;
    }
    let Some(resource) = resource else { return };
    let mut request = wires[0].request.clone();
    if let Some(line) = request.first_mut() {
        *line = format!("GET {resource} HTTP/1.1");
    }
    let length: usize = request.iter().map(|line| line.len() + 2).sum();
    // A port has five digits, what stands for it one more.
    let length = length + 2 - 1;
    wires[peer].request = request;
    let seen = at(&scenario.nodes, path).call().and_then(|call| call.seen.clone());
    scenario.nodes.insert(path[0] + 1, written(length as u64, seen));
}

/// Takes the close frame's bytes, which Qt told before the call or the loop would have told behind it.
fn take_written(scenario: &mut Scenario, path: &[usize]) -> Option<Node> {
    let root = path[0];
    let is_written = |index: usize| scenario.nodes.get(index).is_some_and(|node| node.is_signal("bytesWritten"));
    if path.len() == 1 {
        None
    } else if is_written(root + 1) {
        Some(scenario.nodes.remove(root + 1))
    } else if root > 0 && is_written(root - 1) {
        // An empty place keeps all paths.
        let seen = scenario.nodes[root - 1].signal().and_then(|signal| signal.seen.clone());
        let size = scenario.nodes[root - 1].signal().map(|signal| signal.args[0].clone());
        scenario.nodes[root - 1] = Node::Wait(0);
        let mut node = written(0, seen);
        if let (Node::Signal(signal), Some(size)) = (&mut node, size) {
            signal.args = vec![size];
        }
        Some(node)
    } else {
        None
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

/// Takes what Qt told of the end after the call, up to what belongs to the next connection.
fn take_end(scenario: &mut Scenario, path: &[usize]) -> Vec<Node> {
    let nodes = &mut scenario.nodes;
    let is_next = |node: &Node| node.is_signal("error") || node.is_signal(CONNECTED);
    let behind: Vec<_> = paths(nodes)
        .into_iter()
        .filter(|other| other.as_slice() > path && !other.starts_with(path))
        .take_while(|other| !is_next(at(nodes, other)))
        .collect();
    let mut taken = Vec::new();
    for path in behind.into_iter().rev() {
        if is_end(at(nodes, &path)) {
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

/// Nothing happens on a connection that ended. Qt goes on to deliver the message whose frame ended it, says that a
/// socket is connected whose slot has just closed it, and takes no notice of an end inside `open`.
pub fn nothing_happens_after_the_end(scenario: &mut Scenario) {
    let (mut state, mut peer) = (String::from("Unconnected"), None);
    let mut told = Vec::new();
    let (mut late, mut unmade) = (Vec::new(), Vec::new());
    for path in paths(&scenario.nodes) {
        let node = at(&scenario.nodes, &path);
        if let Some(call) = node.call().filter(|call| call.name() == "open") {
            peer = call.op["reaches"].as_u64().or(peer);
        }
        let Some(signal) = node.signal() else { continue };
        let kind = signal.kind();
        if kind == CONNECTING {
            told.clear();
        }
        let is_again = END[2..].contains(&kind.as_str()) && told.contains(&kind);
        let fits = match kind.as_str() {
            _ if is_again => false,
            "aboutToClose" | CLOSING | UNCONNECTED => state != "Unconnected",
            CONNECTED => state == "Connecting",
            "connected" | "pong" => state == "Connected",
            "bytesWritten" => state != "Unconnected",
            kind if kind.ends_with("Received") => state == "Connected",
            _ => true,
        };
        if !fits {
            late.push(path);
            continue;
        }
        told.push(kind);
        if let Some(new) = signal.new_state() {
            if new == "Unconnected" && is_inside_connecting(&scenario.nodes, &path) {
                unmade.extend(peer);
            }
            new.clone_into(&mut state);
        }
    }
    for path in late.into_iter().rev() {
        siblings(&mut scenario.nodes, &path).remove(path[path.len() - 1]);
    }
    for peer in unmade {
        if let Some(wire) = scenario.wires.get_mut(peer as usize) {
            *wire = WireLog::default();
        }
    }
}

fn is_inside_connecting(nodes: &[Node], path: &[usize]) -> bool {
    (1..path.len()).any(|depth| at(nodes, &path[..depth]).is_signal(CONNECTING))
}

/// Nobody sends who is not connected.
pub fn sends_take_nothing_without_a_connection(scenario: &mut Scenario) {
    crate::recording::each_call(&mut scenario.nodes, &mut |call: &mut Call| {
        let is_connected = call.seen.as_ref().is_none_or(|seen| seen.state == "Connected");
        if call.name().starts_with("send") && !is_connected {
            call.returned = json!(0);
        }
    });
}

/// An argument that cannot be opened changes nothing. Qt forgets the old request, and for an unknown scheme the old
/// connection.
pub fn a_bad_argument_changes_nothing(scenario: &mut Scenario) {
    let mut request = json!({
        "request_url": "", "request_url_valid": false, "resource_name": "", "peer_name": "", "request_raw_headers": []
    });
    let mut has_failed = false;
    for node in &mut scenario.nodes {
        let fails = fails_at_once(node);
        has_failed |= fails;
        match node {
            Node::Call(call) if call.name() == "open" && !fails => {
                let url = call.op["url"].as_str().unwrap_or_default();
                let Some((host, resource)) = url.split_once(":<PORT>") else { continue };
                request["request_url"] = json!(url);
                request["request_url_valid"] = json!(true);
                request["resource_name"] = json!(resource);
                request["peer_name"] = json!(host.trim_start_matches("ws://"));
            }
            Node::Look(Look { value: Value::Object(dump), .. }) if has_failed => {
                for (getter, value) in request.as_object().into_iter().flatten() {
                    dump[getter] = value.clone();
                }
            }
            _ => {}
        }
    }
}

/// What a peer sends on a connection that Qt dropped, for an `open` that could not be, still arrives.
pub fn a_bad_argument_spares_the_connection(scenario: &mut Scenario) {
    let dropped = |node: &Node| {
        fails_at_once(node)
            && node.call().and_then(|call| call.seen.as_ref()).is_some_and(|seen| seen.state == "Connected")
    };
    let Some(last) = scenario.nodes.iter().rposition(dropped) else { return };
    let seen = first_seen(&scenario.nodes, &[last + 1]);
    for node in &mut scenario.nodes[last..] {
        if let Node::Look(look) = node
            && look.value.is_object()
        {
            write_addresses("Connected", &mut look.value);
        }
    }
    let mut index = last + 1;
    while index < scenario.nodes.len() {
        if let Node::Peer(PeerAct { action: Action::Send(bytes), .. }) = &scenario.nodes[index]
            && bytes.0[0] == 0x81
            && !scenario.nodes.get(index + 1).is_some_and(|node| node.is_signal("textFrameReceived"))
        {
            let text = json!(String::from_utf8_lossy(&bytes.0[2..]));
            for (name, args) in [
                ("textMessageReceived", vec![text.clone()]),
                ("textFrameReceived", vec![text, json!(true)]),
            ] {
                let mut node = told(name, &seen, false);
                if let Node::Signal(signal) = &mut node {
                    signal.args = args;
                }
                scenario.nodes.insert(index + 1, node);
            }
        }
        index += 1;
    }
}

pub fn fails_at_once(node: &Node) -> bool {
    node.is_call("open") && node.inner().first().is_some_and(|node| node.is_signal("error"))
}

/// Whoever drops a socket in a slot drops it when the slot's turn is over: until then the loop holds it. Qt's socket
/// is gone at once, and often the program with it.
pub fn a_socket_outlives_its_slot(scenario: &mut Scenario) {
    let all = paths(&scenario.nodes);
    let Some(place) = all.iter().position(|path| {
        at(&scenario.nodes, path).is_call("delete") && is_in_slot(&scenario.nodes, path)
    }) else {
        return;
    };
    let path = &all[place];
    let mut life = Life::default();
    for earlier in &all[..place] {
        life.note(at(&scenario.nodes, earlier));
    }
    let seen = first_seen(&scenario.nodes, path);
    let Node::Call(call) = at_mut(&mut scenario.nodes, path) else { return };
    let mut chain = std::mem::take(&mut call.inner);
    call.seen = Some(seen.clone());
    let has_begun = !life.told.is_empty();
    if has_begun {
        let rest = life.rest(true).into_iter().filter(|kind| *kind != "aboutToClose" && *kind != "error");
        let recorded = scenario.nodes[path[0] + 1..].iter().cloned().chain(chain.clone());
        let recorded: Vec<Node> = recorded.collect();
        chain = rest
            .map(|kind| {
                let old = recorded.iter().find(|node| node.is_signal(kind)).cloned();
                old.unwrap_or_else(|| told(kind, &seen, false))
            })
            .collect();
        chain.push(told("destroyed", &seen, false));
        let mut index = 0;
        scenario.nodes.retain(|node| {
            index += 1;
            index <= path[0] + 1 || !is_end(node)
        });
    }
    let written = scenario.nodes[path[0] + 1..].iter().take_while(|node| node.is_signal("bytesWritten")).count();
    let place = path[0] + 1 + written;
    scenario.nodes.splice(place..place, chain);
}

fn is_in_slot(nodes: &[Node], path: &[usize]) -> bool {
    (1..path.len()).any(|depth| at(nodes, &path[..depth]).signal().is_some())
}

/// A socket that is being destroyed cannot be looked at: the last reference to it is gone.
pub fn the_destroyed_cannot_be_looked_at(scenario: &mut Scenario) {
    let all = paths(&scenario.nodes);
    let Some(end) = all.iter().position(|path| at(&scenario.nodes, path).is_signal("destroyed")) else {
        return;
    };
    let mut is_dropped_in_closing = false;
    for path in &all[..=end] {
        let above = (1..path.len()).map(|depth| at(&scenario.nodes, &path[..depth]));
        let above: Vec<&Node> = above.collect();
        let is_inside = above.iter().any(|node| node.is_call("delete"));
        let is_closing = above.iter().any(|node| node.is_signal("aboutToClose") || node.is_signal(CLOSING));
        let node = at_mut(&mut scenario.nodes, path);
        is_dropped_in_closing |= node.is_call("delete") && is_closing;
        let is_end = node.is_signal("destroyed")
            || (is_dropped_in_closing
                && ["disconnected", "readChannelFinished", UNCONNECTED].iter().any(|kind| node.is_signal(kind)));
        if let Node::Signal(signal) = node {
            let says = |seen: &Seen| seen.close_reason == "Connection closed";
            if is_inside || is_end || signal.seen.as_ref().is_some_and(says) {
                signal.seen = None;
            }
        }
    }
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
