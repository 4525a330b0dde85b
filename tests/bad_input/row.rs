//! A row of the table, and how it is checked.

use std::any::Any;
use std::rc::Rc;
use std::sync::mpsc;
use std::time::Duration;

use qeventloop::reactor::ManualClock;
use qwebsocket::{CloseCode, SocketError, Version, WebSocket};

use super::support::frames::{CLOSE, PING, PONG};
use super::support::pair::{listening, next_connection, predictable_client, stopped_clock};
use super::support::raw_peer::{RawPeer, Wire, raw_client};
use super::support::transcript::{Recorder, facts};
use super::support::{PATIENCE, settle};

pub(crate) struct Row {
    pub(crate) name: &'static str,
    /// What is bad, in words.
    pub(crate) input: &'static str,
    pub(crate) situation: Situation,
    pub(crate) outcome: Outcome,
}

type PeerScript = Box<dyn FnOnce(&mut Wire) + Send>;
type Prepare = fn(&WebSocket);

/// Where the bad input meets the socket.
pub(crate) enum Situation {
    /// `open` is called like this. What it gives stays alive until the end.
    Opening(fn(&Rc<WebSocket>) -> Box<dyn Any>),
    /// As `Opening`, with a socket that was made with this origin.
    OpeningWithOrigin(&'static str),
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

impl Row {
    /// Runs the row.
    #[track_caller]
    pub(crate) fn check(self) {
        let outcome = match self.situation {
            Situation::Opening(open) => opening(&predictable_client(), open),
            Situation::OpeningWithOrigin(origin) => {
                opening(&WebSocket::with_origin(origin, Version::LATEST), |socket| {
                    socket.open("ws://localhost/");
                    Box::new(())
                })
            }
            Situation::Securing(script) => securing(script),
            Situation::Waiting(script) => waiting(None, script),
            Situation::WaitingFor(time, script) => waiting(Some((stopped_clock(), time)), script),
            Situation::Connected(prepare, script) => connected(prepare, script),
            Situation::Closing(script) => closing(script),
            Situation::Accepted(prepare, script) => accepted(prepare, script),
        };
        assert_eq!(outcome, self.outcome, "{}", self.input);
    }
}

fn opening(socket: &Rc<WebSocket>, open: fn(&Rc<WebSocket>) -> Box<dyn Any>) -> Outcome {
    let recorder = Recorder::new(socket);
    let alive = recorder.call("open", open);
    if recorder.count("state_changed(Connecting)") > 0 {
        recorder.run_until("disconnected");
    }
    settle();
    drop(alive);
    outcome(socket, &recorder, UNSEEN.into())
}

fn securing(script: PeerScript) -> Outcome {
    let (peer, saw) = observed(Box::new(|wire| {
        let header = wire.take(5);
        assert_eq!(header[0], 0x16, "a record of a TLS handshake");
        wire.take(usize::from(u16::from_be_bytes([header[3], header[4]])));
        script(wire);
    }));
    let socket = predictable_client();
    let recorder = Recorder::new(&socket);
    recorder.call("open", |socket| {
        socket.open(format!("wss://localhost:{}", peer.port()));
    });
    recorder.run_until("disconnected");
    peer.join();
    settle();
    outcome(&socket, &recorder, saw.recv().expect("the script holds"))
}

fn waiting(deadline: Option<(ManualClock, Duration)>, script: PeerScript) -> Outcome {
    let (peer, saw) = observed(script);
    let socket = predictable_client();
    let recorder = Recorder::new(&socket);
    let written = socket.bytes_written.collect();
    recorder.call("open", |socket| socket.open(peer.url()));
    if let Some((clock, time)) = deadline {
        assert!(written.wait(PATIENCE), "the request");
        settle();
        assert_eq!(recorder.count("error"), 0, "it is early yet");
        clock.advance(time);
    }
    recorder.run_until("read_channel_finished");
    peer.join();
    settle();
    outcome(&socket, &recorder, saw.recv().expect("the script holds"))
}

fn connected(prepare: Prepare, script: PeerScript) -> Outcome {
    let (peer, saw) = observed(Box::new(|wire| {
        wire.accept_upgrade();
        script(wire);
    }));
    let socket = predictable_client();
    prepare(&socket);
    let recorder = Recorder::new(&socket);
    socket.open(peer.url());
    recorder.run_until("read_channel_finished");
    recorder.forget_through("connected");
    peer.join();
    settle();
    outcome(&socket, &recorder, saw.recv().expect("the script holds"))
}

fn closing(script: PeerScript) -> Outcome {
    let (peer, saw) = observed(Box::new(|wire| {
        wire.accept_upgrade();
        wire.expect_close(1000, "");
        script(wire);
    }));
    let socket = predictable_client();
    let recorder = Recorder::new(&socket);
    socket.open(peer.url());
    recorder.run_until("connected");
    socket.close();
    recorder.clear();
    recorder.run_until("read_channel_finished");
    peer.join();
    settle();
    outcome(&socket, &recorder, saw.recv().expect("the script holds"))
}

fn accepted(prepare: Prepare, script: PeerScript) -> Outcome {
    let server = listening();
    let (tell, saw) = mpsc::channel();
    let client = raw_client(server.server_port(), move |wire| {
        wire.upgrade();
        script(wire);
        let _ = tell.send(describe(&wire.read_rest()));
    });
    let socket = next_connection(&server);
    prepare(&socket);
    let recorder = Recorder::new(&socket);
    recorder.run_until("read_channel_finished");
    client.join().expect("the script holds");
    settle();
    outcome(&socket, &recorder, saw.recv().expect("the script holds"))
}

/// A server that tells what it received behind its script.
fn observed(script: PeerScript) -> (RawPeer, mpsc::Receiver<String>) {
    let (tell, saw) = mpsc::channel();
    let peer = RawPeer::new(move |wire| {
        script(wire);
        let _ = tell.send(describe(&wire.read_rest()));
    });
    (peer, saw)
}

/// What happened, and the check that the socket said the same about it in every slot of the end.
fn outcome(socket: &WebSocket, recorder: &Recorder, peer_saw: String) -> Outcome {
    let lines = recorder.lines();
    let (_, about_the_end) = facts(socket)
        .split_once('|')
        .map(|(state, rest)| (state.to_owned(), rest.to_owned()))
        .expect("facts have parts");
    let beginning = ["state_changed(Connect", "connected"];
    let ending = lines.iter().filter(|line| {
        line.contains('{')
            && !line.contains("_received(")
            && !beginning.iter().any(|start| line.starts_with(start))
    });
    for line in ending {
        assert!(
            line.ends_with(&about_the_end),
            "{line}\nat the end: {about_the_end}"
        );
    }
    Outcome {
        signals: shortened(&lines),
        error: socket.error(),
        error_string: socket.error_string(),
        close_code: socket.close_code(),
        close_reason: socket.close_reason(),
        peer_saw,
    }
}

/// The transcript in one line: names only, states by themselves.
fn shortened(lines: &[String]) -> String {
    let mut text = String::new();
    let mut separator = "";
    for line in lines {
        let signal = line.split('{').next().unwrap_or(line).trim();
        let signal = match signal.strip_prefix("state_changed(") {
            Some(state) => state.trim_end_matches(')'),
            None => signal.split('(').next().unwrap_or(signal),
        };
        match signal {
            "]" => text.push(']'),
            call if call.starts_with('[') => {
                text.push('[');
                separator = "";
                continue;
            }
            signal => {
                text.push_str(separator);
                text.push_str(signal);
            }
        }
        separator = " · ";
    }
    text
}

/// Frames in words, whichever end sent them.
fn describe(mut bytes: &[u8]) -> String {
    let mut frames = Vec::new();
    while let [first, second, rest @ ..] = bytes {
        if [0x15, 0x16].contains(first) && rest.len() > 2 {
            return if *first == 0x15 { "a TLS alert" } else { "TLS" }.into();
        }
        let length = usize::from(second & 0x7F);
        let key = if second & 0x80 != 0 { 4 } else { 0 };
        assert!(
            length < 126 && rest.len() >= key + length,
            "no frame: {bytes:?}"
        );
        let (mask, rest) = rest.split_at(key);
        let mask = if mask.is_empty() { &[0; 4] } else { mask };
        let payload: Vec<u8> = rest[..length]
            .iter()
            .zip(mask.iter().cycle())
            .map(|(byte, key)| byte ^ key)
            .collect();
        frames.push(in_words(*first, &payload));
        bytes = &rest[length..];
    }
    assert!(bytes.is_empty(), "half a header: {bytes:?}");
    match frames.is_empty() {
        true => NOTHING.into(),
        false => frames.join(", "),
    }
}

fn in_words(first: u8, payload: &[u8]) -> String {
    let text = String::from_utf8_lossy(payload);
    match (first & 0x0F, payload) {
        (_, _) if first & 0xF0 != 0x80 => format!("frame {first:#04x} {payload:?}"),
        (CLOSE, []) => "an empty close".into(),
        (CLOSE, [high, low, reason @ ..]) => format!(
            "close {} {:?}",
            u16::from_be_bytes([*high, *low]),
            String::from_utf8_lossy(reason)
        ),
        (PING, _) => format!("ping {text:?}"),
        (PONG, _) => format!("pong {text:?}"),
        (opcode, _) => format!("frame {opcode} {text:?}"),
    }
}

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
