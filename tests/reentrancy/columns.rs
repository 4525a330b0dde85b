//! How the columns are put together.

use super::cells::{Cause, Column, LAST, LIMIT, Target, Trust};
use super::frames::*;
use super::peer::{Answer, End, Script};

/// A client whose peer greets it with everything there is, and is polite.
pub fn client(cause: Cause, tells: &'static str) -> Column {
    column(End::Client, cause, tells)
}

/// The accepted end of the same.
pub fn server(cause: Cause, tells: &'static str) -> Column {
    column(End::Server, cause, tells)
}

fn column(end: End, cause: Cause, tells: &'static str) -> Column {
    Column {
        end,
        is_secure: false,
        trust: Trust::Known,
        asks_for_key: false,
        target: Target::Peer,
        script: Script {
            answer: Answer::Accept,
            greeting: greeting(end),
            closes: false,
            says_fin: false,
            is_polite: true,
        },
        cause,
        has_message_timeout: false,
        needs_clock: false,
        tells,
    }
}

impl Column {
    pub fn secure(mut self) -> Self {
        self.is_secure = true;
        self
    }

    pub fn untrusted(mut self) -> Self {
        self.trust = Trust::Unknown;
        self.secure()
    }

    pub fn ignored(mut self) -> Self {
        self.trust = Trust::Ignored;
        self.secure()
    }

    #[cfg(feature = "openssl")]
    pub fn asked_for_key(mut self) -> Self {
        self.asks_for_key = true;
        self.secure()
    }

    pub fn to(mut self, target: Target) -> Self {
        self.target = target;
        self
    }

    pub fn answered_with(mut self, answer: Answer) -> Self {
        self.script.answer = answer;
        self
    }

    /// Whether all that is sent before the close frame is sure to leave.
    pub fn lets_all_arrive(&self) -> bool {
        // Who asks and ends that connection receives on another one.
        let is_one_connection = self.script.answer != Answer::AskAndFin;
        self.cause == Cause::Close && self.script.is_polite && is_one_connection
    }

    /// The peer answers neither pings nor close frames.
    pub fn impolite(mut self) -> Self {
        self.script.is_polite = false;
        self.needs_clock = true;
        self
    }

    pub fn after_a_while(mut self) -> Self {
        self.needs_clock = true;
        self
    }

    /// The peer's greeting ends with this frame, and a message that comes too late for anybody.
    pub fn then(mut self, opcode: u8, payload: &[u8]) -> Self {
        self.script.closes |= opcode == CLOSE;
        for (opcode, payload) in [(opcode, payload), (TEXT, b"late")] {
            let bytes = one(self.end, 0x80 | opcode, payload);
            self.script.greeting.extend(bytes);
        }
        self
    }

    pub fn then_too_much(self) -> Self {
        self.then(TEXT, &[b'x'; LIMIT as usize + 1])
    }

    /// The greeting stops inside of a message, for which there is a deadline.
    pub fn then_half_a_message(mut self) -> Self {
        let part = one(self.end, TEXT, b"never ");
        self.script.greeting.extend(part);
        self.has_message_timeout = true;
        self.needs_clock = true;
        self
    }

    pub fn then_fin(mut self) -> Self {
        self.script.says_fin = true;
        self
    }
}

/// Something for every signal, in one piece.
fn greeting(end: End) -> Vec<u8> {
    [
        one(end, TEXT, b"te"),
        one(end, 0x80 | CONTINUATION, b"xt"),
        one(end, BINARY, &[1]),
        one(end, 0x80 | PING, b"?"),
        one(end, 0x80 | CONTINUATION, &[2]),
        one(end, 0x80 | PONG, b"!"),
        one(end, 0x80 | BINARY, &[3]),
        one(end, 0x80 | TEXT, LAST.as_bytes()),
    ]
    .concat()
}

/// A frame from the peer of `end`.
fn one(end: End, first: u8, payload: &[u8]) -> Vec<u8> {
    let mask = (end == End::Server).then_some(MASK);
    raw_frame(first, mask, payload)
}
