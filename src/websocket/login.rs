//! What one opening has answered to a server, or a proxy, that asks who we are.

use std::rc::Rc;

use super::mask_generator::default_mask_generator;
use crate::handshake::challenge::{Asked, Challenge, Credentials, InvalidCredentials};
use crate::network::Authenticator;

/// How far slots have been asked.
#[derive(Default)]
pub(super) enum Asking {
    #[default]
    NotYet,
    /// They run, perhaps a loop of their own: nothing goes on meanwhile. This is what they were given.
    Running(Authenticator),
    /// They returned, or one of them panicked: what they filled in counts.
    Done(Authenticator),
}

impl Asking {
    pub(super) fn is_running(&self) -> bool {
        matches!(self, Self::Running(_))
    }

    /// No slot runs any more.
    pub(super) fn end(&mut self) {
        *self = match std::mem::take(self) {
            Self::Running(before) => Self::Done(before),
            other => other,
        };
    }
}

/// How often slots are asked in one opening.
const ROUNDS: u32 = 3;

/// The answers of one opening. It ends with that, and with it the credentials.
#[derive(Default)]
pub(super) struct Login {
    /// What slots fill in.
    pub(super) authenticator: Rc<Authenticator>,
    rounds: u32,
    has_answered: bool,
    /// The last answer went out again, with another nonce.
    has_repeated: bool,
    nonce: String,
    nonce_count: u32,
}

impl Login {
    /// Whether the last answer is good if it is only made again: its nonce was too old. That is believed once.
    pub(super) fn may_repeat(&mut self, challenge: &Challenge) -> bool {
        let may_repeat = self.has_answered && challenge.is_stale() && !self.has_repeated;
        self.has_repeated = may_repeat;
        may_repeat
    }

    /// Whether slots changed nothing: they have no answer, or only the one that was refused.
    pub(super) fn has_same_credentials(&self, before: &Authenticator) -> bool {
        self.credentials() == (before.user(), before.password())
    }

    /// User and password.
    pub(super) fn credentials(&self) -> (String, String) {
        (self.authenticator.user(), self.authenticator.password())
    }

    /// Whether slots may be asked once more.
    pub(super) fn may_ask(&mut self) -> bool {
        self.rounds += 1;
        self.rounds <= ROUNDS
    }

    pub(super) fn answer(
        &mut self,
        challenge: &Challenge,
        method: &str,
        uri: &str,
    ) -> Result<String, InvalidCredentials> {
        let nonce = challenge.nonce().unwrap_or_default();
        if nonce != self.nonce {
            nonce.clone_into(&mut self.nonce);
            self.nonce_count = 0;
        }
        self.nonce_count += 1;
        self.has_answered = true;
        let (user, password) = self.credentials();
        let credentials = Credentials {
            user: &user,
            password: &password,
        };
        let asked = Asked {
            method,
            uri,
            nonce_count: self.nonce_count,
            client_nonce: &client_nonce(),
        };
        challenge.answer(credentials, asked)
    }
}

/// 128 bits that nobody can guess.
fn client_nonce() -> String {
    let random = default_mask_generator();
    (0..4)
        .map(|_| format!("{:08x}", random.next_mask()))
        .collect()
}
