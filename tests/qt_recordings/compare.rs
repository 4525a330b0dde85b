//! Holds what came against what was to come.

use serde_json::json;

use crate::objects;
use crate::player::Outcome;
use crate::recording::Scenario;
use crate::transcript::{Node, lines};
use crate::tree::{Path, at, paths};
use crate::wire::WireLog;

/// Compares everything.
///
/// # Errors
/// With the first difference and what stands around it.
pub fn compare(expected: &Scenario, actual: &Outcome) -> Result<(), String> {
    let expected_nodes = with_sums(&expected.nodes);
    let expected_lines = all_lines(&expected_nodes, &expected.wires, &ends(expected));
    let actual_lines = all_lines(&with_sums(&actual.nodes), &actual.wires, &actual.ended);
    if expected_lines == actual_lines {
        return Ok(());
    }
    let same = expected_lines
        .iter()
        .zip(&actual_lines)
        .take_while(|(a, b)| a == b)
        .count();
    let from = same.saturating_sub(3);
    let part = |lines: &[String]| {
        let end = (same + 14).min(lines.len());
        lines[from.min(end)..end].join("\n  ")
    };
    Err(format!(
        " expected:\n  {}\n got:\n  {}",
        part(&expected_lines),
        part(&actual_lines)
    ))
}

/// How much of a large message is written at once is up to the kernel. What counts is the sum: of all bytes told, or
/// of those told and those that wait.
fn with_sums(nodes: &[Node]) -> Vec<Node> {
    const LARGE: u64 = 1 << 22;
    let is_large = |node: &Node| {
        node.call()
            .is_some_and(|call| call.op["data"]["repeat"].as_u64() > Some(LARGE))
    };
    let Some(start) = nodes.iter().position(is_large) else {
        return nodes.to_vec();
    };
    let mut sum = 0;
    let mut summed = nodes[..start].to_vec();
    let mut last = None;
    for node in &nodes[start..] {
        let mut node = node.clone();
        match &mut node {
            Node::Signal(signal) if signal.is("bytesWritten") => {
                sum += signal.args[0].as_u64().unwrap_or(0);
                last = Some(summed.len());
                signal.args[0] = json!("some");
            }
            Node::Call(call) if call.name() == "bytesToWrite" && call.returned != json!(0) => {
                call.returned = json!(sum + call.returned.as_u64().unwrap_or(0));
                sum = 0;
            }
            Node::Look(look) if look.name == "peer_bytes_received" => look.value = json!("some"),
            _ => {}
        }
        summed.push(node);
    }
    if sum > 0
        && let Some(last) = last
        && let Node::Signal(signal) = &mut summed[last]
    {
        signal.args[0] = json!(sum);
    }
    let is_extra = |index: usize, node: &Node| {
        index >= start && Some(index) != last && node.is_signal("bytesWritten")
    };
    let mut index = 0..;
    summed.retain(|node| index.next().is_none_or(|index| !is_extra(index, node)));
    summed
}

/// How much of a message got out before an abort is up to the kernel, too.
fn without_the_cut_off(wire: &WireLog) -> WireLog {
    let mut wire = wire.clone();
    let whole = wire
        .frames
        .iter()
        .rposition(|frame| frame.fin)
        .map_or(0, |last| last + 1);
    if whole < wire.frames.len() {
        wire.frames.truncate(whole);
        wire.rest.clear();
    }
    wire
}

fn all_lines(nodes: &[Node], wires: &[WireLog], ended: &[bool]) -> Vec<String> {
    let mut all = lines(nodes);
    for (peer, wire) in wires.iter().enumerate() {
        let wire = without_the_cut_off(wire);
        all.extend(
            wire.lines()
                .into_iter()
                .map(|line| format!("peer {peer}: {line}")),
        );
    }
    all.extend(
        ended
            .iter()
            .enumerate()
            .map(|(peer, ended)| format!("peer {peer}: end {ended}")),
    );
    all
}

/// Which connections must be over: of each object all but the last, and that too if the object is unconnected or gone.
/// The recordings themselves cannot tell: at their end the program ended too.
fn ends(expected: &Scenario) -> Vec<bool> {
    let mut ends = vec![false; expected.wires.len()];
    for part in objects::parts(expected) {
        let is_over = is_over(&part.scenario);
        for (peer, number) in part.peers.iter().enumerate() {
            ends[*number] = peer + 1 < part.peers.len() || is_over;
        }
    }
    ends
}

fn is_over(scenario: &Scenario) -> bool {
    let tells = |path: &Path| {
        let signal = at(&scenario.nodes, path).signal()?;
        let is_gone = signal.is("destroyed").then_some(true);
        is_gone.or(signal.new_state().map(|state| state == "Unconnected"))
    };
    let told = paths(&scenario.nodes).iter().rev().find_map(tells);
    told.unwrap_or(true)
}
