//! One client on the way from TCP to WebSocket.

use std::cell::Cell;
use std::io;
use std::rc::{Rc, Weak};
use std::time::Duration;

use qeventloop::reactor::{Dispatcher, Interest, Progress, Ready, Registration, Shared, Source};

use super::WebSocketServer;
use crate::handshake::{
    ClientHello, HttpRefusal, Progress as Handshake, ServerHandshake, write_accept, write_refusal,
};
use crate::transport::{Buffers, ReadBuffer, Stream, WriteBuffer, shut_down};
use crate::websocket::Accepted;

/// TLS, then the request, then our answer.
pub(super) struct Upgrade {
    registration: Registration,
    buffers: Rc<Buffers>,
    server: Weak<WebSocketServer>,
    client: Shared<Option<Client>>,
    /// The client is being worked on, further out on the stack.
    is_at_work: Cell<bool>,
}

struct Client {
    stream: Stream,
    /// What the application had read of it.
    received: Vec<u8>,
    /// TLS is agreed upon, and the client's certificate is no reason to end.
    is_trusted: bool,
    handshake: ServerHandshake,
    request: Vec<u8>,
    answer: WriteBuffer,
    verdict: Option<Verdict>,
}

enum Verdict {
    Accept {
        hello: Box<ClientHello>,
        subprotocol: Option<String>,
        early: Option<ReadBuffer>,
    },
    Refuse,
}

enum Step {
    Wait,
    Over(Option<Accepted>),
}

impl Upgrade {
    pub(super) fn start(
        stream: Stream,
        received: Vec<u8>,
        server: Weak<WebSocketServer>,
        dispatcher: &Rc<Dispatcher>,
        timeout: Option<Duration>,
    ) -> io::Result<Rc<Self>> {
        let upgrade = Rc::new_cyclic(|me: &Weak<Self>| Self {
            registration: dispatcher.add_source(me.clone()),
            buffers: dispatcher.local(),
            server,
            client: Shared::default(),
            is_at_work: Cell::default(),
        });
        let mut client = Client {
            stream,
            received,
            is_trusted: false,
            handshake: ServerHandshake::new(),
            request: Vec::new(),
            answer: WriteBuffer::default(),
            verdict: None,
        };
        upgrade
            .registration
            .register(client.stream.tcp_mut(), Interest::BOTH)?;
        let deadline = timeout.and_then(|timeout| dispatcher.read_clock().checked_add(timeout));
        upgrade.registration.set_deadline(deadline);
        upgrade.client.set(Some(client));
        upgrade.registration.mark_ready(Ready::READABLE);
        Ok(upgrade)
    }

    fn advance(&self, server: &WebSocketServer) -> Step {
        if self.is_at_work.get() {
            return Step::Wait; // a slot that is asked for a key runs this loop
        }
        // Taken out while it works: a client that has no place any more is dropped with this value.
        let Some(mut client) = self.client.take() else {
            return Step::Over(None);
        };
        let _work = AtWork::begin(&self.is_at_work);
        match client.advance(server, &self.buffers) {
            Ok(false) => {
                self.client.set(Some(client));
                Step::Wait
            }
            Ok(true) => Step::Over(client.end(&self.registration, &self.buffers)),
            Err(_) => Step::Over(None),
        }
    }
}

/// While a client is worked on, until that ends or a slot panics.
struct AtWork<'a>(&'a Cell<bool>);

impl<'a> AtWork<'a> {
    fn begin(is_at_work: &'a Cell<bool>) -> Self {
        is_at_work.set(true);
        Self(is_at_work)
    }
}

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

impl Source for Upgrade {
    fn turn(self: Rc<Self>, ready: Ready) -> Progress {
        let Some(server) = self.server.upgrade() else {
            return Progress::Drained;
        };
        let step = if ready.is_deadline() {
            Step::Over(None)
        } else {
            self.advance(&server)
        };
        if let Step::Over(accepted) = step {
            self.registration.set_deadline(None);
            drop(self.client.take());
            server.upgrade_ended(&self, accepted);
        }
        Progress::Drained
    }
}

impl Client {
    /// Goes as far as possible without waiting; `true` once the answer is out.
    ///
    /// # Errors
    /// The client is lost: there is nobody to answer.
    fn advance(
        &mut self,
        server: &WebSocketServer,
        buffers: &Buffers,
    ) -> Result<bool, crate::transport::Failure> {
        if !self.received.is_empty() {
            self.request = self.stream.receive(std::mem::take(&mut self.received))?;
            self.judge(server, buffers);
        }
        if !self.is_trusted {
            self.stream.advance_handshake(buffers)?;
            if self.stream.is_handshaking() {
                return Ok(false);
            }
            let verdict = self.stream.verdict().unwrap_or_default();
            if let Some(refusal) = verdict.refusal() {
                return Err(refusal);
            }
            self.is_trusted = true;
        }
        // What TLS still has to say, and then the answer.
        self.stream.write(&mut self.answer, buffers)?;
        while self.verdict.is_none() {
            let mut buffer = buffers.take_read_buffer();
            let received = self.stream.read(&mut buffer, buffers, usize::MAX);
            self.request.extend_from_slice(buffer.unread());
            buffers.give_read_buffer(buffer);
            let Some(received) = received? else {
                return Ok(false);
            };
            self.judge(server, buffers);
            if received.ended && self.verdict.is_none() {
                return Err(crate::transport::Failure::remote_host_closed());
            }
        }
        self.stream.write(&mut self.answer, buffers)?;
        Ok(self.answer.is_empty() && !self.stream.has_unsent())
    }

    fn judge(&mut self, server: &WebSocketServer, buffers: &Buffers) {
        match self.handshake.receive(&self.request) {
            Handshake::Partial => {}
            Handshake::Refused(refusal) => self.refuse(&refusal, buffers),
            Handshake::Complete(_) if !server.has_room() => {
                self.refuse(
                    &HttpRefusal::unavailable("too many connections wait here"),
                    buffers,
                );
            }
            Handshake::Complete((hello, length)) => {
                let subprotocol = server.choose_subprotocol(&hello);
                let name = server.server_name();
                let answer = write_accept(&hello, subprotocol.as_deref(), &name);
                self.answer.tail(buffers).extend_from_slice(&answer);
                let early = &self.request[length..];
                let early = (!early.is_empty()).then(|| ReadBuffer::holding(early));
                self.verdict = Some(Verdict::Accept {
                    hello: Box::new(hello),
                    subprotocol,
                    early,
                });
            }
        }
    }

    fn refuse(&mut self, refusal: &HttpRefusal, buffers: &Buffers) {
        self.answer
            .tail(buffers)
            .extend_from_slice(&write_refusal(refusal));
        self.verdict = Some(Verdict::Refuse);
    }

    /// The answer is out: lets the stream go, to its socket or for good.
    fn end(mut self, registration: &Registration, buffers: &Buffers) -> Option<Accepted> {
        let _ = registration.deregister(self.stream.tcp_mut());
        match self.verdict.take() {
            Some(Verdict::Accept {
                hello,
                subprotocol,
                early,
            }) => Some(Accepted {
                stream: self.stream,
                hello: *hello,
                subprotocol,
                early,
            }),
            _ => {
                shut_down(self.stream, buffers);
                None
            }
        }
    }
}
