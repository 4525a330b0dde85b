use super::assembler::Assembler;
use super::control::control_event;
use super::frame_header::Header;
use super::partial_header::PartialHeader;
use super::{Event, Limits, MAX_CONTROL_PAYLOAD, Opcode, Payload, Role, Step, Violation, mask};

/// The receiving half of a connection: turns the peer's bytes into [`Event`]s.
///
/// It never asks for bytes to be kept. What is left of a header stays inside it, what is left of a
/// message goes into a buffer, which the owner may supply and take back; between messages it needs
/// no heap.
#[derive(Debug)]
pub struct Reader {
    phase: Phase,
    partial: PartialHeader,
    assembler: Assembler,
    limits: Limits,
    /// The payload of a control frame that comes in pieces. It is lent when complete, so it stays
    /// until the next one or until the spare buffer is taken.
    control: Option<Box<[u8; MAX_CONTROL_PAYLOAD]>>,
    role: Role,
    discards_data: bool,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    /// Between two frames or inside a header.
    Header,
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

impl Reader {
    /// A reader at the start of the frames, right behind the opening handshake.
    pub fn new(role: Role, limits: Limits) -> Self {
        Reader {
            phase: Phase::Header,
            partial: PartialHeader::default(),
            assembler: Assembler::default(),
            limits,
            control: None,
            role,
            discards_data: false,
        }
    }

    /// Sets the limits, for frames whose header has yet to come.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// From now on only the peer's close frame matters: all other frames, also the one that is
    /// arriving, are skipped without an event. For the time after our own close frame went out.
    pub fn discard_data(&mut self) {
        self.discards_data = true;
        self.assembler.abandon();
    }

    /// Whether a message or a frame has begun and not ended.
    pub fn is_mid_message(&self) -> bool {
        match self.phase {
            Phase::Header => !self.partial.is_empty() || self.assembler.is_open(),
            Phase::Payload { .. } => true,
            Phase::Finished => false,
        }
    }

    /// Whether the reader has no buffer, so that a message in several pieces makes it allocate one.
    pub fn needs_buffer(&self) -> bool {
        !self.assembler.has_buffer()
    }

    /// Gives the reader a buffer for messages in several pieces. It is dropped if there is one
    /// already.
    pub fn supply_buffer(&mut self, buffer: Vec<u8>) {
        self.assembler.supply_buffer(buffer);
    }

    /// Takes back the buffer, cleared; `None` while a message is in it, or if there is none. After
    /// this, and unless in the middle of something, the reader holds no heap.
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
    #[inline]
    pub fn receive<'b>(&'b mut self, bytes: &'b mut [u8]) -> Step<'b> {
        match self.advance(bytes) {
            Ok(Progress::InPlace { header, start }) => self.lend_in_place(header, start, bytes),
            Ok(Progress::Collected { header, consumed }) => self.lend_collected(header, consumed),
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
    #[inline]
    fn advance(&mut self, bytes: &mut [u8]) -> Result<Progress, Violation> {
        let mut at = 0;
        loop {
            match self.phase {
                Phase::Header => {
                    let Some((header, size)) = self.partial.read(&bytes[at..], self.role)? else {
                        break;
                    };
                    at += size;
                    self.admit(&header)?;
                    if self.can_lend_in_place(&header, bytes.len() - at) {
                        return Ok(Progress::InPlace { header, start: at });
                    }
                    self.begin_payload(header);
                }
                Phase::Payload { header, received } => {
                    at += self.take_payload(header, received, &mut bytes[at..])?;
                    if !matches!(self.phase, Phase::Header) {
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

    /// The rules that depend on what came before. They need the header only, so that nothing is
    /// stored of a frame that is not allowed.
    #[inline]
    fn admit(&self, header: &Header) -> Result<(), Violation> {
        if header.opcode.is_control() || self.discards_data {
            return Ok(());
        }
        match (header.opcode, self.assembler.is_open()) {
            (Opcode::Continuation, false) => return Err(Violation::nothing_to_continue()),
            (Opcode::Text | Opcode::Binary, true) => return Err(Violation::message_interrupted()),
            _ => {}
        }
        self.limits
            .admit(header, self.assembler.len(), self.assembler.frames())
    }

    fn skips(&self, opcode: Opcode) -> bool {
        self.discards_data && opcode != Opcode::Close
    }

    fn can_lend_in_place(&self, header: &Header, available: usize) -> bool {
        header.is_whole() && header.len <= available as u64 && !self.skips(header.opcode)
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

    /// Stores what is there of a payload, and ends the frame if that is all of it. Returns how much
    /// it was.
    fn take_payload(
        &mut self,
        header: Header,
        received: u64,
        bytes: &mut [u8],
    ) -> Result<usize, Violation> {
        let missing = header.len - received;
        let here = usize::try_from(missing).map_or(bytes.len(), |all| all.min(bytes.len()));
        if !self.skips(header.opcode) {
            self.store(header, received as usize, &mut bytes[..here])?;
        }
        self.phase = if here as u64 == missing {
            Phase::Header
        } else {
            Phase::Payload {
                header,
                received: received + here as u64,
            }
        };
        Ok(here)
    }

    fn store(&mut self, header: Header, offset: usize, part: &mut [u8]) -> Result<(), Violation> {
        let end = offset + part.len();
        if header.opcode.is_control() {
            if let Some(key) = header.key {
                mask::apply(part, key, offset);
            }
            if let Some(control) = &mut self.control {
                control[offset..end].copy_from_slice(part);
            }
            return Ok(());
        }
        let mut stored = self.assembler.push(part, header.key, offset);
        if header.fin && end as u64 == header.len {
            stored = stored.and_then(|()| self.assembler.end_message());
        }
        stored.map_err(|_| invalid_text())
    }

    #[inline]
    fn lend_in_place<'b>(&mut self, header: Header, start: usize, bytes: &'b mut [u8]) -> Step<'b> {
        // fits: can_lend_in_place compared it with what is there
        let end = start + header.len as usize;
        let payload = &mut bytes[start..end];
        if let Some(key) = header.key {
            mask::apply(payload, key, 0);
        }
        let event = match header.opcode {
            Opcode::Binary => Event::whole_message(Payload::Binary(payload)),
            Opcode::Text => match simdutf8::basic::from_utf8(payload) {
                Ok(text) => Event::whole_message(Payload::Text(text)),
                Err(_) => Event::Violation(invalid_text()),
            },
            control => control_event(control, payload),
        };
        if let Event::Violation(_) | Event::Close { .. } = event {
            self.finish();
        }
        Step {
            consumed: end,
            event,
        }
    }

    fn lend_collected(&mut self, header: Header, consumed: usize) -> Step<'_> {
        if !header.opcode.is_control() {
            return Step {
                consumed,
                event: self.assembler.lend(header.fin),
            };
        }
        if header.opcode == Opcode::Close {
            self.finish();
        }
        let payload = self
            .control
            .as_ref()
            .map_or(&[][..], |all| &all[..header.len as usize]);
        Step {
            consumed,
            event: control_event(header.opcode, payload),
        }
    }

    fn finish(&mut self) {
        self.phase = Phase::Finished;
        self.assembler.abandon();
    }
}

fn invalid_text() -> Violation {
    Violation::invalid_utf8("text")
}
