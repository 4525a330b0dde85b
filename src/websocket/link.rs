//! A socket's hold on the network: the stream, or the way to it, and what waits to be sent.

use std::net::SocketAddr;
use std::rc::Rc;

use qeventloop::reactor::{Dispatcher, Registration};

use super::answer::Opening;
use crate::protocol::{
    CloseCode, Opcode, append_frame, close_frame, control_frame, encode_header, mask,
};
use crate::transport::{Alerts, Buffers, Dial, Failure, Stream, WriteBuffer};

/// What a socket has from its first `open` to its end: its place in the thread's loop.
pub(super) struct Base {
    pub(super) registration: Registration,
    pub(super) buffers: Rc<Buffers>,
}

impl Base {
    pub(super) fn dispatcher(&self) -> &Rc<Dispatcher> {
        self.registration.dispatcher()
    }
}

/// The I/O of one connection. Its methods run none of the user's code.
#[derive(Default)]
pub(super) struct Link {
    pub(super) opening: Option<Box<Opening>>,
    pub(super) stream: Option<Stream>,
    pub(super) outgoing: WriteBuffer,
    /// The network took less than it was offered: wait until it is writable.
    pub(super) blocked: bool,
    /// Nothing follows what is queued: say the end of the stream behind it.
    pub(super) ends_after_queue: bool,
    /// The one pong that waits for a blocked network; a later one replaces it, which RFC 6455 allows.
    pub(super) pending_pong: Option<Box<[u8]>>,
    /// The network failed. What the peer sent before is still read and delivered first.
    pub(super) failure: Option<Box<Failure>>,
    /// The read half was asked to look into that.
    pub(super) failure_is_known: bool,
}

/// The addresses of a connection.
#[derive(Clone, Copy, Default)]
pub(super) struct Ends {
    pub(super) local: Option<SocketAddr>,
    pub(super) peer: Option<SocketAddr>,
}

impl Ends {
    pub(super) fn of(stream: &Stream) -> Self {
        Self {
            local: stream.local_address(),
            peer: stream.peer_address(),
        }
    }
}

/// Frames larger than this are masked and offered to the network in pieces.
const PIECE: usize = 64 * 1024;
/// From here on an unmasked payload leaves without being copied.
const UNCOPIED_FROM: usize = 16 * 1024;

impl Link {
    /// Queues one frame; a client gives the mask. What goes out at once is only what exceeds a decent write: the rest
    /// leaves at the end of the turn. Gives the number of bytes that went out.
    pub(super) fn send_frame(
        &mut self,
        opcode: Opcode,
        is_last: bool,
        payload: &[u8],
        mask: Option<u32>,
        buffers: &Buffers,
    ) -> usize {
        if payload.len() < UNCOPIED_FROM {
            append_frame(self.outgoing.tail(buffers), opcode, is_last, payload, mask);
            return self.write_if_large(buffers);
        }
        let header = encode_header(opcode, is_last, payload.len() as u64, mask);
        self.outgoing
            .tail(buffers)
            .extend_from_slice(header.as_slice());
        match mask {
            Some(mask) => self.send_masked(payload, mask::key(mask), buffers),
            None => self.send_uncopied(payload, buffers),
        }
    }

    /// Queues a ping or a pong.
    pub(super) fn send_control(
        &mut self,
        opcode: Opcode,
        payload: &[u8],
        mask: Option<u32>,
        buffers: &Buffers,
    ) -> usize {
        control_frame(self.outgoing.tail(buffers), opcode, payload, mask);
        self.write_if_large(buffers)
    }

    /// Queues the close frame and writes what the network takes now. A pong that waited has no meaning any more.
    pub(super) fn send_close(
        &mut self,
        code: Option<CloseCode>,
        reason: &str,
        mask: Option<u32>,
        buffers: &Buffers,
    ) -> usize {
        self.pending_pong = None;
        close_frame(self.outgoing.tail(buffers), code, reason, mask);
        self.write(buffers)
    }

    fn send_masked(&mut self, payload: &[u8], key: [u8; 4], buffers: &Buffers) -> usize {
        let mut written = 0;
        for (index, piece) in payload.chunks(PIECE).enumerate() {
            mask::append_masked(self.outgoing.tail(buffers), piece, key, index * PIECE);
            written += self.write_if_large(buffers);
        }
        written
    }

    fn send_uncopied(&mut self, payload: &[u8], buffers: &Buffers) -> usize {
        let mut written = 0;
        if let Some(stream) = self.stream.as_mut().filter(|stream| !stream.is_secure())
            && !self.blocked
            && self.failure.is_none()
        {
            match stream.write_vectored(self.outgoing.pending(), payload) {
                Ok(count) => written = count,
                Err(error) => self.failure = Some(Box::new(error.into())),
            }
        }
        let queued = self.outgoing.len();
        self.outgoing.advance(written.min(queued), buffers);
        let rest = &payload[written.saturating_sub(queued)..];
        if !rest.is_empty() {
            self.outgoing.tail(buffers).extend_from_slice(rest);
            written += self.write_if_large(buffers);
        }
        written
    }

    fn write_if_large(&mut self, buffers: &Buffers) -> usize {
        if self.outgoing.len() >= PIECE && !self.blocked {
            self.write(buffers)
        } else {
            0
        }
    }

    /// Writes what the network takes. Gives the number of bytes that went out.
    pub(super) fn write(&mut self, buffers: &Buffers) -> usize {
        let Some(stream) = &mut self.stream else {
            return 0;
        };
        if self.failure.is_some() {
            self.outgoing.clear(buffers);
            return 0;
        }
        if self.outgoing.is_empty() && !stream.has_unsent() {
            return 0;
        }
        let written = stream
            .write(&mut self.outgoing, buffers)
            .unwrap_or_else(|error| {
                self.failure = Some(Box::new(error.into()));
                0
            });
        self.blocked = self.failure.is_none() && self.has_unsent();
        written
    }

    /// Goes on with another connection, for which `dial` stands; gives the old one.
    pub(super) fn redial(&mut self, dial: Dial, buffers: &Buffers) -> Option<Stream> {
        self.outgoing.clear(buffers);
        self.blocked = false;
        self.failure = None;
        self.failure_is_known = false;
        if let Some(opening) = &mut self.opening {
            opening.redial(dial);
        }
        self.stream.take()
    }

    pub(super) fn has_unsent(&self) -> bool {
        !self.outgoing.is_empty() || self.stream.as_ref().is_some_and(Stream::has_unsent)
    }

    /// Says the end of the stream if nothing is to follow and all is out.
    pub(super) fn end_if_due(&mut self) {
        if self.ends_after_queue && !self.has_unsent() {
            self.ends_after_queue = false;
            if let Some(stream) = &mut self.stream {
                stream.say_the_end();
            }
        }
    }

    /// Whether the TCP connection stands, or stood.
    pub(super) fn tcp_was_up(&self) -> bool {
        let Some(opening) = &self.opening else {
            return self.stream.is_some();
        };
        opening.has_tcp()
    }

    /// Ends TLS as far as that takes no waiting, and gives what both ends said last. A server that nobody trusted yet is
    /// told nothing.
    pub(super) fn end_tls(&mut self) -> Alerts {
        if let Some(stream) = &mut self.stream {
            stream.say_goodbye();
        }
        let Some(stream) = self.any_stream() else {
            return Alerts::default();
        };
        let is_held_back = self.stream.is_none() && !stream.is_handshaking();
        let alerts = stream.alerts();
        Alerts {
            sent: alerts.sent.filter(|_| !is_held_back),
            ..alerts
        }
    }

    /// The addresses of the connection, also while TLS is being agreed upon and a slot is asked for a key.
    pub(super) fn ends(&self) -> Ends {
        let lifted = self.opening.as_ref().and_then(|opening| opening.lifted);
        lifted
            .or_else(|| self.any_stream().map(Ends::of))
            .unwrap_or_default()
    }

    /// The stream, also while TLS is still being agreed upon.
    pub(super) fn any_stream(&self) -> Option<&Stream> {
        self.stream
            .as_ref()
            .or_else(|| self.opening.as_ref()?.dial.as_ref()?.stream())
    }
}
