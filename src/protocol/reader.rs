use super::assembler::Assembler;
use super::frame_header::{self, Header, MAX_HEADER};
use super::mask;
use super::{
    CloseCode, Event, Limits, MAX_CONTROL_PAYLOAD, Opcode, Payload, Role, Step, Violation,
};

/// No message may be larger: with half of the address space a growing buffer cannot overflow.
const LARGEST_MESSAGE: u64 = (isize::MAX / 2) as u64;

/// The receiving half of a connection: turns the peer's bytes into [`Event`]s.
///
/// It never asks for bytes to be kept. What is left of a header stays inside it, what is left of a message goes
/// into a buffer, which the owner may supply and take back; between messages it needs no heap.
#[derive(Debug)]
pub struct Reader {
    phase: Phase,
    assembler: Assembler,
    limits: Limits,
    /// The payload of a control frame that came in pieces, until the step after it was lent.
    control: Option<Box<[u8; MAX_CONTROL_PAYLOAD]>>,
    role: Role,
    discards_data: bool,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    /// Between two frames, or `len` bytes into a header.
    Header { bytes: [u8; MAX_HEADER], len: u8 },
    /// Behind a header.
    Payload { header: Header, received: u64 },
    /// After the peer's close frame or a violation: nothing matters any more.
    Finished,
}

/// What [`Reader::advance`] came to.
enum Progress {
    NeedMore,
    /// A frame that can be lent as it lies in the bytes, its payload from `start` on.
    InPlace {
        header: Header,
        start: usize,
    },
    /// A frame whose payload the reader holds.
    Collected {
        header: Header,
        consumed: usize,
    },
}

impl Phase {
    const BETWEEN_FRAMES: Phase = Phase::Header {
        bytes: [0; MAX_HEADER],
        len: 0,
    };
}

impl Reader {
    /// A reader at the start of the frames, right behind the opening handshake.
    pub fn new(role: Role, limits: Limits) -> Self {
        Reader {
            phase: Phase::BETWEEN_FRAMES,
            assembler: Assembler::default(),
            limits,
            control: None,
            role,
            discards_data: false,
        }
    }

    /// The limits in force.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Sets the limits, for frames whose header has yet to come.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// From now on only the peer's close frame matters: all other frames, also the one that is arriving, are skipped
    /// without an event. For the time after our own close frame went out.
    pub fn discard_data(&mut self) {
        self.discards_data = true;
        self.assembler.abandon();
    }

    /// Whether a message or a frame has begun and not ended.
    pub fn is_mid_message(&self) -> bool {
        match self.phase {
            Phase::Header { len, .. } => len > 0 || self.assembler.is_open(),
            Phase::Payload { .. } => true,
            Phase::Finished => false,
        }
    }

    /// Whether the reader has no buffer, so that a message in several pieces would make it allocate one.
    pub fn needs_buffer(&self) -> bool {
        !self.assembler.has_buffer()
    }

    /// Gives the reader a buffer for messages in several pieces. It is dropped if there is one already.
    pub fn supply_buffer(&mut self, buffer: Vec<u8>) {
        self.assembler.supply_buffer(buffer);
    }

    /// Takes back the buffer, cleared; `None` while a message is in it, or if there is none. After this, and unless in
    /// the middle of something, the reader holds no heap.
    pub fn take_spare_buffer(&mut self) -> Option<Vec<u8>> {
        if !matches!(self.phase, Phase::Payload { .. }) {
            self.control = None;
        }
        self.assembler.take_spare_buffer()
    }

    /// Takes the next event from the front of `bytes`, which it unmasks in place.
    ///
    /// To be called with what was not consumed until that is empty. After [`Event::Close`] and
    /// [`Event::Violation`] everything is consumed and ignored.
    pub fn receive<'b>(&'b mut self, bytes: &'b mut [u8]) -> Step<'b> {
        match self.advance(bytes) {
            Ok(Progress::InPlace { header, start }) => self.lend_in_place(header, start, bytes),
            Ok(Progress::Collected { header, consumed }) => {
                if header.opcode == Opcode::Close {
                    self.finish();
                }
                Step {
                    consumed,
                    event: self.lend_collected(header),
                }
            }
            Ok(Progress::NeedMore) => Step {
                consumed: bytes.len(),
                event: Event::NeedMore,
            },
            Err(violation) => {
                self.finish();
                Step {
                    consumed: bytes.len(),
                    event: Event::Violation(violation),
                }
            }
        }
    }

    /// Goes on until a frame is complete or `bytes` end.
    fn advance(&mut self, bytes: &mut [u8]) -> Result<Progress, Violation> {
        let mut at = 0;
        loop {
            match self.phase {
                Phase::Header { .. } => {
                    let Some(header) = self.take_header(bytes, &mut at)? else {
                        break;
                    };
                    if self.can_lend_in_place(&header, bytes.len() - at) {
                        return Ok(Progress::InPlace { header, start: at });
                    }
                    self.begin_payload(header);
                }
                Phase::Payload { header, received } => {
                    if !self.take_payload(header, received, bytes, &mut at)? {
                        break;
                    }
                    if !self.skips(header.opcode) {
                        return Ok(Progress::Collected {
                            header,
                            consumed: at,
                        });
                    }
                }
                Phase::Finished => break,
            }
        }
        Ok(Progress::NeedMore)
    }

    /// Reads a header that may have begun earlier, and decides whether its frame is allowed.
    fn take_header(&mut self, bytes: &[u8], at: &mut usize) -> Result<Option<Header>, Violation> {
        let Phase::Header {
            bytes: mut partial,
            len,
        } = self.phase
        else {
            return Ok(None);
        };
        let (len, fresh) = (usize::from(len), &bytes[*at..]);
        let decoded = if len == 0 {
            frame_header::decode(fresh, self.role)?
        } else {
            let more = fresh.len().min(MAX_HEADER - len);
            partial[len..len + more].copy_from_slice(&fresh[..more]);
            frame_header::decode(&partial[..len + more], self.role)?
        };
        let Some((header, size)) = decoded else {
            // invariant: an incomplete header is shorter than MAX_HEADER, so that all of `fresh` fits
            partial[len..len + fresh.len()].copy_from_slice(fresh);
            self.phase = Phase::Header {
                bytes: partial,
                len: (len + fresh.len()) as u8,
            };
            return Ok(None);
        };
        *at += size - len;
        self.phase = Phase::BETWEEN_FRAMES;
        self.admit(&header)?;
        Ok(Some(header))
    }

    /// The rules that depend on what came before. They need the header only, so that nothing is
    /// stored of a frame that is not allowed.
    fn admit(&self, header: &Header) -> Result<(), Violation> {
        if header.opcode.is_control() || self.discards_data {
            return Ok(());
        }
        let is_first = header.opcode != Opcode::Continuation;
        if is_first == self.assembler.is_open() {
            return Err(if is_first {
                Violation::message_interrupted()
            } else {
                Violation::nothing_to_continue()
            });
        }
        if header.len > self.limits.frame {
            return Err(Violation::frame_too_big(header.len, self.limits.frame));
        }
        let (have, limit) = (
            self.assembler.len(),
            self.limits.message.min(LARGEST_MESSAGE),
        );
        if header.len > limit.saturating_sub(have) {
            return Err(Violation::message_too_big(have, header.len, limit));
        }
        let is_fragment = !(is_first && header.fin);
        if is_fragment && self.assembler.frames() >= self.limits.fragments {
            return Err(Violation::too_many_fragments(self.limits.fragments));
        }
        Ok(())
    }

    fn skips(&self, opcode: Opcode) -> bool {
        self.discards_data && opcode != Opcode::Close
    }

    /// Control frames and messages of one frame, if all of them is there.
    fn can_lend_in_place(&self, header: &Header, available: usize) -> bool {
        let stands_alone = header.fin && header.opcode != Opcode::Continuation;
        header.len <= available as u64 && stands_alone && !self.skips(header.opcode)
    }

    fn begin_payload(&mut self, header: Header) {
        self.phase = Phase::Payload {
            header,
            received: 0,
        };
        if self.skips(header.opcode) {
            return;
        }
        if header.opcode.is_control() {
            self.control = Some(Box::new([0; MAX_CONTROL_PAYLOAD]));
        } else {
            self.assembler.begin_frame(header.opcode);
        }
    }

    /// Stores what is there of a payload; `true` if that is all of it.
    fn take_payload(
        &mut self,
        header: Header,
        received: u64,
        bytes: &mut [u8],
        at: &mut usize,
    ) -> Result<bool, Violation> {
        let rest = &mut bytes[*at..];
        let here = rest
            .len()
            .min(usize::try_from(header.len - received).unwrap_or(usize::MAX));
        self.store(header, received as usize, &mut rest[..here])?;
        *at += here;
        let received = received + here as u64;
        if received < header.len {
            self.phase = Phase::Payload { header, received };
            return Ok(false);
        }
        self.phase = Phase::BETWEEN_FRAMES;
        if !header.opcode.is_control() && !self.discards_data {
            self.assembler
                .end_frame(header.fin)
                .map_err(|_| invalid_message())?;
        }
        Ok(true)
    }

    fn store(&mut self, header: Header, offset: usize, part: &mut [u8]) -> Result<(), Violation> {
        if self.skips(header.opcode) {
            return Ok(());
        }
        if !header.opcode.is_control() {
            return self
                .assembler
                .push(part, header.key, offset)
                .map_err(|_| invalid_message());
        }
        if let Some(key) = header.key {
            mask::apply(part, key, offset);
        }
        if let Some(control) = &mut self.control {
            control[offset..offset + part.len()].copy_from_slice(part);
        }
        Ok(())
    }

    fn lend_in_place<'b>(&mut self, header: Header, start: usize, bytes: &'b mut [u8]) -> Step<'b> {
        let given = bytes.len();
        let end = start + header.len as usize;
        let payload = &mut bytes[start..end];
        if let Some(key) = header.key {
            mask::apply(payload, key, 0);
        }
        let event = match header.opcode {
            Opcode::Binary => whole_message(Payload::Binary(payload)),
            Opcode::Text => match simdutf8::basic::from_utf8(payload) {
                Ok(text) => whole_message(Payload::Text(text)),
                Err(_) => Event::Violation(invalid_message()),
            },
            control => control_event(control, payload),
        };
        if let Event::Close { .. } = event {
            self.finish();
        } else if let Event::Violation(_) = event {
            self.finish();
            return Step {
                consumed: given,
                event,
            };
        }
        Step {
            consumed: end,
            event,
        }
    }

    fn lend_collected(&self, header: Header) -> Event<'_> {
        if !header.opcode.is_control() {
            return self.assembler.lend(header.fin);
        }
        let payload = self
            .control
            .as_ref()
            .map_or(&[][..], |all| &all[..header.len as usize]);
        control_event(header.opcode, payload)
    }

    fn finish(&mut self) {
        self.phase = Phase::Finished;
        self.assembler.abandon();
    }
}

fn whole_message(payload: Payload<'_>) -> Event<'_> {
    Event::Frame {
        frame: payload,
        is_last_frame: true,
        message: Some(payload),
    }
}

fn control_event(opcode: Opcode, payload: &[u8]) -> Event<'_> {
    match opcode {
        Opcode::Ping => Event::Ping(payload),
        Opcode::Pong => Event::Pong(payload),
        _ => close_event(payload),
    }
}

fn close_event(payload: &[u8]) -> Event<'_> {
    let (code, reason) = match payload {
        [] => {
            return Event::Close {
                code: None,
                reason: "",
            };
        }
        [_] => return Event::Violation(Violation::close_payload_too_small()),
        [high, low, reason @ ..] => (CloseCode(u16::from_be_bytes([*high, *low])), reason),
    };
    if !code.is_valid_on_wire() {
        return Event::Violation(Violation::invalid_close_code(code));
    }
    match simdutf8::basic::from_utf8(reason) {
        Ok(reason) => Event::Close {
            code: Some(code),
            reason,
        },
        Err(_) => Event::Violation(Violation::invalid_utf8("a close reason")),
    }
}

fn invalid_message() -> Violation {
    Violation::invalid_utf8("text")
}
