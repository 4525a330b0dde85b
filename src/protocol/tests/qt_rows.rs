//! The cases of Qt's own tests for its parser, frames and protocol helpers.

use super::*;

const NOT_IN_TWO_BYTES: &str =
    "violation 1002 Lengths smaller than 65536 (2^16) must be expressed as 2 bytes.";

fn data_lines(payload: &Payload<'_>) -> [String; 2] {
    let line = show(payload);
    [format!("frame {line} last"), format!("message {line}")]
}

#[test]
fn good_frames_of_many_sizes() {
    for role in BOTH {
        for size in (0..65_792).step_by(128) {
            let fill = (size / 128) as u8;
            let binary = vec![fill; size];
            let expected = data_lines(&Payload::Binary(&binary));
            assert_eq!(heard(&[frame(0x82, &binary)], role), expected);
            let text = String::from_utf8(vec![fill & 0x7F; size]).unwrap();
            assert_eq!(
                heard(&[frame(0x81, &text)], role),
                data_lines(&Payload::Text(&text))
            );
        }
    }
}

#[test]
fn every_byte_and_every_ascii_character() {
    for role in BOTH {
        for byte in 0..=255_u8 {
            assert_eq!(
                heard(&[frame(0x82, [byte])], role),
                data_lines(&Payload::Binary(&[byte]))
            );
            if let Ok(text) = std::str::from_utf8(&[byte]) {
                assert_eq!(
                    heard(&[frame(0x81, text)], role),
                    data_lines(&Payload::Text(text))
                );
            }
        }
    }
}

#[test]
fn close_frames_of_every_size_and_allowed_code() {
    for role in BOTH {
        for len in 0..=123 {
            let reason = "r".repeat(len);
            let mut wire = Vec::new();
            let mask = (role == Role::Server).then_some(MASK);
            close_frame(&mut wire, Some(CloseCode::NORMAL), &reason, mask);
            let mut reader = Reader::new(role, Limits::default());
            assert_eq!(
                transcript(&mut reader, &[&wire]),
                [format!("close 1000 {reason:?}")]
            );
        }
        for code in [1000, 1001, 1002, 1003, 3000, 3999, 4000, 4999]
            .into_iter()
            .chain(1007..=1014)
        {
            let code = u16::to_be_bytes(code);
            assert_eq!(heard(&[frame(0x88, code)], role).len(), 1);
            let line = &heard(&[frame(0x88, [&code[..], b"why"].concat())], role)[0];
            assert!(
                line.starts_with("close") && line.ends_with("\"why\""),
                "{line}"
            );
        }
    }
}

#[test]
fn close_codes_that_are_refused() {
    let codes = [
        1006, 1005, 1004, 1015, 0, 999, 1016, 1100, 2000, 2999, 5000, 65_535_u16,
    ];
    for role in BOTH {
        for code in codes {
            for reason in ["", "why"] {
                let close = frame(0x88, [&code.to_be_bytes(), reason.as_bytes()].concat());
                let line = format!("violation 1002 Invalid close code {code} detected.");
                assert_eq!(heard(&[close], role), [line]);
            }
        }
    }
}

#[test]
fn every_first_byte_alone_and_inside_a_message() {
    for role in BOTH {
        for first in 0..=255_u8 {
            let is_reserved = first & 0x70 != 0 || Opcode::from_bits(first).is_none();
            let is_cut_control = first & 0x80 == 0 && first & 0x08 != 0;
            let is_continuation = first & 0x0F == 0;
            let is_start = matches!(first & 0x0F, 1 | 2);
            for inside in [false, true] {
                let mut frames = vec![frame(first, "")];
                if inside {
                    frames.insert(0, frame(0x01, ""));
                }
                let out_of_turn = if inside { is_start } else { is_continuation };
                let refused = is_reserved || is_cut_control || out_of_turn;
                let heard = heard(&frames, role);
                let last = heard.last().unwrap();
                assert_eq!(
                    last.starts_with("violation 1002"),
                    refused,
                    "{first:x} {heard:?}"
                );
            }
        }
    }
}

#[test]
fn control_frames_that_are_too_large_or_cut() {
    for role in BOTH {
        for opcode in [0x8, 0x9, 0xA] {
            assert_eq!(
                heard(&[frame(0x80 | opcode, [0; 126])], role),
                ["violation 1002 Control frame is larger than 125 bytes"]
            );
            assert_eq!(
                heard(&[frame(opcode, "")], role),
                ["violation 1002 Control frames cannot be fragmented"]
            );
        }
    }
}

#[test]
fn lengths_in_a_longer_form_than_needed() {
    for role in BOTH {
        for first in [0x81, 0x82, 0x01, 0x02] {
            for len in [0, 64, 125] {
                assert_eq!(
                    heard(&[header(first, &[126, 0, len])], role),
                    ["violation 1002 Lengths smaller than 126 must be expressed as one byte."]
                );
            }
            for len in [0, 64, 125, 126, 256, 512, 32_768, 65_535] {
                assert_eq!(
                    heard(&[header(first, &length_in_64_bits(len))], role),
                    [NOT_IN_TWO_BYTES]
                );
            }
        }
    }
}

#[test]
fn frames_that_are_too_big() {
    for role in BOTH {
        for first in [0x81, 0x82] {
            let lines = heard(&[header(first, &length_in_64_bits(2_147_483_647))], role);
            assert_eq!(lines, ["violation 1009 Maximum framesize exceeded."]);
        }
        let frames = [
            frame(0x01, ""),
            header(0x80, &length_in_64_bits(2_147_483_647)),
        ];
        assert_eq!(
            heard(&frames, role)[1],
            "violation 1009 Maximum framesize exceeded."
        );
    }
}

#[test]
fn incomplete_frames_wait() {
    for role in BOTH {
        for announced in [64, 125, 256, 128_000] {
            let wire = frame(0x82, vec![7; announced]).to(role);
            for end in [1, 2, 3, 9, wire.len() - 1] {
                let mut reader = Reader::new(role, Limits::default());
                assert!(transcript(&mut reader, &[&wire[..end]]).is_empty());
                assert!(reader.is_mid_message());
            }
        }
    }
}

#[test]
fn known_masked_bytes() {
    let sample = "\u{41}\u{E9}\u{20AC}\u{1F600}";
    for payload in ["", "12345678", "123456789", sample] {
        let mut wire = Vec::new();
        append_frame(
            &mut wire,
            Opcode::Text,
            true,
            payload.as_bytes(),
            Some(0x1234_5678),
        );
        assert_eq!(wire[2..6], [0x12, 0x34, 0x56, 0x78]);
        let expected: Vec<u8> = payload
            .bytes()
            .zip([0x12, 0x34, 0x56, 0x78].into_iter().cycle())
            .map(|(a, b)| a ^ b)
            .collect();
        assert_eq!(wire[6..], expected);
    }
}

/// Text, binary, close, ping, pong and a continuation, with and without a payload.
#[test]
fn good_frames() {
    for role in BOTH {
        for (frames, last) in [
            (vec![frame(0x81, "hello")], "message \"hello\""),
            (vec![frame(0x81, "")], "message \"\""),
            (vec![frame(0x82, "hello")], "message <hello>"),
            (vec![frame(0x82, "")], "message <>"),
            (vec![frame(0x88, b"\x03\xE8hello")], "close 1000 \"hello\""),
            (vec![frame(0x88, "")], "close"),
            (vec![frame(0x89, "hello")], "ping <hello>"),
            (vec![frame(0x89, "")], "ping <>"),
            (vec![frame(0x8A, "hello")], "pong <hello>"),
            (vec![frame(0x8A, "")], "pong <>"),
            (
                vec![frame(0x01, "hel"), frame(0x80, "lo")],
                "message \"hello\"",
            ),
            (
                vec![frame(0x01, "hello"), frame(0x80, "")],
                "message \"hello\"",
            ),
        ] {
            assert_eq!(heard(&frames, role).last().unwrap(), last);
        }
    }
}

#[test]
fn invalid_frames() {
    let reserved_bits = [0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70].map(|bits| 0x81 | bits);
    let reserved_opcodes = (3..8).chain(11..16).map(|opcode| 0x80 | opcode);
    let firsts = reserved_bits.into_iter().chain(reserved_opcodes);
    let mut wrong: Vec<Wire> = firsts.map(|first| frame(first, "hello")).collect();
    for opcode in [0x8, 0x9, 0xA] {
        wrong.push(frame(0x80 | opcode, [0; 126]));
        wrong.push(frame(opcode, "hello"));
    }
    for role in BOTH {
        for wire in &wrong {
            let lines = heard(std::slice::from_ref(wire), role);
            assert!(
                lines.len() == 1 && lines[0].starts_with("violation 1002 "),
                "{lines:?}"
            );
        }
    }
}

/// What is not all there is waited for, byte by byte; what cannot become a frame is refused.
#[test]
fn malformed_frames() {
    for role in BOTH {
        let wire = frame(0x81, "0123456789").to(role);
        for end in 0..wire.len() {
            let mut reader = Reader::new(role, Limits::default());
            assert!(transcript(&mut reader, &[&wire[..end]]).is_empty());
            assert_eq!(reader.is_mid_message(), end > 0, "{end}");
        }
        let refused = |length: &[u8]| heard(&[header(0x82, length)], role).remove(0);
        for too_big in [2_147_483_647, i64::MAX as u64] {
            assert!(refused(&length_in_64_bits(too_big)).starts_with("violation 1009 "));
        }
        let no_lengths = [
            length_in_64_bits(1 << 63),
            length_in_64_bits(65_535),
            vec![126, 0, 125],
        ];
        for length in no_lengths {
            assert!(refused(&length).starts_with("violation 1002 "));
        }
    }
}
