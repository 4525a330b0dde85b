//! Between the TLS handshake and the first byte of ours: slots say whether the server may have it.

use std::collections::VecDeque;
use std::time::Duration;

use super::WebSocket;
use super::answer::Opening;
use super::asking::AskingSlots;
use super::link::{Base, Link};
use crate::network::{PauseModes, SslError};
use crate::transport::{Failure, Verdict};

/// What is still to be asked about a server's certificate, and what was answered.
pub(super) struct Review {
    questions: VecDeque<Question>,
    /// How the connection ends if nobody ignores the errors.
    refusal: Option<Failure>,
    /// Slots run. A loop in one of them must not go on without them.
    is_asking: bool,
    /// No slot wanted to continue the handshake, so far.
    is_interrupted: bool,
    pause: Pause,
    /// All errors were ignored before there were any.
    ignored_in_advance: bool,
}

enum Question {
    PeerVerifyError(SslError),
    HandshakeInterrupted(SslError),
    SslErrors,
}

#[derive(Clone, Copy)]
enum Pause {
    NotYet,
    /// With this much left of the time for connecting.
    Paused(Option<Duration>),
    Over,
}

enum Step {
    Ask(Question),
    Wait,
    Trust,
    Pause,
    Fail(Failure),
}

impl Review {
    fn new(verdict: &Verdict, ignored_in_advance: bool) -> Self {
        let about_chain = match verdict.interrupts {
            true => Question::HandshakeInterrupted,
            false => Question::PeerVerifyError,
        };
        let chain = verdict.chain.iter().cloned().map(about_chain);
        // The name is looked at last, when there is no handshake left that could be interrupted.
        let host_name = verdict.host_name.iter().cloned();
        let mut questions: VecDeque<_> = chain
            .chain(host_name.map(Question::PeerVerifyError))
            .collect();
        if !questions.is_empty() {
            questions.push_back(Question::SslErrors);
        }
        Self {
            questions,
            refusal: verdict.refusal(),
            is_asking: false,
            is_interrupted: false,
            pause: Pause::NotYet,
            ignored_in_advance,
        }
    }

    pub(super) fn continue_handshake(&mut self) {
        self.is_interrupted = false;
    }

    /// Gives the time left for connecting if it was paused.
    pub(super) fn end_pause(&mut self) -> Option<Option<Duration>> {
        let Pause::Paused(time_left) = self.pause else {
            return None;
        };
        self.pause = Pause::Over;
        Some(time_left)
    }

    /// What to do next. `ignores` and `pauses` count once the slots have been asked everything.
    fn step(&mut self, ignores: bool, pauses: bool) -> Step {
        if self.is_asking {
            return Step::Wait;
        }
        if self.is_interrupted {
            return self.refuse();
        }
        if let Some(question) = self.questions.pop_front() {
            self.is_asking = true;
            self.is_interrupted = matches!(question, Question::HandshakeInterrupted(_));
            return Step::Ask(question);
        }
        match self.pause {
            Pause::Paused(_) => Step::Wait,
            _ if ignores => Step::Trust,
            Pause::NotYet if pauses && self.refusal.is_some() => Step::Pause,
            _ => self.refuse(),
        }
    }

    /// Nobody consented: the end, where errors end anything.
    fn refuse(&self) -> Step {
        self.refusal.clone().map_or(Step::Trust, Step::Fail)
    }
}

impl Opening {
    fn end_question(&mut self) {
        if let Some(review) = &mut self.review {
            review.is_asking = false;
        }
    }
}

impl Link {
    pub(super) fn review(&mut self) -> Option<&mut Review> {
        self.opening.as_mut()?.review.as_mut()
    }

    fn end_review(&mut self) -> Option<Review> {
        let opening = self.opening.as_mut()?;
        if let Some(dial) = &mut opening.dial {
            dial.trust();
        }
        opening.review.take()
    }
}

impl WebSocket {
    /// The handshake is over, and this is what is wrong.
    pub(super) fn begin_review(&self, verdict: &Verdict) {
        let in_advance = self.with_settings(|settings| settings.trust.ignores_all);
        let review = Review::new(verdict, in_advance);
        let session = self.link.with(|link| {
            let configuration = link.any_stream()?.ssl_configuration()?;
            link.opening.as_mut()?.review = Some(review);
            configuration.session().cloned()
        });
        self.change_settings(|settings| {
            settings.trust.errors = verdict.errors().into();
            settings.trust.session = session;
        });
    }

    /// Goes on asking as far as possible without waiting; `true` when the server is trusted.
    pub(super) fn review(&self, base: &Base) -> bool {
        loop {
            match self.next_step() {
                Step::Ask(question) => {
                    if !self.ask(base, &question) {
                        return false;
                    }
                }
                Step::Wait => return false,
                Step::Trust => {
                    self.trust();
                    return true;
                }
                Step::Pause => {
                    self.pause_on_ssl_errors(base);
                    return false;
                }
                Step::Fail(failure) => {
                    self.fail(failure);
                    return false;
                }
            }
        }
    }

    /// The server may have what we say. What slots said about its certificate is spent by that: should the opening need
    /// another connection, whoever answers there may have another certificate.
    fn trust(&self) {
        if let Some(review) = self.link.with(Link::end_review) {
            self.change_settings(|settings| {
                settings.trust.ignores_all = review.ignored_in_advance;
            });
        }
    }

    fn next_step(&self) -> Step {
        let (ignores, pauses) = self.with_settings(|settings| {
            let trust = &settings.trust;
            let pauses = trust.pause_mode.contains(PauseModes::ON_SSL_ERRORS);
            (trust.ignores_errors(), pauses)
        });
        self.link.with(|link| {
            link.review()
                .map_or(Step::Wait, |review| review.step(ignores, pauses))
        })
    }

    fn pause_on_ssl_errors(&self, base: &Base) {
        let time_left = self.stop_clock(base).leave_stopped();
        self.link.with(|link| {
            if let Some(review) = link.review() {
                review.pause = Pause::Paused(time_left);
            }
        });
    }

    /// `false` when the slots made an end of the connection.
    fn ask(&self, base: &Base, question: &Question) -> bool {
        let epoch = self.epoch.get();
        let _asking = AskingSlots::new(self, base, Opening::end_question);
        match question {
            Question::PeerVerifyError(error) => self.peer_verify_error.emit(error),
            Question::HandshakeInterrupted(error) => {
                self.handshake_interrupted_on_error.emit(error);
            }
            Question::SslErrors => {
                let errors = self.with_settings(|settings| settings.trust.errors.clone());
                self.ssl_errors.emit(&errors);
            }
        }
        self.is_current(epoch)
    }
}
