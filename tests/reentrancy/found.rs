//! What the matrix has found, by name, and what does not fit into its cells.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;

use qwebsocket::qeventloop::reactor::Shared;
use qwebsocket::{MaskGenerator, SocketError, SocketState, WebSocket};

use super::actions::{Action, Call};
use super::cells::{Cause, Column, Outcome, play};
use super::columns::{client, server};
use super::frames::CLOSE;
use super::matrix::{alone, report};
use super::oracle::{Told, transcript};
use super::peer::Answer;
use super::scene::Step;
use super::stage::Stage;

/// Plays a single cell, which needs no deadline to end.
fn cell(column: Column, told: Told, action: Action, judge: impl FnOnce(Outcome) + Send + 'static) {
    alone(move || {
        let stage = Rc::new(Stage::new(column.is_secure, column.script.clone()));
        let outcome = play(&stage, &column, vec![Step { told, action }]);
        assert_eq!((outcome.ran, outcome.advances), (1, 0));
        report(vec![outcome.complaints.clone()]);
        judge(outcome);
    });
}

#[test]
fn a_connection_whose_edges_a_nested_loop_took_is_read_when_the_slot_returns() {
    let column = client(Cause::Peer, "").then_fin();
    cell(
        column,
        Told::TextMessage,
        Action::AndTurns(Call::Open),
        |outcome| {
            let log = transcript(&outcome.log);
            assert!(
                log.ends_with("text(again) about_to_close Closing Unconnected disconnected rcf")
            );
        },
    );
}

#[test]
fn a_slot_of_the_peers_close_may_wait_for_a_connection_that_it_opened() {
    let column = client(Cause::Peer, "").then(CLOSE, b"");
    cell(
        column,
        Told::AboutToClose,
        Action::AndWait(Call::Open),
        |outcome| {
            assert!(transcript(&outcome.log).contains("text(again)"));
        },
    );
}

#[test]
fn a_message_slot_that_closes_and_waits_sees_an_end_that_came_with_the_message() {
    let column = client(Cause::Peer, "").then_fin();
    cell(
        column,
        Told::TextMessage,
        Action::AndWait(Call::Close),
        |outcome| {
            assert!(transcript(&outcome.log).ends_with("Closing Unconnected disconnected rcf"));
        },
    );
}

#[test]
fn a_panic_in_the_slot_of_connecting_does_not_stop_the_attempt() {
    let column = client(Cause::Peer, "").answered_with(Answer::NotFound);
    let connecting = Told::State(SocketState::Connecting);
    cell(
        column,
        connecting,
        Action::AndPanic(Call::Nothing),
        |outcome| {
            let log = transcript(&outcome.log);
            assert_eq!(
                log,
                "Connecting refused(404) occurred(ConnectionRefused) error(ConnectionRefused) Unconnected disconnected rcf"
            );
        },
    );
}

#[test]
fn an_accepted_socket_refuses_to_be_opened_and_goes_on() {
    let column = server(Cause::Close, "");
    cell(
        column,
        Told::BinaryMessage,
        Action::Call(Call::Open),
        |outcome| {
            let log = transcript(&outcome.log);
            assert!(
                log.contains("binary([1, 2]) occurred(Operation) error(Operation) pong(!)"),
                "{log}"
            );
        },
    );
}

#[test]
fn an_abort_in_the_closing_slot_of_a_reopening_is_the_only_end() {
    let steps = [
        (Told::AboutToClose, Action::Call(Call::Open)),
        (Told::State(SocketState::Closing), Action::Call(Call::Abort)),
    ];
    program(client(Cause::Close, ""), &steps);
}

#[test]
fn a_violation_while_about_to_close_is_told_does_not_tell_it_again() {
    let steps = [
        (
            Told::State(SocketState::Connected),
            Action::Call(Call::Close),
        ),
        (Told::AboutToClose, Action::AndTurns(Call::Nothing)),
    ];
    program(client(Cause::Peer, "").then(0x3, b"what?"), &steps);
}

#[test]
fn what_a_panic_left_untold_can_be_waited_for_in_a_nested_loop() {
    let script = client(Cause::Abort, "").script;
    alone(move || {
        let stage = Rc::new(Stage::new(false, script));
        let socket = WebSocket::new();
        socket.open(stage.url("/"));
        while socket.state() != SocketState::Connected || stage.patient_turn() {
            stage.patient_turn();
        }
        let is_disconnected = Rc::new(Cell::new(false));
        let flag = is_disconnected.clone();
        socket.disconnected.connect(move || flag.set(true));
        let (flag, nested) = (is_disconnected.clone(), stage.clone());
        socket
            .state_changed
            .connect(move |_| while !flag.get() && nested.patient_turn() {});
        socket
            .about_to_close
            .connect(|| resume_unwind(Box::new(())));
        assert!(catch_unwind(AssertUnwindSafe(|| socket.abort())).is_err());
        let flag = is_disconnected.clone();
        socket
            .state_changed
            .connect(move |_| assert!(flag.get(), "the slot before this one waited for it"));
        stage.patient_turn();
        assert!(is_disconnected.get());
    });
}

/// Plays several steps, all of which come to be run.
fn program(column: Column, steps: &[(Told, Action)]) {
    let plan: Vec<Step> = steps
        .iter()
        .map(|&(told, action)| Step { told, action })
        .collect();
    alone(move || {
        let stage = Rc::new(Stage::new(column.is_secure, column.script.clone()));
        let count = plan.len();
        let outcome = play(&stage, &column, plan);
        report(vec![outcome.complaints]);
        assert_eq!((outcome.ran, outcome.advances), (count, 0));
    });
}

/// Opens another URL when the first mask is made.
struct Opening {
    socket: std::rc::Weak<WebSocket>,
    url: String,
    is_used: Cell<bool>,
}

impl MaskGenerator for Opening {
    fn next_mask(&self) -> u32 {
        if !self.is_used.replace(true)
            && let Some(socket) = self.socket.upgrade()
        {
            socket.open(&self.url);
        }
        1
    }
}

#[test]
fn a_generator_that_opens_while_open_makes_its_key_leaves_one_connection() {
    let script = client(Cause::Peer, "").then_fin().script;
    alone(move || {
        use SocketState::{Closing, Connected, Connecting, Unconnected};
        let stage = Stage::new(false, script);
        let socket = WebSocket::new();
        let told = Rc::new(Shared::new(Vec::new()));
        socket
            .state_changed
            .connect_to(&told, |told, state| told.with(|told| told.push(state)));
        socket.set_mask_generator(Some(Rc::new(Opening {
            socket: Rc::downgrade(&socket),
            url: stage.url("/second"),
            is_used: Cell::new(false),
        })));
        socket.open(stage.url("/"));
        while socket.state() != Unconnected {
            stage.patient_turn();
        }
        let expected = [
            Connecting,
            Unconnected,
            Connecting,
            Connected,
            Closing,
            Unconnected,
        ];
        assert_eq!(told.take(), expected);
        assert_eq!(
            socket.error(),
            SocketError::RemoteHostClosed,
            "the outer open counts"
        );
        assert_eq!(stage.peers.with(|peers| peers.len()), 1);
    });
}

/// Sends a message when the second mask is made.
struct Sending {
    socket: std::rc::Weak<WebSocket>,
    masks: Cell<u32>,
}

impl MaskGenerator for Sending {
    fn next_mask(&self) -> u32 {
        self.masks.set(self.masks.get() + 1);
        if self.masks.get() == 2
            && let Some(socket) = self.socket.upgrade()
        {
            socket.send_text_message("between");
        }
        1
    }
}

#[test]
fn what_a_generator_sends_does_not_get_between_the_frames_of_a_message() {
    let script = client(Cause::Close, "").script;
    alone(move || {
        let stage = Stage::new(false, script);
        let socket = WebSocket::new();
        socket.open(stage.url("/"));
        while socket.state() != SocketState::Connected {
            stage.patient_turn();
        }
        socket.set_outgoing_frame_size(4);
        socket.set_mask_generator(Some(Rc::new(Sending {
            socket: Rc::downgrade(&socket),
            masks: Cell::new(0),
        })));
        assert_eq!(socket.send_text_message("one two three"), 13);
        socket.close();
        while socket.state() != SocketState::Unconnected {
            stage.patient_turn();
        }
        stage.peers.with(|peers| {
            assert_eq!(peers[0].complaints, Vec::<String>::new());
            assert_eq!(peers[0].frames.concat(), b"betweenone two three");
        });
    });
}
