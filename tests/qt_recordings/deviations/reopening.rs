//! `open` and `abort` on a live connection and in the slots of its end.

use serde_json::json;

use super::make::{
    CLOSING, CONNECTED, CONNECTING, GONE, UNCONNECTED, close_frame, seen_before, told, written,
};
use crate::recording::Scenario;
use crate::transcript::Node;
use crate::tree::{at, at_mut, paths, siblings};

/// `open` on a live socket ends the old connection, with all there is to tell. In Qt that is dropped silently. A slot
/// that opens or aborts in the middle of an end first gets what is left of it.
pub fn the_old_connection_ends_first(scenario: &mut Scenario) {
    let mut life = Life::default();
    let mut peer: Option<usize> = None;
    let mut index = 0;
    loop {
        let paths = paths(&scenario.nodes);
        let Some(path) = paths.get(index).cloned() else {
            return;
        };
        index += 1;
        let node = at(&scenario.nodes, &path);
        life.note(node);
        let Some(call) = node.call() else { continue };
        let (opens, aborts) = (call.name() == "open", call.name() == "abort");
        let fails_at_once = call
            .inner
            .first()
            .is_some_and(|node| node.is_signal("error"));
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

/// The signals with which a connection ends, in their order.
const END: [&str; 6] = [
    "error",
    "aboutToClose",
    CLOSING,
    UNCONNECTED,
    "disconnected",
    "readChannelFinished",
];

/// How far a connection is.
#[derive(Clone, Debug, Default)]
pub struct Life {
    state: String,
    /// What of the end has been told.
    pub told: Vec<String>,
    had_tcp: bool,
}

impl Life {
    pub fn note(&mut self, node: &Node) {
        let Some(signal) = node.signal() else { return };
        let kind = signal.kind();
        if kind == CONNECTING {
            *self = Self::default();
        }
        if let Some(state) = signal.new_state() {
            self.state = state.to_owned();
        }
        self.had_tcp |= ["bytesWritten", "peerVerifyError", "sslErrors"].contains(&kind.as_str());
        if END.contains(&kind.as_str()) {
            self.told.push(kind);
        }
    }

    fn has_told(&self, kind: &str) -> bool {
        self.told.iter().any(|told| told == kind)
    }

    /// What is left to tell when something ends the connection now; `politely` if that says good-bye first.
    pub fn rest(&self, politely: bool) -> Vec<&'static str> {
        if self.state.is_empty() {
            return Vec::new();
        }
        let has_begun = !self.told.is_empty();
        let mut rest = Vec::new();
        if !self.has_told("aboutToClose") && !self.has_told("error") && !self.has_told(UNCONNECTED)
        {
            rest.push("aboutToClose");
        }
        let was_lost = self.has_told("error") && self.state == "Connected";
        if self.state == "Connected" && (politely || was_lost) {
            rest.push(CLOSING);
        }
        for kind in GONE {
            let comes = kind != "readChannelFinished"
                || self.had_tcp
                || !has_begun
                || self.has_told(CLOSING);
            if comes && !self.has_told(kind) {
                rest.push(kind);
            }
        }
        rest
    }
}

/// Puts `rest` before all else that the call at `path` emits.
fn end_first(
    scenario: &mut Scenario,
    path: &[usize],
    life: &Life,
    rest: &[&str],
    peer: Option<usize>,
) {
    let opens = at(&scenario.nodes, path).is_call("open");
    let says_goodbye = opens && rest.contains(&"aboutToClose") && life.state == "Connected";
    if says_goodbye && let Some(peer) = peer {
        let frame = close_frame(scenario, 1001, "Connection closed");
        scenario.wires[peer].frames.push(frame);
        count_frame(scenario, peer);
    }
    let mut old = take_end(scenario, path);
    let mut seen = seen_before(&scenario.nodes, path);
    if says_goodbye {
        (seen.close_code, seen.close_reason) = (1001, "Connection closed".into());
    }
    let inner = at_mut(&mut scenario.nodes, path)
        .inner_mut()
        .expect("a call");
    let (ends, others) = std::mem::take(inner)
        .into_iter()
        .partition::<Vec<_>, _>(is_end);
    old.extend(ends);
    let chain = rest.iter().map(|kind| {
        let recorded = old.iter().find(|node| node.is_signal(kind)).cloned();
        recorded.unwrap_or_else(|| told(kind, &seen))
    });
    let mut chain: Vec<Node> = chain.collect();
    let closing = chain
        .iter()
        .position(|node| node.is_signal(CLOSING))
        .map_or(0, |at| at + 1);
    if says_goodbye {
        chain.insert(closing, written(25, &seen));
    } else if opens && (closing > 0 || life.state == "Closing") && !life.has_told("error") {
        chain.splice(closing..closing, take_written(scenario, path));
    }
    let inner = at_mut(&mut scenario.nodes, path)
        .inner_mut()
        .expect("a call");
    inner.extend(chain);
    inner.extend(others);
}

pub fn is_end(node: &Node) -> bool {
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
    let url = at(&scenario.nodes, path)
        .call()
        .and_then(|call| call.op["url"].as_str());
    let resource = url
        .and_then(|url| url.split_once("<PORT>"))
        .map(|(_, resource)| resource.to_owned());
    let is_last = !paths(&scenario.nodes).iter().any(|other| {
        let node = at(&scenario.nodes, other);
        other.as_slice() > path
            && !other.starts_with(path)
            && (node.is_call("open") || is_end(node))
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
    let seen = at(&scenario.nodes, path)
        .call()
        .and_then(|call| call.seen.clone());
    scenario.nodes.insert(
        path[0] + 1,
        written(length as u64, &seen.unwrap_or_default()),
    );
}

/// Takes the close frame's bytes, which Qt told before the call or the loop would have told behind it.
fn take_written(scenario: &mut Scenario, path: &[usize]) -> Option<Node> {
    let root = path[0];
    let is_written = |index: usize| {
        scenario
            .nodes
            .get(index)
            .is_some_and(|node| node.is_signal("bytesWritten"))
    };
    if path.len() == 1 {
        None
    } else if is_written(root + 1) {
        Some(scenario.nodes.remove(root + 1))
    } else if root > 0 && is_written(root - 1) {
        // An empty place keeps all paths.
        Some(std::mem::replace(
            &mut scenario.nodes[root - 1],
            Node::Wait(0),
        ))
    } else {
        None
    }
}

/// Qt does not say Connecting if it was so before.
fn say_connecting(scenario: &mut Scenario, path: &[usize]) {
    let seen = seen_before(&scenario.nodes, path);
    let inner = at_mut(&mut scenario.nodes, path)
        .inner_mut()
        .expect("a call");
    if !inner.iter().any(|node| node.is_signal(CONNECTING)) {
        inner.push(told(CONNECTING, &seen));
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
