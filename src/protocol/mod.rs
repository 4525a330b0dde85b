//! The WebSocket protocol (RFC 6455) for both ends, without sockets and without a clock.
//!
//! Bytes from the peer go into a [`Reader`], which hands out one [`Event`] at a time, lent from the
//! bytes it was given wherever that is possible. What is to be sent is encoded by
//! [`encode_header`], [`fragments`], [`control_frame`] and [`close_frame`]. Which close frames have
//! passed is kept by [`Closing`].
//!
//! Nothing here performs I/O, waits, or panics on what a peer sends, so all of it can be fuzzed
//! alone.

// Public within the crate only, but fuzz targets and benchmarks reach it through `internals`.
#![allow(unreachable_pub)]

mod assembler;
mod close_code;
mod closing;
mod control;
mod event;
mod fragments;
mod frame_header;
mod limits;
pub mod mask;
mod opcode;
mod outgoing;
mod partial_header;
mod reader;
#[cfg(test)]
mod tests;
mod utf8;
mod version;
mod violation;

pub use close_code::CloseCode;
pub use closing::Closing;
pub use event::{Event, Payload, Step};
pub use fragments::fragments;
pub use frame_header::encode_header;
pub use limits::Limits;
pub use opcode::Opcode;
pub use outgoing::{append_frame, close_frame, control_frame, cut_reason};
pub use reader::Reader;
pub use version::Version;
pub use violation::Violation;

// What only fuzzers and benchmarks name.
#[cfg(any(fuzzing, feature = "__internals"))]
pub use self::{
    fragments::Fragments,
    frame_header::{FrameHeader, MAX_HEADER},
};

/// Whose end of the connection this is. A client masks what it sends and refuses masked frames; a
/// server does the reverse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The end that opened the connection.
    Client,
    /// The end that accepted it.
    Server,
}

/// The longest payload of a control frame, in bytes.
pub const MAX_CONTROL_PAYLOAD: usize = 125;
