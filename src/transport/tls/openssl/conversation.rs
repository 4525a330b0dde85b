//! What OpenSSL's callbacks learn about the session in whose middle they are called.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;

use qeventloop::reactor::Shared;
use qwebsocket_openssl_extras::Resumable;

use super::errors::forget_others;
use crate::network::{SslCertificate, SslError, SslPreSharedKeyAuthenticator};
use crate::transport::tls::{Alerts, KeyAsker};

/// One session, as callbacks see it. They are called on the thread and within the call that drives the session, but
/// must not hold anything that stays on a thread: so this is where they find it.
#[derive(Default)]
pub(super) struct Conversation {
    asker: Option<KeyAsker>,
    /// What was asked last, and the answer: a peer that wants another hello makes OpenSSL ask the same again.
    answered: Cell<Option<(Question, Question)>>,
    pub(super) alerts: Cell<Alerts>,
    pub(super) findings: Shared<Findings>,
    /// Sessions that can be resumed later.
    pub(super) tickets: Shared<Vec<Resumable>>,
    /// A key took the place of a certificate.
    pub(super) has_used_key: Cell<bool>,
    /// Why there is no key, in better words than OpenSSL's.
    pub(super) key_refusal: Cell<Option<&'static str>>,
    panic: Cell<Option<Box<dyn Any + Send>>>,
}

type Question = SslPreSharedKeyAuthenticator;

/// What was found out about the peer's certificates.
#[derive(Clone, Debug, Default)]
pub(super) struct Findings {
    /// In OpenSSL's order.
    pub(super) errors: Vec<SslError>,
    /// The peer's certificate, its issuer, that one's issuer, as far as they could be found.
    pub(super) path: Vec<SslCertificate>,
}

thread_local! {
    /// The innermost: a slot may run a loop, in which another session is driven.
    static CURRENT: Cell<Option<Rc<Conversation>>> = const { Cell::new(None) };
}

impl Conversation {
    pub(super) fn new(asker: Option<KeyAsker>) -> Rc<Self> {
        Rc::new(Self {
            asker,
            ..Self::default()
        })
    }

    /// Runs a call into OpenSSL. A panic of a callback goes on behind it.
    pub(super) fn run<T>(self: &Rc<Self>, call: impl FnOnce() -> T) -> T {
        let outcome = {
            let _outer = Outer(exchange(Some(self.clone())));
            forget_others();
            call()
        };
        if let Some(panic) = self.panic.take() {
            resume_unwind(panic);
        }
        outcome
    }

    /// For callbacks: the conversation they are in the middle of.
    pub(super) fn current() -> Option<Rc<Self>> {
        let current = exchange(None);
        exchange(current.clone());
        current
    }

    /// For callbacks: asks for a pre-shared key, and gives the question with what was filled in. `None` if that leads to
    /// nothing.
    pub(super) fn ask(&self, question: Question) -> Option<Question> {
        let answered = self.answered.take().filter(|(asked, _)| *asked == question);
        let (asked, answer) = match answered {
            Some(answered) => answered,
            None => {
                let (asked, asker) = (question.clone(), self.asker.clone()?);
                self.guard(|| asker(&question))?
                    .then_some((asked, question))?
            }
        };
        self.answered.set(Some((asked, answer.clone())));
        Some(answer)
    }

    /// The handshake is over: keeps the key no longer than it is needed.
    pub(super) fn forget_key(&self) {
        self.answered.take();
    }

    /// For callbacks: runs code of an application, whose panic must not reach the C below. `None` if there was one.
    pub(super) fn guard<T>(&self, foreign: impl FnOnce() -> T) -> Option<T> {
        let outcome = catch_unwind(AssertUnwindSafe(foreign));
        forget_others();
        outcome.map_err(|panic| self.panic.set(Some(panic))).ok()
    }
}

/// Makes the outer conversation the current one again.
struct Outer(Option<Rc<Conversation>>);

impl Drop for Outer {
    fn drop(&mut self) {
        exchange(self.0.take());
    }
}

/// Makes this one the current one, and gives the one that was. When a thread ends there may be none any more, and yet a
/// socket that says goodbye: one that another thread-local variable held.
fn exchange(conversation: Option<Rc<Conversation>>) -> Option<Rc<Conversation>> {
    let outer = CURRENT.try_with(|current| current.replace(conversation));
    outer.ok().flatten()
}
