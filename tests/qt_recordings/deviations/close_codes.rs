//! Rules about codes and reasons.

use serde_json::json;

use super::make::{CLOSING, close_frame, error, frame, seen_before, size};
use super::receiving::{chain_with, sent};
use crate::peer_script::from_hex;
use crate::recording::Scenario;
use crate::rewrite::{Moment, each_seen};
use crate::transcript::Node;
use crate::wire::Frame;

/// The registered codes 1012 to 1014 are accepted, and those that are not are named. Qt names its own 1002 instead.
pub fn close_codes_are_known(scenario: &mut Scenario) {
    let Some(start) = chain_with(scenario, "Invalid close code 1002 detected.") else {
        return;
    };
    let Some(bytes) = scenario.nodes[..start].iter().rev().find_map(sent) else {
        return;
    };
    let payload = bytes[2..].to_vec();
    let code = u16::from_be_bytes([payload[0], payload[1]]);
    let (code, reason) = match code {
        1012..=1014 => (code, String::from_utf8_lossy(&payload[2..]).into_owned()),
        code => (1002, format!("Invalid close code {code} detected.")),
    };
    let frame = close_frame(scenario, code, &reason);
    change_close(scenario, i64::from(code), &reason, frame);
}

/// An empty close frame is answered by an empty one, and is told by the code for that. Qt makes it 1000.
pub fn an_empty_close_has_code_1005(scenario: &mut Scenario) {
    let is_empty = |node: &Node| sent(node) == Some(&[0x88, 0]);
    let Some(index) = scenario.nodes.iter().position(is_empty) else {
        return;
    };
    let closed_before = scenario.nodes[..index]
        .iter()
        .any(|node| node.is_signal(CLOSING));
    let frame = frame(scenario, 8, b"");
    if !closed_before
        && scenario.wires[0]
            .frames
            .last()
            .is_some_and(|last| last.payload == "03e8")
    {
        change_close(scenario, 1005, "", frame);
    }
}

/// `close()` with a code that must not be sent is an error. Qt sends it.
pub fn illegal_codes_are_refused(scenario: &mut Scenario) {
    let bad = |node: &Node| {
        let code = node.call().filter(|call| call.name() == "close")?.op["code"].as_u64()?;
        (!matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)).then_some(code)
    };
    let Some((index, code)) = scenario
        .nodes
        .iter()
        .enumerate()
        .find_map(|(index, node)| Some((index, bad(node)?)))
    else {
        return;
    };
    if let (Node::Call(call), Ok(narrow)) =
        (&mut scenario.nodes[index], u16::try_from(code & 0xFFFF))
        && code > 0xFFFF
    {
        // Codes have 16 bits; no other can be said. Qt cuts it for the wire.
        call.op["code"] = json!(narrow);
        return each_seen(&mut scenario.nodes[index..], &mut |_, seen| {
            if seen.close_code == code as i64 {
                seen.close_code = narrow.into();
            }
        });
    }
    let mut seen = seen_before(&scenario.nodes, &[index]);
    (seen.error, seen.error_string) = (19, format!("Close code {code} must not be sent."));
    let error = error(&seen);
    if let Node::Call(call) = &mut scenario.nodes[index] {
        call.inner = vec![error];
    }
    each_seen(&mut scenario.nodes[index..], &mut |_, seen| {
        (seen.close_code, seen.close_reason) = (1000, String::new());
    });
    scenario.wires[0].frames.retain(|frame| frame.opcode != 8);
}

/// A reason is cut at a character. Qt cuts it at a byte.
pub fn reasons_are_cut_at_a_character(scenario: &mut Scenario) {
    let Some(last) = scenario.wires.first().and_then(|wire| wire.frames.last()) else {
        return;
    };
    let Some(payload) =
        from_hex(&last.payload).filter(|payload| payload.len() > 2 && last.opcode == 8)
    else {
        return;
    };
    if let Err(error) = std::str::from_utf8(&payload[2..]) {
        let valid = String::from_utf8_lossy(&payload[2..2 + error.valid_up_to()]).into_owned();
        let code = u16::from_be_bytes([payload[0], payload[1]]);
        let frame = close_frame(scenario, code, &valid);
        let index = scenario
            .nodes
            .iter()
            .position(|node| node.is_call("close"))
            .unwrap_or(0);
        let (old, new) = (size(last), size(&frame));
        if let Some(inner) = scenario.nodes[index].inner_mut() {
            for node in inner {
                if let Node::Signal(signal) = node
                    && signal.args == [json!(old)]
                {
                    signal.args = vec![json!(new)];
                }
            }
        }
        each_seen(&mut scenario.nodes[index..], &mut |_, seen| {
            if seen.close_reason.ends_with('\u{fffd}') {
                seen.close_reason.clone_from(&valid);
            }
        });
        *scenario.wires[0]
            .frames
            .last_mut()
            .expect("the frame just seen") = frame;
    }
}

/// Gives the close of a scenario another code, reason and frame.
fn change_close(scenario: &mut Scenario, code: i64, reason: &str, frame: Frame) {
    let Some(old) = scenario.wires[0]
        .frames
        .iter_mut()
        .find(|frame| frame.opcode == 8)
    else {
        return;
    };
    let (old_size, new_size) = (size(old), size(&frame));
    *old = frame;
    let mut is_closing = false;
    let about = scenario
        .nodes
        .iter()
        .position(|node| node.is_signal("aboutToClose"));
    let first = about.map_or(0, |about| about - 1);
    for node in &mut scenario.nodes[first..] {
        if let Node::Signal(signal) = node
            && signal.is("bytesWritten")
            && signal.args[0] == json!(old_size)
        {
            signal.args[0] = json!(new_size);
        }
    }
    each_seen(&mut scenario.nodes[first..], &mut |moment, seen| {
        is_closing |= matches!(
            moment,
            Moment::Signal {
                kind: "aboutToClose" | "bytesWritten",
                ..
            }
        );
        if is_closing {
            (seen.close_code, seen.close_reason) = (code, reason.to_owned());
        }
    });
}
