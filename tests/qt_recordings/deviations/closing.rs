//! Rules about how connections end.

use super::make::{CLOSING, CONNECTED, CONNECTING, UNCONNECTED, is_gone};
use crate::recording::Scenario;
use crate::rewrite::each_list;
use crate::transcript::{Action, Node, PeerAct};
use crate::tree::{at, paths};

/// The channel of a connection that another one replaces while the socket connects is not the socket's: it goes on.
pub fn a_channel_ends_once(scenario: &mut Scenario) {
    let is_replaced = |node: &Node| {
        let seen = node.signal().and_then(|signal| signal.seen.as_ref());
        node.is_signal("readChannelFinished") && seen.is_some_and(|seen| seen.state == "Connecting")
    };
    scenario.nodes.retain(|node| !is_replaced(node));
}

/// Qt says `aboutToClose` for the WebSocket and once more for its TCP socket, and also where there is no connection.
pub fn about_to_close_once(scenario: &mut Scenario) {
    fn keep_first(nodes: &mut Vec<Node>, is_due: &mut bool) {
        nodes.retain_mut(|node| {
            if node.is_signal(CONNECTING) {
                *is_due = true;
            }
            let is_extra = node.is_signal("aboutToClose") && !std::mem::replace(is_due, false);
            if let Some(inner) = node.inner_mut() {
                keep_first(inner, is_due);
            }
            if node.is_signal(UNCONNECTED) {
                *is_due = false;
            }
            !is_extra
        });
    }
    keep_first(&mut scenario.nodes, &mut false);
}

/// `close()` in the middle of closing does nothing. In Qt it ends TCP, there and then.
pub fn a_second_close_does_nothing(scenario: &mut Scenario) {
    each_list(&mut scenario.nodes, &mut |nodes| {
        let mut index = 0;
        while index < nodes.len() {
            let is_closing =
                nodes[index].is_signal("aboutToClose") || nodes[index].is_signal(CLOSING);
            let mut outer = Vec::new();
            if is_closing {
                let calls = nodes[index].inner_mut().into_iter().flatten();
                for call in calls.filter(|node| node.is_call("close")) {
                    outer.append(call.inner_mut().expect("a call"));
                }
            }
            nodes.splice(index + 1..index + 1, outer);
            index += 1;
        }
    });
}

/// Nothing is sent any more when a slot of `about_to_close` aborts. Qt has sent its close frame before.
pub fn an_abort_prevents_the_close_frame(scenario: &mut Scenario) {
    let aborts = |node: &Node| {
        node.is_signal("aboutToClose") && node.inner().iter().any(|node| node.is_call("abort"))
    };
    let Some(index) = scenario.nodes.iter().position(aborts) else {
        return;
    };
    if scenario.nodes[index - 1].is_signal("bytesWritten") {
        scenario.nodes.remove(index - 1);
        scenario.wires[0].frames.retain(|frame| frame.opcode != 8);
    }
}

/// Where a connection cannot be made, Qt tells the end before the reason.
pub fn error_comes_first(scenario: &mut Scenario) {
    each_list(&mut scenario.nodes, &mut |nodes| {
        for index in 0..nodes.len() {
            if !nodes[index].is_signal("error") {
                continue;
            }
            let ends = nodes[..index]
                .iter()
                .rev()
                .take_while(|node| is_gone(node))
                .count();
            nodes[index - ends..=index].rotate_right(1);
        }
    });
}

/// Qt ends TCP as soon as its close frame is out. We wait for the peer's end, which is here where the recording has
/// it, else at once.
pub fn the_peer_is_waited_for(scenario: &mut Scenario) {
    let reconnections = reconnections(scenario);
    let mut index = 0;
    while index < scenario.nodes.len() {
        if let Some(tail) = cut_tail(&mut scenario.nodes[index..=index]) {
            insert_tail(scenario, index + 1, tail, reconnections);
        } else if scenario.nodes[index].is_call("close") && says_closing(&scenario.nodes[index]) {
            // Qt had to write more; the end came from its loop.
            let is_end = |node: &Node| node.is_signal(UNCONNECTED);
            let end = scenario
                .nodes
                .iter()
                .skip(index)
                .position(is_end)
                .map_or(index, |end| index + end);
            let tail = take_tail(&mut scenario.nodes, end);
            insert_tail(scenario, end, tail, reconnections);
        } else if scenario.nodes[index].is_signal(CLOSING) {
            let behind = scenario.nodes[index + 1..].iter();
            let written = behind
                .take_while(|node| node.is_signal("bytesWritten"))
                .count();
            let tail = take_tail(&mut scenario.nodes, index + 1 + written);
            insert_tail(scenario, index + 1 + written, tail, reconnections);
        }
        index += 1;
    }
}

fn says_closing(node: &Node) -> bool {
    node.inner().iter().any(|node| node.is_signal(CLOSING))
}

/// What follows `Closing` in a list: how connections end and, with TLS, the last word.
fn take_tail(nodes: &mut Vec<Node>, from: usize) -> Vec<Node> {
    let mut tail: Vec<Node> = Vec::new();
    let mut index = from;
    while index < nodes.len() && !nodes[index].is_signal(CONNECTING) {
        let node = &nodes[index];
        let is_told = |kind: &String| tail.iter().any(|told| told.is_signal(kind));
        let kind = node.signal().map(|signal| signal.kind());
        if (is_gone(node) || node.is_signal("alertSent")) && !kind.as_ref().is_some_and(is_told) {
            tail.push(nodes.remove(index));
        } else {
            index += 1;
        }
    }
    tail
}

/// Cuts the tail of a chain out of a call to `close`, however deep that is.
fn cut_tail(nodes: &mut [Node]) -> Option<Vec<Node>> {
    nodes.iter_mut().find_map(|node| {
        let may_wait = !node.is_call("delete");
        let inner = node.inner_mut().filter(|_| may_wait)?;
        match inner.iter().position(|node| node.is_signal(CLOSING)) {
            Some(index) => Some(take_tail(inner, index + 1)).filter(|tail| !tail.is_empty()),
            None => cut_tail(inner),
        }
    })
}

fn insert_tail(scenario: &mut Scenario, from: usize, tail: Vec<Node>, reconnections: usize) {
    if tail.is_empty() {
        return;
    }
    let opens = scenario.nodes[..from]
        .iter()
        .filter(|node| node.is_signal(CONNECTED));
    let peer = opens.count().saturating_sub(1) + reconnections;
    let is_end = |node: &Node| matches!(node, Node::Peer(PeerAct { peer: who, action: Action::Fin | Action::Reset }) if *who == peer);
    let ended = scenario.nodes[..from].iter().any(is_end);
    let place = if ended {
        from
    } else if let Some(end) = scenario.nodes[from..].iter().position(is_end) {
        from + end + 1
    } else {
        let end = Node::Peer(PeerAct {
            peer,
            action: Action::Fin,
        });
        scenario.nodes.insert(from, end);
        from + 1
    };
    scenario.nodes.splice(place..place, tail);
}

/// How often the last `open` led to another connection, since the server ended one with a question.
fn reconnections(scenario: &Scenario) -> usize {
    let all = paths(&scenario.nodes);
    let reached = all.iter().filter(|path| {
        let call = at(&scenario.nodes, path).call();
        call.is_some_and(|call| call.op["reaches"].is_u64())
    });
    scenario.wires.len().saturating_sub(reached.count())
}
