//! Sends from another thread. The socket stays where it is: a `Remote` carries the calls to it.

mod support;

use std::rc::Rc;
use std::thread;

use qwebsocket::{EventLoop, LoopGone, Remote, WebSocket};
use support::echo;

fn main() -> Result<(), String> {
    let event_loop = EventLoop::new();
    let (_server, url) = echo::start()?;

    let socket = WebSocket::new();
    // Not earlier: what is sent on a socket that is not connected is lost.
    socket.connected.connect_rc(&socket, start_worker);
    socket
        .text_message_received
        .connect(|message| println!("{message}"));
    socket
        .pong
        .connect_to(&socket, |socket, _ms, _payload| socket.close());
    socket
        .error
        .connect_to(&socket, |socket, _| eprintln!("{}", socket.error_string()));
    socket.disconnected.connect(EventLoop::quit_current);
    socket.open(url);
    event_loop.exec();
    Ok(())
}

fn start_worker(socket: &Rc<WebSocket>) {
    let socket = match Remote::new(socket) {
        Ok(remote) => remote,
        Err(error) => {
            eprintln!("nobody can call from other threads: {error}");
            return socket.close();
        }
    };
    thread::spawn(move || work(&socket));
}

/// Runs on a thread of its own. An error means that the loop has ended, and with it the need for this work.
fn work(socket: &Remote<WebSocket>) -> Result<(), LoopGone> {
    for number in 1..=5 {
        let message = format!("{number} squared is {}", number * number);
        // Returns at once. Calls run in their order, on the thread of the socket, as long as it lives.
        socket.invoke(move |socket| {
            socket.send_text_message(&message);
        })?;
    }
    // The pong comes behind what an echo server answered before, so it is time to close then.
    socket.invoke(|socket| socket.ping("that was all"))
}
