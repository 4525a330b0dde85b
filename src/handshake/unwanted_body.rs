//! The body of an answer that is read for one thing: so that the connection can carry another request.

use super::body::{BodyReader, stays_open};
use super::head::ResponseHead;

/// What is left of such a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnwantedBody {
    body: BodyReader,
    /// So much is read at most; beyond that another connection comes cheaper.
    left: usize,
}

/// How far the skipping got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Skipped {
    /// More has to arrive.
    Partial,
    /// What follows is the next answer.
    Complete,
    /// The connection is of no use any more.
    TooMuch,
}

const SKIPPED_AT_MOST: usize = 64 * 1024;

impl UnwantedBody {
    /// The body that follows this head; `None` if the connection cannot carry another request, or if that would take
    /// too much.
    pub fn behind(head: &ResponseHead) -> Option<Self> {
        let body = BodyReader::new(head);
        let is_short = body.has_an_end() && body.known_length() <= SKIPPED_AT_MOST as u64;
        (is_short && stays_open(head)).then_some(Self {
            body,
            left: SKIPPED_AT_MOST,
        })
    }

    /// Takes what belongs to the body from the front of `received`.
    pub fn skip(&mut self, received: &mut Vec<u8>) -> Skipped {
        let taken = self.body.receive(received, |_| {});
        received.drain(..taken);
        self.left = self.left.saturating_sub(taken);
        if self.left == 0 || !self.body.has_an_end() {
            return Skipped::TooMuch;
        }
        match self.body.is_complete() {
            true => Skipped::Complete,
            false => Skipped::Partial,
        }
    }
}
