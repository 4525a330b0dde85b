//! Bytes: resolve, connect, proxy, TLS, and then a stream that reads and writes.
//!
//! ```text
//! Dial:   Resolving ──► Connecting ──► Tunnelling ──► Securing (wss) ──► Judged ──────► Stream
//!         resolver.rs   connector.rs   proxy/         tls/               tls/verdict/   stream.rs
//! ```
//!
//! Each phase is a value that the next one replaces. Nothing here knows what a frame is, nothing calls into a user's
//! code, and nothing blocks: names are looked up on a worker thread, everything else waits for readiness. (The system's
//! certificates are read from disk once, when the first secured connection is opened.)

mod buffers;
mod connector;
mod dial;
mod failure;
mod listen;
mod pipe;
pub(crate) mod proxy;
mod read_buffer;
mod resolver;
mod secured;
mod shutdown;
mod stream;
mod tcp;
pub(crate) mod tls;
mod write_buffer;

pub(crate) use self::buffers::Buffers;
pub(crate) use self::dial::{Dial, DialProgress, Target};
pub(crate) use self::failure::Failure;
pub(crate) use self::listen::{address_of, listen};
pub(crate) use self::read_buffer::ReadBuffer;
#[cfg(all(test, target_os = "linux"))]
pub(crate) use self::resolver::hosts;
pub(crate) use self::shutdown::shut_down;
pub(crate) use self::stream::{Received, Stream};
pub(crate) use self::tcp::configure;
pub(crate) use self::tls::{Alerts, Verdict};
pub(crate) use self::write_buffer::WriteBuffer;
