//! Rules about what does not happen.

use serde_json::{Value, json};

use super::make::{CLOSING, CONNECTED, CONNECTING, GONE, UNCONNECTED, seen_before, told_with};
use crate::recording::{Scenario, each_call};
use crate::rewrite::write_addresses;
use crate::transcript::{Action, Call, Look, Node, PeerAct};
use crate::tree::{at, paths, siblings};
use crate::wire::WireLog;

/// Nothing happens on a connection that ended. Qt goes on to deliver the message whose frame ended it, says that a
/// socket is connected whose slot has just closed it, and takes no notice of an end inside `open`.
pub fn nothing_happens_after_the_end(scenario: &mut Scenario) {
    let (mut state, mut peer) = (String::from("Unconnected"), None);
    let mut told = Vec::new();
    let (mut late, mut unmade) = (Vec::new(), Vec::new());
    for path in paths(&scenario.nodes) {
        let node = at(&scenario.nodes, &path);
        if let Some(call) = node.call().filter(|call| call.name() == "open") {
            peer = call.op["reaches"].as_u64().or(peer);
        }
        let Some(signal) = node.signal() else {
            continue;
        };
        let kind = signal.kind();
        if kind == CONNECTING {
            told.clear();
        }
        let is_again = (kind == CLOSING || GONE.contains(&kind.as_str())) && told.contains(&kind);
        let fits = match kind.as_str() {
            _ if is_again => false,
            "aboutToClose" | CLOSING | UNCONNECTED => state != "Unconnected",
            CONNECTED => state == "Connecting",
            "connected" | "pong" => state == "Connected",
            "bytesWritten" | "alertReceived" => state != "Unconnected",
            kind if kind.ends_with("Received") => state == "Connected",
            _ => true,
        };
        if !fits {
            late.push(path);
            continue;
        }
        told.push(kind);
        if let Some(new) = signal.new_state() {
            if new == "Unconnected" && is_inside_connecting(&scenario.nodes, &path) {
                unmade.extend(peer);
            }
            new.clone_into(&mut state);
        }
    }
    for path in late.into_iter().rev() {
        siblings(&mut scenario.nodes, &path).remove(path[path.len() - 1]);
    }
    for peer in unmade {
        if let Some(wire) = scenario.wires.get_mut(peer as usize) {
            *wire = WireLog::default();
        }
    }
}

/// An argument that cannot be opened changes nothing. Qt forgets the old request, and for an unknown scheme the old
/// connection.
pub fn a_bad_argument_changes_nothing(scenario: &mut Scenario) {
    let mut request = json!({
        "request_url": "", "request_url_valid": false, "resource_name": "", "peer_name": "", "request_raw_headers": []
    });
    let mut has_failed = false;
    for node in &mut scenario.nodes {
        let fails = fails_at_once(node);
        has_failed |= fails;
        match node {
            Node::Call(call) if call.name() == "open" && !fails => {
                let url = call.op["url"].as_str().unwrap_or_default();
                let Some((host, resource)) = url.split_once(":<PORT>") else {
                    continue;
                };
                request["request_url"] = json!(url);
                request["request_url_valid"] = json!(true);
                request["resource_name"] = json!(resource);
                request["peer_name"] = json!(host.trim_start_matches("ws://"));
            }
            Node::Look(Look {
                value: Value::Object(dump),
                ..
            }) if has_failed => {
                for (getter, value) in request.as_object().into_iter().flatten() {
                    dump[getter] = value.clone();
                }
            }
            _ => {}
        }
    }
}

/// What a peer sends on a connection that Qt dropped, for an `open` that could not be, still arrives.
pub fn a_bad_argument_spares_the_connection(scenario: &mut Scenario) {
    let dropped = |node: &Node| {
        fails_at_once(node)
            && node
                .call()
                .and_then(|call| call.seen.as_ref())
                .is_some_and(|seen| seen.state == "Connected")
    };
    let Some(last) = scenario.nodes.iter().rposition(dropped) else {
        return;
    };
    let seen = seen_before(&scenario.nodes, &[last + 1]);
    for node in &mut scenario.nodes[last..] {
        if let Node::Look(look) = node
            && look.value.is_object()
        {
            write_addresses("Connected", &mut look.value);
        }
    }
    let mut index = last + 1;
    while index < scenario.nodes.len() {
        if let Node::Peer(PeerAct {
            action: Action::Send(bytes),
            ..
        }) = &scenario.nodes[index]
            && bytes.0[0] == 0x81
            && !scenario
                .nodes
                .get(index + 1)
                .is_some_and(|node| node.is_signal("textFrameReceived"))
        {
            let text = json!(String::from_utf8_lossy(&bytes.0[2..]));
            for (name, args) in [
                ("textMessageReceived", vec![text.clone()]),
                ("textFrameReceived", vec![text, json!(true)]),
            ] {
                scenario
                    .nodes
                    .insert(index + 1, told_with(name, args, &seen));
            }
        }
        index += 1;
    }
}

/// `flush()` has nothing to do without a connection, also after one.
pub fn flush_without_a_connection_is_true(scenario: &mut Scenario) {
    each_call(&mut scenario.nodes, &mut |call: &mut Call| {
        let is_unconnected = call
            .seen
            .as_ref()
            .is_some_and(|seen| seen.state == "Unconnected");
        if call.name() == "flush" && is_unconnected {
            call.returned = Value::Bool(true);
        }
    });
}

pub fn fails_at_once(node: &Node) -> bool {
    node.is_call("open")
        && node
            .inner()
            .first()
            .is_some_and(|node| node.is_signal("error"))
}

fn is_inside_connecting(nodes: &[Node], path: &[usize]) -> bool {
    (1..path.len()).any(|depth| at(nodes, &path[..depth]).is_signal(CONNECTING))
}
