//! Rules about frames: what is accepted, what is sent, and what is said of a bad one.

use serde_json::{Value, json};

use super::calls::{close_frame, told};
use super::closing::{CLOSING, UNCONNECTED};
use crate::peer_script::{from_hex, to_hex};
use crate::recording::Scenario;
use crate::rewrite::{Moment, each_seen};
use crate::transcript::{Action, Node, PeerAct, Seen};
use crate::wire::Frame;

/// The frames that a peer sends at once, as first byte, announced length and payload.
fn server_frames(mut bytes: &[u8]) -> Vec<(u8, u64, &[u8])> {
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
        let end = rest.len().min(usize::try_from(announced).unwrap_or(usize::MAX));
        frames.push((*first, announced, &rest[..end]));
        bytes = &rest[end..];
    }
    frames
}

/// What the peer sends when it acts as a WebSocket.
fn sent(node: &Node) -> Option<&[u8]> {
    match node {
        Node::Peer(PeerAct { action: Action::Send(bytes), .. }) if !bytes.0.starts_with(b"HTTP") => {
            Some(&bytes.0)
        }
        _ => None,
    }
}

/// A BOM at the beginning of a text is a character like any other. Qt takes it away, from each frame.
pub fn a_bom_is_kept(scenario: &mut Scenario) {
    let mut owed = 0;
    for node in &mut scenario.nodes {
        if sent(node).is_some_and(|bytes| bytes.get(2..5) == Some(b"\xEF\xBB\xBF") && bytes[0] == 0x81) {
            owed = 2;
        }
        if let Node::Signal(signal) = node
            && (signal.is("textFrameReceived") || signal.is("textMessageReceived"))
            && owed > 0
        {
            owed -= 1;
            signal.args[0] = json!(format!("\u{feff}{}", signal.args[0].as_str().unwrap_or_default()));
        }
    }
}

/// A character may be split across fragments. Qt calls that invalid UTF-8.
pub fn a_split_character_is_valid(scenario: &mut Scenario) {
    let Some(start) = chain_with(scenario, "Invalid UTF-8 code encountered.") else { return };
    let fragments: Vec<(bool, Vec<u8>)> = scenario.nodes[..start]
        .iter()
        .filter_map(sent)
        .flat_map(server_frames)
        .filter(|(first, ..)| matches!(first & 15, 0 | 1))
        .map(|(first, _, payload)| (first & 0x80 != 0, payload.to_vec()))
        .collect();
    let whole: Vec<u8> = fragments.iter().flat_map(|(_, payload)| payload.clone()).collect();
    let (Ok(message), true) = (String::from_utf8(whole), fragments.len() > 1) else { return };
    let seen = undo_chain(scenario, start);
    let mut place = start;
    let mut insert = |scenario: &mut Scenario, name: &str, args: Vec<Value>| {
        let mut node = told(name, &seen, false);
        if let Node::Signal(signal) = &mut node {
            signal.args = args;
        }
        scenario.nodes.insert(place, node);
        place += 1;
    };
    let mut carried = Vec::new();
    for (is_last, payload) in fragments {
        carried.extend(payload);
        let valid = std::str::from_utf8(&carried).map_or_else(|error| error.valid_up_to(), str::len);
        let text = String::from_utf8_lossy(&carried[..valid]).into_owned();
        carried.drain(..valid);
        insert(scenario, "textFrameReceived", vec![json!(text), json!(is_last)]);
    }
    insert(scenario, "textMessageReceived", vec![json!(message)]);
}

/// Limits are for data; a control frame cannot be long.
pub fn control_frames_are_exempt_from_limits(scenario: &mut Scenario) {
    let Some(start) = chain_with(scenario, "Maximum framesize exceeded.") else { return };
    let Some(bytes) = scenario.nodes[..start].iter().rev().find_map(sent) else { return };
    let frames = server_frames(bytes);
    let [(0x89, _, payload)] = frames[..] else { return };
    let payload = payload.to_vec();
    let seen = undo_chain(scenario, start);
    let pong = Frame {
        opcode: 10,
        len: payload.len() as u64,
        payload: to_hex(&payload),
        ..close_frame(scenario, 1000, "")
    };
    scenario.nodes.insert(start, written(pong.len + 6, &seen));
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
    for (first, announced, _) in scenario.nodes.iter().filter_map(sent).flat_map(server_frames) {
        length = if first & 15 == 0 { length + announced } else { announced };
        if length > limit {
            break;
        }
        frames += 1;
    }
    let is_frame = |node: &Node| node.is_signal("textFrameReceived");
    let place = scenario.nodes.iter().enumerate().filter(|(_, node)| is_frame(node)).nth(frames);
    let Some((place, node)) = place else { return };
    let mut seen = node.signal().and_then(|signal| signal.seen.clone()).expect("a slot can look");
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
    let mut chain: Vec<Node> = ["aboutToClose", CLOSING].map(|kind| told(kind, &seen, false)).into();
    chain.push(written(frame.len + 6, &seen));
    let ends = [UNCONNECTED, "disconnected", "readChannelFinished"];
    chain.extend(ends.map(|kind| told(kind, &seen, false)));
    scenario.nodes.splice(place..place, chain);
    scenario.wires[0].frames.push(frame);
}

/// The registered codes 1012 to 1014 are accepted, and those that are not are named. Qt names its own 1002 instead.
pub fn close_codes_are_known(scenario: &mut Scenario) {
    let Some(start) = chain_with(scenario, "Invalid close code 1002 detected.") else { return };
    let Some(bytes) = scenario.nodes[..start].iter().rev().find_map(sent) else { return };
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
    let Some(index) = scenario.nodes.iter().position(is_empty) else { return };
    let closed_before = scenario.nodes[..index].iter().any(|node| node.is_signal(CLOSING));
    let frame = Frame { len: 0, payload: String::new(), ..close_frame(scenario, 1000, "") };
    if !closed_before && scenario.wires[0].frames.last().is_some_and(|last| last.payload == "03e8") {
        change_close(scenario, 1005, "", frame);
    }
}

/// Gives the close of a scenario another code, reason and frame.
fn change_close(scenario: &mut Scenario, code: i64, reason: &str, frame: Frame) {
    let Some(old) = scenario.wires[0].frames.iter_mut().find(|frame| frame.opcode == 8) else { return };
    let (old_size, size) = (old.len + 6, frame.len + 6);
    *old = frame;
    let mut is_closing = false;
    let about = scenario.nodes.iter().position(|node| node.is_signal("aboutToClose"));
    let first = about.map_or(0, |about| about - 1);
    for node in &mut scenario.nodes[first..] {
        if let Node::Signal(signal) = node
            && signal.is("bytesWritten")
            && signal.args[0] == json!(old_size)
        {
            signal.args[0] = json!(size);
        }
    }
    each_seen(&mut scenario.nodes[first..], &mut |moment, seen| {
        is_closing |= matches!(moment, Moment::Signal { kind: "aboutToClose" | "bytesWritten", .. });
        if is_closing {
            (seen.close_code, seen.close_reason) = (code, reason.to_owned());
        }
    });
}

/// `close()` with a code that must not be sent is an error. Qt sends it.
pub fn illegal_codes_are_refused(scenario: &mut Scenario) {
    let bad = |node: &Node| {
        let code = node.call().filter(|call| call.name() == "close")?.op["code"].as_u64()?;
        (!matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)).then_some(code)
    };
    let Some((index, code)) = scenario.nodes.iter().enumerate().find_map(|(index, node)| Some((index, bad(node)?)))
    else {
        return;
    };
    if let (Node::Call(call), Ok(narrow)) = (&mut scenario.nodes[index], u16::try_from(code & 0xFFFF))
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
    let mut seen = super::calls::first_seen(&scenario.nodes, &[index]);
    (seen.error, seen.error_string) = (19, format!("Close code {code} must not be sent."));
    let mut error = told("error", &seen, false);
    if let Node::Signal(signal) = &mut error {
        signal.args = vec![json!(19)];
    }
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
    let Some(last) = scenario.wires.first().and_then(|wire| wire.frames.last()) else { return };
    let Some(payload) = from_hex(&last.payload).filter(|payload| payload.len() > 2 && last.opcode == 8) else {
        return;
    };
    if let Err(error) = std::str::from_utf8(&payload[2..]) {
        let valid = String::from_utf8_lossy(&payload[2..2 + error.valid_up_to()]).into_owned();
        let code = u16::from_be_bytes([payload[0], payload[1]]);
        let frame = close_frame(scenario, code, &valid);
        let index = scenario.nodes.iter().position(|node| node.is_call("close")).unwrap_or(0);
        let (old, new) = (last_size(&payload), frame.len + 6);
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
        *scenario.wires[0].frames.last_mut().expect("the frame just seen") = frame;
    }
}

fn last_size(payload: &[u8]) -> u64 {
    payload.len() as u64 + 6
}

/// Text is cut into frames between characters. Qt cuts it between bytes.
pub fn text_is_cut_between_characters(scenario: &mut Scenario) {
    let size = scenario.nodes.iter().find_map(|node| {
        let call = node.call().filter(|call| call.name() == "setOutFrame")?;
        call.op["n"].as_u64().filter(|size| *size > 0)
    });
    let (Some(size), Some(wire)) = (size, scenario.wires.first_mut()) else { return };
    let Some(start) = wire.frames.iter().position(|frame| frame.opcode == 1 && !frame.fin) else { return };
    let end = start + wire.frames[start..].iter().take_while(|frame| !frame.fin).count();
    let hex: String = wire.frames[start..=end].iter().map(|frame| frame.payload.as_str()).collect();
    let Some(text) = from_hex(&hex).and_then(|bytes| String::from_utf8(bytes).ok()) else { return };
    let (model, old_count) = (wire.frames[start].clone(), end + 1 - start);
    let mut frames = Vec::new();
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let cut = rest.floor_char_boundary(size as usize);
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
    let Some(Node::Call(call)) = scenario.nodes.last_mut() else { return };
    let Some(text) = call.op["text"].as_str().map(str::to_owned).filter(|_| call.seen.is_none()) else { return };
    call.returned = json!(text.len());
    let index = scenario.nodes.len() - 1;
    let seen = super::calls::first_seen(&scenario.nodes, &[index]);
    if let Node::Call(call) = &mut scenario.nodes[index] {
        call.seen = Some(seen.clone());
    }
    let frame = Frame {
        opcode: 1,
        len: text.len() as u64,
        payload: to_hex(text.as_bytes()),
        ..close_frame(scenario, 1000, "")
    };
    scenario.nodes.push(written(frame.len + 6, &seen));
    scenario.wires[0].frames.push(frame);
}

/// Nothing closes a connection because a message is slow, unless asked to. In Qt 5 seconds of silence do.
pub fn messages_may_be_slow(scenario: &mut Scenario) {
    if let Some(start) = chain_with(scenario, "Timeout when reading data from socket.") {
        undo_chain(scenario, start);
    }
}

/// What a peer did wrong is told in words, with the values that were found; there is no error. Qt says no more than
/// the reason.
pub fn violations_are_told_in_words(scenario: &mut Scenario) {
    let Some(about) = scenario.nodes.iter().position(|node| node.is_signal("aboutToClose")) else { return };
    let Some(seen) = scenario.nodes[about].signal().and_then(|signal| signal.seen.clone()) else { return };
    let Some(bytes) = scenario.nodes[..about].iter().rev().find_map(sent) else { return };
    let limits = scenario.nodes[..about].iter().filter_map(|node| {
        let call = node.call().filter(|call| call.name().starts_with("setMax"))?;
        call.op["n"].as_u64()
    });
    let limit = limits.last().unwrap_or(16 << 20);
    let frames = server_frames(bytes);
    let (first, announced, payload) = frames[0];
    let words = match seen.close_reason.as_str() {
        "Rsv field is non-zero" => {
            let bits = first >> 4 & 7;
            format!("The peer set reserved bits ({bits:03b}) in a frame, but no extension is in use.")
        }
        "Used reserved opcode" => format!("The peer used the reserved opcode {}.", first & 15),
        "Control frames cannot be fragmented" => "The peer sent a fragment of a control frame.".into(),
        "Control frame is larger than 125 bytes" => {
            "The peer announced a control frame of more than 125 bytes.".into()
        }
        "Lengths smaller than 126 must be expressed as one byte." => {
            format!("The peer used the 16-bit form for a frame of {announced} bytes.")
        }
        "Lengths smaller than 65536 (2^16) must be expressed as 2 bytes." => {
            format!("The peer used the 64-bit form for a frame of {announced} bytes.")
        }
        "Highest bit of payload length is not 0." => {
            format!("The peer announced a frame of {announced} bytes; 63 bits are the limit.")
        }
        "Maximum framesize exceeded." => {
            format!("The peer announced a frame of {announced} bytes; {limit} are allowed.")
        }
        "Received message is too big." => {
            let before: u64 = scenario.nodes[..about]
                .iter()
                .filter_map(sent)
                .flat_map(server_frames)
                .map(|(_, announced, _)| announced)
                .take_while({
                    let mut sum = 0;
                    move |announced| {
                        sum += announced;
                        sum <= limit
                    }
                })
                .sum();
            format!("The peer adds {announced} bytes to a message of {before}; {limit} are allowed.")
        }
        "Received Continuation frame, while there is nothing to continue." => {
            "The peer sent a continuation frame outside a message.".into()
        }
        "All data frames after the initial data frame must have opcode 0 (continuation)." => {
            "The peer began a message before the last fragment of the one under way.".into()
        }
        "Invalid UTF-8 code encountered." => {
            let place = if first & 15 == 8 { "a close reason" } else { "text" };
            format!("The peer sent {place} that is not valid UTF-8.")
        }
        "Payload of close frame is too small." => {
            "The peer sent a close frame with one byte of payload; a close code has two.".into()
        }
        reason if reason.starts_with("Invalid close code ") => {
            let code = u16::from_be_bytes([payload[0], payload[1]]);
            format!("The peer closed with code {code}, which may not appear in a close frame.")
        }
        _ => return,
    };
    each_seen(&mut scenario.nodes[about..], &mut |_, seen| seen.error_string.clone_from(&words));
}

/// Where a chain of closing with this reason begins.
fn chain_with(scenario: &Scenario, reason: &str) -> Option<usize> {
    let says = |seen: &Seen| seen.close_reason == reason;
    scenario.nodes.iter().position(|node| {
        node.signal().is_some_and(|signal| signal.seen.as_ref().is_some_and(says))
    })
}

/// Takes such a chain out, with its frame; gives what is seen without it.
fn undo_chain(scenario: &mut Scenario, start: usize) -> Seen {
    let rest = scenario.nodes.split_off(start);
    let behind = rest.into_iter().filter(|node| node.signal().is_none());
    scenario.nodes.extend(behind);
    scenario.wires[0].frames.retain(|frame| frame.opcode != 8);
    super::calls::first_seen(&scenario.nodes, &[start])
}

fn written(bytes: u64, seen: &Seen) -> Node {
    let mut node = told("bytesWritten", seen, false);
    if let Node::Signal(signal) = &mut node {
        signal.args = vec![json!(bytes)];
    }
    node
}
