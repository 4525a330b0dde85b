//! Lines from stdin go out as text messages, messages that come in are printed.

use std::cell::Cell;
use std::io::{self, Write};
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use qwebsocket::{CloseCode, EventLoop, NetworkRequest, Remote, SocketState, Timer, WebSocket};

use super::transcript::summary;

/// The payload of the ping that follows the last line.
const LAST_PING: &str = "end of input";
/// How long to wait for its pong: a peer that does not answer pings is closed all the same.
const PATIENCE: Duration = Duration::from_secs(5);

/// A socket whose user sits at a terminal, or is a pipe.
pub struct LineClient {
    socket: Rc<WebSocket>,
    patience: Rc<Timer>,
    /// What went wrong first.
    failure: Cell<Option<String>>,
}

impl LineClient {
    /// Opens `socket` and runs the event loop until the connection has ended.
    pub fn run(socket: Rc<WebSocket>, request: NetworkRequest) -> Result<(), String> {
        let event_loop = EventLoop::new();
        let client = Self::new(socket);
        client.socket.open(request);
        // A request that cannot be opened is told before `open` returns, and there is nothing to wait for then.
        if client.socket.state() != SocketState::Unconnected {
            event_loop.exec();
        }
        client.failure.take().map_or(Ok(()), Err)
    }

    fn new(socket: Rc<WebSocket>) -> Rc<Self> {
        let client = Rc::new(Self {
            socket,
            patience: Timer::new(),
            failure: Cell::default(),
        });
        let socket = &client.socket;
        socket.connected.connect_rc(&client, Self::on_connected);
        socket
            .text_message_received
            .connect_to(&client, |client, text| client.print(text));
        socket
            .binary_message_received
            .connect_to(&client, |client, data| client.print(&summary(data)));
        socket.pong.connect_to(&client, Self::on_pong);
        socket.error.connect_to(&client, |client, _| {
            client.fail(client.socket.error_string())
        });
        socket
            .disconnected
            .connect_to(&client, Self::on_disconnected);
        client
            .patience
            .timeout
            .connect_to(&client, |client| client.socket.close());
        client
    }

    /// Reading stdin blocks, so a thread of its own does it. It begins now, not earlier, because what is sent on a
    /// socket that is not connected is lost. A `Remote` lets the thread call the client where the client lives.
    fn on_connected(self: &Rc<Self>) {
        let remote = match Remote::new(self) {
            Ok(remote) => remote,
            Err(error) => return self.fail(error.to_string()),
        };
        thread::spawn(move || {
            for line in io::stdin().lines() {
                let outcome = match line {
                    Ok(line) => remote.invoke(move |client| client.send(&line)),
                    Err(error) => {
                        remote.invoke(move |client| client.fail(format!("stdin: {error}")))
                    }
                };
                if outcome.is_err() {
                    return; // the loop is gone, and with it everybody who would send
                }
            }
            let _ = remote.invoke(Self::on_end_of_input);
        });
    }

    fn send(&self, line: &str) {
        self.socket.send_text_message(line);
    }

    /// Messages that arrive after `close` are not delivered. So that a pipe gets its answers, a ping goes behind the
    /// last line: its pong comes behind what an echo server answered before.
    fn on_end_of_input(&self) {
        self.socket.ping(LAST_PING);
        self.patience.start_once(PATIENCE);
    }

    fn on_pong(&self, _elapsed_ms: u64, payload: &[u8]) {
        if payload == LAST_PING.as_bytes() {
            self.socket.close();
        }
    }

    fn on_disconnected(&self) {
        let (code, reason) = (self.socket.close_code(), self.socket.close_reason());
        // A peer that breaks the rules makes no `error`, but the error string says which rule it was.
        let broken_rule = self.socket.error_string();
        if !broken_rule.is_empty() {
            self.fail(broken_rule);
        } else if !matches!(code, CloseCode::NORMAL | CloseCode::MISSING_STATUS_CODE) {
            self.fail(format!("the peer closed with code {code}, {reason:?}"));
        }
        EventLoop::quit_current();
    }

    fn print(&self, line: &str) {
        if let Err(error) = writeln!(io::stdout(), "{line}") {
            self.fail(format!("stdout: {error}"));
        }
    }

    /// Ends with an explanation. Of several the first counts: the others follow from it.
    fn fail(&self, text: String) {
        let first = self.failure.take();
        self.failure.set(first.or(Some(text)));
        self.socket.close();
    }
}
