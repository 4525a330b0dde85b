//! What was received and has to wait.

use crate::protocol::Payload;
use crate::transport::ReadBuffer;

/// What stands between two turns in front of what the network has.
#[derive(Default)]
pub(super) struct Undelivered {
    /// A message whose frames were told, the last of them in a slot that paused.
    pub(super) message: Option<Message>,
    pub(super) bytes: ReadBuffer,
}

/// A message that is kept.
pub(super) enum Message {
    Text(Box<str>),
    Binary(Box<[u8]>),
}

impl Undelivered {
    pub(super) fn is_empty(&self) -> bool {
        self.message.is_none() && self.bytes.is_empty()
    }
}

impl From<ReadBuffer> for Undelivered {
    fn from(bytes: ReadBuffer) -> Self {
        Self {
            message: None,
            bytes,
        }
    }
}

impl Message {
    pub(super) fn payload(&self) -> Payload<'_> {
        match self {
            Self::Text(text) => Payload::Text(text),
            Self::Binary(bytes) => Payload::Binary(bytes),
        }
    }
}

impl From<Payload<'_>> for Message {
    fn from(payload: Payload<'_>) -> Self {
        match payload {
            Payload::Text(text) => Self::Text(text.into()),
            Payload::Binary(bytes) => Self::Binary(bytes.into()),
        }
    }
}
