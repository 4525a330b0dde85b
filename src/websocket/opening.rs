//! From a connection attempt to an open connection.

use super::WebSocket;
use super::link::{Base, Link};
use super::news::News;
use crate::handshake::Progress as Handshake;
use crate::network::SocketError;
use crate::protocol::{Reader, Role};
use crate::transport::{DialProgress, Failure, ReadBuffer, Verdict};

/// How far the way to a connection led without waiting.
enum Step {
    Wait,
    /// The TLS handshake is over; whether to go on is for the slots to say.
    Judged(Verdict),
    Review,
    /// The upgrade is accepted; these bytes came behind the server's head.
    Open {
        subprotocol: Option<String>,
        early: Option<ReadBuffer>,
    },
    Failed(Failure),
}

impl WebSocket {
    /// Goes on with connecting, TLS and the upgrade as far as possible; `true` when the connection stands.
    pub(super) fn advance_opening(&self, base: &Base) -> bool {
        let at_most = self.read_at_most();
        loop {
            let (step, written) = self.link.with(|link| link.advance_opening(base, at_most));
            self.count_written(written);
            match step {
                Step::Wait => return false,
                Step::Judged(verdict) => self.begin_review(&verdict),
                Step::Review => {
                    if !self.review(base) {
                        return false;
                    }
                }
                Step::Open { subprotocol, early } => {
                    self.stand(base, subprotocol, early);
                    return true;
                }
                Step::Failed(failure) => {
                    self.fail(failure);
                    return false;
                }
            }
        }
    }

    /// The connection stands.
    fn stand(&self, base: &Base, subprotocol: Option<String>, early: Option<ReadBuffer>) {
        self.change_settings(|settings| settings.subprotocol = subprotocol.unwrap_or_default());
        self.forget_to_ignore();
        base.registration.set_deadline(None);
        self.reader
            .set(Some(Reader::new(Role::Client, self.limits())));
        self.undelivered
            .set(early.map(|early| Box::new(early.into())));
        self.announce(News::CONNECTED_STATE.and(News::CONNECTED));
    }
}

impl Link {
    /// Gives the number of bytes it wrote beside the outcome.
    fn advance_opening(&mut self, base: &Base, at_most: usize) -> (Step, usize) {
        let Some(opening) = &mut self.opening else {
            return (Step::Wait, 0);
        };
        if opening.review.is_some() {
            return (Step::Review, 0);
        }
        if let Some(dial) = &mut opening.dial {
            match dial.advance(&base.registration, &base.buffers) {
                DialProgress::Pending => return (Step::Wait, 0),
                DialProgress::Failed(failure) => return (Step::Failed(failure), 0),
                DialProgress::Judged(verdict) => return (Step::Judged(verdict), 0),
                DialProgress::Established(stream) => {
                    opening.dial = None;
                    self.stream = Some(stream);
                    let request = std::mem::take(&mut opening.request);
                    self.outgoing
                        .tail(&base.buffers)
                        .extend_from_slice(&request);
                }
            }
        }
        let written = self.write(&base.buffers);
        let step = self.read_answer(base, at_most).unwrap_or_else(Step::Failed);
        (step, written)
    }

    fn read_answer(&mut self, base: &Base, at_most: usize) -> Result<Step, Failure> {
        let (Some(opening), Some(stream)) = (&mut self.opening, &mut self.stream) else {
            return Ok(Step::Wait);
        };
        loop {
            let mut buffer = base.buffers.take_read_buffer();
            let received = stream.read(&mut buffer, &base.buffers, at_most);
            opening.answer.extend_from_slice(buffer.unread());
            base.buffers.give_read_buffer(buffer);
            let Some(received) = received? else {
                return self
                    .failure
                    .take()
                    .map_or(Ok(Step::Wait), |failure| Err(*failure));
            };
            match opening.handshake.receive(&opening.answer) {
                Handshake::Partial if received.ended => return Err(Failure::remote_host_closed()),
                Handshake::Partial => {}
                Handshake::Refused(refusal) => {
                    return Err(Failure::new(SocketError::ConnectionRefused, refusal.text));
                }
                Handshake::Complete((accepted, _head, length)) => {
                    let early = &opening.answer[length..];
                    let early = (!early.is_empty()).then(|| ReadBuffer::holding(early));
                    self.opening = None;
                    return Ok(Step::Open {
                        subprotocol: accepted.subprotocol,
                        early,
                    });
                }
            }
        }
    }
}
