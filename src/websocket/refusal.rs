//! A server that answers, and does not make the connection a WebSocket.

use std::rc::Rc;
use std::time::Duration;

use super::WebSocket;
use super::answer::Stage;
use super::link::{Base, Link};
use super::news::News;
use crate::handshake::{BodyReader, Headers, ResponseHead, UnwantedBody};
use crate::transport::Failure;

/// A refusal, and what the server says about it.
pub(super) struct Refused {
    head: ResponseHead,
    body: BodyReader,
    pub(super) failure: Failure,
    /// Somebody listens: the body is read.
    pub(super) is_wanted: bool,
    content: Vec<u8>,
    /// How much came behind the head.
    received: usize,
}

/// How much of a body is shown.
const SHOWN_AT_MOST: usize = 64 * 1024;
/// How much is read for that, since what is around the pieces of a body may be longer than they are.
const READ_AT_MOST: usize = 4 * SHOWN_AT_MOST;
/// How long a body is waited for. A server that owes it, or that keeps the connection without saying where the body
/// ends, must not keep its refusal from being told.
const PATIENCE: Duration = Duration::from_secs(2);

impl Refused {
    pub(super) fn new(head: ResponseHead, failure: Failure) -> Self {
        Self {
            body: BodyReader::new(&head),
            head,
            failure,
            is_wanted: false,
            content: Vec::new(),
            received: 0,
        }
    }

    /// Takes what came behind the head; `true` if no more of it is needed.
    pub(super) fn receive(&mut self, bytes: &[u8]) -> bool {
        let content = &mut self.content;
        self.body.receive(bytes, |piece| {
            let room = SHOWN_AT_MOST - content.len();
            content.extend_from_slice(&piece[..piece.len().min(room)]);
        });
        self.received += bytes.len();
        self.body.is_complete()
            || self.content.len() == SHOWN_AT_MOST
            || self.received >= READ_AT_MOST
    }

    /// What has to be read before the connection can carry another request; `None` if it cannot, or if that would be
    /// too much.
    pub(super) fn body_to_skip(&self) -> Option<UnwantedBody> {
        UnwantedBody::behind(&self.head)
    }
}

impl WebSocket {
    /// The headers with which the server answered the opening handshake, be it that it accepted or refused; empty
    /// before that, after the next `open`, and on an accepted socket.
    ///
    /// ```
    /// use qwebsocket::WebSocket;
    ///
    /// let socket = WebSocket::new();
    /// socket.connected.connect_to(&socket, |socket| {
    ///     println!("{:?}", socket.response_headers().get("Server"));
    /// });
    /// ```
    pub fn response_headers(&self) -> Headers {
        self.settings
            .with(|settings| {
                let headers = settings.as_ref()?.response_headers.as_deref();
                headers.cloned()
            })
            .unwrap_or_default()
    }

    pub(super) fn remember_answer(&self, headers: Headers) {
        let headers = Some(Rc::new(headers));
        self.change_settings(|settings| settings.response_headers = headers);
    }

    /// The head of a refusal is here. Its body is read only for those who listen.
    pub(super) fn listen_to_refusal(&self, base: &Base) {
        if !self.handshake_failed.is_connected() {
            return self.be_refused();
        }
        let now = base.dispatcher().read_clock();
        let left = base
            .registration
            .deadline()
            .map(|deadline| deadline.saturating_duration_since(now));
        self.arm(base, Some(left.map_or(PATIENCE, |left| left.min(PATIENCE))));
        let headers = self.with_refused(|refused| {
            refused.is_wanted = true;
            refused.head.headers.clone()
        });
        self.remember_answer(headers.unwrap_or_default());
    }

    /// The deadline for connecting, or for the body of a refusal, has passed.
    pub(super) fn on_connect_deadline(&self) {
        match self.with_refused(|_| ()) {
            Some(()) => self.be_refused(),
            None => {
                let dial =
                    |link: &mut Link| Some(link.opening.as_ref()?.dial.as_ref()?.timed_out());
                let failure = self.link.with(dial);
                self.fail(failure.unwrap_or_else(Failure::timed_out));
            }
        }
    }

    /// Tells the refusal, with as much of its body as there is.
    pub(super) fn be_refused(&self) {
        let refused = self.with_refused(|refused| {
            let content = std::mem::take(&mut refused.content);
            let headers = std::mem::take(&mut refused.head.headers);
            let failure = refused.failure.clone();
            (refused.head.status, headers, content, failure)
        });
        let Some((status, headers, content, failure)) = refused else {
            return;
        };
        self.remember_answer(headers);
        self.change_settings(|settings| settings.untold_refusal = Some((status, content)));
        self.fail_telling(News::HANDSHAKE_FAILED, failure);
    }

    pub(super) fn tell_refusal(&self) {
        let refusal = self.change_settings(|settings| {
            let headers = settings.response_headers.clone();
            settings.untold_refusal.take().zip(headers)
        });
        if let Some(((status, content), headers)) = refusal {
            self.handshake_failed.emit(status, &headers, &content);
        }
    }

    fn with_refused<T>(&self, access: impl FnOnce(&mut Refused) -> T) -> Option<T> {
        self.link
            .with(|link| match &mut link.opening.as_mut()?.stage {
                Stage::Refused(refused) => Some(access(refused)),
                _ => None,
            })
    }
}
