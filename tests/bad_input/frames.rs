//! Frames that no server may send.

use super::row::{Outcome, frames, frames_to, rows, violation};
use super::support::frames::*;

rows! {
    rsv1: "RSV1", frames(raw_frame(0xC1, None, b"x")) => reserved_bits("100");
    rsv2: "RSV2", frames(raw_frame(0xA2, None, b"x")) => reserved_bits("010");
    rsv3: "RSV3", frames(raw_frame(0x91, None, b"x")) => reserved_bits("001");
    all_rsv: "all RSV bits in a ping", frames(raw_frame(0xF9, None, b"x")) => reserved_bits("111");
    opcode_3: "reserved opcode 3", frames(raw_frame(0x83, None, b"x")) => reserved_opcode(3);
    opcode_4: "reserved opcode 4", frames(raw_frame(0x84, None, b"x")) => reserved_opcode(4);
    opcode_5: "reserved opcode 5", frames(raw_frame(0x85, None, b"x")) => reserved_opcode(5);
    opcode_6: "reserved opcode 6", frames(raw_frame(0x86, None, b"x")) => reserved_opcode(6);
    opcode_7: "reserved opcode 7", frames(raw_frame(0x87, None, b"x")) => reserved_opcode(7);
    opcode_11: "reserved opcode 11", frames(raw_frame(0x8B, None, b"x")) => reserved_opcode(11);
    opcode_12: "reserved opcode 12", frames(raw_frame(0x8C, None, b"x")) => reserved_opcode(12);
    opcode_13: "reserved opcode 13", frames(raw_frame(0x8D, None, b"x")) => reserved_opcode(13);
    opcode_14: "reserved opcode 14", frames(raw_frame(0x8E, None, b"x")) => reserved_opcode(14);
    opcode_15: "reserved opcode 15", frames(raw_frame(0x8F, None, b"x")) => reserved_opcode(15);

    fragmented_ping: "a ping that is a fragment", frames(part(PING, b"x")) => fragmented_control_frame();
    fragmented_pong: "a pong that is a fragment", frames(part(PONG, b"")) => fragmented_control_frame();
    fragmented_close: "a close that is a fragment", frames(part(CLOSE, &[3, 232])) => fragmented_control_frame();
    long_ping: "a ping of 126 bytes, only its first two bytes sent", frames([0x89, 126]) => large_control_frame();
    long_pong: "a pong of 65536 bytes, only its first two bytes sent", frames([0x8A, 127]) => large_control_frame();
    long_close: "a close of 126 bytes", frames(close(1000, &"x".repeat(124))) => large_control_frame();

    masked_text: "a masked text", frames(masked(TEXT, b"x")) => masked_frame();
    masked_close: "a masked close, only its first two bytes sent", frames([0x88, 0x82]) => masked_frame();

    length_125_in_16_bits: "length 125 in 16 bits", frames([0x82, 126, 0, 125]) => violation(
        1002,
        "Lengths smaller than 126 must be expressed as one byte.",
        "The peer used the 16-bit form for a frame of 125 bytes.",
    );
    length_65535_in_64_bits: "length 65535 in 64 bits", frames([0x82, 127, 0, 0, 0, 0, 0, 0, 255, 255]) => violation(
        1002,
        "Lengths smaller than 65536 (2^16) must be expressed as 2 bytes.",
        "The peer used the 64-bit form for a frame of 65535 bytes.",
    );
    length_above_63_bits: "length with the highest bit", frames([0x82, 127, 128, 0, 0, 0, 0, 0, 0, 0]) => violation(
        1002,
        "Highest bit of payload length is not 0.",
        "The peer announced a frame of 9223372036854775808 bytes; 63 bits are the limit.",
    );

    nothing_to_continue: "a continuation of nothing", frames(frame(CONTINUATION, b"x")) => nothing_to_continue();
    continued_too_long: "a continuation behind the end", frames([frame(BINARY, b"x"), part(CONTINUATION, b"y")].concat()) => Outcome {
        signals: "binary_frame_received · binary_message_received · ".to_owned() + &nothing_to_continue().signals,
        ..nothing_to_continue()
    };
    text_in_a_message: "a text inside a text", frames([part(TEXT, b""), frame(TEXT, b"x")].concat()) => Outcome {
        signals: "text_frame_received · ".to_owned() + &interrupted().signals,
        ..interrupted()
    };
    binary_in_a_message: "a binary inside a text", frames([part(TEXT, b"x"), part(BINARY, b"x")].concat()) => Outcome {
        signals: "text_frame_received · ".to_owned() + &interrupted().signals,
        ..interrupted()
    };

    invalid_utf8: "text that is not UTF-8", frames(frame(TEXT, b"ab\xFFcd")) => not_utf8("text");
    surrogate: "text with a surrogate", frames(frame(TEXT, b"\xED\xA0\x80")) => not_utf8("text");
    overlong: "text with an overlong form", frames(frame(TEXT, b"\xC0\xAF")) => not_utf8("text");
    beyond_unicode: "text beyond U+10FFFF", frames(frame(TEXT, b"\xF4\x90\x80\x80")) => not_utf8("text");
    cut_character: "text that ends inside a character", frames(frame(TEXT, b"a\xE2\x82")) => not_utf8("text");
    // The frame is announced with 1000 bytes, and the rest never comes.
    invalid_utf8_while_arriving: "text that is not UTF-8, its frame still arriving", frames(raw_frame(0x81, None, &[b'\xFF'; 1000])[..20].to_vec()) => not_utf8("text");
    invalid_utf8_in_a_fragment: "text that is not UTF-8, in a second fragment", frames([part(TEXT, b"a\xC3"), part(CONTINUATION, b"a")].concat()) => Outcome {
        signals: "text_frame_received · ".to_owned() + &not_utf8("text").signals,
        ..not_utf8("text")
    };

    close_of_one_byte: "a close of one byte", frames(frame(CLOSE, &[3])) => violation(
        1002,
        "Payload of close frame is too small.",
        "The peer sent a close frame with one byte of payload; a close code has two.",
    );
    close_reason_not_utf8: "a close reason that is not UTF-8", frames(frame(CLOSE, &[3, 232, 0xC3])) => not_utf8("a close reason");
    close_0: "close code 0", frames(close(0, "")) => invalid_code(0);
    close_999: "close code 999", frames(close(999, "")) => invalid_code(999);
    close_1004: "close code 1004", frames(close(1004, "")) => invalid_code(1004);
    close_1005: "close code 1005", frames(close(1005, "")) => invalid_code(1005);
    close_1006: "close code 1006", frames(close(1006, "lost?")) => invalid_code(1006);
    close_1015: "close code 1015", frames(close(1015, "")) => invalid_code(1015);
    close_1016: "close code 1016", frames(close(1016, "")) => invalid_code(1016);
    close_2999: "close code 2999", frames(close(2999, "")) => invalid_code(2999);
    close_5000: "close code 5000", frames(close(5000, "")) => invalid_code(5000);
    close_65535: "close code 65535", frames(close(65535, "")) => invalid_code(65535);

    // Only headers: nothing of these payloads is ever sent.
    frame_over_the_limit: "a frame of 16 MiB and one byte, only its header sent", frames([&[0x82, 127][..], &((16u64 << 20) + 1).to_be_bytes()].concat()) => violation(
        1009,
        "Maximum framesize exceeded.",
        "The peer announced a frame of 16777217 bytes; 16777216 are allowed.",
    );
    largest_frame: "a frame of 2^63-1 bytes, only its header sent", frames([&[0x81, 127][..], &(u64::MAX >> 1).to_be_bytes()].concat()) => violation(
        1009,
        "Maximum framesize exceeded.",
        "The peer announced a frame of 9223372036854775807 bytes; 16777216 are allowed.",
    );
    frame_over_a_limit_of_zero: "a frame of one byte where none is allowed", frames_to(|socket| socket.set_max_allowed_incoming_frame_size(0), frame(TEXT, b"x")) => violation(
        1009,
        "Maximum framesize exceeded.",
        "The peer announced a frame of 1 bytes; 0 are allowed.",
    );
    message_over_the_limit: "a message over its limit, the header of its second frame sent", frames_to(
        |socket| socket.set_max_allowed_incoming_message_size(1000),
        [part(BINARY, &[7; 600]), vec![0x80, 126, 1, 145]].concat(),
    ) => Outcome {
        signals: "binary_frame_received · ".to_owned() + &message_too_big("adds 401 bytes to a message of 600; 1000").signals,
        ..message_too_big("adds 401 bytes to a message of 600; 1000")
    };
    first_frame_over_the_message_limit: "a frame over the limit of messages, only its header sent", frames_to(
        |socket| socket.set_max_allowed_incoming_message_size(1000),
        [0x82, 126, 3, 233],
    ) => message_too_big("adds 1001 bytes to a message of 0; 1000");
    fragments_over_the_limit: "more fragments than are allowed, all of them empty", frames_to(
        |socket| socket.set_max_allowed_incoming_fragments(2),
        [part(BINARY, &[]), part(CONTINUATION, &[]), part(CONTINUATION, &[])].concat(),
    ) => Outcome {
        signals: "binary_frame_received · binary_frame_received · ".to_owned() + &too_many_fragments().signals,
        ..too_many_fragments()
    };

    http_again: "a second head instead of frames", frames("HTTP/1.1 200 OK\r\n\r\n") => reserved_bits("100");
}

pub(crate) fn reserved_bits(bits: &str) -> Outcome {
    violation(
        1002,
        "Rsv field is non-zero",
        &format!("The peer set reserved bits ({bits}) in a frame, but no extension is in use."),
    )
}

pub(crate) fn reserved_opcode(opcode: u8) -> Outcome {
    violation(
        1002,
        "Used reserved opcode",
        &format!("The peer used the reserved opcode {opcode}."),
    )
}

fn fragmented_control_frame() -> Outcome {
    violation(
        1002,
        "Control frames cannot be fragmented",
        "The peer sent a fragment of a control frame.",
    )
}

pub(crate) fn large_control_frame() -> Outcome {
    violation(
        1002,
        "Control frame is larger than 125 bytes",
        "The peer announced a control frame of more than 125 bytes.",
    )
}

fn masked_frame() -> Outcome {
    violation(
        1002,
        "Masked frame received from the server",
        "The server masked a frame; only clients mask what they send.",
    )
}

pub(crate) fn nothing_to_continue() -> Outcome {
    violation(
        1002,
        "Received Continuation frame, while there is nothing to continue.",
        "The peer sent a continuation frame outside a message.",
    )
}

fn interrupted() -> Outcome {
    violation(
        1002,
        "All data frames after the initial data frame must have opcode 0 (continuation).",
        "The peer began a message before the last fragment of the one under way.",
    )
}

pub(crate) fn not_utf8(place: &str) -> Outcome {
    violation(
        1007,
        "Invalid UTF-8 code encountered.",
        &format!("The peer sent {place} that is not valid UTF-8."),
    )
}

pub(crate) fn invalid_code(code: u16) -> Outcome {
    violation(
        1002,
        &format!("Invalid close code {code} detected."),
        &format!("The peer closed with code {code}, which may not appear in a close frame."),
    )
}

pub(crate) fn message_too_big(what: &str) -> Outcome {
    violation(
        1009,
        "Received message is too big.",
        &format!("The peer {what} are allowed."),
    )
}

fn too_many_fragments() -> Outcome {
    violation(
        1008,
        "Received message has too many fragments.",
        "The peer sent a message in more than 2 fragments.",
    )
}
