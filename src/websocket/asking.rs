//! Slots that are to decide how an attempt at a connection goes on.

use super::WebSocket;
use super::answer::Opening;
use super::deadline::StoppedClock;
use super::link::Base;

/// While slots run that are asked something: the attempt at a connection waits for them, and so does its clock, also if
/// one of them panics or runs a loop.
pub(super) struct AskingSlots<'a> {
    socket: &'a WebSocket,
    epoch: u32,
    /// Notes that they returned, or that one of them panicked.
    end: fn(&mut Opening),
    _clock: StoppedClock<'a>,
}

impl<'a> AskingSlots<'a> {
    pub(super) fn new(socket: &'a WebSocket, base: &'a Base, end: fn(&mut Opening)) -> Self {
        Self {
            socket,
            epoch: socket.epoch.get(),
            end,
            _clock: socket.stop_clock(base),
        }
    }
}

impl Drop for AskingSlots<'_> {
    fn drop(&mut self) {
        // Otherwise they ended the attempt.
        if self.socket.epoch.get() == self.epoch {
            self.socket.with_opening(self.end);
        }
    }
}

impl WebSocket {
    pub(super) fn with_opening<T>(&self, access: impl FnOnce(&mut Opening) -> T) -> Option<T> {
        self.link
            .with(|link| link.opening.as_deref_mut().map(access))
    }
}
