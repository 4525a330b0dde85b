//! A row of the table, and the outcomes there are.

use std::any::Any;
use std::rc::Rc;
use std::time::Duration;

use qwebsocket::{CloseCode, NetworkProxy, SocketError, WebSocket};

use super::support::raw_peer::Wire;

pub(crate) struct Row {
    pub(crate) name: &'static str,
    /// What is bad, in words.
    pub(crate) input: &'static str,
    pub(crate) situation: Situation,
    pub(crate) outcome: Outcome,
}

pub(crate) type PeerScript = Box<dyn FnOnce(&mut Wire) + Send>;
pub(crate) type Prepare = fn(&WebSocket);

/// Where the bad input meets the socket.
pub(crate) enum Situation {
    /// `open` is called like this. What it gives stays alive until the end.
    Opening(fn(&Rc<WebSocket>) -> Box<dyn Any>),
    /// As `Opening`, with a socket that was made with this origin.
    OpeningWithOrigin(&'static str),
    /// `open` is called with this proxy.
    OpeningBy(fn() -> NetworkProxy),
    /// A client asks this proxy, wherever that is, for a tunnel; the proxy does this.
    ByProxy(NetworkProxy, PeerScript),
    /// A client begins its TLS handshake; the server has read how, and does this.
    Securing(PeerScript),
    /// A client waits for the answer to its request; the server does this.
    Waiting(PeerScript),
    /// As `Waiting`, and then the clock is advanced by so much.
    WaitingFor(Duration, PeerScript),
    /// A client is connected; the server does this.
    Connected(Prepare, PeerScript),
    /// A client has closed with 1000, and its close frame was read; the server does this.
    Closing(PeerScript),
    /// An accepted socket is connected; the client does this.
    Accepted(Prepare, PeerScript),
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// In order; `[..]` came before `open` returned.
    pub(crate) signals: String,
    /// `error()` in each slot of the end, and afterwards.
    pub(crate) error: SocketError,
    pub(crate) error_string: String,
    pub(crate) close_code: CloseCode,
    pub(crate) close_reason: String,
    /// What the peer received after its bad input.
    pub(crate) peer_saw: String,
}

pub(crate) fn frames(bytes: impl Into<Vec<u8>>) -> Situation {
    frames_to(|_| {}, bytes)
}

pub(crate) fn frames_to(prepare: Prepare, bytes: impl Into<Vec<u8>>) -> Situation {
    let bytes = bytes.into();
    Situation::Connected(prepare, Box::new(move |wire| wire.send(bytes)))
}

pub(crate) fn client_frames(bytes: impl Into<Vec<u8>>) -> Situation {
    let bytes = bytes.into();
    Situation::Accepted(|_| {}, Box::new(move |wire| wire.send(bytes)))
}

/// The server answers the upgrade with `bytes`.
pub(crate) fn answer(bytes: impl Into<Vec<u8>>) -> Situation {
    let bytes = bytes.into();
    Situation::Waiting(Box::new(move |wire| {
        wire.read_head();
        wire.send(bytes);
    }))
}

/// `open` refuses its argument: nothing else happens.
pub(crate) fn refused_argument(error: SocketError, text: &str) -> Outcome {
    Outcome {
        signals: "[error]".into(),
        error,
        error_string: text.into(),
        close_code: CloseCode::NORMAL,
        close_reason: String::new(),
        peer_saw: UNSEEN.into(),
    }
}

/// The connection could not be made; TCP did not stand.
pub(crate) fn unreachable(error: SocketError, text: &str) -> Outcome {
    Outcome {
        signals: "[Connecting] · error · Unconnected · disconnected".into(),
        close_code: CloseCode::ABNORMAL_DISCONNECTION,
        ..refused_argument(error, text)
    }
}

/// The connection could not be made, although TCP stood.
pub(crate) fn failed(error: SocketError, text: &str) -> Outcome {
    Outcome {
        signals: "[Connecting] · error · Unconnected · disconnected · read_channel_finished".into(),
        peer_saw: NOTHING.into(),
        ..unreachable(error, text)
    }
}

/// The server's answer is not taken for an upgrade.
pub(crate) fn refused_answer(text: &str) -> Outcome {
    failed(SocketError::ConnectionRefused, text)
}

/// The peer broke a rule and is told so.
pub(crate) fn violation(code: u16, reason: &str, text: &str) -> Outcome {
    Outcome {
        signals: "about_to_close · Closing · Unconnected · disconnected · read_channel_finished"
            .into(),
        error: SocketError::Unknown,
        error_string: text.into(),
        close_code: CloseCode(code),
        close_reason: reason.into(),
        peer_saw: format!("close {code} {reason:?}"),
    }
}

/// The connection stood and is gone.
pub(crate) fn lost() -> Outcome {
    Outcome {
        signals: "error · Closing · Unconnected · disconnected · read_channel_finished".into(),
        ..failed(SocketError::RemoteHostClosed, REMOTE_HOST_CLOSED)
    }
}

/// The connection ended while we closed it: whatever it was that ended it, there is nothing to complain of.
pub(crate) fn closed() -> Outcome {
    Outcome {
        signals: "Unconnected · disconnected · read_channel_finished".into(),
        peer_saw: NOTHING.into(),
        ..refused_argument(SocketError::Unknown, "")
    }
}

pub(crate) const REMOTE_HOST_CLOSED: &str = "The remote host closed the connection";
pub(crate) const NOTHING: &str = "nothing";
/// There is no peer that could see anything, or nobody looks.
pub(crate) const UNSEEN: &str = "-";

/// Makes `rows()` and one test for each of them.
macro_rules! rows {
    ($($name:ident: $input:literal, $situation:expr => $outcome:expr;)*) => {
        pub(crate) fn rows() -> Vec<$crate::row::Row> {
            vec![$($crate::row::Row {
                name: stringify!($name),
                input: $input,
                situation: $situation,
                outcome: $outcome,
            }),*]
        }

        mod each {
            $(#[test]
            fn $name() {
                let mut rows = super::rows().into_iter();
                rows.find(|row| row.name == stringify!($name)).expect("the row").check();
            })*
        }
    };
}
pub(crate) use rows;
