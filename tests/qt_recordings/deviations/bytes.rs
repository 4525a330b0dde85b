//! When bytes are told.

use serde_json::{Value, json};

use super::make::{CLOSING, size};
use crate::recording::Scenario;
use crate::rewrite::each_list;
use crate::transcript::{Node, Signal};
use crate::tree::{at, at_mut, paths};

/// Qt tells of no bytes while it tells of bytes.
pub fn all_bytes_are_told(scenario: &mut Scenario) {
    let size = scenario
        .wires
        .first()
        .and_then(|wire| wire.frames.last())
        .map_or(0, size);
    for path in paths(&scenario.nodes) {
        let is_nested = (1..path.len())
            .any(|depth| at(&scenario.nodes, &path[..depth]).is_signal("bytesWritten"));
        let node = at_mut(&mut scenario.nodes, &path);
        let ends = node.is_call("close") || node.is_call("delete");
        if let Some(inner) = node.inner_mut().filter(|_| ends && is_nested)
            && let Some(Node::Signal(about)) = inner.first()
            && about.is("aboutToClose")
            && inner.iter().any(|node| node.is_signal(CLOSING))
        {
            let written = Signal {
                name: "bytesWritten".into(),
                args: vec![json!(size)],
                ..about.clone()
            };
            inner.insert(0, Node::Signal(written));
            return;
        }
    }
}

/// Qt tells of the close frame's bytes first, and of each write. We tell of what a turn wrote when it ends.
pub fn bytes_written_come_from_the_loop(scenario: &mut Scenario) {
    each_list(&mut scenario.nodes, &mut |nodes| {
        for index in 1..nodes.len().saturating_sub(1) {
            if nodes[index - 1].is_signal("bytesWritten")
                && nodes[index].is_signal("aboutToClose")
                && nodes[index + 1].is_signal(CLOSING)
            {
                nodes[index - 1..=index + 1].rotate_left(1);
            }
        }
        if nodes.len() > 1
            && nodes[0].is_signal("bytesWritten")
            && nodes[1].is_signal("aboutToClose")
        {
            let end = nodes
                .iter()
                .position(|node| node.is_signal(CLOSING))
                .unwrap_or(1);
            nodes[..=end].rotate_left(1);
        }
    });
    hoist(&mut scenario.nodes);
    add_up(&mut scenario.nodes);
}

/// Bytes that a call to `close` wrote are told behind it.
fn hoist(nodes: &mut Vec<Node>) {
    let mut index = 0;
    while index < nodes.len() {
        let written = take_written(&mut nodes[index]);
        let count = written.len();
        nodes.splice(index + 1..index + 1, written);
        index += 1 + count;
    }
}

fn take_written(node: &mut Node) -> Vec<Node> {
    if node.is_call("flush") || node.is_call("delete") || node.is_call("open") {
        return Vec::new();
    }
    let Some(inner) = node.inner_mut() else {
        return Vec::new();
    };
    let mut written = Vec::new();
    let mut index = 0;
    while index < inner.len() {
        if inner[index].is_signal("bytesWritten") {
            written.push(inner.remove(index));
        } else {
            written.extend(take_written(&mut inner[index]));
            index += 1;
        }
    }
    written
}

/// Neighbours become their sum.
fn add_up(nodes: &mut Vec<Node>) {
    let mut index = 1;
    while index < nodes.len() {
        if let [Node::Signal(one), Node::Signal(two)] = &mut nodes[index - 1..=index]
            && one.is("bytesWritten")
            && two.is("bytesWritten")
            && one.inner.is_empty()
            && (state(two) != "Connecting" || state(one) == "Connecting")
        {
            let sum = [&one.args[0], &two.args[0]]
                .map(Value::as_u64)
                .into_iter()
                .flatten()
                .sum::<u64>();
            two.args = vec![json!(sum)];
            nodes.remove(index - 1);
        } else {
            index += 1;
        }
    }
}

fn state(signal: &Signal) -> &str {
    signal.seen.as_ref().map_or("", |seen| &seen.state)
}
