//! Transcripts of whole conversations; what concerns one file alone is tested there.

mod buffers;
mod conversations;
mod limits;
mod qt_rows;
mod random;
mod utf8_sequences;

use std::hash::{DefaultHasher, Hasher};

use super::*;

const MASK: u32 = 0xA1B2_C3D4;
const BOTH: [Role; 2] = [Role::Client, Role::Server];

/// A frame as a peer might send it, right or wrong.
#[derive(Clone)]
struct Wire {
    first: u8,
    /// The seven bits and what follows them.
    length: Vec<u8>,
    payload: Vec<u8>,
}

impl Wire {
    /// The bytes for a receiver of this role: masked if that is a server.
    fn to(&self, receiver: Role) -> Vec<u8> {
        self.bytes(receiver == Role::Server)
    }

    fn bytes(&self, masked: bool) -> Vec<u8> {
        let mut out = vec![self.first];
        out.extend_from_slice(&self.length);
        if masked {
            out[1] |= 0x80;
            out.extend_from_slice(&mask::key(MASK));
            mask::append_masked(&mut out, &self.payload, mask::key(MASK), 0);
        } else {
            out.extend_from_slice(&self.payload);
        }
        out
    }
}

/// A frame with a correct length.
fn frame(first: u8, payload: impl AsRef<[u8]>) -> Wire {
    let payload = payload.as_ref().to_vec();
    let length = match payload.len() {
        short @ 0..126 => vec![short as u8],
        len @ 126..65_536 => [&[126][..], &(len as u16).to_be_bytes()].concat(),
        len => [&[127][..], &(len as u64).to_be_bytes()].concat(),
    };
    Wire {
        first,
        length,
        payload,
    }
}

/// A header with any length field and nothing behind it.
fn header(first: u8, length: &[u8]) -> Wire {
    Wire {
        first,
        length: length.to_vec(),
        payload: Vec::new(),
    }
}

fn length_in_64_bits(len: u64) -> Vec<u8> {
    [&[127][..], &len.to_be_bytes()].concat()
}

fn stream(frames: &[Wire], receiver: Role) -> Vec<u8> {
    frames.iter().flat_map(|frame| frame.to(receiver)).collect()
}

/// What a reader says, one line an event; a frame and its message are two lines.
fn transcript(reader: &mut Reader, pieces: &[&[u8]]) -> Vec<String> {
    let mut lines = Vec::new();
    for piece in pieces {
        let mut bytes = piece.to_vec();
        let mut at = 0;
        while at < bytes.len() {
            let given = bytes.len() - at;
            let step = reader.receive(&mut bytes[at..]);
            assert!(step.consumed > 0 && step.consumed <= given, "{step:?}");
            assert!(step.event != Event::NeedMore || step.consumed == given);
            write_down(&mut lines, &step.event);
            at += step.consumed;
        }
    }
    lines
}

fn write_down(lines: &mut Vec<String>, event: &Event<'_>) {
    match event {
        Event::NeedMore => {}
        Event::Frame {
            frame,
            is_last_frame,
            message,
        } => {
            assert_eq!(*is_last_frame, message.is_some());
            lines.push(format!(
                "frame {}{}",
                show(frame),
                if *is_last_frame { " last" } else { "" }
            ));
            lines.extend(message.map(|message| format!("message {}", show(&message))));
        }
        Event::Ping(payload) => lines.push(format!("ping {}", show(&Payload::Binary(payload)))),
        Event::Pong(payload) => lines.push(format!("pong {}", show(&Payload::Binary(payload)))),
        Event::Close {
            code: None,
            reason: "",
        } => lines.push("close".into()),
        Event::Close { code, reason } => {
            lines.push(format!(
                "close {} {reason:?}",
                code.expect("a reason needs a code")
            ));
        }
        Event::Violation(Violation {
            code,
            reason,
            detail,
        }) => {
            assert!(reason.len() <= 123 && !detail.is_empty());
            lines.push(format!("violation {code} {reason}"));
        }
    }
}

/// Text in quotes, binary as `<escaped>`, much of it as its length and a checksum.
fn show(payload: &Payload<'_>) -> String {
    let bytes = payload.as_bytes();
    match payload {
        _ if bytes.len() > 100 => {
            let mut sum = DefaultHasher::new();
            sum.write(bytes);
            let sum = sum.finish();
            let kind = if matches!(payload, Payload::Text(_)) {
                "characters"
            } else {
                "bytes"
            };
            format!("{} {kind} {sum:x}", bytes.len())
        }
        Payload::Text(text) => format!("{text:?}"),
        Payload::Binary(bytes) => format!("<{}>", bytes.escape_ascii()),
    }
}

/// What a new reader with the default limits says to `frames`.
#[track_caller]
fn heard(frames: &[Wire], receiver: Role) -> Vec<String> {
    heard_within(Limits::default(), frames, receiver)
}

/// What a new reader says to `frames`; up to 4 KiB of them in one piece, byte by byte and cut at every position, which
/// must make no difference.
#[track_caller]
fn heard_within(limits: Limits, frames: &[Wire], receiver: Role) -> Vec<String> {
    let wire = stream(frames, receiver);
    let said = |pieces: &[&[u8]]| transcript(&mut Reader::new(receiver, limits), pieces);
    let whole = said(&[&wire]);
    if wire.len() <= 4096 {
        let bytes: Vec<&[u8]> = wire.chunks(1).collect();
        assert_eq!(said(&bytes), whole, "byte by byte");
        for cut in 1..wire.len() {
            let (start, end) = wire.split_at(cut);
            assert_eq!(said(&[start, end]), whole, "cut at {cut}");
        }
    }
    whole
}
