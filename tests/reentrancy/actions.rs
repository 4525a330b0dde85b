//! What slots do.

use std::cell::Cell;
use std::panic::resume_unwind;
use std::rc::Rc;
use std::time::Duration;

use qwebsocket::{CloseCode, MaskGenerator, SocketState, delete_later, keep_until_disconnected};

use super::oracle::Told;
use super::peer::{End, Peer};
use super::scene::{Deliberate, Scene};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A plain call, or its like.
    Call(Call),
    /// The call comes from the destructor of a closure that is disconnected here.
    FromDestructor(Call),
    /// The call comes from a mask generator that is set here, when the next mask is made.
    FromMaskGenerator(Call),
    /// The call comes from the destructor of a mask generator that is replaced here.
    FromOldGenerator(Call),
    /// The call, and then the loop until `disconnected`.
    AndWait(Call),
    /// The call, and then some turns of the loop.
    AndTurns(Call),
    /// Turns of the loop, and then the call.
    AfterTurns(Call),
    /// The call, and then a panic.
    AndPanic(Call),
    /// The call, then some turns of the loop, then a panic.
    AndTurnsAndPanic(Call),
    ConnectMore,
    DisconnectSelf,
    DisconnectOthers,
    DisconnectAll,
    Keep,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    Nothing,
    Open,
    OpenInvalid,
    Close,
    CloseIllegal,
    Abort,
    Send,
    SendLarge,
    Ping,
    Flush,
    ReplaceMaskGenerator,
    Post,
    /// Resumes in the next turn.
    Pause,
    /// Drops the application's handle.
    Drop,
    DeleteLater,
    /// The peer resets the connection, and then something is sent.
    ResetAndSend,
    /// The peer sends something and ends its direction.
    PeerFin,
}

const HARMLESS: [Call; 10] = [
    Call::Nothing,
    Call::OpenInvalid,
    Call::CloseIllegal,
    Call::Send,
    Call::SendLarge,
    Call::Ping,
    Call::Flush,
    Call::ReplaceMaskGenerator,
    Call::Post,
    Call::Pause,
];
const DRASTIC: [Call; 4] = [Call::Open, Call::Close, Call::Abort, Call::Drop];

/// How often a nested loop turns that waits for nothing.
const TURNS: usize = 5;
/// A loop that turns so often without anything happening spins.
const SPINS: usize = 200;

impl Action {
    pub fn all(end: End) -> Vec<Self> {
        let calls = HARMLESS.iter().chain(&DRASTIC).copied();
        let mut all: Vec<Self> = calls.map(Self::Call).collect();
        for call in DRASTIC.into_iter().chain([Call::Send]) {
            all.push(Self::FromDestructor(call));
            all.push(Self::FromOldGenerator(call));
            all.push(Self::FromMaskGenerator(call));
            all.push(Self::AndPanic(call));
            all.push(Self::AndTurns(call));
            all.push(Self::AfterTurns(call));
        }
        all.extend([
            Self::Call(Call::DeleteLater),
            Self::AndTurns(Call::DeleteLater),
            Self::Call(Call::ResetAndSend),
            Self::AndTurns(Call::ResetAndSend),
            Self::AndTurns(Call::PeerFin),
            Self::AndTurnsAndPanic(Call::PeerFin),
            Self::AndTurns(Call::Nothing),
            Self::AndTurns(Call::Pause),
            Self::AndPanic(Call::Pause),
            Self::AndPanic(Call::Nothing),
            Self::AndWait(Call::Open),
            Self::AndWait(Call::Close),
            Self::AndWait(Call::Abort),
            Self::ConnectMore,
            Self::DisconnectSelf,
            Self::DisconnectOthers,
            Self::DisconnectAll,
            Self::Keep,
        ]);
        // An accepted socket refuses, so there is nothing to wait for.
        all.retain(|action| end == End::Client || *action != Self::AndWait(Call::Open));
        all
    }

    /// Whether it runs a nested loop.
    pub fn turns(self) -> bool {
        matches!(
            self,
            Self::AndTurns(_) | Self::AndTurnsAndPanic(_) | Self::AfterTurns(_) | Self::AndWait(_)
        )
    }

    /// Whether all goes on as if it had not happened.
    pub fn is_harmless(self, end: End) -> bool {
        match self {
            Self::Call(call)
            | Self::FromDestructor(call)
            | Self::AndTurns(call)
            | Self::FromMaskGenerator(call)
            | Self::FromOldGenerator(call)
            | Self::AfterTurns(call) => {
                HARMLESS.contains(&call) || call == Call::Open && end == End::Server
            }
            Self::AndWait(_)
            | Self::AndPanic(_)
            | Self::AndTurnsAndPanic(_)
            | Self::Keep
            | Self::DisconnectAll => false,
            Self::ConnectMore | Self::DisconnectSelf | Self::DisconnectOthers => true,
        }
    }

    /// `index` is the actor's own.
    pub fn perform(self, scene: &Rc<Scene>, index: usize) {
        match self {
            Self::Call(call) => call.perform(scene),
            Self::FromDestructor(call) => from_destructor(scene, call, index),
            Self::FromOldGenerator(call) => from_old_generator(scene, call),
            Self::FromMaskGenerator(call) => from_mask_generator(scene, call),
            Self::AndWait(call) => {
                call.perform(scene);
                wait_for_disconnected(scene);
            }
            Self::AndTurns(call) => {
                call.perform(scene);
                turns(scene);
            }
            Self::AfterTurns(call) => {
                turns(scene);
                call.perform(scene);
            }
            Self::AndTurnsAndPanic(call) => {
                call.perform(scene);
                turns(scene);
                resume_unwind(Box::new(Deliberate));
            }
            Self::AndPanic(call) => {
                call.perform(scene);
                resume_unwind(Box::new(Deliberate)); // as `panic!`, without a word on the terminal
            }
            Self::ConnectMore => connect_more(scene),
            Self::DisconnectSelf => scene.disconnect_actor(index),
            Self::DisconnectOthers => scene.disconnect_victims(),
            Self::DisconnectAll => {
                if let Some(socket) = scene.socket() {
                    scene.disconnect_everything(&socket);
                    scene.connect_recorders(&socket);
                }
            }
            Self::Keep => {
                if let Some(socket) = scene.socket() {
                    keep_until_disconnected(&socket);
                    scene.is_kept.set(true);
                    scene.is_orphan.set(false);
                }
            }
        }
    }
}

impl Call {
    fn perform(self, scene: &Rc<Scene>) {
        let handle = match self {
            Self::Drop | Self::DeleteLater => {
                let handle = scene.handle.take();
                scene
                    .was_dropped
                    .set(scene.was_dropped.get() || handle.is_some());
                handle
            }
            _ => None,
        };
        match (self, handle) {
            (Self::Drop, handle) => {
                scene
                    .is_orphan
                    .set(handle.is_some() && !scene.is_kept.get());
                return drop(handle);
            }
            (Self::DeleteLater, Some(handle)) => return delete_later(handle),
            _ => {}
        }
        let Some(socket) = scene.socket() else { return };
        match self {
            Self::Open => socket.open(scene.stage.url("/second")),
            Self::OpenInvalid => socket.open("http://localhost/"),
            Self::Close => socket.close(),
            Self::CloseIllegal => socket.close_with(CloseCode::from(999), ""),
            Self::Abort => {
                let begun = scene.connections();
                socket.abort();
                if !scene.all_disconnected() && scene.connections() == begun {
                    scene.complain("abort returns before all is told");
                }
            }
            Self::Send => note_sent(scene, b"sent", socket.send_text_message("sent")),
            Self::SendLarge => {
                let large = vec![7; 200_000];
                note_sent(scene, &large, socket.send_binary_message(&large));
            }
            Self::PeerFin => scene.stage.with_first_peer(Peer::fin),
            Self::ResetAndSend => {
                scene.stage.with_first_peer(Peer::reset);
                socket.send_text_message("lost");
            }
            Self::Ping => socket.ping("extra"),
            Self::Flush => drop(socket.flush()),
            Self::ReplaceMaskGenerator => socket.set_mask_generator(Some(Rc::new(Plain))),
            Self::Post => {
                let handle = scene.stage.event_loop.handle();
                handle.post(|| {}).expect("the loop is there");
                handle.wake();
            }
            Self::Pause => {
                socket.pause();
                let socket = Rc::downgrade(&socket);
                scene.stage.event_loop.dispatcher().post(move || {
                    if let Some(socket) = socket.upgrade() {
                        socket.resume();
                    }
                });
            }
            Self::Nothing | Self::Drop | Self::DeleteLater => {}
        }
    }
}

fn note_sent(scene: &Scene, payload: &[u8], taken: usize) {
    if taken > 0 && scene.count(Told::State(SocketState::Connecting)) <= 1 {
        scene.sent.with(|sent| sent.push(payload.to_vec()));
    }
}

fn turns(scene: &Scene) {
    for _ in 0..TURNS {
        scene.stage.turn();
    }
    let before = scene.log.with(|log| log.len());
    for _ in 0..SPINS {
        if !scene.stage.turn() || scene.log.with(|log| log.len()) != before {
            return;
        }
    }
    scene.complain("a nested loop spins");
}

/// What an application does that has to know: it waits in a loop of its own, as long as it takes.
fn wait_for_disconnected(scene: &Scene) {
    let mut quiet = 0;
    let mut advances = 0;
    while !scene.all_disconnected() && scene.socket().is_some() {
        quiet = if scene.stage.patient_turn() {
            0
        } else {
            quiet + 1
        };
        if quiet <= scene.stage.quiet_turns.get() {
            continue;
        }
        if scene.is_inside_delivery() && scene.state() == Some(SocketState::Connected) {
            return; // nothing is delivered until that slot returns, so neither is the peer's close
        }
        if advances == 3 {
            return scene.complain(format!(
                "disconnected does not come in a nested loop, state {:?}",
                scene.state()
            ));
        }
        advances += 1;
        scene.advances.set(scene.advances.get() + 1);
        scene.stage.clock.advance(Duration::from_secs(31));
    }
}

/// A slot that is connected to everything now is called from the next emission on.
fn connect_more(scene: &Rc<Scene>) {
    let Some(socket) = scene.socket() else { return };
    let logged = scene.log.with(|log| log.len());
    let calls = Rc::new(Cell::new(0));
    scene.connect_everywhere(&socket, |_| {
        let (calls, scene) = (calls.clone(), scene.clone());
        move || {
            calls.set(calls.get() + 1);
            let emitted = scene.log.with(|log| log.len()) - logged;
            if calls.get() > emitted {
                scene.complain("a slot is called by the emission in which it was connected");
            }
        }
    });
}

/// The closure dies when the emission of its signal ends, for the list is in use until then.
fn from_destructor(scene: &Rc<Scene>, call: Call, index: usize) {
    let Some(socket) = scene.socket() else { return };
    let connections = scene.connect_everywhere(&socket, |at| {
        let caller = Caller::new(scene, (at == index).then_some(call));
        move || assert!(caller.call.take().is_none(), "called")
    });
    for connection in connections {
        connection.disconnect();
    }
}

/// The generator dies on the spot.
fn from_old_generator(scene: &Rc<Scene>, call: Call) {
    if let Some(socket) = scene.socket() {
        socket.set_mask_generator(Some(Rc::new(Caller::new(scene, Some(call)))));
        socket.set_mask_generator(None);
    }
}

fn from_mask_generator(scene: &Rc<Scene>, call: Call) {
    if let Some(socket) = scene.socket() {
        socket.set_mask_generator(Some(Rc::new(Caller::new(scene, Some(call)))));
        socket.ping("extra");
    }
}

/// Makes its call once: with the first mask, or when it is dropped.
struct Caller {
    scene: Rc<Scene>,
    call: Cell<Option<Call>>,
}

impl Caller {
    fn new(scene: &Rc<Scene>, call: Option<Call>) -> Self {
        let (scene, call) = (scene.clone(), Cell::new(call));
        Self { scene, call }
    }
}

impl MaskGenerator for Caller {
    fn next_mask(&self) -> u32 {
        if let Some(call) = self.call.take() {
            call.perform(&self.scene);
        }
        0x0102_0304
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        if let Some(call) = self.call.take()
            && !std::thread::panicking()
        {
            call.perform(&self.scene);
        }
    }
}

struct Plain;

impl MaskGenerator for Plain {
    fn next_mask(&self) -> u32 {
        0
    }
}
