//! What Qt's class has and ours has not yet: the one list. What is built leaves it.

use serde_json::Value;

use crate::recording::{Scenario, filtered};
use crate::transcript::Node;

/// Signals that do not exist yet.
const SIGNALS: &[&str] = &[];

/// Getters that do not exist yet, by their names in the recordings.
const GETTERS: &[&str] = &[];

/// Calls that cannot be made yet; a scenario with one of these is not played.
const CALLS: &[&str] = &[];

/// What is wrong with us: scenarios that must not agree yet, and why not.
pub const DEFECTS: &[(&str, &str)] = &[];

/// What is wrong with the scenario of this title.
pub fn defect(title: &str) -> Option<&'static str> {
    DEFECTS
        .iter()
        .find(|(scenario, _)| *scenario == title)
        .map(|(_, defect)| *defect)
}

/// Whether the scenario can be played: pre-shared keys are a matter of OpenSSL.
pub fn is_playable(scenario: &Scenario) -> bool {
    fn is_made(nodes: &[Node]) -> bool {
        nodes.iter().all(|node| {
            let made = node.call().is_none_or(|call| !CALLS.contains(&call.name()));
            made && is_made(node.inner())
        })
    }
    let asks_for_keys = scenario.tls.iter().flatten().any(|tls| tls.keys.is_some());
    is_made(&scenario.nodes) && (cfg!(feature = "openssl") || !asks_for_keys)
}

/// Takes what does not exist out of a recording.
pub fn take_out(nodes: &mut Vec<Node>) {
    nodes.retain(|node| {
        node.signal()
            .is_none_or(|signal| !SIGNALS.contains(&signal.name.as_str()))
    });
    for node in nodes {
        if let Node::Look(look) = node
            && let Value::Object(dump) = &mut look.value
        {
            *dump = filtered(dump, |key| !GETTERS.contains(&key));
        }
        if let Some(inner) = node.inner_mut() {
            take_out(inner);
        }
    }
}
