//! How a peer's violation is told.

use super::receiving::{sent, server_frames};
use crate::recording::Scenario;
use crate::rewrite::each_seen;

/// What a peer did wrong is told in words, with the values that were found; there is no error. Qt says no more than
/// the reason.
pub fn violations_are_told_in_words(scenario: &mut Scenario) {
    let Some(about) = scenario
        .nodes
        .iter()
        .position(|node| node.is_signal("aboutToClose"))
    else {
        return;
    };
    let Some(seen) = scenario.nodes[about]
        .signal()
        .and_then(|signal| signal.seen.clone())
    else {
        return;
    };
    let Some(bytes) = scenario.nodes[..about].iter().rev().find_map(sent) else {
        return;
    };
    let limits = scenario.nodes[..about].iter().filter_map(|node| {
        let call = node
            .call()
            .filter(|call| call.name().starts_with("setMax"))?;
        call.op["n"].as_u64()
    });
    let limit = limits.into_iter().next_back().unwrap_or(16 << 20);
    let frames = server_frames(bytes);
    let (first, announced, payload) = frames[0];
    let words = match seen.close_reason.as_str() {
        "Rsv field is non-zero" => {
            let bits = first >> 4 & 7;
            format!(
                "The peer set reserved bits ({bits:03b}) in a frame, but no extension is in use."
            )
        }
        "Used reserved opcode" => format!("The peer used the reserved opcode {}.", first & 15),
        "Control frames cannot be fragmented" => {
            "The peer sent a fragment of a control frame.".into()
        }
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
            format!(
                "The peer adds {announced} bytes to a message of {before}; {limit} are allowed."
            )
        }
        "Received Continuation frame, while there is nothing to continue." => {
            "The peer sent a continuation frame outside a message.".into()
        }
        "All data frames after the initial data frame must have opcode 0 (continuation)." => {
            "The peer began a message before the last fragment of the one under way.".into()
        }
        "Invalid UTF-8 code encountered." => {
            let place = if first & 15 == 8 {
                "a close reason"
            } else {
                "text"
            };
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
    each_seen(&mut scenario.nodes[about..], &mut |_, seen| {
        seen.error_string.clone_from(&words)
    });
}
