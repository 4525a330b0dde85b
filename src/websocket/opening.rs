//! From a connection attempt to an open connection.

use super::WebSocket;
use super::answer::{Stage, Step};
use super::link::{Base, Link};
use super::news::News;
use crate::protocol::{Reader, Role};
use crate::transport::{Failure, ReadBuffer};

impl WebSocket {
    /// Goes on with connecting, TLS and the upgrade as far as possible; `true` when the connection stands.
    pub(super) fn advance_opening(&self, base: &Base) -> bool {
        let (epoch, at_most) = (self.epoch.get(), self.read_at_most());
        while self.is_current(epoch) {
            match self.next_opening_step(base, at_most) {
                Step::Wait => return false,
                Step::AskedByProxy => {
                    if !self.answer_proxy(base) {
                        return false;
                    }
                }
                Step::Judged(verdict) => self.begin_review(&verdict),
                Step::Review => {
                    if !self.review(base) {
                        return false;
                    }
                }
                Step::Open {
                    subprotocol,
                    headers,
                    early,
                } => {
                    self.remember_answer(headers);
                    self.stand(base, subprotocol, early);
                    return true;
                }
                Step::Challenged => self.answer_challenge(base),
                Step::Redial => self.redial(base),
                Step::Refused => self.listen_to_refusal(base),
                Step::RefusalRead => self.be_refused(),
                Step::Failed(failure) => self.fail(failure),
            }
        }
        false
    }

    fn next_opening_step(&self, base: &Base, at_most: usize) -> Step {
        if self.link.with(|link| link.review().is_some()) {
            return Step::Review;
        }
        if let Some(step) = self.advance_dial(base) {
            return step;
        }
        let (step, written) = self.link.with(|link| link.advance_upgrade(base, at_most));
        self.count_written(written);
        step
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
        // What came along made no edge of its own, and a loop nested in a slot of these is to see it too.
        self.look_at_network();
        self.announce(News::CONNECTED_STATE.and(News::CONNECTED));
    }
}

impl Link {
    /// Gives the number of bytes it wrote beside the outcome.
    fn advance_upgrade(&mut self, base: &Base, at_most: usize) -> (Step, usize) {
        let mut written = 0;
        loop {
            if let Err(failure) = self.queue_request(base) {
                return (Step::Failed(failure), written);
            }
            written += self.write(&base.buffers);
            let Some(step) = self.read_answer(base, at_most) else {
                continue; // the request goes out again
            };
            if step.is_open() {
                self.opening = None;
            }
            return (step, written);
        }
    }

    fn queue_request(&mut self, base: &Base) -> Result<(), Failure> {
        if let Some(opening) = &mut self.opening
            && matches!(opening.stage, Stage::Request)
        {
            let request = opening.wanted.request()?;
            self.outgoing
                .tail(&base.buffers)
                .extend_from_slice(&request);
            opening.handshake = opening.wanted.handshake();
            opening.stage = Stage::Answer;
        }
        Ok(())
    }

    /// `None` if that made the request go out again.
    fn read_answer(&mut self, base: &Base, at_most: usize) -> Option<Step> {
        loop {
            let (Some(opening), Some(stream)) = (&mut self.opening, &mut self.stream) else {
                return Some(Step::Wait);
            };
            if let Some(step) = opening.judge() {
                return Some(step);
            }
            if matches!(opening.stage, Stage::Request) {
                return None;
            }
            let mut buffer = base.buffers.take_read_buffer();
            let outcome = stream.read(&mut buffer, &base.buffers, at_most);
            opening.received.extend_from_slice(buffer.unread());
            base.buffers.give_read_buffer(buffer);
            let lost = match outcome {
                Ok(Some(received)) if received.ended => Some(Failure::remote_host_closed()),
                Ok(Some(_)) => None,
                Ok(None) => match self.failure.take() {
                    Some(failure) => Some(*failure),
                    None => return Some(Step::Wait),
                },
                Err(failure) => Some(failure),
            };
            if let Some(failure) = lost {
                return Some(opening.judge().unwrap_or_else(|| opening.lose(failure)));
            }
        }
    }
}
