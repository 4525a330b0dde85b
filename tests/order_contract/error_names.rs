//! An error has two names, Qt 6's and the older one: nothing of it is lost, whatever a slot of the first does.

use std::cell::RefCell;
use std::rc::Rc;

use qwebsocket::{CloseCode, WebSocket};

/// A socket of which only errors and states are written down, and the lines.
fn watched() -> (Rc<WebSocket>, Rc<RefCell<Vec<String>>>) {
    let (socket, lines) = (WebSocket::new(), Rc::<RefCell<Vec<String>>>::default());
    let write = |name: &'static str| {
        let lines = lines.clone();
        move |what: String| lines.borrow_mut().push(format!("{name}({what})"))
    };
    let first = write("error_occurred");
    socket
        .error_occurred
        .connect(move |error| first(format!("{error:?}")));
    let second = write("error");
    socket
        .error
        .connect(move |error| second(format!("{error:?}")));
    let state_changed = write("state_changed");
    socket
        .state_changed
        .connect(move |state| state_changed(format!("{state:?}")));
    (socket, lines)
}

#[test]
fn the_first_name_comes_first() {
    let (socket, lines) = watched();
    socket.open("http://localhost");
    assert_eq!(
        *lines.borrow(),
        [
            "error_occurred(UnsupportedSocketOperation)",
            "error(UnsupportedSocketOperation)",
        ]
    );
}

#[test]
fn an_error_in_the_first_names_slot_follows_the_whole_of_the_outer_one() {
    let (socket, lines) = watched();
    socket.error_occurred.connect_once({
        let socket = socket.clone();
        move |_| socket.close_with(CloseCode::ABNORMAL_DISCONNECTION, "")
    });
    socket.open("http://localhost");
    assert_eq!(
        *lines.borrow(),
        [
            "error_occurred(UnsupportedSocketOperation)",
            "error(UnsupportedSocketOperation)",
            "error_occurred(Operation)",
            "error(Operation)",
        ]
    );
}

#[test]
fn a_connection_opened_in_the_first_names_slot_follows_the_whole_error() {
    let (socket, lines) = watched();
    socket.error_occurred.connect_once({
        let socket = socket.clone();
        move |_| socket.open("ws://127.0.0.1:1")
    });
    socket.open("http://localhost");
    assert_eq!(
        *lines.borrow(),
        [
            "error_occurred(UnsupportedSocketOperation)",
            "error(UnsupportedSocketOperation)",
            "state_changed(Connecting)",
        ]
    );
    socket.abort();
}
