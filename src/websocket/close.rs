//! How connections end.

use super::WebSocket;
use super::link::{Base, Link};
use super::news::News;
use crate::network::{SocketError, SocketState};
use crate::protocol::{CloseCode, Closing, Role, cut_reason};
use crate::transport::{Failure, Stream, shut_down};

impl WebSocket {
    /// Closes the connection normally: [`close_with`](Self::close_with) with code 1000 and no reason.
    pub fn close(&self) {
        self.close_with(CloseCode::NORMAL, "");
    }

    /// Closes the connection gracefully: what was sent before leaves first, then the peer is told `code` and `reason`.
    /// A reason of more than 123 bytes is cut at a character.
    ///
    /// When connected, emits `about_to_close`, makes one attempt to write, emits `state_changed(Closing)` and returns.
    /// `state_changed(Unconnected)`, `disconnected` and `read_channel_finished` follow from the loop when the peer has
    /// closed too, or after the [close timeout](Self::set_close_timeout). Messages that arrive meanwhile are not
    /// delivered.
    ///
    /// While connecting, emits `about_to_close` and the same three before it returns. In `Closing` and `Unconnected` it
    /// does nothing.
    ///
    /// # Errors
    /// A code that must not be sent (below 1000, 1004 to 1006, 1015 to 2999, from 5000 on) emits `error(Operation)`
    /// and changes nothing.
    ///
    /// ```no_run
    /// # let socket = qwebsocket::WebSocket::new();
    /// use qwebsocket::CloseCode;
    ///
    /// socket.close_with(CloseCode::GOING_AWAY, "back soon");
    /// ```
    #[doc(alias = "close")]
    pub fn close_with(&self, code: CloseCode, reason: &str) {
        if !code.is_valid_on_wire() {
            let text = format!("Close code {code} must not be sent.");
            return self.report(Failure::new(SocketError::Operation, text));
        }
        let (Some(base), Closing::Open) = (self.base.get(), self.closing.get()) else {
            return;
        };
        match self.state() {
            SocketState::Connected if !self.owes_close.get() => {
                self.explain_close(code, cut_reason(reason));
                self.begin_closing(base);
            }
            SocketState::Connecting => {
                self.explain_close(code, cut_reason(reason));
                self.give_up();
            }
            _ => {}
        }
    }

    /// Ends the connection at once, without telling the peer: what was not sent yet is lost.
    ///
    /// Emits `about_to_close`, unless it was emitted already, `state_changed(Unconnected)`, `disconnected` and
    /// `read_channel_finished` before it returns. On `wss` TLS says close_notify if the network takes it at once, and
    /// `alert_sent` follows. Does nothing when unconnected.
    pub fn abort(&self) {
        if self.has_connection() {
            self.give_up();
        }
        self.tell();
    }

    /// Whether there is a connection, or an attempt at one, whose end has not begun to be told.
    fn has_connection(&self) -> bool {
        self.closing.get() != Closing::Gone
    }

    /// The peer's close frame came.
    pub(super) fn on_peer_close(&self, base: &Base, code: CloseCode, reason: Box<str>) {
        let mut closing = self.closing.get();
        closing.recv_close();
        self.closing.set(closing);
        if closing.close_is_owed() {
            self.explain_close(code, &reason);
            if !self.owes_close.get() {
                self.begin_closing(base);
            }
        } else {
            self.finish_if_complete();
        }
    }

    /// Tells that the connection is about to close, then sends the close frame.
    pub(super) fn begin_closing(&self, base: &Base) {
        self.news.withdraw(News::CONNECTED);
        let epoch = self.epoch.get();
        self.arm_close_deadline(base);
        self.owes_close.set(true);
        // Should a slot panic, the next turn goes on from here.
        base.registration.mark_dirty();
        if self.is_paused.get() {
            self.look_at_network(); // from here on what comes is read again
        }
        if !self.told_about_to_close.replace(true) {
            let _telling = Telling::new(self);
            self.about_to_close.emit();
        }
        if self.epoch.get() == epoch {
            self.send_close_frame(base);
        }
    }

    /// Sends the close frame that is owed, and enters `Closing`.
    pub(super) fn send_close_frame(&self, base: &Base) {
        let epoch = self.epoch.get();
        let mask = self.next_mask();
        if self.epoch.get() != epoch || !self.owes_close.replace(false) {
            return;
        }
        let mut closing = self.closing.get();
        if closing.send_close() {
            let code = self.close_code.get();
            // 1005 stands for a close frame without a code, which is answered in kind.
            let code = (code != CloseCode::MISSING_STATUS_CODE).then_some(code);
            let reason = self.close_reason();
            let written = self
                .link
                .with(|link| link.send_close(code, &reason, mask, &base.buffers));
            self.count_written(written);
        }
        self.closing.set(closing);
        self.link.with(Link::end_if_due);
        base.registration.mark_dirty();
        if self.reader.with(|reader| reader.is_none()) {
            // The edge is spent by the turn that lifted it, and a loop nested in there is to see the end too.
            self.look_at_network();
        }
        self.announce(News::CLOSING);
        if self.epoch.get() == epoch {
            self.finish_if_complete();
        }
    }

    /// Ends a connection on which both close frames have passed. The server ends TCP first and the client waits for
    /// that: whoever is first waits for late packets, which could keep a client from connecting again.
    pub(super) fn finish_if_complete(&self) {
        if self.role == Role::Server
            && self.state() == SocketState::Closing
            && self.closing.get().is_complete()
            && self.link.with(|link| !link.has_unsent())
        {
            self.finish();
        }
    }

    /// The last step of a closing: lets TCP go and tells the end.
    pub(super) fn finish(&self) {
        let epoch = self.epoch.get();
        self.report_written();
        if self.epoch.get() != epoch {
            return; // a slot ended it
        }
        self.end_stream();
        let is_untold = self.state() == SocketState::Connected;
        self.announce(News::GONE.and_if(is_untold, News::CLOSING));
    }

    /// The connection was lost without a closing handshake.
    pub(super) fn lose(&self, failure: Failure) {
        if self.owes_close.get() {
            return self.finish(); // it was about to end anyway
        }
        // A peer that ended only its own half still hears what its last messages were answered with.
        if let Some(base) = self.base.get() {
            self.link.with(|link| link.write(&base.buffers));
        }
        drop(self.tear_down());
        self.explain_close(CloseCode::ABNORMAL_DISCONNECTION, "");
        self.set_error(failure);
        self.news.withdraw(News::CONNECTED);
        self.announce(News::ERROR.and(News::CLOSING).and(News::GONE));
    }

    /// The connection could not be made.
    pub(super) fn fail(&self, failure: Failure) {
        self.fail_telling(News::NONE, failure);
    }

    /// The same, with something to tell before the error.
    pub(super) fn fail_telling(&self, news: News, failure: Failure) {
        let tcp_was_up = self.link.with(|link| link.tcp_was_up());
        drop(self.tear_down());
        self.explain_close(CloseCode::ABNORMAL_DISCONNECTION, "");
        self.set_error(failure);
        let end = News::ERROR.and(News::UNCONNECTED).and(News::DISCONNECTED);
        let end = news.and(end);
        self.announce(end.and_if(tcp_was_up, News::READ_CHANNEL_FINISHED));
    }

    /// Drops the connection, or the attempt at one.
    fn give_up(&self) {
        drop(self.tear_down());
        self.news
            .withdraw(News::CONNECTED_STATE.and(News::CONNECTED));
        let untold = !self.told_about_to_close.replace(true);
        self.announce(News::GONE.and_if(untold, News::ABOUT_TO_CLOSE));
    }

    /// Ends whatever connection there is, politely but without waiting, because the object gets another one or goes:
    /// code 1001, one write, everything the end has to tell.
    pub(super) fn end_now(&self, base: &Base) {
        match self.state() {
            _ if !self.has_connection() => {}
            SocketState::Connected => {
                let epoch = self.epoch.get();
                self.explain_close(CloseCode::GOING_AWAY, "Connection closed");
                if !self.owes_close.get() {
                    self.begin_closing(base);
                }
                if self.epoch.get() == epoch && self.owes_close.get() {
                    self.send_close_frame(base);
                }
                if self.epoch.get() == epoch {
                    self.finish();
                }
            }
            SocketState::Closing => self.finish(),
            _ => {}
        }
        self.tell();
    }

    /// As [`end_now`](Self::end_now), and gives up an attempt at a connection: before the socket is opened again, or when
    /// only a slot further out on the stack can hear of it.
    pub(super) fn end_or_give_up(&self, base: &Base) {
        if self.state() == SocketState::Connecting && self.has_connection() {
            self.give_up();
        }
        self.end_now(base);
    }

    /// Of several explanations of one end, the first counts.
    pub(super) fn explain_close(&self, code: CloseCode, reason: &str) {
        if !self.close_is_explained.replace(true) {
            self.close_code.set(code);
            if !reason.is_empty() {
                self.change_texts(|texts| texts.close_reason = reason.into());
            }
        }
    }

    fn end_stream(&self) {
        if let (Some(stream), Some(base)) = (self.tear_down(), self.base.get()) {
            shut_down(stream, &base.buffers);
        }
    }

    /// Takes everything that belongs to the connection away from the socket.
    fn tear_down(&self) -> Option<Stream> {
        self.epoch.set(self.epoch.get().wrapping_add(1));
        let mut closing = self.closing.get();
        closing.lost();
        self.closing.set(closing);
        self.owes_close.set(false);
        self.unreported.set(0);
        self.pings.forget();
        if self.state() == SocketState::Connecting {
            self.forget_to_ignore();
        }
        let mut link = self.link.take();
        self.note_alerts(link.end_tls());
        let (reader, held) = (self.reader.take(), self.undelivered.take());
        let base = self.base.get()?;
        base.registration.set_deadline(None);
        link.outgoing.clear(&base.buffers);
        if let Some(storage) = reader.and_then(|mut reader| reader.take_spare_buffer()) {
            base.buffers.give_message_storage(storage);
        }
        if let Some(held) = held {
            base.buffers.give_read_buffer(held.bytes);
        }
        link.stream
    }
}

/// While the slots of `about_to_close` run: the close frame waits for them, also in a nested loop.
struct Telling<'a>(&'a WebSocket);

impl<'a> Telling<'a> {
    fn new(socket: &'a WebSocket) -> Self {
        socket.nesting.telling_about_to_close.set(true);
        Self(socket)
    }
}

impl Drop for Telling<'_> {
    fn drop(&mut self) {
        self.0.nesting.telling_about_to_close.set(false);
    }
}
