//! An `Inbox` as a spy in tests, as `QSignalSpy` is in Qt: `cargo test --example spy_in_tests`.

mod support;

use std::rc::Rc;

use qwebsocket::{EventLoop, IntoRequest, Ref, Signal, WebSocket};
use support::echo;

/// What is to be tested: it introduces itself to a server, and tells what the server calls it.
struct Guest {
    socket: Rc<WebSocket>,
    named: Signal<fn(name: Ref<str>)>,
}

impl Guest {
    fn new() -> Rc<Self> {
        let guest = Rc::new(Self {
            socket: WebSocket::new(),
            named: Signal::new(),
        });
        let socket = &guest.socket;
        socket
            .connected
            .connect_to(&guest, |guest| guest.socket.send_text_message("I am Ada"));
        socket
            .text_message_received
            .connect_to(&guest, Self::on_message);
        guest
    }

    fn visit(&self, url: impl IntoRequest) {
        self.socket.open(url);
    }

    fn on_message(&self, message: &str) {
        if let Some(name) = message.strip_prefix("I am ") {
            self.named.emit(name);
        }
    }
}

fn main() -> Result<(), String> {
    let event_loop = EventLoop::new();
    let (_server, url) = echo::start()?;
    let guest = Guest::new();
    guest.named.connect(|name| {
        println!("the server calls me {name}");
        EventLoop::quit_current();
    });
    guest.visit(url);
    event_loop.exec();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// Only a test that fails takes so long.
    const PATIENCE: Duration = Duration::from_secs(10);

    #[test]
    fn the_server_tells_the_name() {
        let (_server, url) = echo::start().expect("a server");
        let guest = Guest::new();
        let named = guest.named.collect();
        guest.visit(url);
        // Runs the event loop until there is something in the inbox.
        assert_eq!(named.wait_next(PATIENCE), Some(("Ada".to_owned(),)));
    }

    #[test]
    fn whoever_is_not_there_gives_no_name() {
        let guest = Guest::new();
        let (named, errors) = (guest.named.collect(), guest.socket.error.collect());
        guest.visit("ws://127.0.0.1:1");
        assert!(errors.wait(PATIENCE));
        assert_eq!((named.count(), errors.count()), (0, 1));
    }

    #[test]
    fn the_states_come_in_their_order() {
        let (_server, url) = echo::start().expect("a server");
        let guest = Guest::new();
        let states = guest.socket.state_changed.collect();
        let named = guest.named.collect();
        guest.visit(url);
        assert!(named.wait(PATIENCE));
        let states: Vec<String> = states
            .take_all()
            .iter()
            .map(|(state,)| state.to_string())
            .collect();
        assert_eq!(states, ["Connecting", "Connected"]);
    }
}
