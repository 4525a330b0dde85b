//! Taking connections from the listener.

use std::io;
use std::rc::Rc;
use std::time::Duration;

use mio::net::TcpStream;
use qeventloop::reactor::{Progress, Ready, Source};

use super::upgrade::Upgrade;
use super::{SslMode, WebSocketServer};
use crate::network::SocketError;
use crate::transport::{Failure, Stream};
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
                // Whom the server cannot take is dropped, and hears it by that.
                Some(Ok((stream, _))) => drop(self.begin_upgrade(stream, Vec::new())),
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
    /// Upgrades a connection that the application accepted itself, as if it had come to a listening server: on `Secure`
    /// servers TLS comes first, then the handshake within its time, then `new_connection`.
    ///
    /// Gives `false`, and says why in [`error_string`](Self::error_string), when the connection cannot be taken: the
    /// system refuses, too many are in the middle of their handshake, or a secure server's certificate or key cannot be
    /// used. It is dropped then.
    ///
    /// ```no_run
    /// use std::net::TcpListener;
    /// use qwebsocket::{SslMode, WebSocketServer};
    ///
    /// # fn main() -> std::io::Result<()> {
    /// let server = WebSocketServer::new("behind an acceptor", SslMode::NonSecure);
    /// let (stream, _) = TcpListener::bind("127.0.0.1:1234")?.accept()?;
    /// server.handle_connection(stream);
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "handleConnection")]
    pub fn handle_connection(&self, stream: std::net::TcpStream) -> bool {
        self.upgrade_from(stream, [])
    }

    /// As [`handle_connection`](Self::handle_connection), for a connection of which the application has read something
    /// already, such as the request by which it knew what to do with it. `received` is what was read, from its first
    /// byte; on a secure server it is still encrypted.
    pub fn upgrade_from(&self, stream: std::net::TcpStream, received: impl Into<Vec<u8>>) -> bool {
        let outcome = stream
            .set_nonblocking(true)
            .map_err(Failure::from)
            .and_then(|()| self.begin_upgrade(TcpStream::from_std(stream), received.into()));
        let text = outcome.as_ref().err().map(|failure| failure.text.clone());
        self.error_string.set(text.unwrap_or_default());
        outcome.is_ok()
    }

    /// The system has no descriptor left. Clients that wait already make no new edge, so they are asked for again.
    fn accept_later(&self) {
        if let Some(registration) = self.registration.get() {
            let again = registration.dispatcher().read_clock() + PAUSE_WITHOUT_DESCRIPTORS;
            registration.set_deadline(Some(again));
        }
    }

    fn begin_upgrade(&self, stream: TcpStream, received: Vec<u8>) -> Result<(), Failure> {
        if self.upgrades.with(|upgrades| upgrades.len()) >= MAX_UPGRADES {
            let text = "Too many clients are in the middle of their handshake.";
            return Err(Failure::new(SocketError::SocketResource, text));
        }
        let session = match self.mode {
            SslMode::NonSecure => None,
            SslMode::Secure => Some(self.new_tls_session()?),
        };
        crate::transport::configure(&stream);
        let stream = Stream::new(stream, session);
        let dispatcher = self.registration()?.dispatcher();
        let timeout = self.handshake_timeout.get();
        let upgrade = Upgrade::start(stream, received, self.me.clone(), dispatcher, timeout)?;
        self.upgrades.with(|upgrades| upgrades.push(upgrade));
        Ok(())
    }

    /// A client's upgrade ended; with a connection if it was accepted.
    pub(super) fn upgrade_ended(&self, upgrade: &Rc<Upgrade>, accepted: Option<Accepted>) {
        let ended = self.upgrades.with(|upgrades| {
            let at = upgrades
                .iter()
                .position(|other| Rc::ptr_eq(other, upgrade))?;
            Some(upgrades.swap_remove(at))
        });
        // One that is not listed any more was given up, in a slot or by the deadline, while it was worked on.
        let is_wanted = ended.is_some();
        drop(ended);
        if let Some(accepted) = accepted.filter(|_| is_wanted) {
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
            | io::ErrorKind::NotConnected // what Wine says of one that left before it was taken
            | io::ErrorKind::Interrupted
    )
}
