//! Rules about proxies.

use serde_json::{Value, json};

use super::make::{CONNECTING, GONE, error, seen_before, told, told_with};
use crate::proxies::{are_used, user};
use crate::recording::Scenario;
use crate::rewrite::each_seen;
use crate::transcript::{Action, Bytes, Node, PeerAct};

/// Qt does not notice for 30 seconds that a proxy refuses, and never that it wants a login that was not offered.
pub fn refusals_of_proxies_are_told_at_once(scenario: &mut Scenario) {
    let has_failed = scenario.nodes.iter().any(|node| node.is_signal("error"));
    if has_failed || !are_used(&scenario.nodes) {
        return;
    }
    let is_act = |node: &Node| matches!(node, Node::Peer(_));
    let Some(index) = scenario.nodes.iter().rposition(is_act) else {
        return;
    };
    let Node::Peer(PeerAct {
        action: Action::Send(Bytes(bytes)),
        ..
    }) = &scenario.nodes[index]
    else {
        return;
    };
    let Some((number, text)) = refusal_in(bytes) else {
        return;
    };
    let mut seen = seen_before(&scenario.nodes, &[index]);
    let mut end = Vec::new();
    if number == 12 {
        let question = json!({"host": "127.0.0.1", "proxy_type": 1, "realm": "", "user": ""});
        end.push(told_with(
            "proxyAuthenticationRequired",
            vec![question],
            &seen,
        ));
    }
    (seen.error, seen.error_string) = (number, text.clone());
    end.push(error(&seen));
    end.extend(GONE[..2].iter().map(|kind| told(kind, &seen)));
    each_seen(&mut scenario.nodes[index..], &mut |_, seen| {
        (seen.error, seen.error_string) = (number, text.clone());
    });
    scenario.nodes.splice(index + 1..index + 1, end);
}

/// The number of the error, and its text.
fn refusal_in(answer: &[u8]) -> Option<(i64, String)> {
    if let Some(rest) = answer.strip_prefix(b"HTTP/1.1 ") {
        let line = String::from_utf8_lossy(rest);
        let line = line.split("\r\n").next()?;
        let number = match line.split(' ').next()? {
            "403" | "405" => 3,
            "404" => 2,
            "503" => 0,
            _ => return None,
        };
        return Some((number, format!("Proxy denied connection: {line}")));
    }
    let (number, text) = match answer {
        [5, 2] => (12, "Proxy authentication failed"),
        [5, 1, _, ..] => (7, "General SOCKSv5 server failure"),
        [5, 2, _, ..] => (3, "Connection not allowed by SOCKSv5 server"),
        [5, 3, _, ..] => (7, "Network unreachable"),
        [5, 4, _, ..] => (2, "Host not found"),
        [5, 7, _, ..] => (10, "SOCKSv5 command not supported"),
        _ => return None,
    };
    Some((number, text.to_owned()))
}

/// A proxy that carries no connections is a bad argument. Qt begins to connect, and stays there.
pub fn proxies_without_tunnels_are_refused(scenario: &mut Scenario) {
    for node in &mut scenario.nodes {
        if !node.is_call("open") {
            continue;
        }
        let inner = node.inner_mut().expect("a call");
        let fails = |node: &Node| {
            let signal = node.signal().filter(|signal| signal.is("error"));
            signal.is_some_and(|signal| signal.args[0] == 10)
        };
        if inner.len() == 2 && inner[0].is_signal(CONNECTING) && fails(&inner[1]) {
            inner.remove(0);
        }
    }
}

/// Our request names the port as its first line does, and we leave it to a SOCKS proxy whether it wants a login.
pub fn what_proxies_are_told(scenario: &mut Scenario) {
    let has_user = user(&scenario.nodes).is_some();
    for node in &mut scenario.nodes {
        let Node::Look(look) = node else { continue };
        if look.name.starts_with("connect_request")
            && let Some(request) = look.value.as_str()
        {
            look.value = json!(with_port(request));
        }
        if look.name == "greeting_hex" && has_user {
            look.value = Value::from("05020002");
        }
    }
}

fn with_port(request: &str) -> String {
    let authority = request.split(' ').nth(1).unwrap_or_default();
    let with_port = |line: &str| match line.starts_with("Host: ") {
        true => format!("Host: {authority}"),
        false => line.to_owned(),
    };
    let lines: Vec<String> = request.split("\r\n").map(with_port).collect();
    lines.join("\r\n")
}
