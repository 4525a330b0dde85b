//! Rules about certificates that are not trusted.

use serde_json::Value;

use super::make::{GONE, remove_signals_of_connection, seen_before, told, written};
use crate::recording::Scenario;
use crate::rewrite::each_seen;
use crate::tls::keys;
use crate::transcript::Node;
use crate::tree::{at, at_mut, paths, siblings};
use crate::wire::{SET_KEY, WireLog, request_of, size_of};

/// Who closes or aborts in a slot that hears of a bad certificate ends the connection, there and then, and the server
/// gets nothing. Qt goes on: the slots are asked again inside of the call, without end if they close again.
pub fn an_end_in_ssl_errors_is_the_end(scenario: &mut Scenario) {
    let ends = |node: &Node| node.is_call("close") || node.is_call("abort");
    let Some(path) = paths(&scenario.nodes).into_iter().find(|path| {
        ends(at(&scenario.nodes, path)) && is_about_certificate(&scenario.nodes, path)
    }) else {
        return;
    };
    let seen = seen_before(&scenario.nodes, &path);
    let mut end = vec![told("aboutToClose", &seen)];
    end.extend(GONE.map(|kind| told(kind, &seen)));
    if let Node::Call(call) = at_mut(&mut scenario.nodes, &path) {
        call.inner = end;
        call.seen = Some(seen);
    }
    remove_signals_of_connection(&mut scenario.nodes, path[0] + 1);
    if let Some(peer) = peer_at(&scenario.nodes, path[0]) {
        scenario.wires[peer] = WireLog {
            tls: Some(NOTHING.into()),
            ..WireLog::default()
        };
    }
}

/// A server that is not trusted hears nothing more. Qt says good-bye, but keeps the end of the handshake to itself.
pub fn the_untrusted_hear_nothing(scenario: &mut Scenario) {
    let mut peer = None;
    let mut goodbyes = Vec::new();
    for path in paths(&scenario.nodes) {
        let node = at(&scenario.nodes, &path);
        if let Some(call) = node.call().filter(|call| call.name() == "open") {
            peer = call.op["reaches"].as_u64().map(|peer| peer as usize);
        }
        let account = peer.and_then(|peer| scenario.wires[peer].tls.as_deref());
        if node.is_signal("alertSent") && account.is_some_and(is_goodbye) {
            goodbyes.push(path);
        }
    }
    for path in goodbyes.into_iter().rev() {
        siblings(&mut scenario.nodes, &path).remove(path[path.len() - 1]);
    }
    for wire in &mut scenario.wires {
        match wire.tls.as_deref() {
            Some(keys::GOODBYE) => wire.tls = Some(keys::ACCOUNT.into()),
            Some(account) if is_goodbye(account) => wire.tls = Some(NOTHING.into()),
            _ => {}
        }
    }
}

/// What is ignored before `open` is ignored in the next connection, in which Qt has forgotten it.
pub fn ignoring_before_open_counts(scenario: &mut Scenario) {
    let (mut ignores_all, mut has_list) = (false, false);
    let Some(open) = scenario.nodes.iter().position(|node| {
        let Some(call) = node.call() else {
            return false;
        };
        ignores_all |= call.name() == "ignoreSslErrors";
        if call.name() == "ignoreSslErrorsList" {
            has_list = call.returned != 0;
        }
        call.name() == "open"
    }) else {
        return;
    };
    let Some(error) = scenario.nodes[open..]
        .windows(2)
        .position(|nodes| nodes[0].is_signal("sslErrors") && nodes[1].is_signal("error"))
    else {
        return;
    };
    if ignores_all && !has_list {
        connect_and_wait(scenario, open, open + error + 1);
    }
}

/// The handshake is through, the request leaves, and the peer, which never got so far, has no answer.
fn connect_and_wait(scenario: &mut Scenario, open: usize, from: usize) {
    let url = scenario.nodes[open].call().map(|call| &call.op["url"]);
    let url = url.and_then(Value::as_str).unwrap_or_default();
    let before = &scenario.nodes[..open];
    let sets_mask = before.iter().any(|node| node.is_call("setMask"));
    let request = request_of(url, if sets_mask { SET_KEY } else { "<random>" });
    let seen = seen_before(&scenario.nodes, &[from]);
    let end = remove_signals_of_connection(&mut scenario.nodes, from);
    each_seen(&mut scenario.nodes[from..end], &mut |_, then| {
        then.clone_from(&seen);
    });
    let size = size_of(&request);
    scenario.nodes.insert(from, written(size, &seen));
    if let Some(peer) = peer_at(&scenario.nodes, from) {
        scenario.wires[peer] = WireLog {
            request,
            tls: Some("tls ok TLSv1.3 TLS_AES_256_GCM_SHA384 peercert=no".into()),
            ..WireLog::default()
        };
    }
}

/// What the peer says of a handshake that broke off with nothing but the end of TCP.
const NOTHING: &str = "tls handshake failed: UNEXPECTED_EOF_WHILE_READING";

/// Whether it says that a `close_notify` came, or the alert of an interruption.
fn is_goodbye(account: &str) -> bool {
    let words = account.strip_prefix("tls handshake failed: ");
    account == keys::GOODBYE
        || matches!(words, Some("SSLZeroReturnError" | "TLSV1_ALERT_UNKNOWN_CA"))
}

fn is_about_certificate(nodes: &[Node], path: &[usize]) -> bool {
    let kinds = [
        "sslErrors",
        "peerVerifyError",
        "handshakeInterruptedOnError",
    ];
    (1..path.len()).any(|depth| {
        let above = at(nodes, &path[..depth]);
        kinds.iter().any(|kind| above.is_signal(kind))
    })
}

/// The peer that was reached last before the node at `index`.
fn peer_at(nodes: &[Node], index: usize) -> Option<usize> {
    let opens = nodes[..index]
        .iter()
        .rev()
        .filter(|node| node.is_call("open"));
    let last = opens.filter_map(Node::call).next()?;
    last.op["reaches"].as_u64().map(|peer| peer as usize)
}
