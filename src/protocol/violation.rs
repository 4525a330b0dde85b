use std::borrow::Cow;

use super::{CloseCode, Role};

/// A rule the peer broke: what to tell it in our close frame, and what to tell the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The code of the close frame.
    pub code: CloseCode,
    /// The reason in the close frame, below 124 bytes.
    pub reason: Cow<'static, str>,
    /// The long text, with the values that were found.
    pub detail: Cow<'static, str>,
}

impl Violation {
    #[cold]
    pub(super) fn reserved_bits(first: u8) -> Self {
        let bits = first >> 4 & 0b111;
        Self::protocol(
            "Rsv field is non-zero",
            format!(
                "The peer set reserved bits ({bits:03b}) in a frame, but no extension is in use."
            ),
        )
    }

    #[cold]
    pub(super) fn reserved_opcode(bits: u8) -> Self {
        Self::protocol(
            "Used reserved opcode",
            format!("The peer used the reserved opcode {bits}."),
        )
    }

    #[cold]
    pub(super) fn fragmented_control_frame() -> Self {
        Self::protocol(
            "Control frames cannot be fragmented",
            "The peer sent a fragment of a control frame.",
        )
    }

    #[cold]
    pub(super) fn large_control_frame() -> Self {
        Self::protocol(
            "Control frame is larger than 125 bytes",
            "The peer announced a control frame of more than 125 bytes.",
        )
    }

    #[cold]
    pub(super) fn wrong_mask(receiver: Role) -> Self {
        match receiver {
            Role::Client => Self::protocol(
                "Masked frame received from the server",
                "The server masked a frame; only clients mask what they send.",
            ),
            Role::Server => Self::protocol(
                "Unmasked frame received from the client",
                "The client sent a frame without a mask; clients mask whatever they send.",
            ),
        }
    }

    #[cold]
    pub(super) fn overlong_16_bit_length(len: u16) -> Self {
        Self::protocol(
            "Lengths smaller than 126 must be expressed as one byte.",
            format!("The peer used the 16-bit form for a frame of {len} bytes."),
        )
    }

    #[cold]
    pub(super) fn overlong_64_bit_length(len: u64) -> Self {
        Self::protocol(
            "Lengths smaller than 65536 (2^16) must be expressed as 2 bytes.",
            format!("The peer used the 64-bit form for a frame of {len} bytes."),
        )
    }

    #[cold]
    pub(super) fn length_above_63_bits(len: u64) -> Self {
        Self::protocol(
            "Highest bit of payload length is not 0.",
            format!("The peer announced a frame of {len} bytes; 63 bits are the limit."),
        )
    }

    #[cold]
    pub(super) fn frame_too_big(len: u64, limit: u64) -> Self {
        Self::too_much(
            "Maximum framesize exceeded.",
            format!("The peer announced a frame of {len} bytes; {limit} are allowed."),
        )
    }

    #[cold]
    pub(super) fn message_too_big(have: u64, len: u64, limit: u64) -> Self {
        Self::too_much(
            "Received message is too big.",
            format!("The peer adds {len} bytes to a message of {have}; {limit} are allowed."),
        )
    }

    /// 1008, since the message need not be large.
    #[cold]
    pub(super) fn too_many_fragments(limit: u32) -> Self {
        Violation {
            code: CloseCode::POLICY_VIOLATED,
            reason: "Received message has too many fragments.".into(),
            detail: format!("The peer sent a message in more than {limit} fragments.").into(),
        }
    }

    #[cold]
    pub(super) fn nothing_to_continue() -> Self {
        Self::protocol(
            "Received Continuation frame, while there is nothing to continue.",
            "The peer sent a continuation frame outside a message.",
        )
    }

    #[cold]
    pub(super) fn message_interrupted() -> Self {
        Self::protocol(
            "All data frames after the initial data frame must have opcode 0 (continuation).",
            "The peer began a message before the last fragment of the one under way.",
        )
    }

    #[cold]
    pub(super) fn invalid_utf8(place: &'static str) -> Self {
        Violation {
            code: CloseCode::WRONG_DATATYPE,
            reason: "Invalid UTF-8 code encountered.".into(),
            detail: format!("The peer sent {place} that is not valid UTF-8.").into(),
        }
    }

    #[cold]
    pub(super) fn close_payload_too_small() -> Self {
        Self::protocol(
            "Payload of close frame is too small.",
            "The peer sent a close frame with one byte of payload; a close code has two.",
        )
    }

    #[cold]
    pub(super) fn invalid_close_code(code: CloseCode) -> Self {
        Self::protocol(
            format!("Invalid close code {code} detected."),
            format!("The peer closed with code {code}, which may not appear in a close frame."),
        )
    }

    fn protocol(
        reason: impl Into<Cow<'static, str>>,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Violation {
            code: CloseCode::PROTOCOL_ERROR,
            reason: reason.into(),
            detail: detail.into(),
        }
    }

    fn too_much(reason: &'static str, detail: String) -> Self {
        Violation {
            code: CloseCode::TOO_MUCH_DATA,
            reason: reason.into(),
            detail: detail.into(),
        }
    }
}
