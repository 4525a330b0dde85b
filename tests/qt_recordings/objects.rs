//! The rules know one socket. A scenario with several is one scenario for each, which follow one another.

use serde_json::json;

use crate::recording::{Scenario, each_call};
use crate::rewrite::each_signal;
use crate::transcript::Node;

/// The part of one object, with peers of its own numbers.
pub struct Part {
    who: String,
    /// The numbers that its peers have in the whole.
    pub peers: Vec<usize>,
    pub scenario: Scenario,
}

/// Takes a scenario apart.
pub fn parts(scenario: &Scenario) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for node in &scenario.nodes {
        let who = match node {
            Node::Call(call) => Some(&call.who),
            Node::Signal(signal) => Some(&signal.who),
            Node::Peer(_) | Node::Wait(_) | Node::Look(_) => None,
        };
        let is_new = |part: &Part| who.is_some_and(|who| *who != part.who);
        if parts.last().is_none_or(is_new) {
            let who = who.cloned().unwrap_or_else(|| "c".into());
            let known = parts.iter().any(|part| part.who == who);
            assert!(!known, "{}: {who} comes twice", scenario.title());
            parts.push(Part::new(who, scenario));
        }
        let part = parts.last_mut().expect("the part just pushed");
        part.scenario.nodes.push(node.clone());
    }
    for part in &mut parts {
        part.number_peers(scenario);
    }
    parts
}

/// Puts the parts together again.
pub fn whole(parts: Vec<Part>, scenario: &mut Scenario) {
    scenario.nodes.clear();
    for mut part in parts {
        let (nodes, peers) = (&mut part.scenario.nodes, &part.peers);
        renumber(nodes, &|peer| peers[peer]);
        // What rules make is made for `c`.
        each_signal(nodes, &mut |signal| signal.who.clone_from(&part.who));
        scenario.nodes.append(nodes);
        for (wire, peer) in part.scenario.wires.into_iter().zip(&part.peers) {
            scenario.wires[*peer] = wire;
        }
    }
}

impl Part {
    fn new(who: String, scenario: &Scenario) -> Self {
        let scenario = Scenario {
            nodes: Vec::new(),
            ..scenario.clone()
        };
        Self {
            who,
            peers: Vec::new(),
            scenario,
        }
    }

    fn number_peers(&mut self, whole: &Scenario) {
        let mut peers = Vec::new();
        each_call(&mut self.scenario.nodes, &mut |call| {
            peers.extend(call.op["reaches"].as_u64().map(|peer| peer as usize));
        });
        // The connections that no `open` asked for, but a server that ended one with a question.
        let opened = whole.tls.len();
        for node in &self.scenario.nodes {
            if let Node::Peer(act) = node
                && act.peer >= opened
                && !peers.contains(&act.peer)
            {
                peers.push(act.peer);
            }
        }
        let own = |peer: usize| peers.iter().position(|own| *own == peer).unwrap_or(0);
        renumber(&mut self.scenario.nodes, &own);
        self.scenario.wires = peers
            .iter()
            .map(|peer| whole.wires[*peer].clone())
            .collect();
        let opened = peers.iter().filter(|peer| **peer < opened);
        self.scenario.tls = opened.map(|peer| whole.tls[*peer].clone()).collect();
        self.peers = peers;
    }
}

fn renumber(nodes: &mut [Node], number: &impl Fn(usize) -> usize) {
    each_call(nodes, &mut |call| {
        if let Some(peer) = call.op["reaches"].as_u64() {
            call.op["reaches"] = json!(number(peer as usize));
        }
    });
    for node in nodes {
        if let Node::Peer(act) = node {
            act.peer = number(act.peer);
        }
    }
}
