//! The matrix of re-entrancy: whatever a slot does, in whatever signal, while the connection ends for whatever reason,
//! the rules of `oracle` hold and nothing is left over.
//!
//! A test is a column: one cause of the end. Its cells are all signals that come up in it, times all actions.
#![allow(
    unreachable_pub,
    missing_debug_implementations,
    missing_docs,
    reason = "parts of one test"
)]
#![cfg(any(feature = "ring", feature = "openssl"))]

mod actions;
mod cells;
mod columns;
mod found;
#[allow(dead_code)]
#[path = "../support/frames.rs"]
mod frames;
mod matrix;
mod oracle;
mod peer;
mod random;
mod scene;
mod stage;
mod watched;
mod wire;

use cells::{Cause, Target};
use columns::{client, server};
use frames::{CLOSE, close_payload};
use peer::Answer;

/// Makes a test of every column, and a table of them all.
macro_rules! columns {
    ($($name:ident => $column:expr,)*) => {
        $(
            #[test]
            fn $name() {
                matrix::run_column(stringify!($name), || $column);
            }
        )*

        /// All columns, for the random programs.
        fn all() -> Vec<(&'static str, cells::Column)> {
            vec![$((stringify!($name), $column)),*]
        }
    };
}

const CLOSED: &str = "about_to_close Closing Unconnected disconnected rcf";
const ABORTED: &str = "about_to_close Unconnected disconnected rcf";
const LOST: &str =
    "occurred(RemoteHostClosed) error(RemoteHostClosed) Closing Unconnected disconnected rcf";

columns! {
    client_close => client(Cause::Close, CLOSED),
    client_close_unanswered => client(Cause::Close, CLOSED).impolite(),
    client_peer_close => client(Cause::Peer, CLOSED).then(CLOSE, &close_payload(1001, "bye")),
    client_peer_close_empty => client(Cause::Peer, CLOSED).then(CLOSE, b""),
    client_violation => client(Cause::Peer, CLOSED).then(0x3, b"what?"),
    client_limit => client(Cause::Peer, CLOSED).then_too_much(),
    client_message_timeout => client(Cause::Peer, CLOSED).then_half_a_message(),
    client_fin => client(Cause::Peer, LOST).then_fin(),
    client_reset => client(Cause::Reset, LOST),
    client_abort => client(Cause::Abort, ABORTED),
    client_drop => client(Cause::Drop, CLOSED),
    client_open => client(Cause::Open, CLOSED),

    connecting_refused => client(Cause::Peer, "occurred(ConnectionRefused) error(ConnectionRefused) Unconnected disconnected")
        .to(Target::Refusing),
    connecting_doomed => client(Cause::Peer, "occurred(ConnectionRefused) error(ConnectionRefused) Unconnected disconnected")
        .to(Target::BadOrigin),
    connecting_not_found => client(Cause::Peer, "refused(404) occurred(ConnectionRefused) error(ConnectionRefused) Unconnected disconnected rcf")
        .answered_with(Answer::NotFound),
    connecting_asked_in_vain => client(Cause::Peer, "asks asks refused(401) occurred(ConnectionRefused) error(ConnectionRefused) Unconnected disconnected rcf")
        .answered_with(Answer::AskInVain),
    connecting_asked => client(Cause::Close, CLOSED).answered_with(Answer::Ask),
    connecting_asked_and_left => client(Cause::Close, CLOSED).answered_with(Answer::AskAndFin),
    connecting_by_proxy => client(Cause::Close, CLOSED).to(Target::Proxy),
    connecting_asked_by_proxy => client(Cause::Close, CLOSED).to(Target::Proxy).answered_with(Answer::Ask),
    connecting_asked_and_left_by_proxy => client(Cause::Close, CLOSED).to(Target::Proxy).answered_with(Answer::AskAndFin),
    connecting_asked_in_vain_by_proxy => client(Cause::Peer, "proxy_asks proxy_asks occurred(ProxyAuthenticationRequired) error(ProxyAuthenticationRequired) Unconnected disconnected")
        .to(Target::Proxy)
        .answered_with(Answer::AskInVain),
    connecting_refused_by_proxy => client(Cause::Peer, "occurred(HostNotFound) error(HostNotFound) Unconnected disconnected")
        .to(Target::Proxy)
        .answered_with(Answer::NotFound),
    connecting_lost_by_proxy => client(Cause::Peer, "occurred(ProxyConnectionClosed) error(ProxyConnectionClosed) Unconnected disconnected")
        .to(Target::Proxy)
        .answered_with(Answer::Fin),
    connecting_silence_of_proxy => client(Cause::Peer, "occurred(ProxyConnectionTimeout) error(ProxyConnectionTimeout) Unconnected disconnected")
        .to(Target::Proxy)
        .answered_with(Answer::Silence)
        .after_a_while(),
    connecting_fin => client(Cause::Peer, "occurred(RemoteHostClosed) error(RemoteHostClosed) Unconnected disconnected rcf")
        .answered_with(Answer::Fin),
    connecting_silence => client(Cause::Peer, "occurred(SocketTimeout) error(SocketTimeout) Unconnected disconnected rcf")
        .answered_with(Answer::Silence)
        .after_a_while(),
    connecting_untrusted => client(Cause::Peer, "verify ssl_errors occurred(SslHandshakeFailed) error(SslHandshakeFailed) Unconnected disconnected rcf")
        .untrusted(),
    connecting_close => client(Cause::CloseAtOnce, ABORTED),
    connecting_abort => client(Cause::AbortAtOnce, ABORTED),
    connecting_drop => client(Cause::DropAtOnce, ""),
    connecting_open => client(Cause::OpenAtOnce, ABORTED),

    server_close => server(Cause::Close, CLOSED),
    server_close_unanswered => server(Cause::Close, CLOSED).impolite(),
    server_peer_close => server(Cause::Peer, CLOSED).then(CLOSE, &close_payload(1001, "bye")),
    server_peer_close_empty => server(Cause::Peer, CLOSED).then(CLOSE, b""),
    server_violation => server(Cause::Peer, CLOSED).then(0x3, b"what?"),
    server_limit => server(Cause::Peer, CLOSED).then_too_much(),
    server_message_timeout => server(Cause::Peer, CLOSED).then_half_a_message(),
    server_fin => server(Cause::Peer, LOST).then_fin(),
    server_reset => server(Cause::Reset, LOST),
    server_abort => server(Cause::Abort, ABORTED),
    server_drop => server(Cause::Drop, CLOSED),

    secure_client_close => client(Cause::Close, CLOSED).secure(),
    secure_client_ignored => client(Cause::Close, CLOSED).ignored(),
    secure_client_abort => client(Cause::Abort, ABORTED).secure(),
    secure_client_peer_close => client(Cause::Peer, CLOSED)
        .secure()
        .then(CLOSE, &close_payload(1001, "bye")),
    secure_client_fin => client(Cause::Peer, LOST).secure().then_fin(),
    secure_client_drop => client(Cause::Drop, CLOSED).secure(),
    secure_server_close => server(Cause::Close, CLOSED).secure(),
    secure_server_fin => server(Cause::Peer, LOST).secure().then_fin(),
}

/// In the middle of the handshake, which goes on with the certificate.
#[cfg(feature = "openssl")]
#[test]
fn connecting_asked_for_key() {
    matrix::run_column("connecting_asked_for_key", || {
        client(Cause::Close, CLOSED).asked_for_key()
    });
}

#[test]
fn random_programs() {
    random::run(all());
}
