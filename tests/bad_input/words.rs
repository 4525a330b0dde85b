//! Transcripts and bytes in words.

use super::row::NOTHING;
use super::support::frames::{CLOSE, PING, PONG};

/// The transcript in one line: names only, states by themselves.
pub(crate) fn shortened(lines: &[String]) -> String {
    let mut text = String::new();
    let mut separator = "";
    for line in lines {
        let signal = line.split('{').next().unwrap_or(line).trim();
        let signal = match signal.strip_prefix("state_changed(") {
            Some(state) => state.trim_end_matches(')'),
            None => signal.split('(').next().unwrap_or(signal),
        };
        match signal {
            "]" => text.push(']'),
            call if call.starts_with('[') => {
                text.push('[');
                separator = "";
                continue;
            }
            signal => {
                text.push_str(separator);
                text.push_str(signal);
            }
        }
        separator = " · ";
    }
    text
}

/// Frames in words, whichever end sent them.
pub(crate) fn frames(mut bytes: &[u8]) -> String {
    let mut frames = Vec::new();
    while let [first, second, rest @ ..] = bytes {
        if [0x15, 0x16].contains(first) && rest.len() > 2 {
            return if *first == 0x15 { "a TLS alert" } else { "TLS" }.into();
        }
        let length = usize::from(second & 0x7F);
        let key = if second & 0x80 != 0 { 4 } else { 0 };
        assert!(
            length < 126 && rest.len() >= key + length,
            "no frame: {bytes:?}"
        );
        let (mask, rest) = rest.split_at(key);
        let mask = if mask.is_empty() { &[0; 4] } else { mask };
        let payload: Vec<u8> = rest[..length]
            .iter()
            .zip(mask.iter().cycle())
            .map(|(byte, key)| byte ^ key)
            .collect();
        frames.push(in_words(*first, &payload));
        bytes = &rest[length..];
    }
    assert!(bytes.is_empty(), "half a header: {bytes:?}");
    match frames.is_empty() {
        true => NOTHING.into(),
        false => frames.join(", "),
    }
}

fn in_words(first: u8, payload: &[u8]) -> String {
    let text = String::from_utf8_lossy(payload);
    match (first & 0x0F, payload) {
        (_, _) if first & 0xF0 != 0x80 => format!("frame {first:#04x} {payload:?}"),
        (CLOSE, []) => "an empty close".into(),
        (CLOSE, [high, low, reason @ ..]) => format!(
            "close {} {:?}",
            u16::from_be_bytes([*high, *low]),
            String::from_utf8_lossy(reason)
        ),
        (PING, _) => format!("ping {text:?}"),
        (PONG, _) => format!("pong {text:?}"),
        (opcode, _) => format!("frame {opcode} {text:?}"),
    }
}
