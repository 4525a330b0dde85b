//! Puts in order what a recording leaves open: when peers acted, time passed and getters were asked, and whom an `open`
//! reached.

use serde_json::{Value, json};

use crate::network::default_port;
use crate::proxies;
use crate::recording::{REFUSED, UNANSWERED, each_call, error_number, events};
use crate::support::frames::{TEXT, frame};
use crate::transcript::{Action, Look, Node, PeerAct, Seen};

/// Peers were placed by the clock, to a millisecond or so. What answers a request or a ping cannot come before these
/// were written, and neither can an echo.
pub fn order_causally(nodes: &mut Vec<Node>) {
    if nodes.iter().any(|node| sends(node, b"HTTP/1.1 401")) {
        order_answers(nodes);
    } else {
        order_echoes_and_answer(nodes);
    }
    if proxies::are_used(nodes) {
        proxies::order_answers(nodes);
    }
    order_ends(nodes);
}

/// The server asks who the client is: each of its answers has a request of its own.
fn order_answers(nodes: &mut Vec<Node>) {
    let mut requests = 0;
    let (mut ordered, mut early) = (Vec::new(), Vec::new());
    for node in nodes.drain(..) {
        let is_request = node.is_signal("bytesWritten");
        match node {
            Node::Peer(_) => early.push(node),
            _ => ordered.push(node),
        }
        requests += usize::from(is_request);
        while let Some(first) = early.first()
            && (requests > 0 || !sends(first, b"HTTP"))
        {
            requests -= usize::from(sends(first, b"HTTP"));
            ordered.push(early.remove(0));
        }
    }
    ordered.extend(early);
    *nodes = ordered;
}

fn sends(node: &Node, start: &[u8]) -> bool {
    let Node::Peer(PeerAct {
        action: Action::Send(bytes),
        ..
    }) = node
    else {
        return false;
    };
    bytes.0.starts_with(start)
}

fn order_echoes_and_answer(nodes: &mut [Node]) {
    let texts: Vec<Vec<u8>> = nodes
        .iter()
        .filter_map(|node| node.call()?.op["text"].as_str())
        .map(|text| frame(TEXT, text.as_bytes()))
        .collect();
    let is_echo = |node: &Node| match node {
        Node::Peer(PeerAct {
            action: Action::Send(bytes),
            ..
        }) => texts.contains(&bytes.0),
        _ => false,
    };
    let is_answer = |node: &Node| sends(node, b"HTTP") || sends(node, &[0x8A]) || is_echo(node);
    for index in 1..nodes.len() {
        if nodes[index].is_signal("bytesWritten") {
            let answers = nodes[..index]
                .iter()
                .rev()
                .take_while(|node| is_answer(node))
                .count();
            nodes[index - answers..=index].rotate_right(1);
        }
    }
}

/// The end of a connection is told in one go, which nobody can interrupt.
fn order_ends(nodes: &mut [Node]) {
    for index in 2..nodes.len() {
        let acts = nodes[..index]
            .iter()
            .rev()
            .take_while(|node| matches!(node, Node::Peer(_)))
            .count();
        let before = &nodes[(index - acts).saturating_sub(1)];
        let is_written = before.is_signal("bytesWritten") && nodes[index].is_signal("aboutToClose");
        if acts > 0 && is_chain(&nodes[index]) && (is_chain(before) || is_written) {
            nodes[index - acts..=index].rotate_right(1);
        }
    }
}

fn is_chain(node: &Node) -> bool {
    const CHAIN: [&str; 6] = [
        "aboutToClose",
        "stateChanged(Closing)",
        "stateChanged(Unconnected)",
        "disconnected",
        "readChannelFinished",
        "destroyed",
    ];
    CHAIN.iter().any(|kind| node.is_signal(kind))
}

/// Where a long time lay between two signals, it passed after what the peer did first.
pub fn insert_waits(json: &Value, nodes: &mut Vec<Node>) {
    let times: Vec<_> = events(json)
        .iter()
        .filter(|event| event["signal"].is_string() && event["depth"] == 0)
        .map(|event| event["t_ms"].as_u64())
        .collect();
    let mut last_time = events(json).iter().find_map(|event| event["t_ms"].as_u64());
    let mut times = times.into_iter();
    let (mut index, mut last_signal) = (0, 0);
    while index < nodes.len() {
        if nodes[index].signal().is_some() {
            let time = times.next().flatten();
            if let (Some(time), Some(last)) = (time, last_time)
                && time - last >= 1000
            {
                let acts = nodes[last_signal..index].iter();
                let first = acts
                    .take_while(|node| !matches!(node, Node::Peer(_)))
                    .count();
                let place = (last_signal + first + 1).min(index);
                nodes.insert(place, Node::Wait(time - last));
                index += 1;
            }
            last_time = time.or(last_time);
            last_signal = index;
        }
        index += 1;
    }
}

/// The recordings do not say when the getters were asked, but what they gave, and between which other results.
pub fn insert_looks(json: &Value, nodes: &mut Vec<Node>) {
    let Some(values) = json["return_values"].as_object() else {
        return;
    };
    let mut end = nodes.len();
    for (name, value) in values.iter().rev() {
        let is_result = |node: &Node| node_results(node).contains(&name.as_str());
        if let Some(index) = nodes[..end].iter().rposition(is_result) {
            let is_its_own = nodes[index]
                .call()
                .is_some_and(|call| call.op["as"] == name.as_str());
            end = if is_its_own { index } else { index + 1 };
            continue;
        }
        let place = (0..=end)
            .rev()
            .find(|place| agrees(&nodes[..*place], value))
            .unwrap_or(end);
        let mut value = value.clone();
        if let Some(number) = value.get("error").and_then(error_number) {
            value["error"] = json!(number);
        }
        if name == "first_peer_frames" {
            value = json!(value.as_array().map_or(0, Vec::len));
        }
        if name.starts_with("connect_request")
            && let Some(request) = value.as_str()
        {
            value = json!(proxies::shown(request));
        }
        let look = Look {
            name: name.clone(),
            value,
        };
        nodes.insert(place, Node::Look(look));
        if let Some(seconds) = waited_seconds(name) {
            nodes.insert(place, Node::Wait(seconds * 1000));
        }
        end = place;
    }
}

/// The names of the results of a call and those inside.
fn node_results(node: &Node) -> Vec<&str> {
    let own = node.call().and_then(|call| call.op["as"].as_str());
    own.into_iter()
        .chain(node.inner().iter().flat_map(node_results))
        .collect()
}

/// Whether getters that gave `value` can have been asked behind `nodes`.
fn agrees(nodes: &[Node], value: &Value) -> bool {
    let Some(dump) = value.as_object().filter(|dump| dump.contains_key("state")) else {
        return true;
    };
    match nodes.iter().rev().find_map(last_seen) {
        None => false,
        Some(None) => false,
        Some(Some(seen)) => {
            dump["state"] == seen.state.as_str()
                && dump["error_string"] == seen.error_string.as_str()
                && dump["close_code"] == seen.close_code
        }
    }
}

fn last_seen(node: &Node) -> Option<&Option<Seen>> {
    match node {
        Node::Call(call) => Some(&call.seen),
        Node::Signal(signal) => signal
            .inner
            .iter()
            .rev()
            .find_map(last_seen)
            .or(Some(&signal.seen)),
        _ => None,
    }
}

/// `getters_after_12s`
fn waited_seconds(name: &str) -> Option<u64> {
    name.rsplit_once('_')?.1.strip_suffix('s')?.parse().ok()
}

/// Says of each `open` which peer it reaches, if any: told by what came of it.
pub fn say_where_to(nodes: &mut [Node], next_peer: &mut usize) {
    let mut fates = Vec::new();
    collect_fates(nodes, &mut fates);
    let mut fates = fates.into_iter();
    let mut by_proxy = false;
    each_call(nodes, &mut |call| {
        by_proxy |= proxies::is_set_by(call);
        if call.name() != "open" || call.op.get("ops").is_some() {
            return;
        }
        let fate = fates.next().flatten();
        let reaches = match fate.as_deref() {
            Some("Proxy connection refused" | "Connection to proxy refused") => Value::Null,
            _ if by_proxy => {
                *next_peer += 1;
                json!(*next_peer - 1)
            }
            Some("Connection refused") => json!(REFUSED),
            Some("Connection timed out") => json!(UNANSWERED),
            fate if !leads_to_peer(call.op["url"].as_str().unwrap_or_default(), fate) => {
                Value::Null
            }
            _ => {
                *next_peer += 1;
                json!(*next_peer - 1)
            }
        };
        if let Value::Object(op) = &mut call.op {
            if by_proxy {
                op.insert("by_proxy".into(), json!(true));
            }
            op.insert("reaches".into(), reaches);
        }
    });
}

/// A peer has a port of its own, or the scheme's, where it is reached.
fn leads_to_peer(url: &str, fate: Option<&str>) -> bool {
    url.contains("<PORT>") || (fate.is_none() && has_default_port(url))
}

/// Whether the port of a URL of this machine is the one of its scheme.
pub fn has_default_port(url: &str) -> bool {
    let Some((_, rest)) = url.split_once("//") else {
        return false;
    };
    let authority = rest.split('/').next().unwrap_or_default();
    let host = authority.strip_suffix(&format!(":{}", default_port(url)));
    ["localhost", "127.0.0.1"].contains(&host.unwrap_or(authority))
}

/// The recordings do not tell of a `close_notify` that a peer sent, but what came of it.
pub fn insert_close_notify(nodes: &mut Vec<Node>) {
    let mut index = 0;
    while index < nodes.len() {
        let arrives = nodes[index].signal().is_some_and(|signal| {
            signal.is("alertReceived") && signal.args[..2] == [json!(0), json!(0)]
        });
        if arrives {
            let opens = nodes[..index].iter().filter(|node| node.is_call("open"));
            let peer = opens.count().saturating_sub(1);
            let action = Action::CloseNotify;
            nodes.insert(index, Node::Peer(PeerAct { peer, action }));
            index += 1;
        }
        index += 1;
    }
}

/// For each `open` the text of the first error behind it that came before the next.
fn collect_fates(nodes: &[Node], fates: &mut Vec<Option<String>>) {
    for node in nodes {
        if node.is_call("open") {
            fates.push(None);
        }
        if let Node::Signal(signal) = node
            && signal.is("error")
            && let (Some(fate @ None), Some(seen)) = (fates.last_mut(), &signal.seen)
        {
            *fate = Some(seen.error_string.clone());
        }
        collect_fates(node.inner(), fates);
    }
}
