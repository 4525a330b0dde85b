//! Rules about what the peer may send.

use serde_json::{Value, json};

use super::make::{
    CLOSING, CONNECTED, GONE, close_frame, frame, seen_before, size, told, told_with, written,
};
use crate::recording::Scenario;
use crate::signals::{shown_bytes, shown_text};
use crate::transcript::{Action, Node, PeerAct, Seen};

/// What is larger than the read buffer arrives all the same. Qt waits for the rest of it for ever, and what the peer
/// sends behind it waits too.
pub fn a_small_read_buffer_stops_nothing(scenario: &mut Scenario) {
    let (mut limit, mut is_stuck) = (0, false);
    let mut index = 0;
    while index < scenario.nodes.len() {
        let node = &scenario.nodes[index];
        index += 1;
        if let Some(call) = node
            .call()
            .filter(|call| call.name() == "setReadBufferSize")
        {
            limit = call.op["n"].as_u64().unwrap_or_default();
        }
        let Node::Peer(PeerAct {
            action: Action::Send(bytes),
            ..
        }) = node
        else {
            continue;
        };
        is_stuck |= limit > 0 && bytes.0.len() as u64 > limit;
        if !is_stuck {
            continue;
        }
        let seen = seen_before(&scenario.nodes, &[index]);
        let told = match bytes.0.starts_with(b"HTTP/1.1 101 ") {
            true => [CONNECTED, "connected"]
                .map(|kind| told(kind, &seen))
                .into(),
            false => told_of(server_frames(&bytes.0), &seen),
        };
        let count = told.len();
        scenario.nodes.splice(index..index, told);
        index += count;
    }
}

/// The signals of frames that are whole messages.
fn told_of(frames: Vec<(u8, u64, &[u8])>, seen: &Seen) -> Vec<Node> {
    let mut nodes = Vec::new();
    for (first, _, payload) in frames {
        let (kind, shown) = match first {
            0x81 => ("text", shown_text(&String::from_utf8_lossy(payload))),
            0x82 => ("binary", shown_bytes(payload)),
            _ => continue,
        };
        let (frame, message) = (
            format!("{kind}FrameReceived"),
            format!("{kind}MessageReceived"),
        );
        nodes.push(told_with(&frame, vec![shown.clone(), json!(true)], seen));
        nodes.push(told_with(&message, vec![shown], seen));
    }
    nodes
}

/// A BOM at the beginning of a text is a character like any other. Qt takes it away, from each frame.
pub fn a_bom_is_kept(scenario: &mut Scenario) {
    let mut owed = 0;
    for node in &mut scenario.nodes {
        if sent(node)
            .is_some_and(|bytes| bytes.get(2..5) == Some(b"\xEF\xBB\xBF") && bytes[0] == 0x81)
        {
            owed = 2;
        }
        if let Node::Signal(signal) = node
            && (signal.is("textFrameReceived") || signal.is("textMessageReceived"))
            && owed > 0
        {
            owed -= 1;
            signal.args[0] = json!(format!(
                "\u{feff}{}",
                signal.args[0].as_str().unwrap_or_default()
            ));
        }
    }
}

/// A character may be split across fragments. Qt calls that invalid UTF-8.
pub fn a_split_character_is_valid(scenario: &mut Scenario) {
    let Some(start) = chain_with(scenario, "Invalid UTF-8 code encountered.") else {
        return;
    };
    let fragments: Vec<(bool, Vec<u8>)> = scenario.nodes[..start]
        .iter()
        .filter_map(sent)
        .flat_map(server_frames)
        .filter(|(first, ..)| matches!(first & 15, 0 | 1))
        .map(|(first, _, payload)| (first & 0x80 != 0, payload.to_vec()))
        .collect();
    let whole: Vec<u8> = fragments
        .iter()
        .flat_map(|(_, payload)| payload.clone())
        .collect();
    let (Ok(message), true) = (String::from_utf8(whole), fragments.len() > 1) else {
        return;
    };
    let seen = undo_chain(scenario, start);
    let mut place = start;
    let mut insert = |scenario: &mut Scenario, name: &str, args: Vec<Value>| {
        scenario.nodes.insert(place, told_with(name, args, &seen));
        place += 1;
    };
    let mut carried = Vec::new();
    for (is_last, payload) in fragments {
        carried.extend(payload);
        let valid =
            std::str::from_utf8(&carried).map_or_else(|error| error.valid_up_to(), str::len);
        let text = String::from_utf8_lossy(&carried[..valid]).into_owned();
        carried.drain(..valid);
        insert(
            scenario,
            "textFrameReceived",
            vec![json!(text), json!(is_last)],
        );
    }
    insert(scenario, "textMessageReceived", vec![json!(message)]);
}

/// Limits are for data; a control frame cannot be long.
pub fn control_frames_are_exempt_from_limits(scenario: &mut Scenario) {
    let Some(start) = chain_with(scenario, "Maximum framesize exceeded.") else {
        return;
    };
    let Some(bytes) = scenario.nodes[..start].iter().rev().find_map(sent) else {
        return;
    };
    let frames = server_frames(bytes);
    let [(0x89, _, payload)] = frames[..] else {
        return;
    };
    let payload = payload.to_vec();
    let seen = undo_chain(scenario, start);
    let pong = frame(scenario, 10, &payload);
    scenario.nodes.insert(start, written(size(&pong), &seen));
    scenario.wires[0].frames.push(pong);
}

/// Limits count bytes, also of text. Qt counts UTF-16 units of what it has and bytes of what comes.
pub fn message_limits_count_bytes(scenario: &mut Scenario) {
    let limit = scenario.nodes.iter().find_map(|node| {
        let call = node.call().filter(|call| call.name() == "setMaxMsg")?;
        call.op["n"].as_u64()
    });
    let Some(limit) = limit else { return };
    let mut length = 0;
    let mut frames = 0;
    for (first, announced, _) in scenario
        .nodes
        .iter()
        .filter_map(sent)
        .flat_map(server_frames)
    {
        length = if first & 15 == 0 {
            length + announced
        } else {
            announced
        };
        if length > limit {
            break;
        }
        frames += 1;
    }
    let is_frame = |node: &Node| node.is_signal("textFrameReceived");
    let place = scenario
        .nodes
        .iter()
        .enumerate()
        .filter(|(_, node)| is_frame(node))
        .nth(frames);
    let Some((place, node)) = place else { return };
    let mut seen = node
        .signal()
        .and_then(|signal| signal.seen.clone())
        .expect("a slot can look");
    const REASON: &str = "Received message is too big.";
    (seen.close_code, seen.close_reason) = (1009, REASON.into());
    scenario.nodes.retain({
        let mut index = 0;
        move |node| {
            index += 1;
            index <= place || node.signal().is_none()
        }
    });
    let frame = close_frame(scenario, 1009, REASON);
    let mut chain: Vec<Node> = ["aboutToClose", CLOSING]
        .map(|kind| told(kind, &seen))
        .into();
    chain.push(written(size(&frame), &seen));
    chain.extend(GONE.map(|kind| told(kind, &seen)));
    scenario.nodes.splice(place..place, chain);
    scenario.wires[0].frames.push(frame);
}

/// Nothing closes a connection because a message is slow, unless asked to. In Qt 5 seconds of silence do.
pub fn messages_may_be_slow(scenario: &mut Scenario) {
    if let Some(start) = chain_with(scenario, "Timeout when reading data from socket.") {
        undo_chain(scenario, start);
    }
}

/// The frames that a peer sends at once, as first byte, announced length and payload.
pub fn server_frames(mut bytes: &[u8]) -> Vec<(u8, u64, &[u8])> {
    let mut frames = Vec::new();
    while let [first, length, rest @ ..] = bytes {
        let (announced, rest) = match (length & 0x7F, rest) {
            (126, [a, b, rest @ ..]) => (u64::from(u16::from_be_bytes([*a, *b])), rest),
            (127, rest) if rest.len() >= 8 => {
                let (length, rest) = rest.split_first_chunk().expect("eight bytes");
                (u64::from_be_bytes(*length), rest)
            }
            (short, rest) => (u64::from(short), rest),
        };
        let end = rest
            .len()
            .min(usize::try_from(announced).unwrap_or(usize::MAX));
        frames.push((*first, announced, &rest[..end]));
        bytes = &rest[end..];
    }
    frames
}

/// What the peer sends when it acts as a WebSocket.
pub fn sent(node: &Node) -> Option<&[u8]> {
    match node {
        Node::Peer(PeerAct {
            action: Action::Send(bytes),
            ..
        }) if !bytes.0.starts_with(b"HTTP") => Some(&bytes.0),
        _ => None,
    }
}

/// Where a chain of closing with this reason begins.
pub fn chain_with(scenario: &Scenario, reason: &str) -> Option<usize> {
    let says = |seen: &Seen| seen.close_reason == reason;
    scenario.nodes.iter().position(|node| {
        node.signal()
            .is_some_and(|signal| signal.seen.as_ref().is_some_and(says))
    })
}

/// Takes such a chain out, with its frame; gives what is seen without it.
fn undo_chain(scenario: &mut Scenario, start: usize) -> Seen {
    let rest = scenario.nodes.split_off(start);
    let behind = rest.into_iter().filter(|node| node.signal().is_none());
    scenario.nodes.extend(behind);
    scenario.wires[0].frames.retain(|frame| frame.opcode != 8);
    seen_before(&scenario.nodes, &[start])
}
