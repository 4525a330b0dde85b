//! The one deadline a socket has: for connecting, for a message, for closing.

use std::time::Duration;

use super::WebSocket;
use super::link::Base;
use super::settings::CLOSE_TIMEOUT;
use crate::network::SocketState;
use crate::protocol::{CloseCode, Reader};

impl WebSocket {
    /// The deadline of what is under way has passed.
    pub(super) fn on_deadline(&self) {
        match self.state() {
            SocketState::Connecting => self.on_connect_deadline(),
            SocketState::Connected if self.owes_close.get() => self.finish(),
            SocketState::Connected => self.on_message_timeout(),
            SocketState::Closing => self.finish(),
            _ => {}
        }
    }

    fn on_message_timeout(&self) {
        if let Some(base) = self.base.get() {
            self.explain_close(
                CloseCode::GOING_AWAY,
                "Timeout when reading data from socket.",
            );
            self.change_texts(|texts| {
                texts.error = "The peer did not finish a message in time.".into();
            });
            self.link.with(|link| link.ends_after_queue = true);
            self.begin_closing(base);
        }
    }

    pub(super) fn arm_close_deadline(&self, base: &Base) {
        let timeout = self.settings.with(|settings| {
            settings
                .as_ref()
                .map_or(Some(CLOSE_TIMEOUT), |settings| settings.close_timeout)
        });
        self.arm(base, timeout);
    }

    pub(super) fn arm_connect_deadline(&self, base: &Base) {
        let timeout = self.with_settings(|settings| settings.connect_timeout);
        self.arm(base, timeout);
    }

    /// Stops the clock of the connection attempt while slots run in which a user may be reading a dialog. It goes on
    /// with the end of the result, also when a slot panics.
    pub(super) fn stop_clock<'a>(&'a self, base: &'a Base) -> StoppedClock<'a> {
        let deadline = base.registration.deadline();
        base.registration.set_deadline(None);
        StoppedClock {
            socket: self,
            base,
            epoch: self.epoch.get(),
            remaining: deadline
                .map(|deadline| deadline.saturating_duration_since(base.dispatcher().read_clock())),
        }
    }

    /// In a slot of a message the read half is lifted; then the end of the turn sees to the deadline.
    pub(super) fn watch_message_anew(&self) {
        if let Some(base) = self.base.get()
            && self.state() == SocketState::Connected
            && !self.owes_close.get()
        {
            let is_mid_message = self
                .reader
                .with(|reader| reader.as_ref().is_some_and(Reader::is_mid_message));
            let runs = is_mid_message && !self.is_paused.get();
            self.arm(base, self.message_timeout().filter(|_| runs));
        }
    }

    /// Starts the clock of a message that has begun, anew if another one ended since, and stops it between messages.
    pub(super) fn watch_message(&self, base: &Base, is_mid_message: bool, one_ended: bool) {
        let Some(timeout) = self.message_timeout() else {
            return;
        };
        if self.state() != SocketState::Connected || self.owes_close.get() {
            return;
        }
        let runs = is_mid_message && !self.is_paused.get();
        match (runs, base.registration.deadline()) {
            (true, Some(_)) if !one_ended => {}
            (true, _) => self.arm(base, Some(timeout)),
            (false, Some(_)) => base.registration.set_deadline(None),
            (false, None) => {}
        }
    }

    fn message_timeout(&self) -> Option<Duration> {
        self.settings.with(|settings| {
            settings
                .as_ref()
                .and_then(|settings| settings.message_timeout)
        })
    }

    pub(super) fn arm(&self, base: &Base, timeout: Option<Duration>) {
        // A duration beyond the clock's range is no deadline.
        // From now, not from the beginning of the turn: slots may have taken their time since.
        let deadline =
            timeout.and_then(|timeout| base.dispatcher().read_clock().checked_add(timeout));
        base.registration.set_deadline(deadline);
    }
}

/// A clock that stands still.
#[must_use = "the clock goes on when this is dropped"]
pub(super) struct StoppedClock<'a> {
    socket: &'a WebSocket,
    base: &'a Base,
    /// Of the connection attempt whose clock it is.
    epoch: u32,
    remaining: Option<Duration>,
}

impl StoppedClock<'_> {
    /// Leaves the clock as it is, and gives the time that is left for [`WebSocket::arm`].
    pub(super) fn leave_stopped(mut self) -> Option<Duration> {
        self.remaining.take()
    }
}

impl Drop for StoppedClock<'_> {
    fn drop(&mut self) {
        if self.socket.epoch.get() == self.epoch {
            self.socket.arm(self.base, self.remaining);
        }
    }
}
