//! Holds what came against what was to come.

use crate::player::Outcome;
use crate::recording::Scenario;
use crate::transcript::{Node, lines};

/// Compares everything.
///
/// # Errors
/// With the first difference and what stands around it.
pub fn compare(expected: &Scenario, actual: &Outcome) -> Result<(), String> {
    let expected_lines = all_lines(&expected.nodes, &expected.wires, &ends(expected));
    let actual_lines = all_lines(&actual.nodes, &actual.wires, &actual.ended);
    if expected_lines == actual_lines {
        return Ok(());
    }
    let same = expected_lines.iter().zip(&actual_lines).take_while(|(a, b)| a == b).count();
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

fn all_lines(nodes: &[Node], wires: &[crate::wire::WireLog], ended: &[bool]) -> Vec<String> {
    let mut all = lines(nodes);
    for (peer, wire) in wires.iter().enumerate() {
        all.extend(wire.lines().into_iter().map(|line| format!("peer {peer}: {line}")));
    }
    all.extend(ended.iter().enumerate().map(|(peer, ended)| format!("peer {peer}: end {ended}")));
    all
}

/// Which connections must be over: all but the last, and that too if the socket is unconnected or gone. The recordings
/// themselves cannot tell: at their end the program ended too.
fn ends(expected: &Scenario) -> Vec<bool> {
    let is_over = lines(&expected.nodes)
        .iter()
        .rev()
        .find(|line| line.contains("* c stateChanged") || line.contains("* c destroyed"))
        .is_none_or(|line| line.contains("[\"Unconnected\"]") || line.contains("destroyed"));
    let last = expected.wires.len().saturating_sub(1);
    (0..expected.wires.len()).map(|peer| peer < last || is_over).collect()
}
