use super::*;

const TOO_BIG_FRAME: &str = "violation 1009 Maximum framesize exceeded.";
const TOO_BIG_MESSAGE: &str = "violation 1009 Received message is too big.";

fn limits(frame: u64, message: u64, fragments: u32) -> Limits {
    Limits {
        frame,
        message,
        fragments,
    }
}

#[test]
fn the_defaults() {
    let limits = Limits::default();
    assert_eq!(
        (limits.frame, limits.message, limits.fragments),
        (16 << 20, 64 << 20, 131_072)
    );
}

#[test]
fn a_frame_is_refused_by_its_header_and_nothing_is_allocated() {
    for role in BOTH {
        for len in [
            (16 << 20) + 1,
            u64::from(u32::MAX),
            1 << 60,
            i64::MAX as u64,
        ] {
            let wire = header(0x82, &length_in_64_bits(len)).to(role);
            let mut reader = Reader::new(role, Limits::default());
            assert_eq!(transcript(&mut reader, &[&wire]), [TOO_BIG_FRAME]);
            assert!(reader.needs_buffer());
        }
    }
}

#[test]
fn without_limits_a_huge_length_is_still_bounded_by_the_address_space() {
    for role in BOTH {
        let wire = header(0x82, &length_in_64_bits(i64::MAX as u64)).to(role);
        let mut reader = Reader::new(role, limits(u64::MAX, u64::MAX, u32::MAX));
        assert_eq!(transcript(&mut reader, &[&wire]), [TOO_BIG_MESSAGE]);
        assert!(reader.needs_buffer());
    }
}

#[test]
fn lengths_that_would_overflow_a_running_total() {
    for role in BOTH {
        let frames = [
            frame(0x02, "have"),
            header(0x80, &length_in_64_bits(i64::MAX as u64)),
        ];
        let lines = heard_within(limits(u64::MAX, u64::MAX, u32::MAX), &frames, role);
        assert_eq!(lines, ["frame <have>", TOO_BIG_MESSAGE]);
    }
}

#[test]
fn the_buffer_grows_with_what_came_not_with_what_was_announced() {
    for role in BOTH {
        let mut wire = header(0x82, &length_in_64_bits(16 << 20)).to(role);
        wire.extend([1; 100]);
        let mut reader = Reader::new(role, Limits::default());
        assert!(transcript(&mut reader, &[&wire]).is_empty());
        reader.discard_data();
        let capacity = reader.take_spare_buffer().unwrap().capacity();
        assert!((100..=256).contains(&capacity), "{capacity}");
    }
}

#[test]
fn exactly_the_limit_is_allowed() {
    for role in BOTH {
        let limits = limits(10, 20, 3);
        let mut reader = Reader::new(role, limits);
        let at_limit = [
            frame(0x02, [b'a'; 10]),
            frame(0x00, ""),
            frame(0x80, [b'a'; 10]),
        ];
        let lines = heard_within(limits, &at_limit, role);
        assert_eq!(lines.len(), 4, "{lines:?}");
        assert_eq!(transcript(&mut reader, &[&stream(&at_limit, role)]), lines);
        // and again: the total starts anew with each message
        assert_eq!(transcript(&mut reader, &[&stream(&at_limit, role)]), lines);
        let over = [frame(0x82, [b'a'; 11])];
        assert_eq!(heard_within(limits, &over, role), [TOO_BIG_FRAME]);
    }
}

#[test]
fn a_message_limit_below_the_frame_limit_counts_for_single_frames() {
    for role in BOTH {
        let lines = heard_within(limits(10, 5, 3), &[frame(0x81, "123456")], role);
        assert_eq!(lines, [TOO_BIG_MESSAGE]);
        let lines = heard_within(limits(10, 5, 3), &[frame(0x81, "12345")], role);
        assert_eq!(lines.len(), 2);
    }
}

#[test]
fn the_start_of_a_character_counts() {
    for role in BOTH {
        let frames = [frame(0x01, b"ab\xE2\x82"), frame(0x80, b"\xACc")];
        let lines = heard_within(limits(10, 5, 3), &frames, role);
        assert_eq!(lines, ["frame \"ab\"", TOO_BIG_MESSAGE]);
        let lines = heard_within(limits(10, 6, 3), &frames, role);
        assert_eq!(lines.last().unwrap(), "message \"ab€c\"");
    }
}

#[test]
fn control_frames_are_exempt() {
    for role in BOTH {
        let frames = [
            frame(0x89, "ping"),
            frame(0x81, ""),
            frame(0x88, b"\x03\xE8bye"),
        ];
        let lines = heard_within(limits(0, 0, 0), &frames, role);
        assert_eq!(
            lines,
            [
                "ping <ping>",
                "frame \"\" last",
                "message \"\"",
                "close 1000 \"bye\""
            ]
        );
    }
}

#[test]
fn empty_fragments_are_counted() {
    for role in BOTH {
        let mut reader = Reader::new(role, Limits::default());
        let first = frame(0x01, "").to(role);
        assert_eq!(transcript(&mut reader, &[&first]), ["frame \"\""]);
        let more: Vec<u8> = frame(0x00, "").to(role).repeat(131_071);
        assert!(
            transcript(&mut reader, &[&more])
                .iter()
                .all(|line| line == "frame \"\"")
        );
        assert!(reader.needs_buffer(), "empty fragments cost no memory");
        let one_more = frame(0x80, "").to(role);
        assert_eq!(
            transcript(&mut reader, &[&one_more]),
            ["violation 1008 Received message has too many fragments."]
        );
    }
}

#[test]
fn limits_lowered_within_a_message_count_from_the_next_frame_on() {
    for role in BOTH {
        let mut reader = Reader::new(role, Limits::default());
        transcript(&mut reader, &[&frame(0x02, [b'a'; 50]).to(role)]);
        reader.set_limits(Limits {
            frame: 10,
            message: 20,
            fragments: 5,
        });
        let lines = transcript(&mut reader, &[&frame(0x80, "b").to(role)]);
        assert_eq!(lines, [TOO_BIG_MESSAGE]);
    }
}
