//! Peers that are proxies before they are servers.

use std::net::Ipv4Addr;

use serde_json::{Value, json};

use crate::peer_script::to_hex;
use crate::recording::each_call;
use crate::transcript::{Action, Bytes, Call, Node, PeerAct};
use crate::tree::{at, paths};

/// What a client says to a proxy until there is a tunnel.
#[derive(Default)]
pub struct ProxyEnd {
    words: Vec<Vec<u8>>,
    pub has_tunnel: bool,
}

impl ProxyEnd {
    /// Whether the client has said what the next answer is for.
    pub fn may_answer(&self, received: &[u8]) -> bool {
        match received.starts_with(b"CONNECT ") {
            true => received.ends_with(b"\r\n\r\n"),
            false => !received.is_empty(),
        }
    }

    /// The answer to what was received is on its way.
    pub fn answer(&mut self, received: &mut Vec<u8>, action: &Action) {
        self.words.push(std::mem::take(received));
        if let Action::Send(Bytes(bytes)) = action {
            let is_reply = bytes.starts_with(&[5, 0]) && bytes.len() > 2;
            self.has_tunnel = is_reply || bytes.starts_with(b"HTTP/1.1 200");
        }
    }

    /// What the recordings call by this name; `None` for what no proxy is asked.
    pub fn look(&self, name: &str) -> Option<Value> {
        let words = |index: usize| self.words.get(index);
        let text = |index| {
            let words = words(index).map(|words| String::from_utf8_lossy(words));
            json!(words.as_deref().map(shown))
        };
        let login = || match words(1)?.as_slice() {
            [1, length, rest @ ..] => rest.split_at_checked(usize::from(*length)),
            _ => None,
        };
        Some(match name {
            "connect_request" | "connect_request_1" => text(0),
            "connect_request_2" => text(1),
            "connect_request_3" => text(2),
            "greeting_hex" => json!(words(0).map(|bytes| to_hex(bytes))),
            "request_hex" => json!(words(1).map(|bytes| to_hex(bytes))),
            "auth" => words(1).map_or(json!("none sent"), |bytes| json!(to_hex(bytes))),
            "auth_user" => json!(login().map(|(user, _)| String::from_utf8_lossy(user))),
            "auth_pass" => json!(login().map(|(_, rest)| String::from_utf8_lossy(&rest[1..]))),
            "atyp" => json!(words(1).and_then(|request| request.get(3))),
            "addr" => {
                let address = words(1).and_then(|request| request.get(4..8)?.try_into().ok());
                json!(address.map(|octets: [u8; 4]| Ipv4Addr::from(octets).to_string()))
            }
            _ => return None,
        })
    }
}

/// A request without what is random in it.
pub fn shown(request: &str) -> String {
    let shown = |line: &str| match line.split_once("Digest ") {
        Some((name, _)) => format!("{name}Digest"),
        None => line.to_owned(),
    };
    let lines: Vec<String> = request.split("\r\n").map(shown).collect();
    lines.join("\r\n")
}

/// Whether this call sets a proxy that is a peer of the scenario.
pub fn is_set_by(call: &Call) -> bool {
    let is_known = matches!(call.op["type"].as_u64(), Some(1 | 3));
    call.name() == "setProxy" && call.op["port"] == "<PORT>" && is_known
}

/// Whether a proxy that is a peer of the scenario is in use.
pub fn are_used(nodes: &[Node]) -> bool {
    let mut are_used = false;
    each_call(&mut nodes.to_vec(), &mut |call| are_used |= is_set_by(call));
    are_used
}

/// A proxy answers what it was told, whenever that comes: all its answers stand behind `open`. Those of one that leads to
/// TLS were not recorded.
pub fn order_answers(nodes: &mut Vec<Node>) {
    let Some(open) = nodes.iter().position(|node| node.is_call("open")) else {
        return;
    };
    let is_act = |node: &Node| matches!(node, Node::Peer(_));
    let starts = |node: &Node, start: &[u8]| match node {
        Node::Peer(PeerAct {
            action: Action::Send(bytes),
            ..
        }) => bytes.0.starts_with(start),
        _ => false,
    };
    let is_upgrade = |node: &Node| starts(node, b"HTTP/1.1 101");
    let end = nodes.iter().position(is_upgrade).unwrap_or(nodes.len());
    let (mut answers, mut others) = (Vec::new(), Vec::new());
    for node in nodes.drain(open + 1..end) {
        match is_act(&node) {
            true => answers.push(node),
            false => others.push(node),
        }
    }
    let is_secure = nodes[open].call().is_some_and(|call| {
        let url = call.op["url"].as_str().unwrap_or_default();
        url.starts_with("wss:")
    });
    if is_secure {
        let action = Action::Send(Bytes(b"HTTP/1.1 200 OK\r\n\r\n".into()));
        answers.push(Node::Peer(PeerAct { peer: 0, action }));
    }
    answers.append(&mut others);
    nodes.splice(open + 1..open + 1, answers);
}

/// The user of the proxy that is set.
pub fn user(nodes: &[Node]) -> Option<String> {
    paths(nodes).iter().find_map(|path| {
        let call = at(nodes, path).call().filter(|call| is_set_by(call))?;
        call.op["user"].as_str().map(str::to_owned)
    })
}
