//! From received bytes to signals.

use std::cell::Cell;
use std::rc::Rc;

use qeventloop::reactor::Ready;

use super::WebSocket;
use super::link::Base;
use super::undelivered::{Message, Undelivered};
use crate::network::SocketState;
use crate::protocol::{CloseCode, Event, Opcode, Payload, Reader, Violation};
use crate::transport::ReadBuffer;

/// What a loop nested in a slot and the turn further out have to know about each other.
#[derive(Default)]
pub(super) struct Nesting {
    /// A slot of a message runs, further out on the stack.
    pub(super) delivering: Cell<bool>,
    /// A nested loop was told of readiness that the one further out must act upon.
    pub(super) missed_edge: Cell<bool>,
    /// A nested loop threw bytes away: what is left of the stream makes no sense any more.
    pub(super) lost_track: Cell<bool>,
    /// The slots of `about_to_close` run, further out on the stack.
    pub(super) telling_about_to_close: Cell<bool>,
}

/// The read half of a socket, lifted out while slots run: no cell is borrowed meanwhile, whatever they do.
///
/// Its end puts back what belongs to the connection, if that still exists, also when a slot panics: the message whose
/// slot it was counts as delivered, and nothing else is lost.
pub(super) struct Lifted<'a> {
    pub(super) socket: &'a Rc<WebSocket>,
    pub(super) base: &'a Base,
    pub(super) buffer: ReadBuffer,
    /// A message that has to wait, in front of the buffer.
    held: Option<Message>,
    reader: Reader,
    epoch: u32,
    /// What the event being delivered takes from the front of the buffer.
    consumed: Cell<usize>,
    message_ended: bool,
}

impl<'a> Lifted<'a> {
    /// `None` when there is no read half: no connection, or it is lifted already.
    pub(super) fn lift(socket: &'a Rc<WebSocket>, base: &'a Base) -> Option<Self> {
        let mut reader = socket.reader.take()?;
        if reader.needs_buffer() {
            reader.supply_buffer(base.buffers.take_message_storage());
        }
        let Undelivered { message, bytes } = socket
            .undelivered
            .take()
            .map(|held| *held)
            .unwrap_or_default();
        let epoch = socket.epoch.get();
        Some(Self {
            socket,
            base,
            buffer: bytes,
            held: message,
            reader,
            epoch,
            consumed: Cell::new(0),
            message_ended: false,
        })
    }

    /// Whether the connection that was lifted still exists, and somebody besides the loop still holds the socket.
    pub(super) fn is_current(&self) -> bool {
        self.socket.is_current(self.epoch)
    }

    /// Starts the clock of a message that has begun, stops it for one that ended.
    pub(super) fn watch_message(&mut self) {
        let ended = std::mem::take(&mut self.message_ended);
        self.socket
            .watch_message(self.base, self.reader.is_mid_message(), ended);
    }

    /// Delivers all that was read, unless a slot pauses; `false` if that ended the connection.
    pub(super) fn deliver(&mut self) -> bool {
        self.deliver_held();
        while self.is_current() && !self.buffer.is_empty() && !self.socket.holds_back() {
            self.deliver_next();
            let consumed = self.consumed.take();
            self.buffer.consume(consumed);
            if self.socket.nesting.lost_track.get() {
                self.buffer.clear();
            }
        }
        self.is_current()
    }

    fn deliver_held(&mut self) {
        let socket = self.socket;
        if socket.holds_back() {
            return;
        }
        if let Some(message) = self.held.take()
            && socket.may_deliver(self.epoch)
        {
            socket.nesting.delivering.set(true);
            socket.emit_message(message.payload());
            socket.nesting.delivering.set(false);
        }
    }

    fn deliver_next(&mut self) {
        let Self {
            socket,
            base,
            buffer,
            held,
            reader,
            epoch,
            consumed,
            message_ended,
        } = self;
        reader.set_limits(socket.limits());
        let delivers = socket.state() == SocketState::Connected && !socket.owes_close.get();
        if !delivers {
            reader.discard_data();
        }
        let step = reader.receive(buffer.unread_mut());
        consumed.set(step.consumed);
        match step.event {
            Event::NeedMore => {}
            Event::Frame {
                frame,
                is_last_frame,
                message,
            } if delivers => {
                *message_ended |= is_last_frame;
                socket.nesting.delivering.set(true);
                socket.emit_frame(frame, is_last_frame);
                *held = socket.emit_or_hold(message, *epoch);
            }
            Event::Frame { .. } => {}
            Event::Ping(payload) => socket.answer_ping(base, payload),
            Event::Pong(payload) if delivers => {
                socket.nesting.delivering.set(true);
                socket.on_pong(base, payload);
            }
            Event::Pong(_) => {}
            Event::Close { code, reason } => {
                let code = code.unwrap_or(CloseCode::MISSING_STATUS_CODE);
                let reason = reason.into();
                socket.on_peer_close(base, code, reason);
            }
            Event::Violation(violation) => socket.on_violation(base, violation),
        }
        socket.nesting.delivering.set(false);
    }
}

impl Drop for Lifted<'_> {
    fn drop(&mut self) {
        let socket = self.socket;
        socket.nesting.delivering.set(false);
        if socket.nesting.missed_edge.take() {
            // Whatever connection they were about: one that a slot opened has told its edges to nobody else.
            let edges = Ready::READABLE.union(Ready::READ_CLOSED);
            self.base.registration.mark_ready(edges);
        }
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.consume(self.consumed.take());
        if let Some(storage) = self.reader.take_spare_buffer() {
            self.base.buffers.give_message_storage(storage);
        }
        if socket.epoch.get() != self.epoch {
            self.base.buffers.give_read_buffer(buffer);
            return;
        }
        let limits = socket.limits();
        let reader = std::mem::replace(&mut self.reader, Reader::new(socket.role, limits));
        socket.reader.set(Some(reader));
        let undelivered = Undelivered {
            message: self.held.take(),
            bytes: self.base.buffers.fitted(buffer),
        };
        if !undelivered.is_empty() {
            socket.undelivered.set(Some(Box::new(undelivered)));
        }
    }
}

impl WebSocket {
    /// Whether the connection that was there still exists, and somebody besides the loop holds the socket.
    pub(super) fn is_current(&self, epoch: u32) -> bool {
        self.epoch.get() == epoch && !self.is_held_by_turns_only()
    }

    fn may_deliver(&self, epoch: u32) -> bool {
        self.is_current(epoch) && self.state() == SocketState::Connected && !self.owes_close.get()
    }

    fn emit_frame(&self, frame: Payload<'_>, is_last_frame: bool) {
        match frame {
            Payload::Text(text) => self.text_frame_received.emit(text, is_last_frame),
            Payload::Binary(bytes) => self.binary_frame_received.emit(bytes, is_last_frame),
        }
    }

    /// Tells the message of a frame that was told, unless a slot did away with it. Gives one that has to wait.
    fn emit_or_hold(&self, message: Option<Payload<'_>>, epoch: u32) -> Option<Message> {
        let message = message.filter(|_| self.may_deliver(epoch))?;
        if self.holds_back() {
            return Some(message.into());
        }
        self.emit_message(message);
        None
    }

    fn emit_message(&self, message: Payload<'_>) {
        match message {
            Payload::Text(text) => self.text_message_received.emit(text),
            Payload::Binary(bytes) => self.binary_message_received.emit(bytes),
        }
    }

    fn answer_ping(&self, base: &Base, payload: &[u8]) {
        if !self.closing.get().may_send_data() {
            return;
        }
        let blocked = self.link.with(|link| {
            if link.blocked {
                link.pending_pong = Some(payload.into());
            }
            link.blocked
        });
        if !blocked {
            self.send_control(base, Opcode::Pong, payload);
        }
    }

    fn on_pong(&self, base: &Base, payload: &[u8]) {
        let elapsed = self
            .pings
            .answered(payload, || base.dispatcher().read_clock());
        self.pong.emit(
            u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
            payload,
        );
    }

    fn on_violation(&self, base: &Base, violation: Violation) {
        if !self.closing.get().may_receive_data() {
            return self.finish(); // it cannot even close properly
        }
        self.explain_close(violation.code, &violation.reason);
        self.change_texts(|texts| texts.error = violation.detail.into());
        // A peer that breaks the rules is not waited for.
        self.link.with(|link| link.ends_after_queue = true);
        self.begin_closing(base);
    }
}
