//! The way to an established stream, as one value that moves through its phases.

use std::rc::Rc;
use std::time::Duration;

use qeventloop::reactor::{Dispatcher, Registration};

use super::connector::Connector;
use super::resolver::Resolving;
use super::tls::{TlsSession, Verdict};
use super::{Buffers, Failure, Stream};

/// Where to go.
pub(crate) struct Target {
    pub(crate) host: String,
    pub(crate) port: u16,
    /// The session that will secure the stream, for `wss`.
    pub(crate) tls: Option<Box<dyn TlsSession>>,
    /// For how long an address is tried alone before the next one joins in; `None` for one at a time.
    pub(crate) happy_eyeballs_delay: Option<Duration>,
}

/// A connection being made.
pub(crate) struct Dial {
    phase: Phase,
    happy_eyeballs_delay: Option<Duration>,
    tls: Option<Box<dyn TlsSession>>,
    tcp_is_up: bool,
}

pub(crate) enum DialProgress {
    /// Call again when the source is ready.
    Pending,
    /// The TLS handshake is over. Nothing is read or written until [`Dial::trust`] is called.
    Judged(Verdict),
    Established(Stream),
    Failed(Failure),
}

enum Phase {
    Resolving(Resolving),
    Connecting(Connector),
    Securing(Stream),
    /// Waits to hear whether the server is trusted.
    Judged(Stream),
    Trusted(Stream),
    Doomed(Failure),
    /// The stream was handed out.
    Over,
}

impl Dial {
    /// Starts; `wake` is called, later and on this thread, when [`advance`](Self::advance) should be.
    pub(crate) fn start(
        target: Target,
        dispatcher: &Rc<Dispatcher>,
        wake: impl Fn() + 'static,
    ) -> Self {
        let resolving = Resolving::start(&target.host, target.port, dispatcher, wake);
        Self {
            phase: Phase::Resolving(resolving),
            happy_eyeballs_delay: target.happy_eyeballs_delay,
            tls: target.tls,
            tcp_is_up: false,
        }
    }

    /// A dial that is known to fail.
    pub(crate) fn doomed(failure: Failure) -> Self {
        Self {
            phase: Phase::Doomed(failure),
            happy_eyeballs_delay: None,
            tls: None,
            tcp_is_up: false,
        }
    }

    /// Whether the TCP connection stands, or stood.
    pub(crate) fn tcp_is_up(&self) -> bool {
        self.tcp_is_up
    }

    /// The stream below the TLS handshake, also when that has failed.
    pub(crate) fn stream(&self) -> Option<&Stream> {
        match &self.phase {
            Phase::Securing(stream) | Phase::Judged(stream) | Phase::Trusted(stream) => {
                Some(stream)
            }
            _ => None,
        }
    }

    /// The server may have what we say: to be called after the verdict, before [`advance`](Self::advance) again.
    pub(crate) fn trust(&mut self) {
        self.phase = match std::mem::replace(&mut self.phase, Phase::Over) {
            Phase::Judged(stream) => Phase::Trusted(stream),
            phase => phase,
        };
    }

    /// Goes as far as possible without waiting.
    pub(crate) fn advance(
        &mut self,
        registration: &Registration,
        buffers: &Buffers,
    ) -> DialProgress {
        loop {
            match self.step(registration, buffers) {
                Ok(Some(next)) => self.phase = next,
                Ok(None) => return self.progress(),
                Err(failure) => return DialProgress::Failed(failure),
            }
        }
    }

    /// What to tell of a phase that has to wait or was the last.
    fn progress(&mut self) -> DialProgress {
        let (phase, progress) = match std::mem::replace(&mut self.phase, Phase::Over) {
            Phase::Securing(stream) if !stream.is_handshaking() => match stream.verdict() {
                Some(verdict) => (Phase::Judged(stream), DialProgress::Judged(verdict)),
                None => (Phase::Over, DialProgress::Established(stream)),
            },
            Phase::Trusted(stream) => (Phase::Over, DialProgress::Established(stream)),
            phase => (phase, DialProgress::Pending),
        };
        self.phase = phase;
        progress
    }

    /// The next phase, or `None` when this one has to wait or was the last.
    fn step(
        &mut self,
        registration: &Registration,
        buffers: &Buffers,
    ) -> Result<Option<Phase>, Failure> {
        match &mut self.phase {
            Phase::Resolving(resolving) => match resolving.take_answer() {
                None => Ok(None),
                Some(Err(_)) => Err(Failure::host_not_found()),
                Some(Ok(addresses)) => {
                    let connector = Connector::new(addresses, self.happy_eyeballs_delay);
                    Ok(Some(Phase::Connecting(connector)))
                }
            },
            Phase::Connecting(connector) => {
                let Some(tcp) = connector.advance(registration)? else {
                    return Ok(None);
                };
                self.tcp_is_up = true;
                Ok(Some(Phase::Securing(Stream::new(tcp, self.tls.take()))))
            }
            Phase::Securing(stream) => {
                stream.advance_handshake(buffers)?;
                Ok(None)
            }
            Phase::Doomed(failure) => Err(failure.clone()),
            Phase::Judged(_) | Phase::Trusted(_) | Phase::Over => Ok(None),
        }
    }
}
