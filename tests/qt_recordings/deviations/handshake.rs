//! Rules about opening: arguments, requests, answers, and how long it may take.

use serde_json::{Value, json};

use super::calls::{fails_at_once, told};
use super::closing::{CLOSING, CONNECTED, CONNECTING, UNCONNECTED};
use crate::recording::{Scenario, each_call};
use crate::rewrite::each_seen;
use crate::tree::{at, paths, siblings};
use crate::transcript::{Action, Call, Node, PeerAct, Seen, Signal};
use crate::wire::Frame;

/// Qt has no deadline of its own; TCP's is about 60 seconds. Ours covers all that comes before Connected.
pub fn connecting_takes_30_seconds(scenario: &mut Scenario) {
    let Some(index) = scenario.nodes.iter().position(|node| matches!(node, Node::Wait(30_000..))) else {
        return;
    };
    scenario.nodes.splice(index..=index, [Node::Wait(29_999), Node::Wait(1)]);
}

/// Some refusals leave a Qt socket in Connecting, with TCP open and more errors to come.
pub fn a_refused_handshake_ends(scenario: &mut Scenario) {
    let Some(index) = scenario.nodes.iter().position(|node| node.is_signal("error")) else {
        return;
    };
    let is_connecting = state_at(&scenario.nodes, index) == "Connecting";
    let goes_on = !scenario.nodes.get(index + 1).is_some_and(|node| node.is_signal(UNCONNECTED));
    if is_connecting && goes_on {
        let seen = seen_of(&scenario.nodes[index]);
        end_at(scenario, index, &seen);
    }
}

/// Ends the connection behind the error at `index`; nothing of it is left then.
fn end_at(scenario: &mut Scenario, index: usize, seen: &Seen) {
    let ends = [UNCONNECTED, "disconnected", "readChannelFinished"];
    let mut rest = scenario.nodes.split_off(index + 1);
    remove_signals(&mut rest);
    scenario.nodes.extend(ends.map(|kind| told(kind, seen, false)));
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

fn remove_signals(nodes: &mut Vec<Node>) {
    nodes.retain(|node| node.signal().is_none());
    for node in nodes {
        if let Some(inner) = node.inner_mut() {
            remove_signals(inner);
        }
    }
}

/// Qt understands `Connection` and `Upgrade` only as a single word.
pub fn lists_of_tokens_are_understood(scenario: &mut Scenario) {
    let Some(index) = scenario.nodes.iter().position(|node| node.is_signal("error")) else {
        return;
    };
    let mut seen = seen_of(&scenario.nodes[index]);
    let text = &seen.error_string;
    let Some((_, upgrades)) = text.split_once("version: 1.1, upgrade: ") else { return };
    let Some((upgrades, connections)) = upgrades.rsplit_once(", connection: ") else { return };
    let has = |list: &str, word: &str| list.split(", ").any(|item| item.eq_ignore_ascii_case(word));
    if !has(upgrades, "websocket") || !has(connections, "upgrade") {
        return;
    }
    (seen.error, seen.error_string) = (-1, String::new());
    let end = scenario.nodes[index..].iter().take_while(|node| node.signal().is_some()).count();
    let connected = [CONNECTED, "connected"].map(|kind| told(kind, &seen, false));
    scenario.nodes.splice(index..index + end, connected);
    send_for_real(scenario, index + 2, &seen);
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
            let frame = Frame {
                opcode: 1,
                len: text.len() as u64,
                payload: crate::wire::shown_payload(text.as_bytes()),
                ..super::calls::close_frame(scenario, 1000, "")
            };
            let mut written = told("bytesWritten", seen, false);
            if let Node::Signal(signal) = &mut written {
                signal.args = vec![json!(frame.len + 6)];
            }
            scenario.nodes.insert(index + 1, written);
            scenario.wires[0].frames.push(frame);
        }
        index += 1;
    }
}

/// Extensions that nobody offered, folded lines, bare line feeds and endless lines are refused, and said to be.
pub fn bad_answers_are_refused(scenario: &mut Scenario) {
    let answer = scenario.nodes.iter().find_map(|node| match node {
        Node::Peer(PeerAct { action: Action::Send(bytes), .. }) => Some(String::from_utf8_lossy(&bytes.0)),
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
    let start = scenario.nodes.iter().position(|node| node.is_signal("bytesWritten"));
    let start = start.expect("the request is written");
    let mut seen = seen_of(&scenario.nodes[start]);
    (seen.error, seen.error_string) = (0, text);
    let mut error = told("error", &seen, false);
    if let Node::Signal(signal) = &mut error {
        signal.args = vec![json!(0)];
    }
    let act = scenario.nodes[start..].iter().position(|node| matches!(node, Node::Peer(_)));
    let place = start + act.map_or(1, |act| act + 1);
    let rest = scenario.nodes.split_off(place);
    scenario.nodes.push(error);
    scenario.nodes.extend(rest);
    end_at(scenario, place, &seen);
}

/// What could break out of a header or of the request line is refused. Qt encodes it, leaves it out or lets it pass.
pub fn every_byte_of_a_header_is_checked(scenario: &mut Scenario) {
    let Some(index) = scenario.nodes.iter().position(|node| node.is_call("open")) else { return };
    let Node::Call(call) = &scenario.nodes[index] else { return };
    if fails_at_once(&scenario.nodes[index]) {
        return;
    }
    let text = match refusal_of(&call.op) {
        Some(text) => text,
        None => return,
    };
    let mut seen = seen_before(&scenario.nodes, index);
    (seen.error, seen.error_string) = (0, text);
    if let Node::Call(call) = &mut scenario.nodes[index] {
        let mut error = told("error", &seen, false);
        if let Node::Signal(signal) = &mut error {
            signal.args = vec![json!(0)];
        }
        call.inner = vec![error];
        call.seen = Some(seen);
    }
    let mut rest = scenario.nodes.split_off(index + 1);
    remove_signals(&mut rest);
    scenario.nodes.extend(rest);
    for wire in &mut scenario.wires {
        *wire = Default::default();
    }
}

fn refusal_of(op: &Value) -> Option<String> {
    if op["url"].as_str().is_some_and(|url| url.contains(['\n', '\r', '\0'])) {
        return Some("Invalid resource name.".into());
    }
    op["headers"].as_object()?.iter().find_map(|(name, value)| {
        let value = value.as_str().unwrap_or_default();
        let name_in_lower_case = name.to_ascii_lowercase();
        let reserved = ["connection", "upgrade", "sec-websocket-key", "sec-websocket-extensions"];
        if value.contains(['\r', '\n', '\0']) {
            Some(format!("Invalid header: {name:?}."))
        } else if reserved.contains(&name_in_lower_case.as_str()) {
            Some(format!("Header {name} belongs to the handshake."))
        } else {
            None
        }
    })
}

/// An origin with a line break: Qt makes the TCP connection before it sees that, and does not see a bare line feed.
pub fn a_bad_origin_never_connects(scenario: &mut Scenario) {
    const TEXT: &str = "The origin contains newlines. Possible attack detected.";
    let is_bad = |node: &Node| {
        let origin = node.call().and_then(|call| call.op["origin"].as_str());
        origin.is_some_and(|origin| origin.contains(['\r', '\n']))
    };
    if !scenario.nodes.iter().any(is_bad) {
        return;
    }
    let Some(index) = scenario.nodes.iter().position(|node| node.is_call("open")) else { return };
    let mut seen = seen_before(&scenario.nodes, index);
    (seen.error, seen.error_string) = (0, TEXT.into());
    let mut rest = scenario.nodes.split_off(index + 1);
    remove_signals(&mut rest);
    let chain = ["error", UNCONNECTED, "disconnected"];
    scenario.nodes.extend(chain.map(|kind| told(kind, &seen, false)));
    if let Node::Signal(signal) = &mut scenario.nodes[index + 1] {
        signal.args = vec![json!(0)];
    }
    scenario.nodes.extend(rest);
    for wire in &mut scenario.wires {
        *wire = Default::default();
    }
}

/// A URL is written as the crate `url` writes it.
pub fn urls_are_normalised(scenario: &mut Scenario) {
    for node in &mut scenario.nodes {
        if let Node::Look(look) = node
            && let Some(url) = look.value["request_url"].as_str()
            && let Some((head, rest)) = url.split_once("<PORT>")
            && !rest.starts_with('/')
        {
            look.value["request_url"] = json!(format!("{head}<PORT>/{rest}"));
        }
    }
}

/// Qt 6.8 writes the names of headers in lower case; we write them as they were given, as Qt did before.
pub fn header_names_keep_their_case(scenario: &mut Scenario) {
    let mut given = Vec::new();
    each_call(&mut scenario.nodes, &mut |call: &mut Call| {
        let headers = call.op["headers"].as_object();
        given.extend(headers.into_iter().flatten().map(|(name, _)| name.clone()));
    });
    for node in &mut scenario.nodes {
        if let Node::Look(look) = node
            && let Some(lines) = look.value.get_mut("request_raw_headers").and_then(Value::as_array_mut)
        {
            for line in lines {
                let (name, value) = line.as_str().and_then(|line| line.split_once(": ")).expect("a header");
                let given = given.iter().find(|given| given.eq_ignore_ascii_case(name));
                *line = json!(format!("{}: {value}", given.map_or(name, String::as_str)));
            }
        }
    }
}

/// Qt writes pings and close frames as soon as there is TCP, before the handshake is through, and fails to before that.
pub fn no_frame_before_the_upgrade(scenario: &mut Scenario) {
    let (mut is_connecting, mut wrote_request, mut peer) = (false, false, 0);
    let mut early = Vec::new();
    for path in paths(&scenario.nodes) {
        let node = at(&scenario.nodes, &path);
        if let Some(call) = node.call().filter(|call| is_connecting || call.name() == "open") {
            match call.name() {
                "open" => {
                    (is_connecting, wrote_request) = (true, false);
                    peer = call.op["reaches"].as_u64().map_or(peer, |peer| peer as usize);
                }
                "ping" => remove_frame(scenario, peer, 9),
                "close" => remove_frame(scenario, peer, 8),
                _ => {}
            }
            continue;
        }
        if [CONNECTED, CLOSING, UNCONNECTED].iter().any(|kind| node.is_signal(kind)) {
            is_connecting = false;
        }
        let is_unfinished = node.is_signal("error") && node.signal().is_some_and(|signal| signal.args[0] == 11);
        let is_write = node.is_signal("bytesWritten") && is_connecting;
        if is_unfinished || (is_write && std::mem::replace(&mut wrote_request, true)) {
            early.push(path);
        }
    }
    for path in early.into_iter().rev() {
        siblings(&mut scenario.nodes, &path).remove(path[path.len() - 1]);
    }
    each_seen(&mut scenario.nodes, &mut |_, seen| {
        if seen.error_string == "Invalid socket descriptor" {
            seen.error_string.clear();
        }
    });
    for node in &mut scenario.nodes {
        if let Node::Look(look) = node
            && look.name.starts_with("bytes_after_request_hex")
        {
            look.value = json!("");
        }
    }
}

fn remove_frame(scenario: &mut Scenario, peer: usize, opcode: u64) {
    if let Some(wire) = scenario.wires.get_mut(peer)
        && let Some(index) = wire.frames.iter().position(|frame| frame.opcode == opcode)
    {
        wire.frames.remove(index);
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
    node.signal().and_then(|signal| signal.seen.clone()).expect("a signal at which one can look")
}

fn seen_before(nodes: &[Node], index: usize) -> Seen {
    super::calls::first_seen(nodes, &[index])
}

