//! An established connection, secured or not.

use std::io::{self, IoSlice, Read, Write};
use std::net::SocketAddr;

use mio::net::TcpStream;

use super::pipe::Pipe;
use super::secured::Secured;
use super::tls::{Alerts, TlsSession, Verdict};
use super::{Buffers, Failure, ReadBuffer, WriteBuffer};
use crate::network::SslConfiguration;

/// A TCP connection with, perhaps, a TLS session on it.
pub(crate) struct Stream {
    pipe: Pipe,
    tls: Option<Box<Secured>>,
}

/// What one read gave.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Received {
    /// Bytes taken from the network; on a secured stream not the number of bytes it made readable.
    pub(crate) count: usize,
    /// The kernel has no more: the read was short.
    pub(crate) drained: bool,
    /// The peer sends nothing more.
    pub(crate) ended: bool,
}

impl Stream {
    pub(crate) fn new(tcp: TcpStream, session: Option<Box<dyn TlsSession>>) -> Self {
        let tls = session.map(|session| Box::new(Secured::new(session)));
        let pipe = Pipe::new(tcp);
        Self { pipe, tls }
    }

    /// The same connection, for what is to be said in the tunnel that it has become.
    pub(super) fn into_tunnel(self, session: Option<Box<dyn TlsSession>>) -> Self {
        let pipe = match self.tls {
            Some(with_proxy) => self.pipe.inside(with_proxy.session),
            None => self.pipe,
        };
        let tls = session.map(|session| Box::new(Secured::new(session)));
        Self { pipe, tls }
    }

    pub(crate) fn tcp_mut(&mut self) -> &mut TcpStream {
        self.pipe.tcp_mut()
    }

    pub(crate) fn is_secure(&self) -> bool {
        self.tls.is_some()
    }

    pub(crate) fn local_address(&self) -> Option<SocketAddr> {
        self.pipe.tcp().local_addr().ok()
    }

    pub(crate) fn peer_address(&self) -> Option<SocketAddr> {
        self.pipe.tcp().peer_addr().ok()
    }

    /// Whether TLS still has to agree before anything can be sent.
    pub(crate) fn is_handshaking(&self) -> bool {
        self.tls
            .as_ref()
            .is_some_and(|tls| tls.session.is_handshaking())
    }

    /// Moves the TLS handshake on as far as possible without waiting. When it is over, what our end says last waits for
    /// the next [`write`](Self::write), so that the [`verdict`](Self::verdict) can come first.
    ///
    /// # Errors
    /// A failed handshake, after our alert was sent; a lost connection.
    pub(crate) fn advance_handshake(&mut self, buffers: &Buffers) -> Result<(), Failure> {
        let Some(tls) = &mut self.tls else {
            return Ok(());
        };
        // What cannot be written now is written when the network is ready again, which calls this once more.
        let _ = self.pipe.flush();
        let mut ciphertext = buffers.take_read_buffer();
        let outcome = tls.handshake(&mut self.pipe, &mut ciphertext);
        buffers.give_read_buffer(ciphertext);
        outcome
    }

    /// What is wrong with the peer's certificates, once the handshake is over. `None` without TLS.
    pub(crate) fn verdict(&self) -> Option<Verdict> {
        self.tls.as_ref().map(|tls| tls.session.verdict())
    }

    /// The TLS settings, with what was agreed on.
    pub(crate) fn ssl_configuration(&self) -> Option<SslConfiguration> {
        self.tls.as_ref().map(|tls| tls.session.configuration())
    }

    /// What both ends of the TLS session said last.
    pub(crate) fn alerts(&self) -> Alerts {
        self.tls
            .as_ref()
            .map_or_else(Alerts::default, |tls| tls.session.alerts())
    }

    /// Takes what somebody read from the network before this stream was made. Gives what is readable of it at once; what
    /// TLS makes readable comes with the next [`read`](Self::read).
    ///
    /// # Errors
    /// It is no TLS.
    pub(crate) fn receive(&mut self, bytes: Vec<u8>) -> Result<Vec<u8>, Failure> {
        let Some(tls) = &mut self.tls else {
            return Ok(bytes);
        };
        tls.receive(&mut self.pipe, &bytes)?;
        Ok(Vec::new())
    }

    /// Reads once, at most `at_most` bytes; `None` when there is nothing to read.
    ///
    /// # Errors
    /// The connection is lost.
    pub(crate) fn read(
        &mut self,
        into: &mut ReadBuffer,
        buffers: &Buffers,
        at_most: usize,
    ) -> Result<Option<Received>, Failure> {
        let Some(tls) = &mut self.tls else {
            return read_plain(&mut self.pipe, into, at_most);
        };
        let mut ciphertext = buffers.take_read_buffer();
        let outcome = tls.read(&mut self.pipe, &mut ciphertext, into, at_most);
        buffers.give_read_buffer(ciphertext);
        outcome
    }

    /// Reads bytes as they are on the wire, to throw them away.
    pub(crate) fn read_raw(&mut self, into: &mut ReadBuffer) -> io::Result<usize> {
        into.fill(usize::MAX, |space| read(self.pipe.tcp_mut(), space))
            .map(|(count, _)| count)
    }

    /// Writes what is queued until it is gone or the network takes no more. Gives the number of bytes that went
    /// out, as they are on the wire.
    ///
    /// # Errors
    /// Never `WouldBlock`; an error means the connection is lost.
    pub(crate) fn write(
        &mut self,
        queue: &mut WriteBuffer,
        buffers: &Buffers,
    ) -> io::Result<usize> {
        let mut written = 0;
        loop {
            let step = self.pipe.flush().and_then(|()| match &mut self.tls {
                None => write_plain(&mut self.pipe, queue, buffers),
                Some(tls) => tls.write(&mut self.pipe, queue, buffers),
            });
            match step {
                Ok(0) => return Ok(written),
                Ok(count) => written += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(written),
                Err(error) => return Err(error),
            }
        }
    }

    /// Whether bytes wait here although the queue may be empty: ciphertext that the network did not take.
    pub(crate) fn has_unsent(&self) -> bool {
        let tls = self.tls.as_ref();
        tls.is_some_and(|tls| tls.session.wants_write()) || self.pipe.has_unsent()
    }

    /// Writes `queued` and `payload` in one go, as far as the network takes them. Only for a stream without TLS.
    ///
    /// # Errors
    /// Never `WouldBlock`; an error means the connection is lost.
    pub(crate) fn write_vectored(&mut self, queued: &[u8], payload: &[u8]) -> io::Result<usize> {
        debug_assert!(self.tls.is_none());
        match self
            .pipe
            .write_vectored(&[IoSlice::new(queued), IoSlice::new(payload)])
        {
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
                ) =>
            {
                Ok(0)
            }
            other => other,
        }
    }

    /// Ends the TLS session, if there is one, as far as that takes no waiting.
    pub(crate) fn say_goodbye(&mut self) {
        if let Some(tls) = &mut self.tls {
            tls.say_goodbye(&mut self.pipe);
        }
    }

    /// Tells the peer that nothing more will come: close_notify, then FIN. What was queued must be out by now.
    pub(crate) fn say_the_end(&mut self) {
        if let Some(tls) = &mut self.tls {
            tls.session.send_close_notify();
            tls.flush(&mut self.pipe);
        }
        self.pipe.say_the_end();
    }
}

fn write_plain(pipe: &mut Pipe, queue: &mut WriteBuffer, buffers: &Buffers) -> io::Result<usize> {
    if queue.is_empty() {
        return Ok(0);
    }
    match pipe.write(queue.pending())? {
        0 => Err(io::ErrorKind::WriteZero.into()),
        count => {
            queue.advance(count, buffers);
            Ok(count)
        }
    }
}

fn read_plain(
    pipe: &mut Pipe,
    into: &mut ReadBuffer,
    at_most: usize,
) -> Result<Option<Received>, Failure> {
    let Some((count, filled)) = unless_blocked(into.fill(at_most, |space| read(pipe, space)))?
    else {
        return Ok(None);
    };
    Ok(Some(Received {
        count,
        drained: !filled && !pipe.holds_back(),
        ended: count == 0,
    }))
}

/// A read that a signal cannot interrupt.
pub(super) fn read(network: &mut impl Read, space: &mut [u8]) -> io::Result<usize> {
    loop {
        match network.read(space) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            outcome => return outcome,
        }
    }
}

/// `None` instead of `WouldBlock`.
pub(super) fn unless_blocked<T>(outcome: io::Result<T>) -> Result<Option<T>, Failure> {
    match outcome {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error.into()),
    }
}
