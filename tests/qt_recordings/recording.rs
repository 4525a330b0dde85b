//! Reads a recording.

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::peer_script;
use crate::support::raw_peer::accept_key;
use crate::transcript::{ACCEPT, Action, Call, Look, Node, PeerAct, Seen, Signal};
use crate::wire::WireLog;

/// A recording as an expectation: what is done, and what has to come of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    pub group: String,
    pub name: String,
    /// Qt did not survive what is at the end.
    pub crashed: bool,
    pub nodes: Vec<Node>,
    /// What each peer receives.
    pub wires: Vec<WireLog>,
}

/// Where an `open` leads, beside the number of a peer.
pub const REFUSED: &str = "refused";
pub const UNANSWERED: &str = "unanswered";

impl Scenario {
    pub fn read(group: &str, path: &Path) -> Self {
        let text = std::fs::read_to_string(path).expect("a recording can be read");
        let parse = |text: &str| -> Value { serde_json::from_str(text).expect("a recording is JSON") };
        let mut hidden = text.clone();
        for request in requests(&parse(&text)) {
            hidden = hidden.replace(&accept_key(&request), ACCEPT);
        }
        Reader::new(&parse(&hidden)).read(group)
    }

    pub fn title(&self) -> String {
        format!("{}/{}", self.group, self.name)
    }
}

/// The requests that Qt sent.
fn requests(json: &Value) -> Vec<String> {
    let wires = &json["wire_sent_by_qt"];
    let wires = wires.as_array().map_or(std::slice::from_ref(wires), Vec::as_slice);
    wires.iter().filter_map(|wire| wire["handshake_text"].as_str()).map(str::to_owned).collect()
}

struct Reader<'a> {
    json: &'a Value,
    peers: Vec<String>,
}

impl<'a> Reader<'a> {
    fn new(json: &'a Value) -> Self {
        let peers = match &json["wire_sent_by_qt"] {
            Value::Array(connections) => connections.iter().map(|wire| text(&wire["conn"])).collect(),
            _ => {
                let named = events(json).iter().filter_map(|event| event["peer"].as_str());
                let name = named.filter_map(|line| line.split_once(": ")).map(|(name, _)| name);
                vec![name.last().unwrap_or("peer").to_owned()]
            }
        };
        Self { json, peers }
    }

    fn read(&self, group: &str) -> Scenario {
        let mut events = events(self.json).iter().peekable();
        let mut nodes = self.read_depth(&mut events, 0);
        assert!(events.next().is_none(), "events of no depth");
        order_causally(&mut nodes);
        self.insert_waits(&mut nodes);
        self.insert_looks(&mut nodes);
        let mut peers = 0;
        say_where_to(&mut nodes, &mut peers);
        let mut wires = self.wires();
        wires.resize(peers, WireLog::default());
        Scenario {
            group: group.to_owned(),
            name: text(&self.json["scenario"]),
            crashed: self.json["tracer_exit"].is_string(),
            nodes,
            wires,
        }
    }

    fn read_depth<'e>(
        &self,
        events: &mut std::iter::Peekable<impl Iterator<Item = &'e Value>>,
        depth: u64,
    ) -> Vec<Node> {
        let mut nodes: Vec<Node> = Vec::new();
        while let Some(event) = events.peek().copied() {
            let at = event["depth"].as_u64();
            if event["peer"].is_string() {
                // Peers stand where the clock put them; they belong to no slot.
                events.next();
                nodes.extend(self.peer_act(event));
                continue;
            }
            match at {
                Some(at) if at < depth => break,
                Some(at) if at > depth => {
                    let inner = self.read_depth(events, depth + 1);
                    let (inner, outer) = split_peers(inner);
                    let last = nodes.iter_mut().rev().find_map(Node::inner_mut);
                    last.expect("something that holds it").extend(inner);
                    nodes.extend(outer);
                    continue;
                }
                _ => {}
            }
            events.next();
            if event["signal"].is_string() {
                nodes.push(signal(event));
            } else if event["call"].is_object() {
                nodes.push(call(event));
            } else if event["return_of"].is_string() {
                let open = nodes.iter_mut().rev().find_map(|node| match node {
                    Node::Call(call) => Some(call),
                    _ => None,
                });
                finish(open.expect("a call that returns"), event);
            }
        }
        nodes
    }

    fn peer_act(&self, event: &Value) -> Option<Node> {
        let (name, act) = event["peer"].as_str()?.split_once(": ")?;
        let peer = self.peers.iter().position(|peer| peer == name).unwrap_or(0);
        let action = match act {
            "received EOF (FIN)" | "received EOF (RST)" => return None,
            "close TCP" | "shutdown(WR) (FIN)" => Action::Fin,
            "RST" => Action::Reset,
            _ => Action::Send(peer_script::bytes(&self.json["scenario"], act)),
        };
        Some(Node::Peer(PeerAct { peer, action }))
    }

    fn wires(&self) -> Vec<WireLog> {
        match &self.json["wire_sent_by_qt"] {
            Value::Array(connections) => connections.iter().map(WireLog::read).collect(),
            connection => vec![WireLog::read(connection)],
        }
    }

    /// Where a long time lay between two signals, it passed after what the peer did first.
    fn insert_waits(&self, nodes: &mut Vec<Node>) {
        let times: Vec<_> = events(self.json)
            .iter()
            .filter(|event| event["signal"].is_string() && event["depth"] == 0)
            .map(|event| event["t_ms"].as_u64())
            .collect();
        let mut last_time = events(self.json)
            .iter()
            .find_map(|event| event["t_ms"].as_u64());
        let mut times = times.into_iter();
        let (mut index, mut last_signal) = (0, 0);
        while index < nodes.len() {
            if nodes[index].signal().is_some() {
                let time = times.next().flatten();
                if let (Some(time), Some(last)) = (time, last_time)
                    && time - last >= 1000
                {
                    let acts = nodes[last_signal..index].iter();
                    let first = acts.take_while(|node| !matches!(node, Node::Peer(_))).count();
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
    fn insert_looks(&self, nodes: &mut Vec<Node>) {
        let Some(values) = self.json["return_values"].as_object() else {
            return;
        };
        let mut end = nodes.len();
        for (name, value) in values.iter().rev() {
            let is_result = |node: &Node| node_results(node).contains(&name.as_str());
            if let Some(index) = nodes[..end].iter().rposition(is_result) {
                let is_its_own = nodes[index].call().is_some_and(|call| call.op["as"] == name.as_str());
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
            let look = Look { name: name.clone(), value };
            nodes.insert(place, Node::Look(look));
            if let Some(seconds) = waited_seconds(name) {
                nodes.insert(place, Node::Wait(seconds * 1000));
            }
            end = place;
        }
    }
}

fn events(json: &Value) -> &[Value] {
    json["events"].as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn who(event: &Value) -> String {
    event["obj"].as_str().unwrap_or("c").to_owned()
}

fn signal(event: &Value) -> Node {
    Node::Signal(Signal {
        who: who(event),
        name: text(&event["signal"]),
        args: event["args"].as_array().cloned().unwrap_or_default().into_iter().map(numbered).collect(),
        seen: seen(event),
        inner: Vec::new(),
    })
}

/// Errors are told by their numbers.
fn numbered(value: Value) -> Value {
    match error_number(&value) {
        Some(number) => json!(number),
        None => value,
    }
}

fn call(event: &Value) -> Node {
    Node::Call(Call {
        who: who(event),
        op: event["call"].clone(),
        returned: Value::Null,
        seen: None,
        inner: Vec::new(),
    })
}

fn finish(call: &mut Call, event: &Value) {
    // For `open` the recordings show how a QUrl writes its text; `open` itself returns nothing.
    if call.name() != "open" || event["value"].is_string() {
        call.returned = event["value"].clone();
    }
    call.seen = seen(event);
}

fn seen(event: &Value) -> Option<Seen> {
    Some(Seen {
        state: event["state"].as_str()?.to_owned(),
        valid: event["valid"].as_bool()?,
        error: error_number(&event["error"])?,
        error_string: text(&event["error_string"]),
        close_code: event["close_code"].as_i64()?,
        close_reason: text(&event["close_reason"]),
    })
}

/// The number in `"ConnectionRefusedError(0)"`.
pub fn error_number(value: &Value) -> Option<i64> {
    let (name, number) = value.as_str()?.strip_suffix(')')?.rsplit_once('(')?;
    (name.ends_with("Error")).then(|| number.parse().ok())?
}

fn split_peers(nodes: Vec<Node>) -> (Vec<Node>, Vec<Node>) {
    nodes.into_iter().partition(|node| !matches!(node, Node::Peer(_)))
}

/// Peers were placed by the clock, to a millisecond or so. What answers a request or a ping cannot come before these
/// were written.
fn order_causally(nodes: &mut [Node]) {
    let is_answer = |node: &Node| match node {
        Node::Peer(PeerAct { action: Action::Send(bytes), .. }) => {
            bytes.0.starts_with(b"HTTP") || bytes.0.first() == Some(&0x8A)
        }
        _ => false,
    };
    for index in 1..nodes.len() {
        if nodes[index].is_signal("bytesWritten") {
            let answers = nodes[..index].iter().rev().take_while(|node| is_answer(node)).count();
            nodes[index - answers..=index].rotate_right(1);
        }
    }
    // The end of a connection is told in one go, which nobody can interrupt.
    for index in 2..nodes.len() {
        let acts = nodes[..index].iter().rev().take_while(|node| matches!(node, Node::Peer(_))).count();
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

/// The names of the results of a call and those inside.
fn node_results(node: &Node) -> Vec<&str> {
    let own = node.call().and_then(|call| call.op["as"].as_str());
    own.into_iter().chain(node.inner().iter().flat_map(node_results)).collect()
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
        Node::Signal(signal) => signal.inner.iter().rev().find_map(last_seen).or(Some(&signal.seen)),
        _ => None,
    }
}

/// `getters_after_12s`
fn waited_seconds(name: &str) -> Option<u64> {
    name.rsplit_once('_')?.1.strip_suffix('s')?.parse().ok()
}

/// Says of each `open` which peer it reaches, if any: told by what came of it.
fn say_where_to(nodes: &mut [Node], next_peer: &mut usize) {
    let mut fates = Vec::new();
    collect_fates(nodes, &mut fates);
    let mut fates = fates.into_iter();
    each_call(nodes, &mut |call| {
        if call.name() != "open" || call.op.get("ops").is_some() {
            return;
        }
        let fate = fates.next().flatten();
        let reaches = match fate.as_deref() {
            Some("Connection refused") => json!(REFUSED),
            Some("Connection timed out") => json!(UNANSWERED),
            _ if !text(&call.op["url"]).contains("<PORT>") => Value::Null,
            _ => {
                *next_peer += 1;
                json!(*next_peer - 1)
            }
        };
        if let Value::Object(op) = &mut call.op {
            op.insert("reaches".into(), reaches);
        }
    });
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

pub fn each_call(nodes: &mut [Node], change: &mut impl FnMut(&mut Call)) {
    for node in nodes {
        if let Node::Call(call) = node {
            change(call);
        }
        if let Some(inner) = node.inner_mut() {
            each_call(inner, change);
        }
    }
}

/// The keys of an object that `keep` likes.
pub fn filtered(map: &Map<String, Value>, keep: impl Fn(&str) -> bool) -> Map<String, Value> {
    map.iter()
        .filter(|(key, _)| keep(key))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}
