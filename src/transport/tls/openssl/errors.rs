//! OpenSSL's errors in words.

use openssl::error::{Error, ErrorStack};

use crate::network::SocketError;
use crate::transport::Failure;

/// The configuration cannot be used.
pub(super) fn unusable(text: impl Into<String>) -> Failure {
    Failure::new(SocketError::SslInvalidUserData, text)
}

/// Whatever fails here fails before the peer is known: a certificate's faults are in the verdict.
pub(super) fn handshake_failure(reason: &str) -> Failure {
    let text = format!("Error during SSL handshake: {reason}");
    Failure::new(SocketError::SslHandshakeFailed, text)
}

/// What goes wrong on a connection that stands. An alert about our certificate may come so late too.
pub(super) fn read_failure(reason: &str) -> Failure {
    let text = format!("Error while reading: {reason}");
    Failure::new(SocketError::SslInternal, text)
}

/// What an error of a session says.
pub(super) fn reason(error: &openssl::ssl::Error) -> String {
    match error.ssl_error() {
        Some(stack) => text(stack),
        None => error.to_string(),
    }
}

/// Empties the thread's queue of errors. OpenSSL looks there to tell a call that waits from one that failed, so what
/// somebody else left would be the end of a connection that is not to blame.
pub(super) fn forget_others() {
    drop(ErrorStack::get());
}

/// As OpenSSL itself writes them, without file names and lines.
pub(super) fn text(stack: &ErrorStack) -> String {
    let lines: Vec<_> = stack.errors().iter().map(line).collect();
    lines.join(", ")
}

fn line(error: &Error) -> String {
    let library = error.library().unwrap_or_default();
    let reason = error.reason().unwrap_or("unknown reason");
    format!("error:{:08X}:{library}::{reason}", error.code())
}
