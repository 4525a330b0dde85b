//! A server that asks who we are: status 401.

use std::rc::Rc;

use super::WebSocket;
use super::answer::{Opening, Stage};
use super::asking::AskingSlots;
use super::link::Base;
use super::login::{Asking, Login};
use super::refusal::Refused;
use crate::handshake::challenge::{Challenge, InvalidCredentials};
use crate::network::Authenticator;
use crate::transport::{Dial, shut_down};

/// The question, and what it becomes if nobody answers it.
pub(super) struct Challenged {
    challenge: Challenge,
    refused: Box<Refused>,
    asking: Asking,
}

/// What to do about the question.
enum Reply {
    Ask(Rc<Authenticator>),
    Send,
    GiveUp,
}

impl Challenged {
    pub(super) fn new(challenge: Challenge, refused: Box<Refused>) -> Self {
        Self {
            challenge,
            refused,
            asking: Asking::NotYet,
        }
    }

    pub(super) fn is_being_asked(&self) -> bool {
        self.asking.is_running()
    }

    fn reply(
        &mut self,
        login: &mut Login,
        take_credentials_of_url: impl FnOnce() -> Option<(String, String)>,
    ) -> Reply {
        if let Asking::Done(before) = std::mem::take(&mut self.asking) {
            return match login.has_same_credentials(&before) {
                true => Reply::GiveUp,
                false => Reply::Send,
            };
        }
        if login.may_repeat(&self.challenge) {
            return Reply::Send;
        }
        let authenticator = login.authenticator.clone();
        authenticator.challenge(self.challenge.realm());
        if let Some((user, password)) = take_credentials_of_url() {
            authenticator.set_user(user);
            authenticator.set_password(password);
            return Reply::Send;
        }
        if !login.may_ask() {
            return Reply::GiveUp;
        }
        self.asking = Asking::Running(Authenticator::clone(&authenticator));
        Reply::Ask(authenticator)
    }
}

impl Opening {
    /// Answers the question, and says how the answer is to leave.
    fn answer(&mut self) -> Result<(), InvalidCredentials> {
        let Stage::Challenged(challenged) = &self.stage else {
            return Ok(());
        };
        let answer =
            self.login
                .answer(&challenged.challenge, "GET", &self.wanted.checked.resource)?;
        self.wanted.authorization = Some(answer);
        self.stage = match challenged.refused.body_to_skip() {
            Some(body) => self.skipping(body),
            None => Stage::Redialing,
        };
        Ok(())
    }

    fn end_asking(&mut self) {
        if let Stage::Challenged(challenged) = &mut self.stage {
            challenged.asking.end();
        }
    }

    /// Nobody answers.
    fn give_up(&mut self, text: &str) {
        self.stage = match std::mem::replace(&mut self.stage, Stage::Request) {
            Stage::Challenged(challenged) => {
                let mut refused = challenged.refused;
                refused.failure.text = text.to_owned();
                Stage::Refused(refused)
            }
            other => other,
        };
    }
}

impl WebSocket {
    /// Answers with the credentials of the URL, once, and then with those that slots give; or gives up.
    pub(super) fn answer_challenge(&self, base: &Base) {
        let reply = self.with_opening(|opening| match &mut opening.stage {
            Stage::Challenged(challenged) => challenged.reply(&mut opening.login, || {
                self.change_settings(|settings| settings.request.take_credentials())
            }),
            _ => Reply::GiveUp,
        });
        match reply {
            Some(Reply::Ask(authenticator)) => {
                let _asking = AskingSlots::new(self, base, Opening::end_asking);
                self.authentication_required.emit(&authenticator);
            }
            Some(Reply::Send) => {
                if let Some(Err(InvalidCredentials)) = self.with_opening(Opening::answer) {
                    self.with_opening(|opening| opening.give_up(MUST_NOT_BE_SENT));
                }
            }
            Some(Reply::GiveUp) | None => {
                self.with_opening(|opening| opening.give_up(NOBODY_ANSWERED));
            }
        }
    }

    /// Goes on with another connection.
    pub(super) fn redial(&self, base: &Base) {
        let epoch = self.epoch.get();
        let key = self.new_key(); // from the application's code
        if !self.is_current(epoch) {
            return;
        }
        let asker = self.key_asker();
        let target = self.with_opening(|opening| match opening.stage {
            Stage::Redialing => {
                opening.wanted.key = key;
                opening.wanted.proxy = opening.proxy_login.as_mut().map(|login| login.begin_anew());
                Some(opening.wanted.target(asker))
            }
            _ => None, // a loop in there did it
        });
        let target = match target.flatten() {
            None => return,
            Some(Err(failure)) => return self.fail(failure),
            Some(Ok(target)) => target,
        };
        let dial = Dial::start(target, base.dispatcher(), self.waker());
        let old = self.link.with(|link| link.redial(dial, &base.buffers));
        if let Some(stream) = old {
            shut_down(stream, &base.buffers);
        }
    }
}

const NOBODY_ANSWERED: &str = "QWebSocket::processHandshake: Host requires authentication";
pub(super) const MUST_NOT_BE_SENT: &str =
    "The credentials contain characters that must not be sent.";
