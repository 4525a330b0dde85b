//! The chat client that every host shares, and the self-test that measures the host.
//!
//! A host program does five things; `docs/embedding.md` has the lines for each kind of host.
//!
//! 1. [`Chat::from_args`], after the host's own main loop is there and before it runs.
//! 2. It drives the event loop of this thread by its own means: that is what it demonstrates.
//! 3. Once per frame, or turn of its own timer of [`FRAME`], it calls [`Chat::frame`]. While
//!    [`Chat::is_animating`] it draws frames without end; otherwise it sleeps as long as it can and draws
//!    when [`Chat::changed`] says so: [`Chat::lines`], and [`Chat::status`] below them.
//! 4. Its button (or Enter key) calls [`Chat::send`]. [`Chat::press_wanted`] asks it to press that button by
//!    itself: to queue an event of its own kind, whose handler runs *after* control has returned to
//!    the host, outside of our loop, and as late before the host blocks as it can be.
//! 5. It ends when [`Chat::finished`] is emitted, with [`Chat::exit_code`].
//!
//! The command line is `URL [--self-test]`. The self-test needs a `talker` in the same chat. What it does:
//!
//! * 1 000 messages are exchanged while the host draws frames, which send them; the longest gap between two
//!   frames is measured;
//! * the host is left alone for ten seconds; its use of the processor is measured;
//! * 200 messages come in while it sleeps; the time from the talker's send to our slot is measured;
//! * the button is pressed 1 000 times, each time when the answer to the last press is there. Nothing ticks
//!   meanwhile, so a press that does not wake the host ends the test for ever.

mod command_line;
#[cfg(unix)]
mod keyboard;
mod measure;
mod self_test;
pub mod wire;

use std::cell::Cell;
use std::process::{self, ExitCode};
use std::rc::Rc;
use std::time::Duration;

use qwebsocket::qeventloop::reactor::Shared;
use qwebsocket::{Ref, Signal, SocketState, WebSocket};

use self::command_line::Options;
#[cfg(unix)]
pub use self::keyboard::Keyboard;
use self::self_test::{SelfTest, Step};
use self::wire::Reply;

/// The time between two frames of hosts that have no display to set the pace.
pub const FRAME: Duration = Duration::from_millis(16);

/// So many lines fit into every host's window.
const LINES: usize = 16;

/// A chat in a window, or wherever the host shows it.
pub struct Chat {
    /// There is something new to show, or [`is_animating`](Self::is_animating) changed: draw.
    pub changed: Signal<fn()>,
    /// [`is_animating`](Self::is_animating) became true, for hosts that start a timer of theirs then.
    pub animation_started: Signal<fn()>,
    /// A line was added, for hosts that print it.
    pub line_added: Signal<fn(line: Ref<str>)>,
    /// Self-test: press your button, by an event of your own. Emitted inside of our loop.
    pub press_wanted: Signal<fn()>,
    /// The connection has ended: leave the main loop.
    pub finished: Signal<fn()>,
    host: &'static str,
    socket: Rc<WebSocket>,
    lines: Shared<Vec<String>>,
    self_test: Option<SelfTest>,
    is_finished: Cell<bool>,
    has_failed: Cell<bool>,
}

impl Chat {
    /// Opens the chat that the command line names; `host` is what the report calls this program.
    ///
    /// Leaves the program, with a word on how it is used, if the command line makes no sense.
    pub fn from_args(host: &'static str) -> Rc<Self> {
        let options = Options::of_this_process(host);
        let chat = Rc::new(Self {
            changed: Signal::new(),
            animation_started: Signal::new(),
            line_added: Signal::new(),
            press_wanted: Signal::new(),
            finished: Signal::new(),
            host,
            socket: WebSocket::new(),
            lines: Shared::default(),
            self_test: options.is_self_test.then(SelfTest::default),
            is_finished: Cell::new(false),
            has_failed: Cell::new(false),
        });
        let socket = &chat.socket;
        socket.connected.connect_to(&chat, Self::on_connected);
        socket
            .text_message_received
            .connect_to(&chat, Self::on_text_message_received);
        socket.error.connect_to(&chat, |chat, _| chat.on_error());
        socket.disconnected.connect_to(&chat, Self::on_disconnected);
        socket.open(options.url.as_str());
        if socket.state() == SocketState::Unconnected {
            process::exit(2); // `on_error` said why; nothing would follow
        }
        chat
    }

    /// Sends a line: what the host's button does.
    pub fn send(&self, text: &str) {
        // In the self-test a press sends what is counted.
        let request = self.self_test.as_ref().and_then(SelfTest::on_press);
        match request {
            Some(request) => _ = self.socket.send_text_message(request.to_string()),
            None => {
                let line = format!("{}: {text}", self.host);
                self.socket.send_text_message(&line);
                self.show(line);
            }
        }
    }

    /// To be called once per frame, or turn of the host's own timer, before or after it is drawn.
    pub fn frame(&self) {
        let Some(self_test) = &self.self_test else {
            return;
        };
        for request in self_test.on_frame() {
            self.socket.send_text_message(request.to_string());
        }
    }

    /// Whether the host is to draw frame after frame. [`changed`](Self::changed) tells when it begins and ends.
    pub fn is_animating(&self) -> bool {
        self.self_test.as_ref().is_some_and(SelfTest::is_animating)
    }

    /// What there is to read, the newest line last.
    pub fn lines(&self) -> Vec<String> {
        self.lines.with(|lines| lines.clone())
    }

    /// One line about the connection or the test.
    pub fn status(&self) -> String {
        match &self.self_test {
            Some(self_test) => format!("{}: {}", self.host, self_test.status()),
            None => format!("{}: {}", self.host, self.socket.state()),
        }
    }

    /// Whether the command line asked for the self-test.
    pub fn is_self_test(&self) -> bool {
        self.self_test.is_some()
    }

    /// Says good-bye to the server; [`finished`](Self::finished) follows when it has answered. For hosts
    /// whose window was closed.
    pub fn close(&self) {
        self.socket.close();
    }

    /// Whether [`finished`](Self::finished) was emitted.
    pub fn is_finished(&self) -> bool {
        self.is_finished.get()
    }

    /// What the program returns: failure if the connection failed, or ended before the self-test was through, and if the
    /// host's main loop ended before the connection.
    pub fn exit_code(&self) -> ExitCode {
        let is_through = self.self_test.as_ref().is_none_or(SelfTest::is_through);
        match self.is_finished.get() && is_through && !self.has_failed.get() {
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        }
    }

    fn on_connected(&self) {
        self.show("connected".to_owned());
        if self.self_test.is_some() {
            let request = wire::Request::Join(self.host.to_owned());
            self.socket.send_text_message(request.to_string());
        }
    }

    fn on_text_message_received(&self, message: &str) {
        let reply = Reply::find(message);
        let Some((self_test, reply)) = self.self_test.as_ref().zip(reply) else {
            return self.show(message.to_owned());
        };
        match self_test.on_reply(reply) {
            Step::Wait => {}
            Step::Press => self.press_wanted.emit(),
            Step::Animate => {
                self.changed.emit();
                self.animation_started.emit();
            }
            Step::Ask(request) => {
                self.socket.send_text_message(request.to_string());
                self.changed.emit();
            }
            Step::End => {
                println!("report host={} {}", self.host, self_test.report());
                self.socket.close();
            }
        }
    }

    fn on_error(&self) {
        self.has_failed.set(true);
        eprintln!("{}: {}", self.host, self.socket.error_string());
    }

    fn on_disconnected(&self) {
        self.is_finished.set(true);
        self.show("disconnected".to_owned());
        self.finished.emit();
    }

    fn show(&self, line: String) {
        self.lines.with(|lines| {
            lines.push(line.clone());
            lines.drain(..lines.len().saturating_sub(LINES));
        });
        self.line_added.emit(&line);
        self.changed.emit();
    }
}
