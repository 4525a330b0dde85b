//! The way to an established stream, as one value that moves through its phases.

use std::rc::Rc;
use std::time::Duration;

use mio::net::TcpStream;
use qeventloop::reactor::{Dispatcher, Registration};

use super::connector::Connector;
use super::proxy::{Tunnel, TunnelProgress};
use super::resolver::Resolving;
use super::tls::{TlsSession, Verdict};
use super::{Buffers, Failure, Stream, shut_down};

/// Where to go.
pub(crate) struct Target {
    pub(crate) host: String,
    pub(crate) port: u16,
    /// The session that will secure the stream, for `wss`.
    pub(crate) tls: Option<Box<dyn TlsSession>>,
    /// For how long an address is tried alone before the next one joins in; `None` for one at a time.
    pub(crate) happy_eyeballs_delay: Option<Duration>,
    /// Through a proxy.
    pub(crate) tunnel: Option<Box<Tunnel>>,
}

/// A connection being made.
pub(crate) struct Dial {
    phase: Phase,
    happy_eyeballs_delay: Option<Duration>,
    tunnel: Option<Box<Tunnel>>,
    tls: Option<Box<dyn TlsSession>>,
    tcp_is_up: bool,
}

pub(crate) enum DialProgress {
    /// Call again when the source is ready.
    Pending,
    /// There is a connection, to be secured next. Call again.
    Connected,
    /// The proxy wants to know who we are. Nothing goes on until [`Dial::tunnel`] has an answer.
    Asked,
    /// The TLS handshake is over. Nothing is read or written until [`Dial::trust`] is called.
    Judged(Verdict),
    Established(Stream),
    Failed(Failure),
}

enum Phase {
    /// The server's address is looked up, for a proxy that knows no names. The proxy's own comes next.
    Locating(Resolving, Option<Resolving>),
    Resolving(Resolving),
    Connecting(Connector),
    /// The proxy is asked for a tunnel, which is then as good as a connection.
    Tunnelling(Stream),
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
        wake: impl Fn() + Clone + 'static,
    ) -> Self {
        let resolve = |host: &str, port| Resolving::start(host, port, dispatcher, wake.clone());
        let phase = match target.tunnel.as_deref() {
            None => Phase::Resolving(resolve(&target.host, target.port)),
            Some(tunnel) => {
                let proxy = resolve(&tunnel.host, tunnel.port);
                match tunnel.unknown() {
                    Some((host, port)) => Phase::Locating(resolve(host, port), Some(proxy)),
                    None => Phase::Resolving(proxy),
                }
            }
        };
        Self {
            happy_eyeballs_delay: target.happy_eyeballs_delay,
            phase,
            tunnel: target.tunnel,
            tls: target.tls,
            tcp_is_up: false,
        }
    }

    /// A dial that is known to fail.
    pub(crate) fn doomed(failure: Failure) -> Self {
        Self {
            phase: Phase::Doomed(failure),
            happy_eyeballs_delay: None,
            tunnel: None,
            tls: None,
            tcp_is_up: false,
        }
    }

    /// Whether the TCP connection stands, or stood: with the server, be it through a proxy.
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

    /// The tunnel through the proxy, while there is none yet.
    pub(crate) fn tunnel(&mut self) -> Option<&mut Tunnel> {
        self.tunnel.as_deref_mut()
    }

    /// What to call it if the time is over.
    pub(crate) fn timed_out(&self) -> Failure {
        self.explain(Failure::timed_out())
    }

    /// Until there is a tunnel, what fails is the way to the proxy; unless nobody but us looks for the server so far.
    fn explain(&self, failure: Failure) -> Failure {
        match (&self.phase, &self.tunnel) {
            (Phase::Locating(..), _) | (_, None) => failure,
            (_, Some(tunnel)) => tunnel.explain(failure),
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
                Ok(Some(next)) => {
                    self.phase = next;
                    if matches!(self.phase, Phase::Securing(_)) {
                        return DialProgress::Connected;
                    }
                }
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
            Phase::Tunnelling(stream) if self.is_asked() => {
                (Phase::Tunnelling(stream), DialProgress::Asked)
            }
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
            Phase::Locating(server, proxy) => match server.take_answer() {
                None => Ok(None),
                Some(Err(_)) => Err(Failure::host_not_found()),
                Some(Ok(addresses)) => {
                    let (Some(tunnel), Some(address)) = (&mut self.tunnel, addresses.first())
                    else {
                        return Err(Failure::host_not_found());
                    };
                    tunnel.locate(*address);
                    Ok(proxy.take().map(Phase::Resolving))
                }
            },
            Phase::Resolving(resolving) => match resolving.take_answer() {
                None => Ok(None),
                Some(Err(_)) => Err(self.explain(Failure::host_not_found())),
                Some(Ok(addresses)) => {
                    let connector = Connector::new(addresses, self.happy_eyeballs_delay);
                    Ok(Some(Phase::Connecting(connector)))
                }
            },
            Phase::Connecting(connector) => match connector.advance(registration) {
                Err(failure) => Err(self.explain(failure)),
                Ok(None) => Ok(None),
                Ok(Some(tcp)) => self.connected(tcp, buffers).map(Some),
            },
            Phase::Tunnelling(_) => self.step_of_tunnel(buffers),
            Phase::Securing(stream) => {
                stream.advance_handshake(buffers)?;
                Ok(None)
            }
            Phase::Doomed(failure) => Err(failure.clone()),
            Phase::Judged(_) | Phase::Trusted(_) | Phase::Over => Ok(None),
        }
    }

    fn step_of_tunnel(&mut self, buffers: &Buffers) -> Result<Option<Phase>, Failure> {
        let (Phase::Tunnelling(stream), Some(tunnel)) = (&mut self.phase, &mut self.tunnel) else {
            return Ok(None);
        };
        let progress = tunnel.advance(stream, buffers)?;
        if matches!(progress, TunnelProgress::Pending | TunnelProgress::Asked) {
            return Ok(None);
        }
        let Phase::Tunnelling(stream) = std::mem::replace(&mut self.phase, Phase::Over) else {
            return Ok(None);
        };
        if let TunnelProgress::Reconnect(proxy) = progress {
            shut_down(stream, buffers);
            let connector = Connector::new(vec![proxy], self.happy_eyeballs_delay);
            return Ok(Some(Phase::Connecting(connector)));
        }
        self.tunnel = None;
        self.tcp_is_up = true;
        Ok(Some(Phase::Securing(stream.into_tunnel(self.tls.take()))))
    }

    /// The phase on a connection to the proxy, or to the server if there is no proxy.
    fn connected(&mut self, tcp: TcpStream, buffers: &Buffers) -> Result<Phase, Failure> {
        if let Some(tunnel) = &mut self.tunnel {
            let stream = Stream::new(tcp, tunnel.new_session()?);
            tunnel.begin(&stream, buffers);
            return Ok(Phase::Tunnelling(stream));
        }
        self.tcp_is_up = true;
        Ok(Phase::Securing(Stream::new(tcp, self.tls.take())))
    }

    fn is_asked(&self) -> bool {
        let tunnel = self.tunnel.as_ref();
        tunnel.is_some_and(|tunnel| tunnel.question().is_some())
    }
}
