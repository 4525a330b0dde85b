//! Rules about what getters give.

use serde_json::{Value, json};

use crate::recording::Scenario;
use crate::rewrite::{Moment, each_seen};
use crate::transcript::Node;

/// Qt says "Unknown error" as long as there is none.
pub fn no_error_has_no_text(scenario: &mut Scenario) {
    each_seen(&mut scenario.nodes, &mut |_, seen| {
        if seen.error_string == "Unknown error" {
            seen.error_string.clear();
        }
    });
}

/// Qt's `error()` is that of the TCP socket, which knows nothing of what the handshake found.
pub fn error_equals_the_argument(scenario: &mut Scenario) {
    let mut last = -1;
    each_seen(&mut scenario.nodes, &mut |moment, seen| {
        match moment {
            Moment::Signal {
                kind: "error",
                args,
            } => last = args[0].as_i64().unwrap_or(-1),
            Moment::Signal {
                kind: "stateChanged(Connecting)",
                ..
            } => last = -1,
            _ => {}
        }
        seen.error = last;
    });
}

/// In Qt the text of a refused handshake stays for ever, and others go with the TCP socket.
pub fn texts_end_with_their_connection(scenario: &mut Scenario) {
    let mut text = String::new();
    each_seen(&mut scenario.nodes, &mut |moment, seen| {
        match moment {
            Moment::Signal { kind: "error", .. } => text.clone_from(&seen.error_string),
            Moment::Signal {
                kind: "stateChanged(Connecting)",
                ..
            } => text.clear(),
            Moment::Signal {
                kind: "aboutToClose",
                ..
            } if text.is_empty() => {
                text.clone_from(&seen.error_string); // that of a violation
            }
            _ => {}
        }
        seen.error_string.clone_from(&text);
    });
}

/// In Qt code and reason of the last connection stay until the next one closes.
pub fn close_code_starts_anew(scenario: &mut Scenario) {
    let mut stale = None;
    each_seen(&mut scenario.nodes, &mut |moment, seen| {
        let now = (seen.close_code, seen.close_reason.clone());
        if matches!(
            moment,
            Moment::Signal {
                kind: "stateChanged(Connecting)",
                ..
            }
        ) {
            stale = Some(now.clone());
        }
        if stale.as_ref() == Some(&now) {
            (seen.close_code, seen.close_reason) = (1000, String::new());
        } else {
            stale = None;
        }
    });
}

/// Qt leaves 1000 where a connection was lost or never stood.
pub fn a_lost_connection_has_code_1006(scenario: &mut Scenario) {
    let (mut state, mut lost) = (String::new(), false);
    each_seen(&mut scenario.nodes, &mut |moment, seen| {
        match moment {
            Moment::Signal { kind: "error", .. } => {
                lost |= state == "Connecting" || (state == "Connected" && !seen.valid);
            }
            Moment::Signal {
                kind: "stateChanged(Connecting)",
                ..
            } => lost = false,
            _ => {}
        }
        state.clone_from(&seen.state);
        if lost {
            (seen.close_code, seen.close_reason) = (1006, String::new());
        }
    });
}

/// 16 MiB for a frame and 64 MiB for a message instead of 2 GiB.
pub fn limits_are_smaller(scenario: &mut Scenario) {
    for node in &mut scenario.nodes {
        if let Node::Look(look) = node {
            for (getter, limit) in [("max_in_frame", 16 << 20), ("max_in_msg", 64 << 20)] {
                if let Some(value) = look.value.get_mut(getter)
                    && *value == json!(2_147_483_646_u64)
                {
                    *value = json!(limit);
                }
            }
        }
    }
}

/// Who set no CA certificates has none to show. Qt shows those of the system.
pub fn the_systems_certificates_are_not_copied(scenario: &mut Scenario) {
    const MANY: u64 = 100;
    for node in &mut scenario.nodes {
        if let Node::Look(look) = node
            && let Some(count) = look.value.pointer_mut("/ssl/ca_count")
            && count.as_u64() > Some(MANY)
        {
            *count = Value::Null;
        }
    }
}

/// The peer keeps its name, as it does in Qt without TLS.
pub fn the_peers_name_stays(scenario: &mut Scenario) {
    let mut host = String::new();
    for node in &mut scenario.nodes {
        match node {
            Node::Call(call) if call.name() == "open" => {
                let url = call.op["url"]
                    .as_str()
                    .and_then(|url| url.split_once("wss://"));
                let (_, rest) = url.unwrap_or_default();
                host = rest.split([':', '/']).next().unwrap_or_default().to_owned();
            }
            Node::Look(look) if look.value["peer_name"] == "" && !host.is_empty() => {
                look.value["peer_name"] = json!(host);
            }
            _ => {}
        }
    }
}

/// The request is made when it can leave. Qt makes it before the handshake of TLS, and what did not leave counts for
/// ever.
pub fn a_request_is_made_when_it_can_leave(scenario: &mut Scenario) {
    for node in &mut scenario.nodes {
        if let Node::Look(look) = node
            && look.value["state"] != "Connected"
            && look.value["bytes_to_write"].is_u64()
            && scenario.tls.iter().any(Option::is_some)
        {
            look.value["bytes_to_write"] = json!(0);
        }
    }
}
