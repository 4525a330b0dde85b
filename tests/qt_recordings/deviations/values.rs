//! Rules about what getters give.

use serde_json::json;

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
