//! What a socket still has to tell about the beginning or the end of a connection.

use std::cell::Cell;

use super::WebSocket;
use crate::network::SocketState;

/// A set of announcements, told lowest bit first: that is the order in which they are ever told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct News(u16);

impl News {
    pub(super) const NONE: Self = Self(0);
    /// `state_changed(Connected)`
    pub(super) const CONNECTED_STATE: Self = Self(1);
    /// `connected`
    pub(super) const CONNECTED: Self = Self(1 << 1);
    /// `about_to_close`
    pub(super) const ABOUT_TO_CLOSE: Self = Self(1 << 2);
    /// `alert_received`
    pub(super) const ALERT_RECEIVED: Self = Self(1 << 3);
    /// `alert_sent`, of an alert that is an error
    pub(super) const FATAL_ALERT_SENT: Self = Self(1 << 4);
    /// `handshake_failed`
    pub(super) const HANDSHAKE_FAILED: Self = Self(1 << 5);
    /// `error_occurred` of the kind that [`WebSocket::error`] gives
    pub(super) const ERROR_OCCURRED: Self = Self(1 << 6);
    /// `error` of the same kind
    pub(super) const ERROR_OLD: Self = Self(1 << 7);
    /// Qt 6's signal and the older one.
    pub(super) const ERROR: Self = Self::ERROR_OCCURRED.and(Self::ERROR_OLD);
    /// `state_changed(Closing)`
    pub(super) const CLOSING: Self = Self(1 << 8);
    /// `state_changed(Unconnected)`
    pub(super) const UNCONNECTED: Self = Self(1 << 9);
    /// `disconnected`
    pub(super) const DISCONNECTED: Self = Self(1 << 10);
    /// `read_channel_finished`
    pub(super) const READ_CHANNEL_FINISHED: Self = Self(1 << 11);
    /// `alert_sent`, of a close_notify
    pub(super) const CLOSE_NOTIFY_SENT: Self = Self(1 << 12);
    /// How every connection that stood ends.
    pub(super) const GONE: Self = Self::UNCONNECTED
        .and(Self::DISCONNECTED)
        .and(Self::READ_CHANNEL_FINISHED);

    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn and_if(self, condition: bool, other: Self) -> Self {
        if condition { self.and(other) } else { self }
    }

    const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    fn split_first(self) -> Option<(Self, Self)> {
        let first = Self(self.0 & self.0.wrapping_neg());
        (first != Self::NONE).then(|| (first, self.without(first)))
    }
}

/// The queue of one socket.
///
/// It belongs to the connection that ends, not to the call that ended it: whoever comes first, be it the call itself,
/// a slot that opens the socket anew or a nested loop, tells what is left, and nothing is told twice.
#[derive(Debug, Default)]
pub(super) struct NewsQueue(Cell<News>);

impl NewsQueue {
    pub(super) fn add(&self, news: News) {
        self.0.set(self.0.get().and(news));
    }

    /// Takes back what has not been told: a connection that ended need not be called connected.
    pub(super) fn withdraw(&self, news: News) {
        self.take(news);
    }

    fn take(&self, news: News) -> bool {
        let queued = self.0.get();
        self.0.set(queued.without(news));
        queued.without(news) != queued
    }

    fn has_several(&self) -> bool {
        self.0.get().0.count_ones() > 1
    }

    fn take_first(&self) -> Option<News> {
        let (first, rest) = self.0.get().split_first()?;
        self.0.set(rest);
        Some(first)
    }
}

impl WebSocket {
    /// Queues `news` and tells all that is queued.
    pub(super) fn announce(&self, news: News) {
        self.news.add(news);
        self.tell_later();
        self.tell();
    }

    /// Tells an error, and nothing else that is queued.
    pub(super) fn announce_error(&self) {
        self.news.add(News::ERROR_OLD);
        self.error_occurred.emit(self.error());
        self.tell_error();
    }

    /// Tells an error that is queued, or the second half of one whose first half has been told.
    pub(super) fn tell_error(&self) {
        if self.news.take(News::ERROR_OCCURRED) {
            self.error_occurred.emit(self.error());
        }
        if self.news.take(News::ERROR_OLD) {
            self.error.emit(self.error());
        }
    }

    /// Tells what is queued, step by step; each step may run slots that call back into this socket.
    pub(super) fn tell(&self) {
        while let Some(step) = self.news.take_first() {
            match step {
                News::CONNECTED_STATE => self.change_state(SocketState::Connected),
                News::CONNECTED => self.connected.emit(),
                News::ABOUT_TO_CLOSE => self.about_to_close.emit(),
                News::ALERT_RECEIVED => self.tell_alert_received(),
                News::FATAL_ALERT_SENT | News::CLOSE_NOTIFY_SENT => self.tell_alert_sent(),
                News::HANDSHAKE_FAILED => self.tell_refusal(),
                News::ERROR_OCCURRED => self.error_occurred.emit(self.error()),
                News::ERROR_OLD => self.error.emit(self.error()),
                News::CLOSING => self.change_state(SocketState::Closing),
                News::UNCONNECTED => self.change_state(SocketState::Unconnected),
                News::DISCONNECTED => self.disconnected.emit(),
                News::READ_CHANNEL_FINISHED => {
                    self.read_channel_finished.emit();
                }
                _ => {} // invariant: `take_first` gives single bits, and all are named above
            }
        }
        if self.state() == SocketState::Unconnected {
            // Whoever kept the socket for the length of the connection lets go now. The last act: `self` lives only
            // as long as the caller holds it.
            drop(self.held.kept.take());
        }
    }

    /// Makes sure that the next turn tells what a slot that panics, or that waits in a nested loop, leaves untold.
    fn tell_later(&self) {
        let is_being_dropped = self.me.strong_count() == 0;
        if let Some(base) = self.base.get()
            && self.news.has_several()
            && !is_being_dropped
        {
            let socket = self.weak();
            base.dispatcher().post(move || {
                if let Some(socket) = socket.upgrade() {
                    let _turn = socket.begin_turn();
                    socket.tell_later(); // a slot of these may wait for the rest, or panic
                    socket.tell();
                    socket.end_if_abandoned();
                }
            });
        }
    }

    pub(super) fn change_state(&self, state: SocketState) {
        if self.state.replace(state) != state {
            self.state_changed.emit(state);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn told_in_the_one_order_whatever_the_order_of_queueing() {
        let queue = NewsQueue::default();
        queue.add(News::GONE);
        queue.add(News::ERROR.and(News::CONNECTED));
        queue.add(News::HANDSHAKE_FAILED);
        queue.withdraw(News::CONNECTED);
        let told: Vec<News> = std::iter::from_fn(|| queue.take_first()).collect();
        let order = [
            News::HANDSHAKE_FAILED,
            News::ERROR_OCCURRED,
            News::ERROR_OLD,
            News::UNCONNECTED,
            News::DISCONNECTED,
            News::READ_CHANNEL_FINISHED,
        ];
        assert_eq!(told, order);
        assert_eq!(queue.take_first(), None);
    }
}
