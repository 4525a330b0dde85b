//! Taking connections from the listener.

use std::io;
use std::rc::Rc;
use std::time::Duration;

use mio::net::TcpStream;
use qeventloop::reactor::{Progress, Ready, Source};

use super::upgrade::Upgrade;
use super::{SslMode, WebSocketServer};
use crate::transport::Stream;
use crate::websocket::Accepted;

/// How many connections one turn takes before the others have their go.
const TURN_BUDGET: usize = 64;
/// Clients in the middle of their handshake beyond this are dropped: they are strangers still.
const MAX_UPGRADES: usize = 1024;
const PAUSE_WITHOUT_DESCRIPTORS: Duration = Duration::from_millis(100);

impl Source for WebSocketServer {
    fn turn(self: Rc<Self>, _ready: Ready) -> Progress {
        for _ in 0..TURN_BUDGET {
            match self
                .listener
                .with(|listener| listener.as_ref().map(|listener| listener.accept()))
            {
                Some(Ok((stream, _))) => self.begin_upgrade(stream),
                Some(Err(error)) if is_of_one_client(&error) => {}
                Some(Err(error)) if error.kind() != io::ErrorKind::WouldBlock => {
                    self.accept_later();
                    return Progress::Drained;
                }
                _ => return Progress::Drained,
            }
        }
        Progress::MoreToDo
    }
}

impl WebSocketServer {
    /// The system has no descriptor left. Clients that wait already make no new edge, so they are asked for again.
    fn accept_later(&self) {
        if let Some(registration) = self.registration.get() {
            let again = registration.dispatcher().read_clock() + PAUSE_WITHOUT_DESCRIPTORS;
            registration.set_deadline(Some(again));
        }
    }

    fn begin_upgrade(&self, stream: TcpStream) {
        let Some(registration) = self.registration.get() else {
            return;
        };
        let session = match self.mode {
            SslMode::NonSecure => None,
            SslMode::Secure => match self.new_tls_session() {
                Ok(session) => Some(session),
                Err(_) => return, // checked by `listen`; a configuration that broke later refuses its clients
            },
        };
        crate::transport::configure(&stream);
        let stream = Stream::new(stream, session);
        if self.upgrades.with(|upgrades| upgrades.len()) >= MAX_UPGRADES {
            return;
        }
        let server = self.me.clone();
        let timeout = self.handshake_timeout.get();
        if let Ok(upgrade) = Upgrade::start(stream, server, registration.dispatcher(), timeout) {
            self.upgrades.with(|upgrades| upgrades.push(upgrade));
        }
    }

    /// A client's upgrade ended; with a connection if it was accepted.
    pub(super) fn upgrade_ended(&self, upgrade: &Rc<Upgrade>, accepted: Option<Accepted>) {
        let ended = self.upgrades.with(|upgrades| {
            let at = upgrades
                .iter()
                .position(|other| Rc::ptr_eq(other, upgrade))?;
            Some(upgrades.swap_remove(at))
        });
        drop(ended);
        if let Some(accepted) = accepted {
            self.pending.with(|pending| pending.push_back(accepted));
            self.new_connection.emit();
        }
    }

    pub(super) fn has_room(&self) -> bool {
        self.pending.with(|pending| pending.len()) < self.max_pending_connections.get()
    }
}

/// The client is to blame, and others may wait behind it.
fn is_of_one_client(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
    )
}
