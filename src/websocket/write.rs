//! Getting queued bytes out, and telling how many went.

use super::WebSocket;
use super::link::Base;
use crate::network::SocketState;
use crate::protocol::Opcode;
use qeventloop::reactor::Ready;

impl WebSocket {
    /// Writes now what the network takes now; the rest follows from the loop as always. Not needed normally: writing
    /// starts when control returns to the loop.
    ///
    /// Gives `true` if anything was written, and emits `bytes_written` then before it returns; `false` if there was
    /// nothing to write or the network took nothing. Without a connection there is nothing that could be stuck: `true`,
    /// as in Qt.
    pub fn flush(&self) -> bool {
        let Some(base) = self.base.get().filter(|_| self.has_any_stream()) else {
            return true;
        };
        self.write_queued(base);
        let written = self.unreported.get() > 0;
        self.report_written();
        written
    }

    /// Writes what is queued. A failure is dealt with by the next read, behind all that the peer sent before.
    pub(super) fn write_queued(&self, base: &Base) {
        let (written, failed) = self.link.with(|link| {
            let written = link.write(&base.buffers);
            link.end_if_due();
            // Once: the read half may be lifted further out on the stack, and a nested loop must not spin meanwhile.
            let failed =
                link.failure.is_some() && !std::mem::replace(&mut link.failure_is_known, true);
            (written, failed)
        });
        self.count_written(written);
        if failed {
            base.registration.mark_ready(Ready::READABLE);
        }
        self.send_pending_pong(base);
        if self.state() == SocketState::Closing {
            self.finish_if_complete();
        }
    }

    pub(super) fn count_written(&self, count: usize) {
        self.unreported.set(self.unreported.get() + count as u64);
    }

    pub(super) fn report_written(&self) {
        let count = self.unreported.take();
        if count > 0 {
            self.bytes_written.emit(count);
        }
    }

    /// A pong that a blocked network kept waiting.
    fn send_pending_pong(&self, base: &Base) {
        let pong = self.link.with(|link| {
            if link.blocked || !link.outgoing.is_empty() {
                None
            } else {
                link.pending_pong.take()
            }
        });
        if let Some(payload) = pong {
            self.send_control(base, Opcode::Pong, &payload);
            let written = self.link.with(|link| link.write(&base.buffers));
            self.count_written(written);
        }
    }

    fn has_any_stream(&self) -> bool {
        self.link.with(|link| link.any_stream().is_some())
    }
}
