//! Sending messages and pings.

use super::WebSocket;
use super::link::{Base, Link};
use crate::network::SocketState;
use crate::protocol::{MAX_CONTROL_PAYLOAD, Opcode, Payload, Role, fragments};

impl WebSocket {
    /// Sends a text message. Gives the number of bytes taken: all of them, or 0 when not connected.
    ///
    /// Nothing is emitted and nothing blocks: the message is queued and leaves when control returns to the loop, or
    /// earlier if it is large. Messages longer than the [outgoing frame size](Self::set_outgoing_frame_size) leave in
    /// several frames, none of which ends inside a character.
    #[doc(alias = "sendTextMessage")]
    pub fn send_text_message(&self, message: impl AsRef<str>) -> usize {
        self.send_message(Payload::Text(message.as_ref()))
    }

    /// Sends a binary message; the rest is as for [`send_text_message`](Self::send_text_message).
    #[doc(alias = "sendBinaryMessage")]
    pub fn send_binary_message(&self, data: impl AsRef<[u8]>) -> usize {
        self.send_message(Payload::Binary(data.as_ref()))
    }

    /// Asks the peer whether it is alive. It answers with the same payload, of which at most 125 bytes are sent;
    /// `pong` tells the time that took. Does nothing when not connected.
    ///
    /// ```
    /// use qwebsocket::WebSocket;
    ///
    /// let socket = WebSocket::new();
    /// socket.pong.connect(|elapsed_ms, _payload| println!("round trip: {elapsed_ms} ms"));
    /// socket.connected.connect_to(&socket, |socket| socket.ping("are you there?"));
    /// ```
    pub fn ping(&self, payload: impl AsRef<[u8]>) {
        let payload = payload.as_ref();
        let payload = &payload[..payload.len().min(MAX_CONTROL_PAYLOAD)];
        if let Some(base) = self.base_for_sending()
            && self.send_control(base, Opcode::Ping, payload)
        {
            self.pings.sent(payload, base.dispatcher().read_clock());
        }
    }

    fn send_message(&self, message: Payload<'_>) -> usize {
        let Some(base) = self.base_for_sending() else {
            return 0;
        };
        let frames = fragments(message, self.outgoing_frame_size());
        let epoch = self.epoch.get();
        // All masks of an application's generator first: what that sends must not get between the frames.
        let mut masks = self.has_own_masks().then(|| {
            let masks: Vec<_> = frames.clone().map(|_| self.next_mask()).collect();
            masks.into_iter()
        });
        if self.epoch.get() != epoch || !self.may_send() {
            return 0; // the generator ended the connection
        }
        for (payload, opcode, is_last) in frames {
            let mask = match &mut masks {
                Some(masks) => masks.next().flatten(),
                None => self.next_mask(),
            };
            self.queue(base, |link| {
                link.send_frame(opcode, is_last, payload, mask, &base.buffers)
            });
        }
        message.as_bytes().len()
    }

    /// Queues a ping or a pong; `false` if the mask generator ended the connection.
    pub(super) fn send_control(&self, base: &Base, opcode: Opcode, payload: &[u8]) -> bool {
        let epoch = self.epoch.get();
        let mask = self.next_mask();
        let may_send = self.epoch.get() == epoch && self.may_send();
        if may_send {
            self.queue(base, |link| {
                link.send_control(opcode, payload, mask, &base.buffers)
            });
        }
        may_send
    }

    /// Lets `send` queue something, and sees to it that it leaves.
    fn queue(&self, base: &Base, send: impl FnOnce(&mut Link) -> usize) {
        let (written, was_empty) = self.link.with(|link| {
            let was_empty = link.outgoing.is_empty();
            (send(link), was_empty)
        });
        self.count_written(written);
        if was_empty || written > 0 {
            base.registration.mark_dirty();
        }
    }

    /// Whether masks come from the application's code.
    fn has_own_masks(&self) -> bool {
        self.role == Role::Client
            && self.settings.with(|settings| {
                settings
                    .as_ref()
                    .is_some_and(|settings| settings.mask_generator.is_some())
            })
    }

    /// The mask of the next frame. The generator is the application's code, so no cell is borrowed here.
    pub(super) fn next_mask(&self) -> Option<u32> {
        (self.role == Role::Client).then(|| self.mask_generator().next_mask())
    }

    fn base_for_sending(&self) -> Option<&Base> {
        self.base.get().filter(|_| self.may_send())
    }

    pub(super) fn may_send(&self) -> bool {
        self.state() == SocketState::Connected
            && self.closing.get().may_send_data()
            && !(self.owes_close.get() && self.gives_up_on_peer())
    }

    /// The peer broke a rule or did not finish in time: it is told so, and nothing else.
    fn gives_up_on_peer(&self) -> bool {
        self.link.with(|link| link.ends_after_queue)
    }
}
