//! Tools to rewrite a recording with.

use serde_json::{Value, json};

use crate::transcript::{Node, Seen, Signal};

/// A moment at which somebody looked at the socket.
pub enum Moment<'a> {
    /// A slot runs.
    Signal { kind: &'a str, args: &'a [Value] },
    /// A call returns.
    Returned,
    /// Getters were asked.
    Look,
}

/// Visits, in the order of time, all that was seen.
pub fn each_seen(nodes: &mut [Node], change: &mut impl FnMut(Moment<'_>, &mut Seen)) {
    for node in nodes {
        match node {
            Node::Signal(signal) => {
                let kind = signal.kind();
                if let Some(seen) = &mut signal.seen {
                    change(
                        Moment::Signal {
                            kind: &kind,
                            args: &signal.args,
                        },
                        seen,
                    );
                }
                each_seen(&mut signal.inner, change);
            }
            Node::Call(call) => {
                each_seen(&mut call.inner, change);
                if let Some(seen) = &mut call.seen {
                    change(Moment::Returned, seen);
                }
            }
            Node::Look(look) => {
                if let Some(mut seen) = Seen::in_dump(&look.value) {
                    let state = seen.state.clone();
                    change(Moment::Look, &mut seen);
                    seen.write_to_dump(&mut look.value);
                    if state != seen.state {
                        write_addresses(&seen.state, &mut look.value);
                    }
                }
            }
            Node::Peer(_) | Node::Wait(_) => {}
        }
    }
}

impl Seen {
    fn in_dump(dump: &Value) -> Option<Self> {
        Some(Self {
            state: dump["state"].as_str()?.to_owned(),
            valid: dump["valid"].as_bool()?,
            error: dump["error"].as_i64()?,
            error_string: dump["error_string"].as_str()?.to_owned(),
            close_code: dump["close_code"].as_i64()?,
            close_reason: dump["close_reason"].as_str()?.to_owned(),
        })
    }

    fn write_to_dump(&self, dump: &mut Value) {
        dump["state"] = json!(self.state);
        dump["valid"] = json!(self.valid);
        dump["error"] = json!(self.error);
        dump["error_string"] = json!(self.error_string);
        dump["close_code"] = json!(self.close_code);
        dump["close_reason"] = json!(self.close_reason);
    }
}

/// There are addresses as long as there is a connection.
pub fn write_addresses(state: &str, dump: &mut Value) {
    let is_up = state != "Unconnected";
    for end in ["local", "peer"] {
        dump[format!("{end}_address")] = json!(if is_up { "127.0.0.1" } else { "" });
        dump[format!("{end}_port_nonzero")] = json!(is_up);
    }
}

/// Visits every list of siblings, outer ones first.
pub fn each_list(nodes: &mut Vec<Node>, change: &mut impl FnMut(&mut Vec<Node>)) {
    change(nodes);
    for node in nodes {
        if let Some(inner) = node.inner_mut() {
            each_list(inner, change);
        }
    }
}

/// Visits every signal in the order of time.
pub fn each_signal(nodes: &mut [Node], change: &mut impl FnMut(&mut Signal)) {
    for node in nodes {
        if let Node::Signal(signal) = node {
            change(signal);
        }
        if let Some(inner) = node.inner_mut() {
            each_signal(inner, change);
        }
    }
}

/// Makes what was seen agree with the signals again: the state is what the last `stateChanged` said, and the socket is
/// valid while connected and not lost.
pub fn restate(nodes: &mut [Node]) {
    let (mut state, mut lost) = (String::from("Unconnected"), false);
    each_seen(nodes, &mut |moment, seen| {
        match moment {
            Moment::Signal {
                kind: "error",
                args,
            } => {
                lost |= state == "Connected" && args[0] == json!(1);
            }
            Moment::Signal {
                kind: "alertReceived",
                ..
            } => lost |= state == "Connected",
            Moment::Signal { kind, .. } => {
                if let Some(new) = kind.strip_prefix("stateChanged(") {
                    state = new.trim_end_matches(')').to_owned();
                    lost = false;
                }
            }
            Moment::Returned | Moment::Look => {}
        }
        seen.state.clone_from(&state);
        seen.valid = state == "Connected" && !lost;
    });
    let mut state = String::new();
    for node in nodes {
        each_signal(std::slice::from_mut(node), &mut |signal| {
            if let Some(new) = signal.new_state() {
                new.clone_into(&mut state);
            }
        });
        if let Node::Look(look) = node
            && look.name.ends_with("_eof")
            && !look.name.starts_with("first_")
        {
            let is_over = state == "Unconnected";
            look.value = if is_over { json!("FIN") } else { Value::Null };
        }
    }
}
