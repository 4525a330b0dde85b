//! Rules about sockets that are dropped or aborted.

use super::make::{CLOSING, is_gone, seen_before, told};
use super::reopening::{Life, is_end};
use crate::recording::{Scenario, each_call};
use crate::transcript::{Call, Node, Seen};
use crate::tree::{at, at_mut, paths};

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
    let seen = seen_before(&scenario.nodes, path);
    let Node::Call(call) = at_mut(&mut scenario.nodes, path) else {
        return;
    };
    let mut chain = std::mem::take(&mut call.inner);
    call.seen = Some(seen.clone());
    let has_begun = !life.told.is_empty();
    if has_begun {
        let rest = life
            .rest(true)
            .into_iter()
            .filter(|kind| *kind != "aboutToClose" && *kind != "error");
        let recorded = scenario.nodes[path[0] + 1..]
            .iter()
            .cloned()
            .chain(chain.clone());
        let recorded: Vec<Node> = recorded.collect();
        chain = rest
            .map(|kind| {
                let old = recorded.iter().find(|node| node.is_signal(kind)).cloned();
                old.unwrap_or_else(|| told(kind, &seen))
            })
            .collect();
        chain.push(told("destroyed", &seen));
        let mut index = 0;
        scenario.nodes.retain(|node| {
            index += 1;
            index <= path[0] + 1 || !is_end(node)
        });
    }
    let written = scenario.nodes[path[0] + 1..]
        .iter()
        .take_while(|node| node.is_signal("bytesWritten"))
        .count();
    let place = path[0] + 1 + written;
    scenario.nodes.splice(place..place, chain);
}

/// A socket that is being destroyed cannot be looked at: the last reference to it is gone.
pub fn the_destroyed_cannot_be_looked_at(scenario: &mut Scenario) {
    let all = paths(&scenario.nodes);
    let Some(end) = all
        .iter()
        .position(|path| at(&scenario.nodes, path).is_signal("destroyed"))
    else {
        return;
    };
    let mut is_dropped_in_closing = false;
    for path in &all[..=end] {
        let above = (1..path.len()).map(|depth| at(&scenario.nodes, &path[..depth]));
        let above: Vec<&Node> = above.collect();
        let is_inside = above.iter().any(|node| node.is_call("delete"));
        let is_closing = above
            .iter()
            .any(|node| node.is_signal("aboutToClose") || node.is_signal(CLOSING));
        let node = at_mut(&mut scenario.nodes, path);
        is_dropped_in_closing |= node.is_call("delete") && is_closing;
        let is_end = node.is_signal("destroyed") || (is_dropped_in_closing && is_gone(node));
        if let Node::Signal(signal) = node {
            let says = |seen: &Seen| seen.close_reason == "Connection closed";
            if is_inside || is_end || signal.seen.as_ref().is_some_and(says) {
                signal.seen = None;
            }
        }
    }
}

/// An aborted connection is none any more when `about_to_close` tells of it: nothing can be sent.
pub fn an_aborted_connection_is_not_valid(scenario: &mut Scenario) {
    each_call(&mut scenario.nodes, &mut |call: &mut Call| {
        if call.name() == "abort"
            && let Some(Node::Signal(signal)) = call.inner.first_mut()
            && signal.is("aboutToClose")
            && let Some(seen) = &mut signal.seen
        {
            seen.valid = false;
        }
    });
}

fn is_in_slot(nodes: &[Node], path: &[usize]) -> bool {
    (1..path.len()).any(|depth| at(nodes, &path[..depth]).signal().is_some())
}
