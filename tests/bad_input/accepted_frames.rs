//! Frames that no client may send, to the accepted end.

use super::frames::*;
use super::row::{Outcome, Situation, client_frames, rows, violation};
use super::support::frames::*;

rows! {
    unmasked_text: "to the accepted end: an unmasked text", client_frames(frame(TEXT, b"x")) => unmasked();
    unmasked_close: "to the accepted end: an unmasked close, only its first two bytes sent", client_frames([0x88, 2]) => unmasked();
    unmasked_ping: "to the accepted end: an unmasked empty ping", client_frames([0x89, 0]) => unmasked();
    client_rsv: "to the accepted end: RSV1", client_frames(raw_frame(0xC1, Some(MASK), b"x")) => reserved_bits("100");
    client_opcode: "to the accepted end: reserved opcode 3", client_frames(raw_frame(0x83, Some(MASK), b"x")) => reserved_opcode(3);
    client_long_ping: "to the accepted end: a ping of 126 bytes", client_frames(masked(PING, &[0; 126])) => large_control_frame();
    client_continuation: "to the accepted end: a continuation of nothing", client_frames(masked(CONTINUATION, b"x")) => nothing_to_continue();
    client_utf8: "to the accepted end: text that is not UTF-8", client_frames(masked(TEXT, b"\xFF")) => not_utf8("text");
    client_utf8_while_arriving: "to the accepted end: text that is not UTF-8, its frame still arriving", client_frames(&masked(TEXT, &[0xFF; 1000])[..9]) => not_utf8("text");
    client_close_code: "to the accepted end: close code 1005", client_frames(masked(CLOSE, &close_payload(1005, ""))) => invalid_code(1005);
    client_close_reason: "to the accepted end: a close reason that is not UTF-8", client_frames(masked(CLOSE, &[3, 232, 0xC3])) => not_utf8("a close reason");
    client_frame_over_the_limit: "to the accepted end: a frame over the limit, only its header sent", Situation::Accepted(
        |socket| socket.set_max_allowed_incoming_frame_size(1000),
        Box::new(|wire| wire.send([0x82, 0x80 | 126, 3, 233, 0, 0, 0, 0])),
    ) => violation(
        1009,
        "Maximum framesize exceeded.",
        "The peer announced a frame of 1001 bytes; 1000 are allowed.",
    );
    client_message_over_the_limit: "to the accepted end: a message over the limit, only its header sent", Situation::Accepted(
        |socket| socket.set_max_allowed_incoming_message_size(1000),
        Box::new(|wire| wire.send([0x82, 0x80 | 126, 3, 233, 0, 0, 0, 0])),
    ) => message_too_big("adds 1001 bytes to a message of 0; 1000");
}

fn unmasked() -> Outcome {
    violation(
        1002,
        "Unmasked frame received from the client",
        "The client sent a frame without a mask; clients mask whatever they send.",
    )
}
