//! Rules about what is opened, and what is sent before the upgrade.

use serde_json::{Value, json};

use super::afterwards::fails_at_once;
use super::make::{
    CLOSING, CONNECTED, GONE, UNCONNECTED, error, remove_signals, seen_before, told,
};
use crate::recording::{Scenario, each_call};
use crate::rewrite::each_seen;
use crate::transcript::{Action, Call, Look, Node, PeerAct};
use crate::tree::{at, paths, siblings};

/// Qt has no deadline of its own; TCP's is about 60 seconds. Ours covers all that comes before Connected.
pub fn connecting_takes_30_seconds(scenario: &mut Scenario) {
    let Some(index) = scenario
        .nodes
        .iter()
        .position(|node| matches!(node, Node::Wait(30_000..)))
    else {
        return;
    };
    scenario
        .nodes
        .splice(index..=index, [Node::Wait(29_999), Node::Wait(1)]);
}

/// What could break out of a header or of the request line is refused. Qt encodes it, leaves it out or lets it pass.
pub fn every_byte_of_a_header_is_checked(scenario: &mut Scenario) {
    let Some(index) = scenario.nodes.iter().position(|node| node.is_call("open")) else {
        return;
    };
    let Node::Call(call) = &scenario.nodes[index] else {
        return;
    };
    if fails_at_once(&scenario.nodes[index]) {
        return;
    }
    let text = match refusal_of(&call.op) {
        Some(text) => text,
        None => return,
    };
    let mut seen = seen_before(&scenario.nodes, &[index]);
    (seen.error, seen.error_string) = (0, text);
    if let Node::Call(call) = &mut scenario.nodes[index] {
        let error = error(&seen);
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
    let Some(index) = scenario.nodes.iter().position(|node| node.is_call("open")) else {
        return;
    };
    let mut seen = seen_before(&scenario.nodes, &[index]);
    (seen.error, seen.error_string) = (0, TEXT.into());
    let mut rest = scenario.nodes.split_off(index + 1);
    remove_signals(&mut rest);
    scenario.nodes.push(error(&seen));
    scenario
        .nodes
        .extend(GONE[..2].iter().map(|kind| told(kind, &seen)));
    scenario.nodes.extend(rest);
    for wire in &mut scenario.wires {
        *wire = Default::default();
    }
}

/// A URL is written as the crate `url` writes it, and one without a host is none.
pub fn urls_are_normalised(scenario: &mut Scenario) {
    for node in &mut scenario.nodes {
        let Node::Look(Look { value: dump, .. }) = node else {
            continue;
        };
        let Some(url) = dump["request_url"].as_str() else {
            continue;
        };
        if url.starts_with("ws:///") {
            dump["request_url"] = json!("");
            dump["request_url_valid"] = json!(false);
            dump["resource_name"] = json!("");
        } else if let Some((head, rest)) = url.split_once("<PORT>")
            && !rest.starts_with('/')
        {
            dump["request_url"] = json!(format!("{head}<PORT>/{rest}"));
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
            && let Some(lines) = look
                .value
                .get_mut("request_raw_headers")
                .and_then(Value::as_array_mut)
        {
            for line in lines {
                let (name, value) = line
                    .as_str()
                    .and_then(|line| line.split_once(": "))
                    .expect("a header");
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
        if let Some(call) = node
            .call()
            .filter(|call| is_connecting || call.name() == "open")
        {
            match call.name() {
                "open" => {
                    (is_connecting, wrote_request) = (true, false);
                    peer = call.op["reaches"]
                        .as_u64()
                        .map_or(peer, |peer| peer as usize);
                }
                "ping" => remove_frame(scenario, peer, 9),
                "close" => remove_frame(scenario, peer, 8),
                _ => {}
            }
            continue;
        }
        if [CONNECTED, CLOSING, UNCONNECTED]
            .iter()
            .any(|kind| node.is_signal(kind))
        {
            is_connecting = false;
        }
        let is_unfinished =
            node.is_signal("error") && node.signal().is_some_and(|signal| signal.args[0] == 11);
        // The server wants to know who asks, so the request goes out again.
        wrote_request &= !is_challenge(node);
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

fn is_challenge(node: &Node) -> bool {
    let Node::Peer(PeerAct {
        action: Action::Send(bytes),
        ..
    }) = node
    else {
        return false;
    };
    bytes.0.starts_with(b"HTTP/1.1 401")
}

fn refusal_of(op: &Value) -> Option<String> {
    if op["url"]
        .as_str()
        .is_some_and(|url| url.contains(['\n', '\r', '\0']))
    {
        return Some("Invalid resource name.".into());
    }
    op["headers"].as_object()?.iter().find_map(|(name, value)| {
        let value = value.as_str().unwrap_or_default();
        let name_in_lower_case = name.to_ascii_lowercase();
        let reserved = [
            "connection",
            "upgrade",
            "sec-websocket-key",
            "sec-websocket-extensions",
        ];
        if value.contains(['\r', '\n', '\0']) {
            Some(format!("Invalid header: {name:?}."))
        } else if reserved.contains(&name_in_lower_case.as_str()) {
            Some(format!("Header {name} belongs to the handshake."))
        } else {
            None
        }
    })
}

fn remove_frame(scenario: &mut Scenario, peer: usize, opcode: u64) {
    if let Some(wire) = scenario.wires.get_mut(peer)
        && let Some(index) = wire.frames.iter().position(|frame| frame.opcode == opcode)
    {
        wire.frames.remove(index);
    }
}
