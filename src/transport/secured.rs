//! A TLS session and the TCP stream it speaks over.

use std::io;

use super::pipe::Pipe;
use super::stream::{Received, read, unless_blocked};
use super::tls::TlsSession;
use super::{Buffers, Failure, ReadBuffer, WriteBuffer};

/// What makes a stream secure.
pub(super) struct Secured {
    pub(super) session: Box<dyn TlsSession>,
    /// What arrived together with the end of the handshake.
    early: Vec<u8>,
}

impl Secured {
    pub(super) fn new(session: Box<dyn TlsSession>) -> Self {
        Self {
            session,
            early: Vec::new(),
        }
    }

    /// What our end says last is held back: a server that turns out not to be trusted never gets it, in TLS 1.3.
    pub(super) fn handshake(
        &mut self,
        pipe: &mut Pipe,
        ciphertext: &mut ReadBuffer,
    ) -> Result<(), Failure> {
        if self.session.is_handshaking() {
            self.receive(pipe, &[])?; // a client begins
        }
        while self.session.is_handshaking() {
            self.write_ciphertext(pipe)?;
            ciphertext.clear();
            // What came behind the handshake is kept, so it must not be much.
            let Some((count, _)) =
                unless_blocked(ciphertext.fill(TLS_PIECE, |space| read(pipe, space)))?
            else {
                return Ok(());
            };
            if count == 0 {
                return Err(Failure::remote_host_closed());
            }
            self.receive(pipe, ciphertext.unread())?;
        }
        Ok(())
    }

    /// Takes ciphertext before or at the end of the handshake.
    pub(super) fn receive(&mut self, pipe: &mut Pipe, ciphertext: &[u8]) -> Result<(), Failure> {
        let early = &mut self.early;
        let received = self
            .session
            .receive(ciphertext, &mut |bytes| early.extend_from_slice(bytes));
        if received.is_err() && self.session.is_handshaking() {
            self.flush(pipe); // our alert tells the peer what was wrong
        }
        received
    }

    pub(super) fn read(
        &mut self,
        pipe: &mut Pipe,
        ciphertext: &mut ReadBuffer,
        into: &mut ReadBuffer,
        at_most: usize,
    ) -> Result<Option<Received>, Failure> {
        // A close_notify is said once, unlike a FIN: whoever reads on must hear of it again.
        let ended = self.session.peer_has_closed();
        if ended || !self.early.is_empty() {
            let early = std::mem::take(&mut self.early);
            into.append(&early);
            return Ok(Some(Received {
                count: early.len(),
                drained: false,
                ended,
            }));
        }
        let Some((count, filled)) =
            unless_blocked(ciphertext.fill(at_most, |space| read(pipe, space)))?
        else {
            return Ok(None);
        };
        if let Err(failure) = self
            .session
            .receive(ciphertext.unread(), &mut |bytes| into.append(bytes))
        {
            self.flush(pipe);
            return Err(failure);
        }
        let ended = count == 0 || self.session.peer_has_closed();
        Ok(Some(Received {
            count,
            drained: !filled && !pipe.holds_back(),
            ended,
        }))
    }

    /// Encrypts first and writes then, so that what the session itself has to say leaves in the same write.
    pub(super) fn write(
        &mut self,
        pipe: &mut Pipe,
        queue: &mut WriteBuffer,
        buffers: &Buffers,
    ) -> io::Result<usize> {
        let piece = queue.pending().len().min(TLS_PIECE);
        let taken = self.session.write_plaintext(&queue.pending()[..piece]);
        queue.advance(taken, buffers);
        if !self.session.wants_write() {
            return Ok(0);
        }
        match self.session.write_ciphertext(pipe)? {
            0 => Err(io::ErrorKind::WriteZero.into()),
            count => Ok(count),
        }
    }

    /// Writes what the session wants to say, as far as the network takes it.
    fn write_ciphertext(&mut self, pipe: &mut Pipe) -> Result<(), Failure> {
        while self.session.wants_write() {
            match unless_blocked(self.session.write_ciphertext(pipe))? {
                Some(0) => return Err(Failure::remote_host_closed()),
                Some(_) => {}
                None => return Ok(()),
            }
        }
        Ok(())
    }

    /// Says that nothing more will come, unless something waits that the network does not take.
    pub(super) fn say_goodbye(&mut self, pipe: &mut Pipe) {
        if !self.session.wants_write() {
            self.session.send_close_notify();
            self.flush(pipe);
        }
    }

    /// Last words: whether they get out makes no difference any more.
    pub(super) fn flush(&mut self, pipe: &mut Pipe) {
        let _ = self.write_ciphertext(pipe);
    }
}

/// The largest record TLS allows.
const TLS_PIECE: usize = 16 * 1024;
