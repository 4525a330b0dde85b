//! What is told about a socket, and what must be so whatever its slots do.

use std::fmt;

use qwebsocket::SocketState;

use super::peer::End;

/// A signal; `state_changed` counts once for each state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    State(SocketState),
    Connected,
    TextFrame,
    TextMessage,
    BinaryFrame,
    BinaryMessage,
    Pong,
    BytesWritten,
    AboutToClose,
    ProxyAsks,
    AsksForKey,
    Asks,
    Refused,
    ErrorOccurred,
    Error,
    Disconnected,
    ReadChannelFinished,
    PeerVerifyError,
    SslErrors,
    AlertReceived,
    AlertSent,
}

pub const ALL: [Told; 24] = [
    Told::State(SocketState::Connecting),
    Told::ProxyAsks,
    Told::AsksForKey,
    Told::PeerVerifyError,
    Told::SslErrors,
    Told::Asks,
    Told::State(SocketState::Connected),
    Told::Connected,
    Told::TextFrame,
    Told::TextMessage,
    Told::BinaryFrame,
    Told::BinaryMessage,
    Told::Pong,
    Told::BytesWritten,
    Told::AboutToClose,
    Told::AlertReceived,
    Told::Refused,
    Told::ErrorOccurred,
    Told::Error,
    Told::State(SocketState::Closing),
    Told::State(SocketState::Unconnected),
    Told::Disconnected,
    Told::ReadChannelFinished,
    Told::AlertSent,
];

impl Told {
    /// Whether it is one of the two names of an error.
    pub fn is_error(self) -> bool {
        matches!(self, Self::ErrorOccurred | Self::Error)
    }

    /// Whether it brings something that the peer sent.
    pub fn is_delivery(self) -> bool {
        matches!(
            self,
            Self::TextFrame
                | Self::TextMessage
                | Self::BinaryFrame
                | Self::BinaryMessage
                | Self::Pong
        )
    }

    /// The place in a connection's life. Each is reached once at most, and none after a later one; `None` for what may
    /// come any number of times.
    fn stage(self) -> Option<u8> {
        match self {
            Self::State(SocketState::Connecting) => Some(0),
            Self::SslErrors => Some(1),
            Self::State(SocketState::Connected) => Some(2),
            Self::Connected => Some(3),
            Self::AboutToClose => Some(4),
            Self::State(SocketState::Closing) => Some(5),
            Self::State(SocketState::Unconnected) => Some(6),
            Self::Disconnected => Some(7),
            Self::ReadChannelFinished => Some(8),
            Self::AlertSent => Some(9),
            _ => None,
        }
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::State(state) => write!(f, "{state}"),
            Self::Connected => f.write_str("connected"),
            Self::TextFrame => f.write_str("text_frame"),
            Self::TextMessage => f.write_str("text"),
            Self::BinaryFrame => f.write_str("binary_frame"),
            Self::BinaryMessage => f.write_str("binary"),
            Self::Pong => f.write_str("pong"),
            Self::BytesWritten => f.write_str("bytes_written"),
            Self::AboutToClose => f.write_str("about_to_close"),
            Self::ProxyAsks => f.write_str("proxy_asks"),
            Self::AsksForKey => f.write_str("asks_for_key"),
            Self::Asks => f.write_str("asks"),
            Self::Refused => f.write_str("refused"),
            Self::ErrorOccurred => f.write_str("occurred"),
            Self::Error => f.write_str("error"),
            Self::Disconnected => f.write_str("disconnected"),
            Self::ReadChannelFinished => f.write_str("rcf"),
            Self::PeerVerifyError => f.write_str("verify"),
            Self::SslErrors => f.write_str("ssl_errors"),
            Self::AlertReceived => f.write_str("alert_received"),
            Self::AlertSent => f.write_str("alert_sent"),
        }
    }
}

/// One emission, as the first slot saw it.
#[derive(Clone, Debug)]
pub struct Entry {
    pub told: Told,
    /// What it brought.
    pub text: String,
    /// `state()` in the slot; `None` when the socket is being dropped and cannot be asked.
    pub state: Option<SocketState>,
    /// A slot of a delivery of the same socket is on the stack.
    pub inside_delivery: bool,
}

/// How the life of the socket ended, as far as the log cannot tell.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ending {
    /// `state()` before the last handle went; `None` if it was gone before.
    pub state: Option<SocketState>,
    /// The last handle may have gone while a panic unwound, in silence.
    pub may_be_cut_short: bool,
}

/// Holds the log against the rules.
///
/// # Errors
/// The first rule that is broken.
pub fn check(log: &[Entry], end: End, ending: Ending) -> Result<(), String> {
    let begins = |entry: &&Entry| entry.told == Told::State(SocketState::Connecting);
    let first = log.iter().position(|entry| begins(&entry));
    let (before, rest) = log.split_at(first.unwrap_or(log.len()));
    let mut lives: Vec<&[Entry]> = rest
        .chunk_by(|_, next| !begins(&next))
        .filter(|life| !life.is_empty())
        .collect();
    match end {
        End::Server => lives.insert(0, before),
        End::Client => {
            if let Some(entry) = before.iter().find(|entry| !entry.told.is_error()) {
                return Err(format!("{} before any connection", entry.told));
            }
        }
    }
    errors_have_both_names(log)?;
    let count = lives.len();
    for (index, life) in lives.into_iter().enumerate() {
        let start = match (end, index) {
            (End::Server, 0) => SocketState::Connected,
            _ => SocketState::Unconnected,
        };
        let state =
            check_life(life, start).map_err(|rule| format!("connection {index}: {rule}"))?;
        let is_last = index + 1 == count;
        if is_last && ending.state.is_some_and(|known| known != state) {
            return Err(format!("state() is {:?}, told was {state}", ending.state));
        }
        let is_over = life.iter().any(|entry| entry.told == Told::Disconnected);
        // A socket that is dropped while connecting says nothing.
        let may_be_open = is_last && (state == SocketState::Connecting || ending.may_be_cut_short);
        if !is_over && !may_be_open {
            return Err(format!("connection {index}: never disconnected"));
        }
        let stood =
            start == SocketState::Connected || has(life, Told::State(SocketState::Connected));
        let is_finished = has(life, Told::ReadChannelFinished);
        if stood && is_over && !is_finished && !(is_last && ending.may_be_cut_short) {
            return Err(format!("connection {index}: no read_channel_finished"));
        }
    }
    Ok(())
}

/// Each `error` follows an `error_occurred`, and nothing comes in between but what happens in slots of that.
fn errors_have_both_names(log: &[Entry]) -> Result<(), String> {
    let mut half_told = 0;
    for entry in log {
        match entry.told {
            Told::ErrorOccurred => half_told += 1,
            Told::Error if half_told == 0 => return Err("error without error_occurred".into()),
            Told::Error => half_told -= 1,
            Told::State(state) if half_told > 0 => {
                return Err(format!("{state} between error_occurred and error"));
            }
            _ => {}
        }
    }
    Ok(())
}

fn has(life: &[Entry], told: Told) -> bool {
    life.iter().any(|entry| entry.told == told)
}

/// One connection; gives the state it was left in.
fn check_life(life: &[Entry], start: SocketState) -> Result<SocketState, String> {
    use SocketState::{Closing, Connected, Connecting, Unconnected};
    let mut state = start;
    let mut stage = None;
    for entry in life {
        let told = entry.told;
        if let Some(next) = told.stage() {
            if stage.is_some_and(|stage| next <= stage) {
                return Err(format!("{told} too late, or again"));
            }
            stage = Some(next);
        }
        if let Told::State(new) = told {
            let is_step = matches!(
                (state, new),
                (Unconnected, Connecting)
                    | (Connecting, Connected | Unconnected)
                    | (Connected, Closing | Unconnected)
                    | (Closing, Unconnected)
            );
            if !is_step {
                return Err(format!("from {state} to {new}"));
            }
            state = new;
        }
        if entry.state.is_some_and(|seen| seen != state) {
            return Err(format!(
                "state() is {:?} in a slot of {told}, told was {state}",
                entry.state
            ));
        }
        let is_allowed = match told {
            Told::Connected => state == Connected,
            Told::ProxyAsks | Told::AsksForKey | Told::Asks | Told::Refused => state == Connecting,
            Told::Disconnected => state == Unconnected,
            Told::ReadChannelFinished => has(life, Told::Disconnected),
            Told::BytesWritten => state != Unconnected,
            // What happens to TCP while a connection closes is of no interest.
            Told::ErrorOccurred | Told::Error if stage.is_some_and(|stage| stage >= 4) => {
                REFUSALS.contains(&entry.text.as_str())
            }
            Told::PeerVerifyError => state == Connecting && stage == Some(0),
            Told::SslErrors => state == Connecting,
            Told::AlertReceived => state != Unconnected,
            _ if told.is_delivery() => state == Connected && stage != Some(4),
            _ => true,
        };
        if !is_allowed {
            return Err(format!("{told} in {state}"));
        }
        if told.is_delivery() && entry.inside_delivery {
            return Err(format!(
                "{told} {} inside the slot of another delivery",
                entry.text
            ));
        }
        if told.is_delivery() && start == Unconnected && !matches!(stage, Some(3)) {
            return Err(format!("{told} {} before connected", entry.text));
        }
    }
    Ok(state)
}

/// The errors that say what could not be done, and change nothing.
pub const REFUSALS: [&str; 2] = ["Operation", "UnsupportedSocketOperation"];

/// The log in a line, without what depends on timing.
pub fn transcript(log: &[Entry]) -> String {
    let lines: Vec<String> = log
        .iter()
        .filter(|entry| {
            let of_timing = [Told::BytesWritten, Told::AlertReceived, Told::AlertSent];
            !of_timing.contains(&entry.told)
        })
        .map(|entry| match entry.text.as_str() {
            "" => entry.told.to_string(),
            text => format!("{}({text})", entry.told),
        })
        .collect();
    lines.join(" ")
}
