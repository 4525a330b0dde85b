//! A socket under observation, and the slots that do things to it.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::{Rc, Weak};

use qwebsocket::qeventloop::reactor::Shared;
use qwebsocket::{Connection, SocketState, WebSocket};

use super::actions::Action;
use super::oracle::{Entry, Told};
use super::peer::End;
use super::stage::Stage;

/// Do this the next time that is told.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    pub told: Told,
    pub action: Action,
}

/// Every slot holds an `Rc` of the scene, so that the count tells whether all closures were dropped.
pub struct Scene {
    pub stage: Rc<Stage>,
    pub end: End,
    /// The application's handle, until it drops it.
    pub handle: Shared<Option<Rc<WebSocket>>>,
    pub weak: Shared<Weak<WebSocket>>,
    pub log: Shared<Vec<Entry>>,
    plan: Shared<Vec<Step>>,
    pub ran: Cell<usize>,
    pub complaints: Shared<Vec<String>>,
    deliveries_on_stack: Cell<u32>,
    actions_on_stack: Cell<u32>,
    /// How often the clock had to advance so that things went on.
    pub advances: Cell<usize>,
    pub is_kept: Cell<bool>,
    /// The application let go of the socket, and nothing else holds it.
    pub is_orphan: Cell<bool>,
    pub panicked: Cell<bool>,
    pub was_dropped: Cell<bool>,
    actors: Shared<Vec<Connection>>,
    victims: Shared<Vec<Connection>>,
    pub victims_are_cut: Cell<bool>,
    /// What the first connection accepted for sending.
    pub sent: Shared<Vec<Vec<u8>>>,
}

/// Without OpenSSL a slot for keys is an error.
const CAN_USE_KEYS: bool = cfg!(feature = "openssl");

/// The payload of a panic that is part of the play.
pub struct Deliberate;

impl Scene {
    pub fn new(stage: &Rc<Stage>, end: End, plan: Vec<Step>) -> Rc<Self> {
        Rc::new(Self {
            stage: stage.clone(),
            end,
            handle: Shared::default(),
            weak: Shared::default(),
            log: Shared::default(),
            plan: Shared::new(plan),
            ran: Cell::default(),
            complaints: Shared::default(),
            deliveries_on_stack: Cell::default(),
            actions_on_stack: Cell::default(),
            advances: Cell::default(),
            is_kept: Cell::default(),
            is_orphan: Cell::default(),
            panicked: Cell::default(),
            was_dropped: Cell::default(),
            actors: Shared::default(),
            victims: Shared::default(),
            victims_are_cut: Cell::default(),
            sent: Shared::default(),
        })
    }

    pub fn complain(&self, text: impl Into<String>) {
        let text = text.into();
        self.complaints.with(|complaints| complaints.push(text));
    }

    /// The socket, whoever holds it; `None` while or after it is dropped.
    pub fn socket(&self) -> Option<Rc<WebSocket>> {
        self.weak.with(|weak| weak.clone()).upgrade()
    }

    pub fn state(&self) -> Option<SocketState> {
        self.socket().map(|socket| socket.state())
    }

    pub fn is_inside_delivery(&self) -> bool {
        self.deliveries_on_stack.get() > 0
    }

    pub fn count(&self, told: Told) -> usize {
        self.log
            .with(|log| log.iter().filter(|entry| entry.told == told).count())
    }

    /// How many connections there have been.
    pub fn connections(&self) -> usize {
        let accepted = usize::from(self.end == End::Server);
        accepted + self.count(Told::State(SocketState::Connecting))
    }

    /// Whether every connection so far has told its `disconnected`.
    pub fn all_disconnected(&self) -> bool {
        self.count(Told::Disconnected) == self.connections()
    }

    /// Calls into the library from outside of any slot: deliberate panics end here.
    pub fn guarded<T>(&self, call: impl FnOnce() -> T) -> Option<T> {
        match catch_unwind(AssertUnwindSafe(call)) {
            Ok(value) => Some(value),
            Err(payload) if payload.is::<Deliberate>() => {
                self.panicked.set(true);
                None
            }
            Err(payload) => resume_unwind(payload),
        }
    }

    /// Takes the socket over: connects what records, what acts, and what may be disconnected.
    pub fn take_over(self: &Rc<Self>, socket: Rc<WebSocket>) {
        self.weak.set(Rc::downgrade(&socket));
        self.connect_recorders(&socket);
        self.connect_actors(&socket);
        let victims = self.connect_everywhere(&socket, |_| {
            let scene = self.clone();
            move || {
                if scene.victims_are_cut.get() {
                    scene.complain("a slot that was disconnected is called");
                }
            }
        });
        self.victims.set(victims);
        self.handle.set(Some(socket));
    }

    /// Connects the slots that write the log; they come first.
    pub fn connect_recorders(self: &Rc<Self>, socket: &WebSocket) {
        macro_rules! record {
            ($signal:ident, $told:expr) => {
                let scene = self.clone();
                socket.$signal.connect_notify(move || scene.record($told, String::new()));
            };
            ($signal:ident, $told:expr, |$($arg:ident),*| $text:expr) => {
                let scene = self.clone();
                socket.$signal.connect(move |$($arg),*| {
                    let text: String = $text;
                    scene.record($told, text);
                });
            };
        }
        let scene = self.clone();
        socket
            .state_changed
            .connect(move |state| scene.record(Told::State(state), String::new()));
        for (signal, told) in [
            (&socket.error_occurred, Told::ErrorOccurred),
            (&socket.error, Told::Error),
        ] {
            let scene = self.clone();
            signal.connect(move |error| {
                if let Some(socket) = scene.socket()
                    && socket.error() != error
                {
                    scene.complain(format!("error() is {}, told was {error}", socket.error()));
                }
                scene.record(told, error.to_string());
            });
        }
        record!(bytes_written, Told::BytesWritten);
        let scene = self.clone();
        socket.connected.connect(move || {
            if scene.socket().is_some_and(|socket| !socket.is_valid()) {
                scene.complain("connected, but the connection is gone");
            }
            scene.record(Told::Connected, String::new());
        });
        record!(text_frame_received, Told::TextFrame, |text, is_last| {
            format!("{text}{}", if is_last { "." } else { "" })
        });
        record!(text_message_received, Told::TextMessage, |text| text
            .to_owned());
        record!(
            binary_frame_received,
            Told::BinaryFrame,
            |bytes, is_last| { format!("{bytes:?}{}", if is_last { "." } else { "" }) }
        );
        record!(
            binary_message_received,
            Told::BinaryMessage,
            |bytes| format!("{bytes:?}")
        );
        record!(pong, Told::Pong, |_elapsed, payload| {
            String::from_utf8_lossy(payload).into_owned()
        });
        record!(about_to_close, Told::AboutToClose);
        record!(authentication_required, Told::Asks, |authenticator| {
            authenticator.set_user("ada");
            String::new()
        });
        record!(
            proxy_authentication_required,
            Told::ProxyAsks,
            |_proxy, authenticator| {
                authenticator.set_user("ada");
                String::new()
            }
        );
        record!(
            handshake_failed,
            Told::Refused,
            |status, _headers, _body| { status.to_string() }
        );
        record!(disconnected, Told::Disconnected);
        record!(read_channel_finished, Told::ReadChannelFinished);
        record!(peer_verify_error, Told::PeerVerifyError);
        record!(ssl_errors, Told::SslErrors);
        record!(alert_received, Told::AlertReceived);
        record!(alert_sent, Told::AlertSent);
        if CAN_USE_KEYS {
            record!(
                pre_shared_key_authentication_required,
                Told::AsksForKey,
                |authenticator| {
                    authenticator.set_identity("ada");
                    authenticator.set_pre_shared_key([7; 16]);
                    String::new()
                }
            );
        }
    }

    fn connect_actors(self: &Rc<Self>, socket: &WebSocket) {
        let mut actors = Vec::new();
        macro_rules! act {
            ($($signal:ident: $told:expr),*) => { $({
                let (scene, index) = (self.clone(), actors.len());
                actors.push(socket.$signal.connect_notify(move || scene.act($told, index)));
            })* };
        }
        let scene = self.clone();
        actors.push(
            socket
                .state_changed
                .connect(move |state| scene.act(Told::State(state), 0)),
        );
        act!(
            connected: Told::Connected,
            text_frame_received: Told::TextFrame,
            text_message_received: Told::TextMessage,
            binary_frame_received: Told::BinaryFrame,
            binary_message_received: Told::BinaryMessage,
            pong: Told::Pong,
            bytes_written: Told::BytesWritten,
            about_to_close: Told::AboutToClose,
            error_occurred: Told::ErrorOccurred,
            error: Told::Error,
            disconnected: Told::Disconnected,
            read_channel_finished: Told::ReadChannelFinished,
            peer_verify_error: Told::PeerVerifyError,
            ssl_errors: Told::SslErrors,
            alert_received: Told::AlertReceived,
            alert_sent: Told::AlertSent,
            authentication_required: Told::Asks,
            handshake_failed: Told::Refused,
            proxy_authentication_required: Told::ProxyAsks
        );
        if CAN_USE_KEYS {
            act!(pre_shared_key_authentication_required: Told::AsksForKey);
        }
        self.actors.set(actors);
    }

    /// Connects a slot without arguments to every signal; they are numbered as the actors are.
    pub fn connect_everywhere<F: Fn() + 'static>(
        &self,
        socket: &WebSocket,
        slot: impl Fn(usize) -> F,
    ) -> Vec<Connection> {
        let mut connections = vec![
            socket.state_changed.connect_notify(slot(0)),
            socket.connected.connect_notify(slot(1)),
            socket.text_frame_received.connect_notify(slot(2)),
            socket.text_message_received.connect_notify(slot(3)),
            socket.binary_frame_received.connect_notify(slot(4)),
            socket.binary_message_received.connect_notify(slot(5)),
            socket.pong.connect_notify(slot(6)),
            socket.bytes_written.connect_notify(slot(7)),
            socket.about_to_close.connect_notify(slot(8)),
            socket.error_occurred.connect_notify(slot(9)),
            socket.error.connect_notify(slot(10)),
            socket.disconnected.connect_notify(slot(11)),
            socket.read_channel_finished.connect_notify(slot(12)),
            socket.peer_verify_error.connect_notify(slot(13)),
            socket.ssl_errors.connect_notify(slot(14)),
            socket.alert_received.connect_notify(slot(15)),
            socket.alert_sent.connect_notify(slot(16)),
            socket.authentication_required.connect_notify(slot(17)),
            socket.handshake_failed.connect_notify(slot(18)),
            socket
                .proxy_authentication_required
                .connect_notify(slot(19)),
        ];
        if CAN_USE_KEYS {
            let asks = &socket.pre_shared_key_authentication_required;
            connections.push(asks.connect_notify(slot(20)));
        }
        connections
    }

    pub fn disconnect_everything(&self, socket: &WebSocket) {
        socket.state_changed.disconnect_all();
        socket.connected.disconnect_all();
        socket.text_frame_received.disconnect_all();
        socket.text_message_received.disconnect_all();
        socket.binary_frame_received.disconnect_all();
        socket.binary_message_received.disconnect_all();
        socket.pong.disconnect_all();
        socket.bytes_written.disconnect_all();
        socket.about_to_close.disconnect_all();
        socket.error_occurred.disconnect_all();
        socket.error.disconnect_all();
        socket.disconnected.disconnect_all();
        socket.read_channel_finished.disconnect_all();
        socket.peer_verify_error.disconnect_all();
        socket.ssl_errors.disconnect_all();
        socket.alert_received.disconnect_all();
        socket.alert_sent.disconnect_all();
        socket.authentication_required.disconnect_all();
        socket.handshake_failed.disconnect_all();
        socket.proxy_authentication_required.disconnect_all();
        socket
            .pre_shared_key_authentication_required
            .disconnect_all();
    }

    pub fn disconnect_actor(&self, index: usize) {
        let actor = self.actors.with(|actors| actors[index].clone());
        actor.disconnect();
    }

    pub fn disconnect_victims(&self) {
        self.victims_are_cut.set(true);
        for victim in self.victims.take() {
            victim.disconnect();
        }
    }

    fn record(&self, told: Told, text: String) {
        let entry = Entry {
            told,
            text,
            state: self.state(),
            inside_delivery: self.is_inside_delivery(),
        };
        // In a nested loop the turn further out holds it still.
        if told.is_delivery() && self.is_orphan.get() && self.actions_on_stack.get() == 0 {
            self.complain(format!("{told} for a socket that nobody holds"));
        }
        self.log.with(|log| log.push(entry));
    }

    /// Does what the plan says for this signal, once.
    fn act(self: &Rc<Self>, told: Told, index: usize) {
        let step = self.plan.with(|plan| {
            let at = plan.iter().position(|step| step.told == told)?;
            Some(plan.remove(at))
        });
        let Some(step) = step else { return };
        self.ran.set(self.ran.get() + 1);
        let _inside = Inside::new(self, told.is_delivery());
        step.action.perform(self, index);
    }
}

/// While an action is on the stack.
struct Inside<'a> {
    scene: &'a Scene,
    deliveries: u32,
}

impl<'a> Inside<'a> {
    fn new(scene: &'a Scene, is_delivery: bool) -> Self {
        let deliveries = u32::from(is_delivery);
        let (actions, on_stack) = (&scene.actions_on_stack, &scene.deliveries_on_stack);
        actions.set(actions.get() + 1);
        on_stack.set(on_stack.get() + deliveries);
        Self { scene, deliveries }
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        let (actions, on_stack) = (
            &self.scene.actions_on_stack,
            &self.scene.deliveries_on_stack,
        );
        actions.set(actions.get() - 1);
        on_stack.set(on_stack.get() - self.deliveries);
    }
}
