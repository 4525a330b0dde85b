use super::*;

/// Small, so that each of them is met by a conversation of a few bytes.
const LIMITS: Limits = Limits {
    frame: 3000,
    message: 3500,
    fragments: 8,
};

struct Conversation {
    frames: Vec<Wire>,
    transcript: Vec<String>,
}

fn says(frames: &[Wire], transcript: &[&str]) -> Conversation {
    let transcript = transcript.iter().map(|line| line.to_string()).collect();
    Conversation {
        frames: frames.to_vec(),
        transcript,
    }
}

fn messages() -> Vec<Conversation> {
    let long = "\u{20AC}uro ".repeat(400);
    let long_line = show(&Payload::Text(&long));
    vec![
        says(
            &[frame(0x81, "Hello")],
            &["frame \"Hello\" last", "message \"Hello\""],
        ),
        says(&[frame(0x81, "")], &["frame \"\" last", "message \"\""]),
        says(&[frame(0x82, "")], &["frame <> last", "message <>"]),
        says(
            &[frame(0x82, [0, 255]), frame(0x81, "\u{1F600}")],
            &[
                "frame <\\x00\\xff> last",
                "message <\\x00\\xff>",
                "frame \"😀\" last",
                "message \"😀\"",
            ],
        ),
        says(
            &[frame(0x81, &long), frame(0x81, "x")],
            &[
                &format!("frame {long_line} last"),
                &format!("message {long_line}"),
                "frame \"x\" last",
                "message \"x\"",
            ],
        ),
        says(
            &[frame(0x01, "Hel"), frame(0x00, "lo "), frame(0x80, "world")],
            &[
                "frame \"Hel\"",
                "frame \"lo \"",
                "frame \"world\" last",
                "message \"Hello world\"",
            ],
        ),
        says(
            &[frame(0x02, ""), frame(0x00, ""), frame(0x80, "")],
            &["frame <>", "frame <>", "frame <> last", "message <>"],
        ),
        says(
            &[
                frame(0x02, "ab"),
                frame(0x80, ""),
                frame(0x01, ""),
                frame(0x80, "cd"),
            ],
            &[
                "frame <ab>",
                "frame <> last",
                "message <ab>",
                "frame \"\"",
                "frame \"cd\" last",
                "message \"cd\"",
            ],
        ),
        // the length forms at their borders
        says(
            &[frame(0x82, [b'a'; 125]), frame(0x82, "b")],
            &with_length(125),
        ),
        says(
            &[frame(0x82, [b'a'; 126]), frame(0x82, "b")],
            &with_length(126),
        ),
    ]
    .into_iter()
    .chain(characters_across_fragments())
    .collect()
}

fn with_length(len: usize) -> [&'static str; 4] {
    let line = show(&Payload::Binary(&vec![b'a'; len]));
    let [frame, message] = [format!("frame {line} last"), format!("message {line}")];
    [
        frame.leak(),
        message.leak(),
        "frame <b> last",
        "message <b>",
    ]
}

fn characters_across_fragments() -> Vec<Conversation> {
    vec![
        says(
            &[
                frame(0x01, b"\xF0\x9F"),
                frame(0x00, b"\x98"),
                frame(0x80, b"\x80!"),
            ],
            &[
                "frame \"\"",
                "frame \"\"",
                "frame \"😀!\" last",
                "message \"😀!\"",
            ],
        ),
        says(
            &[
                frame(0x01, b"a\xE2"),
                frame(0x89, "p"),
                frame(0x80, b"\x82\xACb"),
            ],
            &[
                "frame \"a\"",
                "ping <p>",
                "frame \"€b\" last",
                "message \"a€b\"",
            ],
        ),
        // a byte order mark is text like any other
        says(
            &[
                frame(0x01, b"\xEF\xBB"),
                frame(0x80, b"\xBFx"),
                frame(0x81, b"\xEF\xBB\xBFy"),
            ],
            &[
                "frame \"\"",
                "frame \"\\u{feff}x\" last",
                "message \"\\u{feff}x\"",
                "frame \"\\u{feff}y\" last",
                "message \"\\u{feff}y\"",
            ],
        ),
    ]
}

fn control_frames() -> Vec<Conversation> {
    vec![
        says(
            &[
                frame(0x89, ""),
                frame(0x8A, "p"),
                frame(0x89, "data"),
                frame(0x8A, ""),
            ],
            &["ping <>", "pong <p>", "ping <data>", "pong <>"],
        ),
        says(
            &[
                frame(0x01, "one"),
                frame(0x89, "?"),
                frame(0x00, ", two"),
                frame(0x8A, "!"),
                frame(0x80, ", three"),
                frame(0x88, b"\x03\xE9gone"),
            ],
            &[
                "frame \"one\"",
                "ping <?>",
                "frame \", two\"",
                "pong <!>",
                "frame \", three\" last",
                "message \"one, two, three\"",
                "close 1001 \"gone\"",
            ],
        ),
        says(&[frame(0x88, ""), frame(0x81, "too late")], &["close"]),
        says(
            &[frame(0x88, b"\x03\xE8"), frame(0xFF, "")],
            &["close 1000 \"\""],
        ),
        says(
            &[frame(0x02, "lost"), frame(0x88, b"\x0F\xDF\xBF")],
            &["frame <lost>", INVALID_UTF8],
        ),
        says(
            &[frame(0x88, b"\x0F\xA0bye \xE2\x82\xAC")],
            &["close 4000 \"bye €\""],
        ),
        says(
            &[frame(0x89, [b'x'; 125]), frame(0x89, "y")],
            &[&long_ping(), "ping <y>"],
        ),
    ]
}

fn long_ping() -> String {
    format!("ping {}", show(&Payload::Binary(&[b'x'; 125])))
}

fn violations() -> Vec<Conversation> {
    let late = frame(0x81, "too late");
    let refused = |wire: Wire, line: &str| says(&[wire, late.clone()], &[line]);
    let rsv = "violation 1002 Rsv field is non-zero";
    let small_16 = "violation 1002 Lengths smaller than 126 must be expressed as one byte.";
    let small_64 = "violation 1002 Lengths smaller than 65536 (2^16) must be expressed as 2 bytes.";
    let large = "violation 1002 Control frame is larger than 125 bytes";
    vec![
        refused(frame(0xC1, "x"), rsv),
        refused(frame(0xA1, "x"), rsv),
        refused(frame(0x92, "x"), rsv),
        refused(frame(0x83, "x"), "violation 1002 Used reserved opcode"),
        refused(frame(0x8F, "x"), "violation 1002 Used reserved opcode"),
        refused(
            frame(0x09, "x"),
            "violation 1002 Control frames cannot be fragmented",
        ),
        refused(frame(0x89, [b'x'; 126]), large),
        refused(header(0x88, &length_in_64_bits(1 << 40)), large),
        refused(header(0x82, &[126, 0, 125]), small_16),
        refused(header(0x82, &length_in_64_bits(65_535)), small_64),
        refused(
            header(0x82, &length_in_64_bits(1 << 63)),
            "violation 1002 Highest bit of payload length is not 0.",
        ),
        refused(frame(0x80, "x"), NOTHING_TO_CONTINUE),
        refused(frame(0x00, "x"), NOTHING_TO_CONTINUE),
        says(
            &[frame(0x01, "a"), frame(0x81, "b")],
            &["frame \"a\"", INTERRUPTED],
        ),
        says(
            &[frame(0x02, "a"), frame(0x02, "b")],
            &["frame <a>", INTERRUPTED],
        ),
        refused(
            frame(0x88, [3]),
            "violation 1002 Payload of close frame is too small.",
        ),
        refused(
            frame(0x88, [3, 0xED]),
            "violation 1002 Invalid close code 1005 detected.",
        ),
        refused(frame(0x88, [3, 0xE8, 0xC0]), INVALID_UTF8),
        refused(frame(0x81, b"fine\xC0\x80"), INVALID_UTF8),
        refused(frame(0x81, b"cut \xE2\x82"), INVALID_UTF8),
        says(
            &[frame(0x01, b"a\xE2\x82"), frame(0x80, "b")],
            &["frame \"a\"", INVALID_UTF8],
        ),
        says(
            &[frame(0x01, b"a\xE2\x82"), frame(0x80, "")],
            &["frame \"a\"", INVALID_UTF8],
        ),
        says(
            &[frame(0x01, b"a\xED"), frame(0x80, b"\xA0")],
            &["frame \"a\"", INVALID_UTF8],
        ),
    ]
}

const INVALID_UTF8: &str = "violation 1007 Invalid UTF-8 code encountered.";
const NOTHING_TO_CONTINUE: &str =
    "violation 1002 Received Continuation frame, while there is nothing to continue.";
const INTERRUPTED: &str = "violation 1002 All data frames after the initial data frame must have \
                           opcode 0 (continuation).";

fn over_the_limits() -> Vec<Conversation> {
    let half = show(&Payload::Binary(&[b'h'; 1750]));
    let mut fragments = vec![frame(0x02, "")];
    fragments.extend(vec![frame(0x00, ""); 8]);
    let mut too_many = vec!["frame <>"; 8];
    too_many.push("violation 1008 Received message has too many fragments.");
    vec![
        says(
            &[frame(0x82, [b'x'; 3001])],
            &["violation 1009 Maximum framesize exceeded."],
        ),
        says(
            &[
                frame(0x02, [b'h'; 1750]),
                frame(0x00, [b'h'; 1750]),
                frame(0x80, "x"),
            ],
            &[
                &format!("frame {half}"),
                &format!("frame {half}"),
                "violation 1009 Received message is too big.",
            ],
        ),
        says(&fragments, &too_many),
    ]
}

fn all() -> Vec<Conversation> {
    let mut all = messages();
    all.extend(control_frames());
    all.extend(violations());
    all.extend(over_the_limits());
    all
}

fn said(wire: &[u8], cuts: &[usize], role: Role) -> Vec<String> {
    let ends = cuts.iter().copied().chain([wire.len()]);
    let mut start = 0;
    let pieces: Vec<&[u8]> = ends
        .map(|end| &wire[std::mem::replace(&mut start, end)..end])
        .collect();
    transcript(&mut Reader::new(role, LIMITS), &pieces)
}

#[test]
fn in_one_piece() {
    for role in BOTH {
        for conversation in all() {
            let wire = stream(&conversation.frames, role);
            assert_eq!(said(&wire, &[], role), conversation.transcript, "{role:?}");
        }
    }
}

#[test]
fn byte_by_byte() {
    for role in BOTH {
        for conversation in all() {
            let wire = stream(&conversation.frames, role);
            let cuts: Vec<usize> = (1..wire.len()).collect();
            assert_eq!(
                said(&wire, &cuts, role),
                conversation.transcript,
                "{role:?}"
            );
        }
    }
}

#[test]
fn cut_at_every_position() {
    for role in BOTH {
        for conversation in all() {
            let wire = stream(&conversation.frames, role);
            assert!(wire.len() <= 4096);
            for cut in 1..wire.len() {
                assert_eq!(
                    said(&wire, &[cut], role),
                    conversation.transcript,
                    "{role:?} {cut}"
                );
            }
        }
    }
}

#[test]
fn cut_at_every_two_positions() {
    for role in BOTH {
        for conversation in all() {
            let wire = stream(&conversation.frames, role);
            if wire.len() > 100 {
                continue;
            }
            for second in 2..wire.len() {
                for first in 1..second {
                    let said = said(&wire, &[first, second], role);
                    assert_eq!(said, conversation.transcript, "{role:?} {first} {second}");
                }
            }
        }
    }
}

#[test]
fn masks_in_the_wrong_direction() {
    for (role, line) in [
        (
            Role::Client,
            "violation 1002 Masked frame received from the server",
        ),
        (
            Role::Server,
            "violation 1002 Unmasked frame received from the client",
        ),
    ] {
        for wire in [
            frame(0x81, "x"),
            frame(0x82, ""),
            frame(0x89, "x"),
            frame(0x88, ""),
        ] {
            let wire = wire.bytes(role == Role::Client);
            let mut reader = Reader::new(role, LIMITS);
            assert_eq!(transcript(&mut reader, &[&wire[..1], &wire[1..2]]), [line]);
            assert_eq!(said(&wire, &[], role), [line]);
        }
    }
}
