//! Where events lend from, and what a reader holds.

use super::*;

fn message<'b>(step: &Step<'b>) -> &'b [u8] {
    let Event::Frame {
        message: Some(message),
        ..
    } = step.event
    else {
        panic!("{step:?}")
    };
    message.as_bytes()
}

#[test]
fn a_reader_is_small() {
    assert!(size_of::<Reader>() <= 128, "{}", size_of::<Reader>());
    assert_eq!(size_of::<Closing>(), 1);
}

#[test]
fn two_frames_in_one_read_are_lent_where_they_lie() {
    for role in BOTH {
        let [first, second] = [frame(0x81, "first"), frame(0x82, "second")].map(|f| f.to(role));
        let header = first.len() - 5;
        let mut bytes = [first, second].concat();
        let base = bytes.as_ptr() as usize;
        let mut reader = Reader::new(role, Limits::default());

        let step = reader.receive(&mut bytes);
        assert_eq!(message(&step), b"first");
        assert_eq!(message(&step).as_ptr() as usize, base + header);
        let consumed = step.consumed;
        assert_eq!(consumed, header + 5);

        let step = reader.receive(&mut bytes[consumed..]);
        assert_eq!(message(&step), b"second");
        assert_eq!(message(&step).as_ptr() as usize, base + header + 5 + header);
        assert!(reader.needs_buffer());
    }
}

#[test]
fn a_split_header_before_a_whole_payload_needs_no_buffer() {
    for role in BOTH {
        let wire = frame(0x81, "x".repeat(200)).to(role);
        for cut in 1..wire.len() - 200 {
            let mut reader = Reader::new(role, Limits::default());
            assert_eq!(
                transcript(&mut reader, &[&wire[..cut], &wire[cut..]]).len(),
                2
            );
            assert!(reader.needs_buffer());
        }
    }
}

#[test]
fn the_buffer_goes_round() {
    for role in BOTH {
        let wire = frame(0x82, [7; 300]).to(role);
        let mut reader = Reader::new(role, Limits::default());
        reader.supply_buffer(Vec::with_capacity(1000));
        assert!(!reader.needs_buffer());
        for opcode in [0x82, 0x81] {
            let wire = frame(opcode, [7; 300]).to(role);
            transcript(&mut reader, &[&wire[..100]]);
            assert_eq!(reader.take_spare_buffer(), None, "it is in use");
            assert_eq!(transcript(&mut reader, &[&wire[100..]]).len(), 2);
            let buffer = reader.take_spare_buffer().unwrap();
            assert!(buffer.is_empty() && buffer.capacity() == 1000);
            assert!(reader.needs_buffer());
            assert_eq!(reader.take_spare_buffer(), None);
            reader.supply_buffer(buffer);
        }
        // a second buffer is not needed, one in use stays
        transcript(&mut reader, &[&wire[..100]]);
        reader.supply_buffer(vec![1, 2, 3]);
        let lines = transcript(&mut reader, &[&wire[100..]]);
        assert_eq!(
            lines[1],
            format!("message {}", show(&Payload::Binary(&[7; 300])))
        );
    }
}

#[test]
fn a_buffer_supplied_after_an_empty_fragment_is_used() {
    for role in BOTH {
        let mut reader = Reader::new(role, Limits::default());
        transcript(&mut reader, &[&frame(0x01, "").to(role)]);
        assert!(reader.needs_buffer());
        reader.supply_buffer(Vec::with_capacity(100));
        let lines = transcript(&mut reader, &[&frame(0x80, "text").to(role)]);
        assert_eq!(lines, ["frame \"text\" last", "message \"text\""]);
        assert_eq!(reader.take_spare_buffer().unwrap().capacity(), 100);
    }
}

#[test]
fn a_message_is_under_way_from_its_first_byte_to_its_last() {
    for role in BOTH {
        let mut reader = Reader::new(role, Limits::default());
        assert!(!reader.is_mid_message());
        let wire = stream(
            &[frame(0x01, "a"), frame(0x89, "p"), frame(0x80, "b")],
            role,
        );
        for (at, byte) in wire.iter().enumerate() {
            transcript(&mut reader, &[&[*byte]]);
            assert_eq!(reader.is_mid_message(), at + 1 < wire.len(), "{at}");
        }
        transcript(&mut reader, &[&[0xFF, 0xFF]]);
        assert!(!reader.is_mid_message(), "a violation ends it");
        assert!(reader.take_spare_buffer().is_some());
    }
}

#[test]
fn a_message_that_will_not_be_completed_gives_its_buffer_back() {
    for role in BOTH {
        for end in [frame(0x88, ""), frame(0xC1, ""), frame(0x80, b"\xFF")] {
            let mut reader = Reader::new(role, Limits::default());
            transcript(&mut reader, &[&frame(0x01, "lost").to(role), &end.to(role)]);
            assert!(reader.take_spare_buffer().is_some());
            assert!(reader.needs_buffer());
        }
    }
}

#[test]
fn a_control_frame_in_pieces_leaves_no_heap_behind() {
    for role in BOTH {
        let wire = frame(0x89, "ping").to(role);
        let mut reader = Reader::new(role, Limits::default());
        assert!(transcript(&mut reader, &[&wire[..wire.len() - 1]]).is_empty());
        assert_eq!(reader.take_spare_buffer(), None);
        assert_eq!(
            transcript(&mut reader, &[&wire[wire.len() - 1..]]),
            ["ping <ping>"]
        );
        reader.take_spare_buffer();
        assert!(format!("{reader:?}").contains("control: None"));
    }
}

#[test]
fn discarding_leaves_the_close_frame_only() {
    for role in BOTH {
        let frames = [
            frame(0x81, "in one piece"),
            frame(0x89, "ping"),
            frame(0x02, [7; 300]),
            frame(0x81, b"\xC0 out of turn and invalid"),
            header(0x82, &length_in_64_bits(70_000)),
        ];
        let mut skipped = stream(&frames, role);
        skipped.extend(vec![0xAA; 70_000]);
        for close in [frame(0x88, b"\x03\xE8bye"), frame(0x88, "")] {
            let wire = [&skipped[..], &close.to(role)].concat();
            let expected = if close.payload.is_empty() {
                "close"
            } else {
                "close 1000 \"bye\""
            };
            for size in [1, 2, 7, 1000, wire.len()] {
                let mut reader = Reader::new(
                    role,
                    Limits {
                        frame: 5,
                        message: 5,
                        fragments: 1,
                    },
                );
                reader.discard_data();
                let pieces: Vec<&[u8]> = wire.chunks(size).collect();
                assert_eq!(transcript(&mut reader, &pieces), [expected], "{size}");
                assert!(reader.needs_buffer());
            }
        }
    }
}

#[test]
fn discarding_may_begin_anywhere() {
    for role in BOTH {
        let wire = stream(
            &[frame(0x01, "abc"), frame(0x89, "p"), frame(0x80, "def")],
            role,
        );
        let close = frame(0x88, b"\x03\xE8").to(role);
        for cut in 0..=wire.len() {
            let mut reader = Reader::new(role, Limits::default());
            transcript(&mut reader, &[&wire[..cut]]);
            reader.discard_data();
            let lines = transcript(&mut reader, &[&wire[cut..], &close]);
            assert_eq!(lines, ["close 1000 \"\""], "{cut}");
        }
    }
}

#[test]
fn discarding_still_refuses_what_cannot_be_skipped() {
    for role in BOTH {
        let mut reader = Reader::new(role, Limits::default());
        reader.discard_data();
        let lines = transcript(&mut reader, &[&frame(0xC1, "").to(role)]);
        assert_eq!(lines, ["violation 1002 Rsv field is non-zero"]);
    }
}

#[test]
fn a_finished_reader_ignores_everything() {
    for last in [frame(0x88, ""), frame(0xC1, "")] {
        for role in BOTH {
            let mut reader = Reader::new(role, Limits::default());
            assert_eq!(transcript(&mut reader, &[&last.to(role)]).len(), 1);
            let mut bytes = stream(&[frame(0x81, "x"), frame(0x88, "")], role);
            let given = bytes.len();
            assert_eq!(
                reader.receive(&mut bytes),
                Step {
                    consumed: given,
                    event: Event::NeedMore
                }
            );
            assert!(!reader.is_mid_message());
        }
    }
}

#[test]
fn nothing_in_nothing_out() {
    let mut reader = Reader::new(Role::Client, Limits::default());
    assert_eq!(
        reader.receive(&mut []),
        Step {
            consumed: 0,
            event: Event::NeedMore
        }
    );
    assert!(!reader.is_mid_message());
}

#[test]
fn debug_output_shows_no_messages() {
    let mut reader = Reader::new(Role::Client, Limits::default());
    transcript(&mut reader, &[&frame(0x01, "secret").to(Role::Client)]);
    let shown = format!("{reader:?}");
    assert!(
        !shown.contains("secret") && !shown.contains("115, 101"),
        "{shown}"
    );
}
