//! Bytes to and from a proxy, until there is a tunnel.

use std::net::{IpAddr, SocketAddr};

use super::protocol::{Protocol, unsupported};
use super::{ProxyAnswer, ProxyQuestion, Step};
use crate::network::{NetworkProxy, ProxyCapabilities, ProxyType, SocketError, SslConfiguration};
use crate::transport::tls::{self, TlsSession};
use crate::transport::{Buffers, Failure, Stream, WriteBuffer};

/// A tunnel through a proxy, being made.
pub(crate) struct Tunnel {
    protocol: Protocol,
    /// Where the proxy is.
    pub(in crate::transport) host: String,
    pub(in crate::transport) port: u16,
    /// How TLS is spoken to it, if it is.
    tls: Option<SslConfiguration>,
    /// It is known to be the right proxy, as far as that is asked.
    is_trusted: bool,
    /// The name is to be looked up here: of this host.
    unknown: Option<(String, u16)>,
    address: Option<SocketAddr>,
    outgoing: WriteBuffer,
    received: Vec<u8>,
    /// Why the proxy sends nothing more on this connection.
    end: Option<Failure>,
}

/// How far it has come without waiting.
pub(crate) enum TunnelProgress {
    Pending,
    Established,
    /// Nothing goes on before [`Tunnel::answer`].
    Asked,
    /// Another connection is needed, to this address.
    Reconnect(SocketAddr),
}

/// How much is read at once. Answers are short.
const READ_AT_ONCE: usize = 16 * 1024;

impl Tunnel {
    /// A tunnel to a host, which is a name or an address.
    ///
    /// # Errors
    /// The proxy cannot be used, or not for this host.
    pub(crate) fn new(proxy: &NetworkProxy, host: &str, port: u16) -> Result<Self, Failure> {
        if !proxy.is_transparent_proxy() {
            return Err(unsupported());
        }
        let mut tunnel = Self {
            protocol: Protocol::new(proxy)?,
            host: proxy.ascii_host_name(),
            port: proxy.port(),
            tls: proxy.ssl_configuration().cloned(),
            is_trusted: false,
            unknown: None,
            address: None,
            outgoing: WriteBuffer::default(),
            received: Vec::new(),
            end: None,
        };
        tunnel.new_session()?; // so that what cannot be used is said at once
        let is_known_there = proxy
            .capabilities()
            .contains(ProxyCapabilities::HOST_NAME_LOOKUP);
        match host.parse::<IpAddr>() {
            Ok(address) => tunnel.locate(SocketAddr::new(address, port)),
            Err(_) if is_known_there => tunnel.protocol.lead_to_name(host, port)?,
            Err(_) => tunnel.unknown = Some((host.to_owned(), port)),
        }
        Ok(tunnel)
    }

    /// Name and port of a server whose address has to be found before [`begin`](Self::begin), here and not by the proxy.
    pub(in crate::transport) fn unknown(&self) -> Option<(&str, u16)> {
        self.unknown
            .as_ref()
            .map(|(host, port)| (host.as_str(), *port))
    }

    /// The address of the server.
    pub(in crate::transport) fn locate(&mut self, address: SocketAddr) {
        self.unknown = None;
        match &mut self.protocol {
            Protocol::Http(http) => http.lead_to(address.to_string()),
            Protocol::Socks5(socks) => socks.lead_to_address(address),
        }
    }

    /// The session for another connection to the proxy.
    ///
    /// # Errors
    /// The settings cannot be used.
    pub(in crate::transport) fn new_session(&self) -> Result<Option<Box<dyn TlsSession>>, Failure> {
        let session = self.tls.as_ref();
        session
            .map(|configuration| tls::client_session(configuration, &self.host, None))
            .transpose()
    }

    /// Begins on a new connection to the proxy.
    pub(in crate::transport) fn begin(&mut self, stream: &Stream, buffers: &Buffers) {
        self.address = stream.peer_address();
        self.received.clear();
        self.end = None;
        self.is_trusted = !stream.is_secure();
        let bytes = match &mut self.protocol {
            Protocol::Http(http) => http.begin(),
            Protocol::Socks5(socks) => socks.begin(),
        };
        self.outgoing.clear(buffers);
        self.outgoing.tail(buffers).extend(bytes);
    }

    /// What the proxy wants to know.
    pub(crate) fn question(&self) -> Option<ProxyQuestion<'_>> {
        match &self.protocol {
            Protocol::Http(http) => http.question().map(|challenge| ProxyQuestion::Http {
                challenge,
                uri: http.authority(),
            }),
            Protocol::Socks5(socks) => socks.is_asking().then_some(ProxyQuestion::Socks),
        }
    }

    /// Answers that.
    ///
    /// # Errors
    /// The answer cannot be sent.
    pub(crate) fn answer(&mut self, answer: ProxyAnswer) -> Result<(), Failure> {
        match (&mut self.protocol, answer) {
            (Protocol::Http(http), ProxyAnswer::Http(value)) => http.answer(value),
            (Protocol::Socks5(socks), ProxyAnswer::Socks { user, password }) => {
                socks.log_in(user, password)?;
            }
            _ => debug_assert!(false, "an answer to another question"),
        }
        Ok(())
    }

    /// Nobody knows an answer.
    pub(crate) fn unanswered(&self) -> Failure {
        let text = match self.protocol {
            Protocol::Http(_) => "Authentication required",
            Protocol::Socks5(_) => "Proxy authentication failed",
        };
        Failure::new(SocketError::ProxyAuthenticationRequired, text)
    }

    /// What a failure means if it was met on the way to the proxy.
    pub(in crate::transport) fn explain(&self, failure: Failure) -> Failure {
        failure.at_proxy(match self.protocol {
            Protocol::Http(_) => ProxyType::Http,
            Protocol::Socks5(_) => ProxyType::Socks5,
        })
    }

    /// Goes as far as possible without waiting.
    pub(in crate::transport) fn advance(
        &mut self,
        stream: &mut Stream,
        buffers: &Buffers,
    ) -> Result<TunnelProgress, Failure> {
        if !self.is_trusted && !self.trust(stream, buffers)? {
            return Ok(TunnelProgress::Pending);
        }
        loop {
            let step = match &mut self.protocol {
                Protocol::Http(http) => http.receive(&mut self.received)?,
                Protocol::Socks5(socks) => socks.receive(&mut self.received)?,
            };
            match step {
                Step::Again => {}
                Step::Send(bytes) => self.outgoing.tail(buffers).extend(bytes),
                Step::Asked => return Ok(TunnelProgress::Asked),
                Step::Reconnect => return self.reconnect(),
                Step::Established => return self.check_end(buffers),
                Step::Partial => {
                    if let Some(failure) = self.end.take() {
                        return self.lose(failure);
                    }
                    if !self.exchange(stream, buffers) {
                        return Ok(TunnelProgress::Pending);
                    }
                }
            }
        }
    }

    /// Moves the TLS handshake with the proxy on; `true` when it is over. Nobody is asked what to make of its certificate:
    /// the settings say that.
    fn trust(&mut self, stream: &mut Stream, buffers: &Buffers) -> Result<bool, Failure> {
        let outcome = stream.advance_handshake(buffers);
        outcome.map_err(|failure| self.explain(failure))?;
        if stream.is_handshaking() {
            return Ok(false);
        }
        match stream.verdict().and_then(|verdict| verdict.refusal()) {
            Some(refusal) => Err(refusal),
            None => {
                self.is_trusted = true;
                Ok(true)
            }
        }
    }

    /// Writes and reads once; `false` if nothing came.
    fn exchange(&mut self, stream: &mut Stream, buffers: &Buffers) -> bool {
        // What the proxy said before it went counts.
        let written = stream.write(&mut self.outgoing, buffers);
        let mut buffer = buffers.take_read_buffer();
        let outcome = stream.read(&mut buffer, buffers, READ_AT_ONCE);
        self.received.extend_from_slice(buffer.unread());
        buffers.give_read_buffer(buffer);
        let has_come = matches!(outcome, Ok(Some(_)));
        self.end = match outcome {
            Ok(Some(received)) => received.ended.then(Failure::remote_host_closed),
            Ok(None) => written.err().map(Failure::from),
            Err(failure) => Some(failure),
        };
        has_come || self.end.is_some()
    }

    fn lose(&self, failure: Failure) -> Result<TunnelProgress, Failure> {
        let begins_anew = match &self.protocol {
            Protocol::Http(http) => http.lose(&self.received).is_some(),
            Protocol::Socks5(_) => false,
        };
        match begins_anew {
            true => self.reconnect(),
            false => Err(self.explain(failure)),
        }
    }

    fn reconnect(&self) -> Result<TunnelProgress, Failure> {
        let address = self.address.ok_or_else(Failure::remote_host_closed);
        address
            .map(TunnelProgress::Reconnect)
            .map_err(|failure| self.explain(failure))
    }

    /// The server behind the tunnel speaks only when it is spoken to.
    fn check_end(&mut self, buffers: &Buffers) -> Result<TunnelProgress, Failure> {
        let is_clean = self.received.is_empty() && self.outgoing.is_empty();
        self.outgoing.clear(buffers);
        match is_clean {
            true => Ok(TunnelProgress::Established),
            false => Err(Failure::of_proxy_protocol(
                "The proxy sent more than an answer.",
            )),
        }
    }
}
