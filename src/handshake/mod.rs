//! The opening handshake (RFC 6455, section 4) of both roles, without I/O, clock or randomness.
//!
//! Bytes come in as slices that hold everything received so far, answers go out as values. One strict
//! HTTP/1.1 head parser serves the client's answer, the server's request and a proxy's answer:
//!
//! 1. [`HeadScanner`] looks for the blank line, each byte once, and refuses what no honest peer sends;
//! 2. [`RequestHead`] and [`ResponseHead`] parse the complete head once and keep it as one allocation;
//! 3. [`ClientHandshake`] and [`ServerHandshake`] judge it.
#![allow(unreachable_pub)] // fuzzers and benchmarks see this module through `internals`

mod answer;
mod body;
pub mod challenge;
mod client;
pub mod field;
mod head;
mod headers;
mod hello;
pub mod host;
mod key;
mod request;
mod response;
mod scanner;
mod server;
pub mod subprotocol;
#[cfg(test)]
mod tests;
mod unwanted_body;

pub use answer::{HttpRefusal, write_accept, write_refusal};
pub use body::BodyReader;
pub use client::ClientHandshake;
pub use head::ResponseHead;
pub use headers::Headers;
pub use hello::ClientHello;
pub use key::client_key;
pub use request::UpgradeRequest;
pub use response::Refusal;
pub use scanner::{HeadLimits, HeadScanner};
pub use server::ServerHandshake;
pub use unwanted_body::{Skipped, UnwantedBody};

// What only tests, fuzzers and benchmarks name.
#[cfg(any(fuzzing, feature = "__internals"))]
pub use self::{
    head::HttpVersion,
    key::{accept_key, is_valid_client_key},
    response::check_response,
};
#[cfg(any(test, fuzzing, feature = "__internals"))]
pub use self::{
    head::RequestHead, request::InvalidRequest, response::Accepted, scanner::HeadError,
};

/// How far a handshake has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress<T, R> {
    /// The head is complete and good.
    Complete(T),
    /// More bytes are needed.
    Partial,
    /// The connection cannot become a WebSocket, for this reason.
    Refused(R),
}
