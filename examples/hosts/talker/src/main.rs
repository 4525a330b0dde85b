//! The other end of the chat. It answers whoever talks, and sends what the self-test of a host asks for.

use std::cell::Cell;
use std::env;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use chat::wire::{Reply, Request};
use qwebsocket::{EventLoop, Timer, WebSocket, single_shot};

struct Talker {
    socket: Rc<WebSocket>,
    stamps: Rc<Timer>,
    stamps_left: Cell<usize>,
}

fn main() -> ExitCode {
    let Some(url) = env::args().nth(1) else {
        eprintln!("Usage: talker ws://HOST:PORT");
        return ExitCode::from(2);
    };
    let event_loop = EventLoop::new();
    let talker = Talker::new();
    talker.socket.open(url.as_str());
    event_loop.exec();
    ExitCode::SUCCESS
}

impl Talker {
    fn new() -> Rc<Self> {
        let talker = Rc::new(Self {
            socket: WebSocket::new(),
            stamps: Timer::new(),
            stamps_left: Cell::new(0),
        });
        let socket = &talker.socket;
        socket.connected.connect(|| println!("the talker is there"));
        socket
            .text_message_received
            .connect_to(&talker, Self::on_line);
        socket.error.connect_to(socket, |socket, _| {
            eprintln!("talker: {}", socket.error_string())
        });
        socket.disconnected.connect(EventLoop::quit_current);
        talker.stamps.timeout.connect_to(&talker, Self::send_stamp);
        talker
    }

    fn on_line(&self, line: &str) {
        match Request::find(line) {
            None => self.say(&format!("talker: How do you feel about {line:?}?")),
            Some(Request::Join(host)) => {
                self.say(&format!("talker: Welcome to the chat, {host}."));
                self.say("talker: This window has a main loop of its own,");
                self.say("talker: and the socket lives in it as a guest.");
                self.say(&Reply::Welcome.to_string());
            }
            Some(Request::Answer {
                after: Duration::ZERO,
            }) => self.say(&Reply::Answer.to_string()),
            Some(Request::Answer { after }) => {
                let socket = self.socket.clone();
                single_shot(after, move || {
                    socket.send_text_message(Reply::Answer.to_string());
                });
            }
            Some(Request::Stamps { count, every }) => {
                self.stamps_left.set(count);
                self.stamps.start(every);
            }
        }
    }

    fn send_stamp(&self) {
        self.say(&Reply::stamp().to_string());
        self.stamps_left
            .set(self.stamps_left.get().saturating_sub(1));
        if self.stamps_left.get() == 0 {
            self.stamps.stop();
        }
    }

    fn say(&self, text: &str) {
        self.socket.send_text_message(text);
    }
}
