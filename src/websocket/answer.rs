//! What to make of what a server answers to the request of an opening.

use super::challenged::Challenged;
use super::link::Ends;
use super::login::Login;
use super::proxied::ProxyLogin;
use super::refusal::Refused;
use super::review::Review;
use super::wanted::Wanted;
use crate::handshake::challenge::Challenge;
use crate::handshake::{
    ClientHandshake, Headers, Progress as Handshake, Refusal, Skipped, UnwantedBody,
};
use crate::network::SocketError;
use crate::transport::{Dial, Failure, ReadBuffer, Verdict};

/// What there is only before the connection stands.
pub(super) struct Opening {
    /// The way to the stream; `None` once there is one.
    pub(super) dial: Option<Dial>,
    /// It is being worked on, further out on the stack, and this is what it connects so far.
    pub(super) lifted: Option<Ends>,
    /// Whether the server is trusted is being found out.
    pub(super) review: Option<Review>,
    pub(super) stage: Stage,
    pub(super) wanted: Wanted,
    pub(super) login: Login,
    /// The same for the proxy, if there is one.
    pub(super) proxy_login: Option<Box<ProxyLogin>>,
    pub(super) handshake: ClientHandshake,
    /// What the server sent and nobody took yet.
    pub(super) received: Vec<u8>,
    /// The connection carried an answer before: the server may have given it up since.
    is_reused: bool,
}

/// What is being done with the stream.
pub(super) enum Stage {
    /// The request goes out as soon as there is a stream.
    Request,
    /// The answer is awaited.
    Answer,
    /// The server asks who we are.
    Challenged(Box<Challenged>),
    /// What the server says beside its question is skipped; then the request goes out again.
    Skipping(UnwantedBody),
    /// The request is to go out on another connection.
    Redialing,
    /// The server refused, and its words are read.
    Refused(Box<Refused>),
}

/// How far the way to a connection led without waiting.
pub(super) enum Step {
    Wait,
    /// The proxy asks something.
    AskedByProxy,
    /// The TLS handshake is over; whether to go on is for the slots to say.
    Judged(Verdict),
    Review,
    /// The upgrade is accepted; these bytes came behind the server's head.
    Open {
        subprotocol: Option<String>,
        headers: Headers,
        early: Option<ReadBuffer>,
    },
    /// There is a question to be answered.
    Challenged,
    /// Another connection is needed.
    Redial,
    /// The server refused; what it says may be of interest.
    Refused,
    /// All of that has been read.
    RefusalRead,
    Failed(Failure),
}

impl Opening {
    pub(super) fn new(dial: Dial, wanted: Wanted) -> Self {
        Self {
            dial: Some(dial),
            lifted: None,
            review: None,
            stage: Stage::Request,
            handshake: wanted.handshake(),
            proxy_login: wanted
                .proxy
                .clone()
                .map(|proxy| Box::new(ProxyLogin::new(proxy))),
            wanted,
            login: Login::default(),
            received: Vec::new(),
            is_reused: false,
        }
    }

    /// Whether there is a TCP connection, or was, this one or the one before.
    pub(super) fn has_tcp(&self) -> bool {
        let is_another = self.wanted.authorization.is_some();
        is_another || self.dial.as_ref().is_none_or(Dial::tcp_is_up)
    }

    /// Begins anew on another connection.
    pub(super) fn redial(&mut self, dial: Dial) {
        self.dial = Some(dial);
        self.review = None;
        self.stage = Stage::Request;
        self.received.clear();
        self.is_reused = false;
    }

    /// The challenge has been answered, and this follows it on the connection.
    pub(super) fn skipping(&mut self, body: UnwantedBody) -> Stage {
        self.is_reused = true;
        Stage::Skipping(body)
    }

    /// What to make of what the server has sent; `None` if more is needed.
    pub(super) fn judge(&mut self) -> Option<Step> {
        match &mut self.stage {
            Stage::Request => None,
            Stage::Answer => match self.handshake.receive(&self.received) {
                Handshake::Partial => None,
                Handshake::Refused(refusal) => Some(self.be_refused(refusal)),
                Handshake::Complete((accepted, head, length)) => {
                    let early = &self.received[length..];
                    Some(Step::Open {
                        subprotocol: accepted.subprotocol,
                        headers: head.headers,
                        early: (!early.is_empty()).then(|| ReadBuffer::holding(early)),
                    })
                }
            },
            Stage::Challenged(challenged) if challenged.is_being_asked() => Some(Step::Wait),
            Stage::Challenged(_) => Some(Step::Challenged),
            Stage::Skipping(body) => match body.skip(&mut self.received) {
                Skipped::Partial => None,
                Skipped::Complete => {
                    self.stage = Stage::Request;
                    None
                }
                Skipped::TooMuch => Some(self.give_up_stream()),
            },
            Stage::Redialing => Some(Step::Redial),
            Stage::Refused(refused) => {
                let is_read = refused.receive(&self.received);
                self.received.clear();
                match is_read {
                    _ if !refused.is_wanted => Some(Step::Refused),
                    true => Some(Step::RefusalRead),
                    false => None,
                }
            }
        }
    }

    fn be_refused(&mut self, refusal: Refusal) -> Step {
        let failure = Failure::new(SocketError::ConnectionRefused, refusal.text);
        let Some((head, length)) = refusal.head else {
            return Step::Failed(failure);
        };
        self.received.drain(..length);
        let challenge = match head.status {
            401 => Challenge::strongest(head.headers.get_all("WWW-Authenticate")),
            _ => None,
        };
        let refused = Box::new(Refused::new(head, failure));
        match challenge {
            Some(challenge) => {
                let challenged = Challenged::new(challenge, refused);
                self.stage = Stage::Challenged(Box::new(challenged));
                Step::Challenged
            }
            None => {
                self.stage = Stage::Refused(refused);
                Step::Refused
            }
        }
    }

    /// The connection is lost.
    pub(super) fn lose(&mut self, failure: Failure) -> Step {
        match &self.stage {
            // A server need not keep a connection open while somebody looks for a password.
            Stage::Answer if self.is_reused && self.received.is_empty() => self.give_up_stream(),
            Stage::Skipping(..) | Stage::Request => self.give_up_stream(),
            Stage::Refused(_) => Step::RefusalRead,
            _ => Step::Failed(failure),
        }
    }

    fn give_up_stream(&mut self) -> Step {
        self.stage = Stage::Redialing;
        Step::Redial
    }
}

impl Step {
    pub(super) fn is_open(&self) -> bool {
        matches!(self, Self::Open { .. })
    }
}
