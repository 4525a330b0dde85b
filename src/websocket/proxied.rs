//! A proxy that asks who we are: HTTP's status 407, or a login at SOCKS.

use std::rc::Rc;

use super::WebSocket;
use super::answer::Opening;
use super::asking::AskingSlots;
use super::challenged::MUST_NOT_BE_SENT;
use super::link::Base;
use super::login::{Asking, Login};
use crate::handshake::challenge::InvalidCredentials;
use crate::network::{Authenticator, NetworkProxy, ProxyType, SocketError};
use crate::transport::proxy::{ProxyAnswer, ProxyQuestion, Tunnel};
use crate::transport::{Dial, Failure};

/// What one opening has answered to the proxy.
pub(super) struct ProxyLogin {
    proxy: Rc<NetworkProxy>,
    login: Login,
    asking: Asking,
    /// The credentials that are there without asking have been tried on this tunnel.
    has_tried_known: bool,
}

/// What to do about the question.
enum Reply {
    Wait,
    Ask(Rc<NetworkProxy>, Rc<Authenticator>),
    Send,
    Fail(Failure),
}

impl ProxyLogin {
    pub(super) fn new(proxy: NetworkProxy) -> Self {
        let login = Login::default();
        // As in Qt, slots do not see those that SOCKS was told before it asked.
        let is_told = proxy.proxy_type() == ProxyType::Socks5;
        if !is_told && has_credentials(proxy.user(), proxy.password()) {
            login.authenticator.set_user(proxy.user());
            login.authenticator.set_password(proxy.password());
        }
        Self {
            has_tried_known: is_told,
            proxy: Rc::new(proxy),
            login,
            asking: Asking::default(),
        }
    }

    /// The proxy, with the credentials that are known by now, for another tunnel.
    pub(super) fn begin_anew(&mut self) -> NetworkProxy {
        let mut proxy = NetworkProxy::clone(&self.proxy);
        let (user, password) = self.login.credentials();
        if has_credentials(&user, &password) {
            proxy.set_user(user);
            proxy.set_password(password);
        }
        self.has_tried_known = proxy.proxy_type() == ProxyType::Socks5;
        proxy
    }

    fn reply(&mut self, tunnel: &Tunnel) -> Reply {
        let Some(question) = tunnel.question() else {
            return Reply::Wait;
        };
        match std::mem::take(&mut self.asking) {
            Asking::NotYet => {}
            running @ Asking::Running(_) => {
                self.asking = running;
                return Reply::Wait;
            }
            Asking::Done(before) => {
                return match self.login.has_same_credentials(&before) {
                    true => Reply::Fail(tunnel.unanswered()),
                    false => Reply::Send,
                };
            }
        }
        let authenticator = Rc::clone(&self.login.authenticator);
        if let ProxyQuestion::Http { challenge, .. } = question {
            if self.login.may_repeat(challenge) {
                return Reply::Send;
            }
            authenticator.challenge(challenge.realm());
        }
        let (user, password) = self.login.credentials();
        if has_credentials(&user, &password) && !self.has_tried_known {
            self.has_tried_known = true;
            return Reply::Send;
        }
        if !self.login.may_ask() {
            return Reply::Fail(tunnel.unanswered());
        }
        self.asking = Asking::Running(Authenticator::clone(&authenticator));
        Reply::Ask(Rc::clone(&self.proxy), authenticator)
    }

    /// # Errors
    /// The credentials must not be sent.
    fn answer(&mut self, tunnel: &mut Tunnel) -> Result<(), Failure> {
        let answer = match tunnel.question() {
            None => return Ok(()),
            Some(ProxyQuestion::Http { challenge, uri }) => {
                let answer = self.login.answer(challenge, "CONNECT", uri);
                ProxyAnswer::Http(answer.map_err(|InvalidCredentials| refused(MUST_NOT_BE_SENT))?)
            }
            Some(ProxyQuestion::Socks) => {
                let (user, password) = self.login.credentials();
                ProxyAnswer::Socks { user, password }
            }
        };
        self.has_tried_known = true;
        tunnel.answer(answer)
    }
}

fn refused(text: &str) -> Failure {
    Failure::new(SocketError::ProxyAuthenticationRequired, text)
}

fn has_credentials(user: &str, password: &str) -> bool {
    !user.is_empty() || !password.is_empty()
}

impl Opening {
    fn at_proxy(&mut self) -> Option<(&mut ProxyLogin, &mut Tunnel)> {
        let tunnel = self.dial.as_mut().and_then(Dial::tunnel)?;
        Some((self.proxy_login.as_deref_mut()?, tunnel))
    }

    fn end_asking_for_proxy(&mut self) {
        if let Some(login) = &mut self.proxy_login {
            login.asking.end();
        }
    }
}

impl WebSocket {
    /// Answers with the credentials that are known, once, and then with those that slots give; or gives up. `false` if
    /// there is no answer yet.
    pub(super) fn answer_proxy(&self, base: &Base) -> bool {
        let reply = self.with_opening(|opening| {
            let (login, tunnel) = opening.at_proxy()?;
            Some(login.reply(tunnel))
        });
        match reply.flatten() {
            Some(Reply::Ask(proxy, authenticator)) => {
                let _asking = AskingSlots::new(self, base, Opening::end_asking_for_proxy);
                self.proxy_authentication_required
                    .emit(&proxy, &authenticator);
            }
            Some(Reply::Send) => {
                let sent = self.with_opening(|opening| {
                    let (login, tunnel) = opening.at_proxy()?;
                    Some(login.answer(tunnel))
                });
                if let Some(Some(Err(failure))) = sent {
                    self.fail(failure);
                }
            }
            Some(Reply::Fail(failure)) => self.fail(failure),
            Some(Reply::Wait) | None => return false,
        }
        true
    }
}
