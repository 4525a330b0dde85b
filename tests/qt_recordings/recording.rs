//! Reads a recording.

use std::path::Path;

use serde_json::{Value, json};

use crate::peer_script;
use crate::placing::{
    insert_close_notify, insert_looks, insert_waits, order_causally, say_where_to,
};
use crate::support::raw_peer::accept_key;
use crate::tls::ciphertext::tell_plaintext;
use crate::tls::keys;
use crate::tls::setup::{TlsSetup, number, set_up_tls};
use crate::transcript::{ACCEPT, Action, Call, Node, PeerAct, Seen, Signal};
use crate::wire::{TO_PROXY, WireLog};

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
    /// How each peer speaks TLS, if it does.
    pub tls: Vec<Option<TlsSetup>>,
}

/// Where an `open` leads, beside the number of a peer.
pub const REFUSED: &str = "refused";
pub const UNANSWERED: &str = "unanswered";

impl Scenario {
    pub fn read(group: &str, path: &Path) -> Self {
        let text = std::fs::read_to_string(path).expect("a recording can be read");
        let parse =
            |text: &str| -> Value { serde_json::from_str(text).expect("a recording is JSON") };
        let mut hidden = text.clone();
        for request in requests(&parse(&text)) {
            hidden = hidden.replace(&accept_key(&request), ACCEPT);
        }
        let mut json = parse(&hidden);
        keys::complete(&mut json);
        Reader::new(&json).read(group)
    }

    pub fn title(&self) -> String {
        format!("{}/{}", self.group, self.name)
    }
}

/// The requests that Qt sent.
fn requests(json: &Value) -> Vec<String> {
    let wires = &json["wire_sent_by_qt"];
    let wires = wires
        .as_array()
        .map_or(std::slice::from_ref(wires), Vec::as_slice);
    wires
        .iter()
        .filter_map(|wire| wire["handshake_text"].as_str())
        .filter(|request| !request.starts_with(TO_PROXY))
        .map(str::to_owned)
        .collect()
}

struct Reader<'a> {
    json: &'a Value,
    peers: Vec<String>,
}

impl<'a> Reader<'a> {
    fn new(json: &'a Value) -> Self {
        let mut peers: Vec<String> = match &json["wire_sent_by_qt"] {
            Value::Array(connections) => {
                connections.iter().map(|wire| text(&wire["conn"])).collect()
            }
            _ => Vec::new(),
        };
        if peers.is_empty() {
            let acts = events(json)
                .iter()
                .filter_map(|event| event["peer"].as_str()?.split_once(": "));
            for (name, _) in acts {
                if !peers.iter().any(|peer| peer == name) {
                    peers.push(name.to_owned());
                }
            }
        }
        Self { json, peers }
    }

    fn read(&self, group: &str) -> Scenario {
        // Of a crash by endless recursion the beginning was kept, which is enough, and the end.
        let is_kept = |event: &&Value| event["peer"] != "... truncated ...";
        let mut events = events(self.json).iter().take_while(is_kept).peekable();
        let mut nodes = self.read_depth(&mut events, 0);
        assert!(events.next().is_none(), "events of no depth");
        insert_close_notify(&mut nodes);
        order_causally(&mut nodes);
        insert_waits(self.json, &mut nodes);
        insert_looks(self.json, &mut nodes);
        let mut peers = 0;
        say_where_to(&mut nodes, &mut peers);
        let mut scenario = Scenario {
            group: group.to_owned(),
            name: text(&self.json["scenario"]),
            crashed: self.json["tracer_exit"].is_string(),
            wires: self.wires(),
            tls: vec![None; peers],
            nodes,
        };
        let connections = peers.max(scenario.wires.len());
        scenario.wires.resize(connections, WireLog::default());
        set_up_tls(self.json, &mut scenario);
        tell_plaintext(self.json, &mut scenario);
        scenario
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
            // Peers get so far by themselves.
            act if act.starts_with("tls ") => return None,
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
}

pub fn events(json: &Value) -> &[Value] {
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
        args: event["args"]
            .as_array()
            .cloned()
            .unwrap_or_default()
            .into_iter()
            .map(numbered)
            .collect(),
        seen: seen(event),
        inner: Vec::new(),
    })
}

/// Errors are told by their numbers.
fn numbered(mut value: Value) -> Value {
    if let Some(number) = value.get("error").and_then(number) {
        value["error"] = json!(number);
    }
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
    nodes
        .into_iter()
        .partition(|node| !matches!(node, Node::Peer(_)))
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
