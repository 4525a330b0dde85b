//! Writes down what a socket emits, and what it said about itself in each slot.

use std::cell::{Cell, RefCell};
use std::fmt::{Debug, Display};
use std::rc::{Rc, Weak};

use qwebsocket::{SocketError, WebSocket};

/// Records every signal of one socket but `bytes_written`, one line per emission. `error` stands for both names of the
/// signal: that `error_occurred` came right before it is checked.
///
/// ```text
/// [close
///   about_to_close         {Connected, valid | no error | 1000}
///   state_changed(Closing) {Closing, valid | no error | 1000}
/// ]
/// disconnected             {Unconnected | RemoteHostClosed "The remote host .." | 1006}
/// ```
///
/// In braces is what the socket answered inside the slot: `state()`, then `valid` if `is_valid()`; `error()` and
/// `error_string()`, or `no error` for `Unknown` and an empty text; `close_code()`, then `close_reason()` if there is
/// one. What stands between `[call` and `]` was emitted before the call returned, all else by the loop. While a socket
/// is being dropped nobody can ask it: `{dropped}`.
#[derive(Clone)]
pub struct Recorder {
    lines: Rc<RefCell<Vec<String>>>,
    socket: Weak<WebSocket>,
    /// What `error_occurred` told and `error` has not yet.
    half_told: Rc<Cell<Option<SocketError>>>,
}

impl Recorder {
    pub fn new(socket: &Rc<WebSocket>) -> Self {
        let recorder = Self {
            lines: Rc::default(),
            socket: Rc::downgrade(socket),
            half_told: Rc::default(),
        };
        recorder.connect_state(socket);
        recorder.connect_data(socket);
        recorder.connect_tls(socket);
        recorder
    }

    /// Records `handshake_failed` too. That is not done by itself, because the body is read for those who listen.
    pub fn hear_refusals(&self) {
        let socket = self.socket.upgrade().expect("the socket is alive");
        let recorder = self.clone();
        socket.handshake_failed.connect(move |status, _, body| {
            let body = String::from_utf8_lossy(body);
            recorder.emitted(format!("handshake_failed({status}, {})", short(&*body)));
        });
    }

    /// Calls `call` and marks what was emitted before it returned.
    pub fn call<T>(&self, name: &str, call: impl FnOnce(&Rc<WebSocket>) -> T) -> T {
        let socket = self.socket.upgrade().expect("the socket is alive");
        self.note(format!("[{name}"));
        let result = call(&socket);
        self.note("]");
        result
    }

    /// Drops the last `Rc` of the socket.
    pub fn drop_socket(&self, socket: Rc<WebSocket>) {
        assert_eq!(Rc::strong_count(&socket), 1, "the last one");
        self.note("[drop");
        drop(socket);
        self.note("]");
    }

    /// Adds a line of the test's own.
    pub fn note(&self, line: impl Display) {
        self.lines.borrow_mut().push(line.to_string());
    }

    pub fn lines(&self) -> Vec<String> {
        self.lines.borrow().clone()
    }

    pub fn clear(&self) {
        self.lines.borrow_mut().clear();
    }

    /// Forgets everything up to the first line that begins with `start`, and that line.
    pub fn forget_through(&self, start: &str) {
        let mut lines = self.lines.borrow_mut();
        let at = lines.iter().position(|line| line.starts_with(start));
        lines.drain(..=at.expect("there is such a line"));
    }

    /// How many lines begin with `start`.
    pub fn count(&self, start: &str) -> usize {
        let lines = self.lines.borrow();
        lines.iter().filter(|line| line.starts_with(start)).count()
    }

    /// Runs the loop until a line begins with `start`.
    #[track_caller]
    pub fn run_until(&self, start: &str) {
        self.run_until_count(start, 1);
    }

    /// Runs the loop until `count` lines begin with `start`.
    #[track_caller]
    pub fn run_until_count(&self, start: &str, count: usize) {
        super::run_until(|| self.count(start) >= count);
    }

    /// Compares everything recorded so far with `expected`, line by line. How wide the columns are does not matter.
    #[track_caller]
    pub fn expect(&self, expected: &str) {
        let expected: Vec<String> = expected
            .lines()
            .map(squeeze)
            .filter(|line| !line.is_empty())
            .collect();
        let lines = self.lines();
        let recorded: Vec<String> = lines.iter().map(|line| squeeze(line)).collect();
        if recorded != expected {
            let first = recorded
                .iter()
                .zip(&expected)
                .position(|(got, wanted)| got != wanted)
                .unwrap_or(recorded.len().min(expected.len()));
            panic!(
                "the transcript differs from line {} on; expected there:\n{}\nrecorded in all:\n{}\n",
                first + 1,
                expected.get(first).map_or("(the end)", String::as_str),
                lines.join("\n"),
            );
        }
    }

    /// As [`expect`](Self::expect), then forgets what was recorded.
    #[track_caller]
    pub fn expect_and_clear(&self, expected: &str) {
        self.expect(expected);
        self.clear();
    }

    fn emitted(&self, signal: impl Display) {
        assert_eq!(self.half_told.get(), None, "nothing before error");
        let facts = match self.socket.upgrade() {
            Some(socket) => facts(&socket),
            None => "{dropped}".into(),
        };
        self.note(format!("{:<28} {facts}", signal.to_string()));
    }

    fn connect_state(&self, socket: &Rc<WebSocket>) {
        let emitted = |name: &'static str| {
            let recorder = self.clone();
            move || recorder.emitted(name)
        };
        socket.connected.connect(emitted("connected"));
        socket.disconnected.connect(emitted("disconnected"));
        socket.about_to_close.connect(emitted("about_to_close"));
        socket
            .read_channel_finished
            .connect(emitted("read_channel_finished"));
        let recorder = self.clone();
        socket
            .state_changed
            .connect(move |state| recorder.emitted(format!("state_changed({state:?})")));
        let half_told = self.half_told.clone();
        socket
            .error_occurred
            .connect(move |error| assert_eq!(half_told.replace(Some(error)), None));
        let recorder = self.clone();
        socket.error.connect(move |error| {
            assert_eq!(
                recorder.half_told.take(),
                Some(error),
                "error_occurred first"
            );
            recorder.emitted(format!("error({error:?})"));
        });
        let recorder = self.clone();
        socket
            .authentication_required
            .connect(move |authenticator| {
                let (realm, user) = (authenticator.realm(), authenticator.user());
                recorder.emitted(format!("authentication_required({realm:?}, {user:?})"));
            });
        let recorder = self.clone();
        socket
            .proxy_authentication_required
            .connect(move |proxy, authenticator| {
                let (kind, realm) = (proxy.proxy_type(), authenticator.realm());
                let user = authenticator.user();
                let name = "proxy_authentication_required";
                recorder.emitted(format!("{name}({kind:?}, {realm:?}, {user:?})"));
            });
    }

    fn connect_tls(&self, socket: &Rc<WebSocket>) {
        let recorder = self.clone();
        socket.peer_verify_error.connect(move |error| {
            recorder.emitted(format!("peer_verify_error({:?})", error.kind()))
        });
        let recorder = self.clone();
        socket.ssl_errors.connect(move |errors| {
            let kinds: Vec<String> = errors
                .iter()
                .map(|error| format!("{:?}", error.kind()))
                .collect();
            recorder.emitted(format!("ssl_errors({})", kinds.join(", ")));
        });
        let recorder = self.clone();
        socket.handshake_interrupted_on_error.connect(move |error| {
            recorder.emitted(format!(
                "handshake_interrupted_on_error({:?})",
                error.kind()
            ))
        });
        for (signal, name) in [
            (&socket.alert_sent, "alert_sent"),
            (&socket.alert_received, "alert_received"),
        ] {
            let recorder = self.clone();
            signal.connect(move |level, alert, description| {
                assert_eq!(description, alert.to_string());
                recorder.emitted(format!("{name}({level:?}, {alert:?})"))
            });
        }
    }

    fn connect_data(&self, socket: &Rc<WebSocket>) {
        let recorder = self.clone();
        socket.text_frame_received.connect(move |frame, is_last| {
            recorder.emitted(format!("text_frame_received({}, {is_last})", short(frame)))
        });
        let recorder = self.clone();
        socket.text_message_received.connect(move |text| {
            recorder.emitted(format!("text_message_received({})", short(text)))
        });
        let recorder = self.clone();
        socket.binary_frame_received.connect(move |frame, is_last| {
            recorder.emitted(format!(
                "binary_frame_received({}, {is_last})",
                short(frame)
            ))
        });
        let recorder = self.clone();
        socket.binary_message_received.connect(move |bytes| {
            recorder.emitted(format!("binary_message_received({})", short(bytes)))
        });
        let recorder = self.clone();
        socket.pong.connect(move |elapsed, payload| {
            let payload = String::from_utf8_lossy(payload);
            recorder.emitted(format!("pong({elapsed}, {payload:?})"))
        });
    }
}

/// What the socket says about itself.
pub fn facts(socket: &WebSocket) -> String {
    let valid = if socket.is_valid() { ", valid" } else { "" };
    let error = match (socket.error(), socket.error_string()) {
        (SocketError::Unknown, text) if text.is_empty() => "no error".into(),
        (error, text) => format!("{error:?} {text:?}"),
    };
    let reason = match socket.close_reason() {
        reason if reason.is_empty() => String::new(),
        reason => format!(" {reason:?}"),
    };
    let (state, code) = (socket.state(), socket.close_code());
    format!("{{{state:?}{valid} | {error} | {code}{reason}}}")
}

/// The payload, or how long it is.
fn short<T: Debug + AsRef<[u8]> + ?Sized>(payload: &T) -> String {
    match payload.as_ref().len() {
        0..40 => format!("{payload:?}"),
        length => format!("{length} bytes"),
    }
}

/// One space for any number of them.
fn squeeze(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}
