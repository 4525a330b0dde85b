//! Waits for one message, but not for ever: a question and its answer, written from top to bottom.

mod support;

use std::rc::Rc;
use std::time::{Duration, Instant};

use qwebsocket::{
    EventLoop, IntoRequest, SocketState, SslMode, WebSocket, WebSocketServer,
    keep_until_disconnected,
};
use support::echo;

fn main() -> Result<(), String> {
    let (_server, url) = echo::start()?;
    println!(
        "{:?}",
        ask(&url, "Is anybody there?", Duration::from_secs(5))
    );

    // Nobody takes the connections of this server, so nobody answers.
    let (_silent, url) = echo::listen(WebSocketServer::new("", SslMode::NonSecure))?;
    println!(
        "{:?}",
        ask(&url, "Is anybody there?", Duration::from_millis(50))
    );

    // This one hangs up.
    let (_curt, url) = echo::listen(curt_server())?;
    println!(
        "{:?}",
        ask(&url, "Is anybody there?", Duration::from_secs(5))
    );

    println!(
        "{:?}",
        ask(
            "ws://127.0.0.1:1",
            "Is anybody there?",
            Duration::from_secs(5)
        )
    );
    Ok(())
}

fn curt_server() -> Rc<WebSocketServer> {
    let server = WebSocketServer::new("", SslMode::NonSecure);
    server.new_connection.connect_to(&server, |server| {
        if let Some(peer) = server.next_pending_connection() {
            peer.close();
            keep_until_disconnected(&peer);
        }
    });
    server
}

/// Sends `question` and gives the first message that comes back. Everything else on this thread goes on meanwhile.
fn ask(url: impl IntoRequest, question: &str, patience: Duration) -> Result<String, String> {
    let event_loop = EventLoop::new();
    let socket = WebSocket::new();
    let question = question.to_owned();
    socket
        .connected
        .connect_to(&socket, move |socket| socket.send_text_message(&question));
    let answers = socket.text_message_received.collect();
    socket.open(url);

    // `answers.wait(patience)` alone would do, but it would sit out its time after a connection that failed at once.
    let end = Instant::now() + patience;
    while answers.is_empty() && socket.state() != SocketState::Unconnected {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err("no answer in time".to_owned());
        }
        let _ = event_loop.wait_for_events(Some(left));
    }
    match answers.try_next() {
        Some((text,)) => Ok(text),
        None if socket.error_string().is_empty() => Err("closed without an answer".to_owned()),
        None => Err(socket.error_string()),
    }
}
