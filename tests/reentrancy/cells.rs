//! One cell: a connection from its beginning to its end, with something happening in its slots.

use std::rc::Rc;
use std::time::Duration;

use qwebsocket::{Next, SocketState, Version, WebSocket};

use super::oracle::{Ending, Entry, Told, check};
use super::peer::{End, Peer, Script};
use super::scene::{Scene, Step};
use super::stage::{Stage, certificate_error};

/// One column of the matrix: how the connection comes to its end.
#[derive(Clone, Debug)]
pub struct Column {
    pub end: End,
    pub is_secure: bool,
    pub trust: Trust,
    /// A client asks for a pre-shared key before its hello, which the peer does not take.
    pub asks_for_key: bool,
    pub target: Target,
    pub script: Script,
    pub cause: Cause,
    pub has_message_timeout: bool,
    /// The end needs a deadline to pass.
    pub needs_clock: bool,
    /// What the end of the first connection tells when no slot interferes.
    pub tells: &'static str,
}

/// Whether a client accepts the certificates of its servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    Known,
    /// Their errors are ignored.
    Ignored,
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    Peer,
    /// A peer that is a proxy first.
    Proxy,
    Refusing,
    /// The handshake would be malformed: no connection is even tried.
    BadOrigin,
}

/// What is done to the socket from outside of slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Nothing: the peer ends it, or time.
    Peer,
    /// The peer resets the connection once its greeting was delivered.
    Reset,
    Close,
    Abort,
    Drop,
    Open,
    CloseAtOnce,
    AbortAtOnce,
    DropAtOnce,
    OpenAtOnce,
}

/// The message that ends a greeting.
pub const LAST: &str = "last";
pub const LIMIT: u64 = 100;

pub struct Outcome {
    pub log: Vec<Entry>,
    pub complaints: Vec<String>,
    pub ran: usize,
    pub advances: usize,
    /// What the first connection accepted for sending.
    pub sent: Vec<Vec<u8>>,
    /// What its peer received.
    pub received: Vec<Vec<u8>>,
}

/// Plays one cell on `stage`.
pub fn play(stage: &Rc<Stage>, column: &Column, plan: Vec<Step>) -> Outcome {
    drop(stage.peers.take());
    let scene = Scene::new(stage, column.end, plan);
    begin(&scene, column);
    if !column.cause.is_at_once() {
        run(&scene, || greeting_is_over(&scene));
    }
    apply(&scene, column.cause);
    for _ in 0..4 {
        run(&scene, || is_over(&scene));
        if is_over(&scene) {
            break;
        }
        scene.advances.set(scene.advances.get() + 1);
        stage.clock.advance(Duration::from_secs(31));
    }
    finish(&scene);
    judge(&scene);
    Outcome {
        log: scene.log.take(),
        complaints: scene.complaints.take(),
        ran: scene.ran.get(),
        advances: scene.advances.get(),
        sent: scene.sent.take(),
        received: stage.peers.with(|peers| {
            let first = peers.first_mut().map(|peer| &mut peer.frames);
            first.map(std::mem::take).unwrap_or_default()
        }),
    }
}

fn begin(scene: &Rc<Scene>, column: &Column) {
    let stage = &scene.stage;
    let socket = match column.end {
        End::Client if column.target == Target::BadOrigin => {
            WebSocket::with_origin("a\r\nb", Version::LATEST)
        }
        End::Client => WebSocket::new(),
        End::Server => {
            stage.connect_peer();
            run(scene, || stage.server.has_pending_connections());
            stage.server.next_pending_connection().expect("a client")
        }
    };
    socket.set_max_allowed_incoming_frame_size(LIMIT);
    socket.set_message_timeout(
        column
            .has_message_timeout
            .then_some(Duration::from_secs(30)),
    );
    if let Some(mut configuration) = stage.client_configuration() {
        if column.asks_for_key {
            configuration.set_uses_pre_shared_keys_in_tls13(true);
        }
        if column.trust != Trust::Known {
            configuration.set_ca_certificates([]);
        }
        if column.trust == Trust::Ignored {
            socket.ignore_these_ssl_errors(&[certificate_error()]);
        }
        socket.set_ssl_configuration(configuration);
    }
    if column.target == Target::Proxy {
        socket.set_proxy(stage.proxy());
    }
    scene.take_over(socket.clone());
    if column.end == End::Client {
        let url = match column.target {
            Target::Peer | Target::Proxy | Target::BadOrigin => stage.url("/"),
            Target::Refusing => stage.refusing_url(),
        };
        scene.guarded(move || socket.open(&url));
    }
}

/// Runs the loop until `condition` holds or nothing happens any more.
fn run(scene: &Scene, condition: impl Fn() -> bool) {
    let mut quiet = 0;
    let mut turns = 0;
    while !condition() && quiet < scene.stage.quiet_turns.get() {
        let happened = scene.guarded(|| scene.stage.patient_turn());
        quiet = if happened == Some(false) {
            quiet + 1
        } else {
            0
        };
        turns += 1;
        if turns > 10_000 {
            return scene.complain("the loop spins");
        }
    }
}

fn greeting_is_over(scene: &Scene) -> bool {
    let was_last = |entry: &Entry| entry.told == Told::TextMessage && entry.text == LAST;
    scene.log.with(|log| log.iter().any(was_last)) || is_over(scene)
}

/// Whether the socket is unconnected or gone, its peers too, and the loop has nothing left to do.
fn is_over(scene: &Scene) -> bool {
    scene
        .state()
        .is_none_or(|state| state == SocketState::Unconnected)
        && scene.stage.all_peers_ended()
        && scene.stage.event_loop.next() == Next::WhenWoken
}

fn apply(scene: &Scene, cause: Cause) {
    if cause == Cause::Reset {
        scene.stage.with_first_peer(Peer::reset);
    }
    let Some(socket) = scene.handle.with(|handle| handle.clone()) else {
        return;
    };
    scene.guarded(move || match cause {
        Cause::Peer | Cause::Reset => {}
        Cause::Close | Cause::CloseAtOnce => socket.close(),
        Cause::Abort | Cause::AbortAtOnce => socket.abort(),
        Cause::Open | Cause::OpenAtOnce => socket.open(scene.stage.url("/second")),
        Cause::Drop | Cause::DropAtOnce => {
            scene.was_dropped.set(true);
            drop(scene.handle.take());
            drop(socket);
        }
    });
}

/// Lets go of everything, and looks whether anything is left.
fn finish(scene: &Rc<Scene>) {
    if !is_over(scene) {
        // A socket that was kept, and then nobody closed it.
        let kept = scene.socket().filter(|_| scene.was_dropped.get());
        match kept {
            Some(kept) => {
                scene.guarded(move || kept.abort());
                run(scene, || is_over(scene)); // a panic may have left something untold
            }
            None => scene.complain(format!(
                "it never ends: state {:?}, peers ended: {}, next: {:?}",
                scene.state(),
                scene.stage.all_peers_ended(),
                scene.stage.event_loop.next()
            )),
        }
    }
    let ending = Ending {
        state: scene.state(),
        may_be_cut_short: scene.panicked.get() && scene.was_dropped.get(),
    };
    let handle = scene.handle.take();
    scene.guarded(move || drop(handle));
    run(scene, || is_over(scene));
    if let Err(broken) = check(&scene.log.with(|log| log.clone()), scene.end, ending) {
        scene.complain(broken);
    }
}

fn judge(scene: &Rc<Scene>) {
    if scene.socket().is_some() {
        scene.complain("the socket is leaked");
    }
    if Rc::strong_count(scene) != 1 {
        scene.complain(format!(
            "{} closures are leaked",
            Rc::strong_count(scene) - 1
        ));
    }
    if !scene.stage.all_peers_ended() {
        scene.complain("a peer's connection is leaked");
    }
    if scene.stage.event_loop.next() != Next::WhenWoken {
        scene.complain(format!(
            "left in the loop: {:?}",
            scene.stage.event_loop.next()
        ));
    }
    scene.stage.peers.with(|peers| {
        for (index, peer) in peers.iter_mut().enumerate() {
            for complaint in peer.complaints.drain(..) {
                scene.complain(format!("peer {index}: {complaint}"));
            }
        }
    });
}

impl Cause {
    pub fn is_at_once(self) -> bool {
        matches!(
            self,
            Self::CloseAtOnce | Self::AbortAtOnce | Self::DropAtOnce | Self::OpenAtOnce
        )
    }
}
