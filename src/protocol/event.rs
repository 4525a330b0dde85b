use super::{CloseCode, Violation};

/// What [`Reader::receive`](super::Reader::receive) found at the front of the bytes it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step<'b> {
    /// How many of the bytes are done with. Zero only if none were given.
    pub consumed: usize,
    /// What they amount to.
    pub event: Event<'b>,
}

/// One thing a peer said. All data is lent: from the bytes just received if the frame lies in them
/// as a whole, else from the reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event<'b> {
    /// Everything given was consumed and completes nothing.
    NeedMore,
    /// A frame of a message.
    Frame {
        /// The content of this frame. A character that spans two frames of a fragmented text counts
        /// as part of the one that completes it.
        frame: Payload<'b>,
        /// Whether it ends the message.
        is_last_frame: bool,
        /// The whole message, with its last frame.
        message: Option<Payload<'b>>,
    },
    /// To be answered with a pong of the same payload.
    Ping(&'b [u8]),
    /// The answer to a ping, or a sign of life nobody asked for.
    Pong(&'b [u8]),
    /// The peer sends no more; the reader is finished and ignores what follows. To be answered with
    /// the same code and reason, unless our close frame is out already.
    Close {
        /// `None`: the frame was empty.
        code: Option<CloseCode>,
        /// Why, in words.
        reason: &'b str,
    },
    /// The peer broke a rule; the reader is finished and ignores what follows.
    Violation(Violation),
}

impl<'b> Event<'b> {
    /// A message of one frame.
    pub(super) fn whole_message(payload: Payload<'b>) -> Self {
        Event::Frame {
            frame: payload,
            is_last_frame: true,
            message: Some(payload),
        }
    }
}

/// The content of a frame or message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload<'b> {
    /// Text, valid UTF-8.
    Text(&'b str),
    /// Anything.
    Binary(&'b [u8]),
}

impl<'b> Payload<'b> {
    /// The bytes as they are on the wire, unmasked.
    pub fn as_bytes(&self) -> &'b [u8] {
        match self {
            Payload::Text(text) => text.as_bytes(),
            Payload::Binary(bytes) => bytes,
        }
    }
}
