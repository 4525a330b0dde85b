use super::*;

/// Sequences that are not UTF-8, by the reason why.
fn invalid() -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = Vec::new();
    // continuation bytes without a start: the first, the last, two to seven of them, all of them
    all.extend([vec![0x80], vec![0xBF], (0x80..=0xBF).collect()]);
    all.extend((2..=7).map(|count| [0x80, 0xBF].into_iter().cycle().take(count).collect()));
    // starts that a space follows
    all.extend((0xC0..=0xFD_u8).step_by(3).map(|start| vec![start, b' ']));
    // the last byte is missing
    all.extend(
        [
            &b"\xC2"[..],
            b"\xE0\xA0",
            b"\xF0\x90\x80",
            b"\xDF",
            b"\xEF\xBF",
            b"\xF4\x8F\xBF",
        ]
        .map(Vec::from),
    );
    all.push(b"\xC2\xE0\xA0\xF0\x90\x80\xEF\xBF".to_vec());
    // bytes that never occur
    all.extend([&b"\xFE"[..], b"\xFF", b"\xFE\xFE\xFF\xFF"].map(Vec::from));
    // five and six bytes long
    all.extend([&b"\xF8\x88\x80\x80\x80"[..], b"\xFC\x84\x80\x80\x80\x80"].map(Vec::from));
    all.extend([&b"\xFB\xBF\xBF\xBF\xBF"[..], b"\xFD\xBF\xBF\xBF\xBF\xBF"].map(Vec::from));
    // longer than needed: a slash, a NUL, the highest of each length
    all.extend([&b"\xC0\xAF"[..], b"\xE0\x80\xAF", b"\xF0\x80\x80\xAF"].map(Vec::from));
    all.extend([&b"\xF8\x80\x80\x80\xAF"[..], b"\xFC\x80\x80\x80\x80\xAF"].map(Vec::from));
    all.extend([&b"\xC0\x80"[..], b"\xE0\x80\x80", b"\xF0\x80\x80\x80"].map(Vec::from));
    all.extend([&b"\xC1\xBF"[..], b"\xE0\x9F\xBF", b"\xF0\x8F\xBF\xBF"].map(Vec::from));
    // halves of surrogate pairs, alone and together
    all.extend(
        [
            &b"\xED\xA0\x80"[..],
            b"\xED\xAD\xBF",
            b"\xED\xAE\x80",
            b"\xED\xAF\xBF",
        ]
        .map(Vec::from),
    );
    all.extend([&b"\xED\xB0\x80"[..], b"\xED\xBE\x80", b"\xED\xBF\xBF"].map(Vec::from));
    all.extend(
        [
            &b"\xED\xA0\x80\xED\xB0\x80"[..],
            b"\xED\xAF\xBF\xED\xBF\xBF",
        ]
        .map(Vec::from),
    );
    // above U+10FFFF
    all.extend(
        [
            &b"\xF4\x90\x80\x80"[..],
            b"\xF5\x80\x80\x80",
            b"\xF7\xBF\xBF\xBF",
        ]
        .map(Vec::from),
    );
    all
}

const INVALID: &str = "violation 1007 Invalid UTF-8 code encountered.";

fn contexts(sequence: &[u8]) -> [Vec<u8>; 3] {
    [
        sequence.to_vec(),
        [b"before ", sequence].concat(),
        [b"\xCE\xBA", sequence, b" after"].concat(),
    ]
}

#[test]
fn the_list_is_long_and_std_agrees() {
    let all = invalid();
    assert!(all.len() >= 65, "{}", all.len());
    assert!(
        all.iter()
            .all(|sequence| std::str::from_utf8(sequence).is_err())
    );
}

#[test]
fn invalid_text_is_refused() {
    for role in BOTH {
        for text in invalid().iter().flat_map(|sequence| contexts(sequence)) {
            assert_eq!(heard(&[frame(0x81, &text)], role), [INVALID], "{text:x?}");
        }
    }
}

#[test]
fn invalid_text_is_refused_in_any_two_fragments() {
    for role in BOTH {
        for text in invalid().iter().flat_map(|sequence| contexts(sequence)) {
            for cut in 0..=text.len() {
                let (first, last) = text.split_at(cut);
                let heard = heard(&[frame(0x01, first), frame(0x80, last)], role);
                assert_eq!(
                    heard.last().map(String::as_str),
                    Some(INVALID),
                    "{text:x?} {cut}"
                );
                assert!(heard.iter().all(|line| !line.starts_with("message")));
            }
        }
    }
}

#[test]
fn invalid_close_reasons_are_refused() {
    for role in BOTH {
        for reason in invalid() {
            let close = frame(0x88, [b"\x03\xE8", &reason[..]].concat());
            assert_eq!(heard(&[close], role), [INVALID], "{reason:x?}");
        }
    }
}

#[test]
fn text_fails_with_the_first_wrong_byte() {
    for role in BOTH {
        for sequence in invalid() {
            let std = std::str::from_utf8(&sequence).unwrap_err();
            // with more text to come, an incomplete character alone is no reason
            let text = [&sequence[..], &[b'x'; 200]].concat();
            let hopeless = (1..=text.len())
                .find(|&end| {
                    std::str::from_utf8(&text[..end])
                        .is_err_and(|error| error.error_len().is_some())
                })
                .unwrap();
            assert!(hopeless > std.valid_up_to());
            let wire = frame(0x81, &text).to(role);
            let before = wire.len() - text.len() + hopeless - 1;
            let mut reader = Reader::new(role, Limits::default());
            assert!(
                transcript(&mut reader, &[&wire[..before]]).is_empty(),
                "{sequence:x?}"
            );
            assert_eq!(
                transcript(&mut reader, &[&wire[before..=before]]),
                [INVALID]
            );
        }
    }
}

#[test]
fn characters_that_mean_nothing_are_text() {
    let mut count = 0;
    for plane in 0..=16 {
        for last in [0xFFFE, 0xFFFF] {
            let text = char::from_u32(plane << 16 | last).unwrap().to_string();
            let line = show(&Payload::Text(&text));
            let expected = [format!("frame {line} last"), format!("message {line}")];
            for role in BOTH {
                assert_eq!(heard(&[frame(0x81, &text)], role), expected);
                let close = frame(0x88, [b"\x0B\xB8", text.as_bytes()].concat());
                assert_eq!(heard(&[close], role), [format!("close 3000 {text:?}")]);
            }
            count += 1;
        }
    }
    assert_eq!(count, 34);
}
