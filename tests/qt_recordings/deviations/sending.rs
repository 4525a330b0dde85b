//! Rules about the frames we send.

use serde_json::json;

use super::make::{frame, seen_before, size, written};
use crate::peer_script::{from_hex, to_hex};
use crate::recording::Scenario;
use crate::transcript::Node;
use crate::wire::Frame;

/// Text is cut into frames between characters. Qt cuts it between bytes.
pub fn text_is_cut_between_characters(scenario: &mut Scenario) {
    let size = scenario.nodes.iter().find_map(|node| {
        let call = node.call().filter(|call| call.name() == "setOutFrame")?;
        call.op["n"].as_u64().filter(|size| *size > 0)
    });
    let (Some(size), Some(wire)) = (size, scenario.wires.first_mut()) else {
        return;
    };
    let Some(start) = wire
        .frames
        .iter()
        .position(|frame| frame.opcode == 1 && !frame.fin)
    else {
        return;
    };
    let end = start
        + wire.frames[start..]
            .iter()
            .take_while(|frame| !frame.fin)
            .count();
    let hex: String = wire.frames[start..=end]
        .iter()
        .map(|frame| frame.payload.as_str())
        .collect();
    let Some(text) = from_hex(&hex).and_then(|bytes| String::from_utf8(bytes).ok()) else {
        return;
    };
    let (model, old_count) = (wire.frames[start].clone(), end + 1 - start);
    let mut frames = Vec::new();
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let cuts = (0..=rest.len().min(size as usize)).rev();
        let cut = cuts
            .into_iter()
            .find(|cut| rest.is_char_boundary(*cut))
            .unwrap_or(rest.len());
        let (piece, behind) = rest.split_at(cut);
        frames.push(Frame {
            fin: behind.is_empty(),
            opcode: if frames.is_empty() { 1 } else { 0 },
            len: piece.len() as u64,
            payload: to_hex(piece.as_bytes()),
            ..model.clone()
        });
        rest = behind;
    }
    let more = (frames.len() - old_count) as u64 * 6;
    let old_total = text.len() as u64 + old_count as u64 * 6;
    wire.frames.splice(start..=end, frames);
    for node in &mut scenario.nodes {
        if let Node::Signal(signal) = node
            && signal.args == [json!(old_total)]
        {
            signal.args = vec![json!(old_total + more)];
        }
    }
}

/// A zero mask is a mask. Qt sends such frames without any.
pub fn a_zero_mask_is_a_mask(scenario: &mut Scenario) {
    let mut sizes = Vec::new();
    for frame in scenario.wires.iter_mut().flat_map(|wire| &mut wire.frames) {
        if frame.mask.is_none() {
            frame.mask = Some("00000000".into());
            sizes.push(frame.len + 2);
        }
    }
    for node in &mut scenario.nodes {
        if let Node::Signal(signal) = node
            && signal.is("bytesWritten")
            && let Some(size) = sizes.iter().find(|size| signal.args == [json!(size)])
        {
            signal.args = vec![json!(size + 4)];
        }
    }
}

/// A frame size of 0 does not cut at all. Qt divides by it.
pub fn frame_size_0_is_unlimited(scenario: &mut Scenario) {
    if !scenario.crashed {
        return;
    }
    let Some(Node::Call(call)) = scenario.nodes.last_mut() else {
        return;
    };
    let Some(text) = call.op["text"]
        .as_str()
        .map(str::to_owned)
        .filter(|_| call.seen.is_none())
    else {
        return;
    };
    call.returned = json!(text.len());
    let index = scenario.nodes.len() - 1;
    let seen = seen_before(&scenario.nodes, &[index]);
    if let Node::Call(call) = &mut scenario.nodes[index] {
        call.seen = Some(seen.clone());
    }
    let frame = frame(scenario, 1, text.as_bytes());
    scenario.nodes.push(written(size(&frame), &seen));
    scenario.wires[0].frames.push(frame);
}
