//! Servers that ask who we are: status 401.

#[path = "../support/mod.rs"]
mod support;

mod connections;
mod digest;
mod qt_rows;
mod slots;

use std::cell::RefCell;
use std::rc::Rc;

use qwebsocket::{SocketState, WebSocket};
use support::raw_peer::{Wire, accepting};
use support::run_until;

const NOBODY_ANSWERED: &str = "QWebSocket::processHandshake: Host requires authentication";
const BASIC: &str = "WWW-Authenticate: Basic realm=\"shadow\"\r\n";
/// `ada:right`
const RIGHT: &str = "Basic YWRhOnJpZ2h0";

/// A refusal with an empty body, after which the connection stays.
fn asks(challenge: &str) -> String {
    format!("HTTP/1.1 401 Unauthorized\r\n{challenge}Content-Length: 0\r\n\r\n")
}

/// Asks, and gives the request that answers.
fn challenge(wire: &mut Wire, challenge: &str) -> String {
    wire.send(asks(challenge));
    wire.read_head()
}

fn accept(wire: &mut Wire, request: &str) {
    wire.send(accepting(request));
    wire.read_rest();
}

/// A slot that answers with what it finds here, and notes what it saw.
fn answering(socket: &Rc<WebSocket>, answers: &[(&str, &str)]) -> Rc<RefCell<Vec<String>>> {
    let seen: Rc<RefCell<Vec<String>>> = Rc::default();
    let owned = |&(user, password): &(&str, &str)| (user.to_owned(), password.to_owned());
    let answers: Vec<_> = answers.iter().map(owned).collect();
    let notes = seen.clone();
    socket
        .authentication_required
        .connect(move |authenticator| {
            let number = notes.borrow().len();
            let note = format!("{} {:?}", authenticator.realm(), authenticator.user());
            notes.borrow_mut().push(note);
            if let Some((user, password)) = answers.get(number) {
                authenticator.set_user(user);
                authenticator.set_password(password);
            }
        });
    seen
}

#[track_caller]
fn run_to(socket: &WebSocket, state: SocketState) {
    run_until(|| socket.state() == state);
}
