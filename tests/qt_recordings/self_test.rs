//! Tests the comparison: whatever is taken out of an expectation, put in twice, exchanged or altered must be noticed.

use std::collections::BTreeMap;

use serde_json::json;

use crate::compare::compare;
use crate::player::{Outcome, play};
use crate::recording::Scenario;
use crate::transcript::Node;
use crate::tree::{Path, at, at_mut, paths, siblings};
use crate::{all_scenarios, deviations};

/// For each kind of signal a scenario in which it appears, and what came of it.
fn examples() -> BTreeMap<String, (Scenario, Outcome)> {
    let mut examples: BTreeMap<String, (Scenario, Outcome)> = BTreeMap::new();
    for recording in all_scenarios() {
        let scenario = deviations::expectation(&recording);
        let is_new = |path: &Path| {
            let signal = at(&scenario.nodes, path).signal();
            signal.is_some_and(|signal| !examples.contains_key(&signal.kind()))
        };
        if !paths(&scenario.nodes).iter().any(is_new) {
            continue;
        }
        let outcome = play(&scenario);
        compare(&scenario, &outcome).expect("an example agrees");
        for path in paths(&scenario.nodes) {
            if let Some(signal) = at(&scenario.nodes, &path).signal() {
                examples
                    .entry(signal.kind())
                    .or_insert_with(|| (scenario.clone(), outcome.clone()));
            }
        }
    }
    examples
}

/// The places in a scenario where a signal of this kind is.
fn places(scenario: &Scenario, kind: &str) -> Vec<Path> {
    let is_one = |path: &Path| at(&scenario.nodes, path).is_signal(kind);
    paths(&scenario.nodes).into_iter().filter(is_one).collect()
}

#[test]
fn whatever_becomes_of_a_signal_is_noticed() {
    let examples = examples();
    // The question for a pre-shared key needs OpenSSL.
    let kinds = if cfg!(feature = "openssl") { 24 } else { 23 };
    assert_eq!(examples.len(), kinds, "{:?}", examples.keys());
    for (kind, (scenario, outcome)) in &examples {
        let notice = |what: &str, change: &dyn Fn(&mut Vec<Node>, usize)| {
            for place in places(scenario, kind) {
                let mut changed = scenario.clone();
                change(siblings(&mut changed.nodes, &place), place[place.len() - 1]);
                let is_noticed =
                    changed.nodes == scenario.nodes || compare(&changed, outcome).is_err();
                assert!(is_noticed, "{kind} {what} in {}", scenario.title());
            }
        };
        notice("dropped", &|nodes, index| drop(nodes.remove(index)));
        notice("doubled", &|nodes, index| {
            nodes.insert(index, nodes[index].clone())
        });
        notice("swapped", &|nodes, index| {
            let is_observed = |node: &Node| !matches!(node, Node::Peer(_));
            let next = nodes.iter().skip(index + 1).position(is_observed);
            let last = nodes.iter().take(index).rposition(is_observed);
            if let Some(other) = next.map(|next| index + 1 + next).or(last) {
                nodes.swap(index, other);
            }
        });
    }
}

#[test]
fn whatever_is_seen_is_compared() {
    for (kind, (scenario, outcome)) in &examples() {
        for place in places(scenario, kind) {
            let notice = |what: &str, change: &dyn Fn(&mut Node)| {
                let mut changed = scenario.clone();
                change(at_mut(&mut changed.nodes, &place));
                let is_noticed =
                    changed.nodes == scenario.nodes || compare(&changed, outcome).is_err();
                assert!(is_noticed, "{what} of {kind} in {}", scenario.title());
            };
            let Some(signal) = at(&scenario.nodes, &place).signal() else {
                continue;
            };
            for index in 0..signal.args.len() {
                notice("an argument", &|node| {
                    if let Node::Signal(signal) = node {
                        signal.args[index] = json!("another");
                    }
                });
            }
            macro_rules! notice_seen {
                ($($field:ident: $other:expr),*) => {$(
                    notice(stringify!($field), &|node| {
                        if let Node::Signal(signal) = node
                            && let Some(seen) = &mut signal.seen
                        {
                            seen.$field = $other(&seen.$field);
                        }
                    });
                )*};
            }
            notice_seen!(
                state: |state: &String| format!("not {state}"), valid: |valid: &bool| !valid,
                error: |error: &i64| error + 1, error_string: |text: &String| format!("not {text}"),
                close_code: |code: &i64| code + 1, close_reason: |reason: &String| format!("not {reason}")
            );
        }
    }
}

#[test]
fn results_getters_and_the_wire_are_compared() {
    let examples = examples();
    let (scenario, outcome) = &examples["textMessageReceived"];
    let notice = |what: &str, change: &dyn Fn(&mut Scenario)| {
        let mut changed = scenario.clone();
        change(&mut changed);
        assert_ne!(&changed, scenario, "{what} was not changed");
        assert!(compare(&changed, outcome).is_err(), "{what}");
    };
    notice("what a call returned", &|scenario| {
        for node in &mut scenario.nodes {
            if let Node::Call(call) = node {
                call.returned = json!("another");
            }
        }
    });
    notice("a line of the request", &|scenario| {
        scenario.wires[0].request.pop();
    });
    notice("the order of the request", &|scenario| {
        scenario.wires[0].request.reverse()
    });
    notice("a frame", &|scenario| {
        scenario.wires[0].frames.pop();
    });
    notice("a payload", &|scenario| {
        scenario.wires[0].frames[0].payload.push('0')
    });
    notice("a mask", &|scenario| {
        scenario.wires[0].frames[0].mask = None
    });
    notice("a peer more", &|scenario| {
        scenario.wires.push(Default::default())
    });
}
