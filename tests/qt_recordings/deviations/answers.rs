//! Rules about the server's answer.

use serde_json::json;

use super::make::{
    CONNECTED, GONE, UNCONNECTED, error, frame, remove_signals, size, told, written,
};
use crate::recording::{Scenario, each_call};
use crate::transcript::{Action, Call, Node, PeerAct, Seen, Signal};

/// Some refusals leave a Qt socket in Connecting, with TCP open and more errors to come.
pub fn a_refused_handshake_ends(scenario: &mut Scenario) {
    let Some(index) = scenario
        .nodes
        .iter()
        .position(|node| node.is_signal("error"))
    else {
        return;
    };
    let is_connecting = state_at(&scenario.nodes, index) == "Connecting";
    let goes_on = !scenario
        .nodes
        .get(index + 1)
        .is_some_and(|node| node.is_signal(UNCONNECTED));
    if is_connecting && goes_on {
        let seen = seen_of(&scenario.nodes[index]);
        end_at(scenario, index, &seen);
    }
}

/// Qt understands `Connection` and `Upgrade` only as a single word.
pub fn lists_of_tokens_are_understood(scenario: &mut Scenario) {
    let Some(index) = scenario
        .nodes
        .iter()
        .position(|node| node.is_signal("error"))
    else {
        return;
    };
    let mut seen = seen_of(&scenario.nodes[index]);
    let text = &seen.error_string;
    let Some((_, upgrades)) = text.split_once("version: 1.1, upgrade: ") else {
        return;
    };
    let Some((upgrades, connections)) = upgrades.rsplit_once(", connection: ") else {
        return;
    };
    let has = |list: &str, word: &str| list.split(", ").any(|item| item.eq_ignore_ascii_case(word));
    if !has(upgrades, "websocket") || !has(connections, "upgrade") {
        return;
    }
    (seen.error, seen.error_string) = (-1, String::new());
    let end = scenario.nodes[index..]
        .iter()
        .take_while(|node| node.signal().is_some())
        .count();
    let connected = [CONNECTED, "connected"].map(|kind| told(kind, &seen));
    scenario.nodes.splice(index..index + end, connected);
    send_for_real(scenario, index + 2, &seen);
}

/// Extensions that nobody offered, folded lines, bare line feeds and endless lines are refused, and said to be.
pub fn bad_answers_are_refused(scenario: &mut Scenario) {
    let answer = scenario.nodes.iter().find_map(|node| match node {
        Node::Peer(PeerAct {
            action: Action::Send(bytes),
            ..
        }) => Some(String::from_utf8_lossy(&bytes.0)),
        _ => None,
    });
    let Some(answer) = answer else { return };
    const HEADER: &str = "Parsing handshake request header failed";
    let text = if let Some((_, rest)) = answer.split_once("Sec-WebSocket-Extensions: ") {
        let extension = rest.split("\r\n").next().unwrap_or_default();
        format!("WebSocket server has chosen extension {extension} which has not been requested")
    } else if answer.contains("\r\n ") || answer.contains("\r\n\t") {
        format!("{HEADER}: a line begins with white space")
    } else if answer.starts_with("HTTP") && !answer.contains("\r\n") {
        format!("{HEADER}: a line ends with a bare line feed")
    } else if answer.split("\r\n").any(|line| line.len() > 8192) {
        format!("{HEADER}: a line of the head is too long")
    } else {
        return;
    };
    let start = scenario
        .nodes
        .iter()
        .position(|node| node.is_signal("bytesWritten"));
    let start = start.expect("the request is written");
    let mut seen = seen_of(&scenario.nodes[start]);
    (seen.error, seen.error_string) = (0, text);
    let error = error(&seen);
    let act = scenario.nodes[start..]
        .iter()
        .position(|node| matches!(node, Node::Peer(_)));
    let place = start + act.map_or(1, |act| act + 1);
    let rest = scenario.nodes.split_off(place);
    scenario.nodes.push(error);
    scenario.nodes.extend(rest);
    end_at(scenario, place, &seen);
}

/// Ends the connection behind the error at `index`; nothing of it is left then.
fn end_at(scenario: &mut Scenario, index: usize, seen: &Seen) {
    let mut rest = scenario.nodes.split_off(index + 1);
    remove_signals(&mut rest);
    scenario.nodes.extend(GONE.map(|kind| told(kind, seen)));
    each_call(&mut rest, &mut |call: &mut Call| send_nothing(call));
    scenario.nodes.extend(rest);
    for wire in &mut scenario.wires {
        wire.frames.clear();
    }
}

fn send_nothing(call: &mut Call) {
    if call.name().starts_with("send") {
        call.returned = json!(0);
    }
}

/// What was sent in vain now goes out.
fn send_for_real(scenario: &mut Scenario, from: usize, seen: &Seen) {
    let mut index = from;
    while index < scenario.nodes.len() {
        if let Node::Call(call) = &mut scenario.nodes[index]
            && call.name() == "sendText"
            && let Some(text) = call.op["text"].as_str()
        {
            call.returned = json!(text.len());
            let text = text.to_owned();
            let frame = frame(scenario, 1, text.as_bytes());
            scenario
                .nodes
                .insert(index + 1, written(size(&frame), seen));
            scenario.wires[0].frames.push(frame);
        }
        index += 1;
    }
}

/// What the socket was when the node at `index` began.
fn state_at(nodes: &[Node], index: usize) -> String {
    let mut state = String::from("Unconnected");
    fn note(nodes: &[Node], state: &mut String) {
        for node in nodes {
            if let Some(new) = node.signal().and_then(Signal::new_state) {
                new.clone_into(state);
            }
            note(node.inner(), state);
        }
    }
    note(&nodes[..index], &mut state);
    state
}

fn seen_of(node: &Node) -> Seen {
    node.signal()
        .and_then(|signal| signal.seen.clone())
        .expect("a signal at which one can look")
}
