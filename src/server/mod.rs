//! The server object: it listens, upgrades and hands out sockets.

mod accept;
mod properties;
mod upgrade;

use std::cell::{Cell, OnceCell};
use std::collections::VecDeque;
use std::fmt;
use std::rc::{Rc, Weak};
use std::time::Duration;

use mio::net::TcpListener;
use qeventloop::reactor::{Dispatcher, Interest, Registration, Shared, Source};
use qeventloop::{Direct, Signal};

use self::upgrade::Upgrade;
use crate::network::{HostAddress, SocketError, SslConfiguration, SslPreSharedKeyAuthenticator};
use crate::protocol::CloseCode;
use crate::transport::{Failure, listen, tls};
use crate::websocket::{Accepted, WebSocket};

/// Whether a server secures its connections.
#[doc(alias = "QWebSocketServer::SslMode")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum SslMode {
    /// `wss`: needs a certificate and its key in the server's [`SslConfiguration`].
    #[doc(alias = "SecureMode")]
    Secure = 0,
    /// `ws`.
    #[doc(alias = "NonSecureMode")]
    NonSecure = 1,
}

/// Listens for WebSocket connections and hands out a [`WebSocket`] for each.
///
/// ```no_run
/// use qwebsocket::{
///     EventLoop, HostAddress, SslMode, WebSocketServer, keep_until_disconnected,
/// };
///
/// let event_loop = EventLoop::new();
/// let server = WebSocketServer::new("Echo Server", SslMode::NonSecure);
/// server.new_connection.connect_to(&server, |server| {
///     while let Some(socket) = server.next_pending_connection() {
///         socket
///             .text_message_received
///             .connect_to(&socket, |socket, text| socket.send_text_message(text));
///         keep_until_disconnected(&socket);
///     }
/// });
/// assert!(server.listen(HostAddress::LOCAL_HOST, 1234));
/// event_loop.exec();
/// ```
///
/// Clients that do not finish their handshake within ten seconds are dropped; malformed requests get an HTTP answer
/// that says what is wrong. Sockets that were handed out are on their own: they outlive the server.
#[doc(alias = "QWebSocketServer")]
pub struct WebSocketServer {
    /// A connection is ready to be taken with [`next_pending_connection`](Self::next_pending_connection).
    #[doc(alias = "newConnection")]
    pub new_connection: Signal<fn()>,
    /// A client says who it is, and is to have a key in common with us: fill in the key that goes with the
    /// [identity](SslPreSharedKeyAuthenticator::identity) before the slot returns. Without a key the handshake fails, which is all
    /// that becomes of a client that is not known. Such a server needs no certificate.
    ///
    /// To be connected before [`listen`](Self::listen). That makes OpenSSL do TLS, unless no suites of pre-shared keys
    /// are among the [ciphers](SslConfiguration::set_ciphers); in a build without the feature `openssl` it makes
    /// `listen` fail.
    #[doc(alias = "preSharedKeyAuthenticationRequired")]
    pub pre_shared_key_authentication_required:
        Signal<fn(authenticator: Direct<SslPreSharedKeyAuthenticator>)>,
    /// The server stopped listening. Comes from the event loop, after [`close`](Self::close).
    pub closed: Signal<fn()>,

    me: Weak<WebSocketServer>,
    name: Shared<String>,
    mode: SslMode,
    ssl_configuration: Shared<SslConfiguration>,

    supported_subprotocols: Shared<Vec<String>>,
    error_string: Shared<String>,
    handshake_timeout: Cell<Option<Duration>>,
    max_pending_connections: Cell<usize>,
    registration: OnceCell<Registration>,
    listener: Shared<Option<TcpListener>>,
    /// Connections on the way to becoming sockets.
    upgrades: Shared<Vec<Rc<Upgrade>>>,
    pending: Shared<VecDeque<Accepted>>,
}

impl WebSocketServer {
    /// A server that does not listen yet. Its name is sent to clients in the `Server` header, unless it is empty.
    #[doc(alias = "QWebSocketServer")]
    pub fn new(name: impl Into<String>, mode: SslMode) -> Rc<Self> {
        Rc::new_cyclic(|me| Self {
            new_connection: Signal::default(),
            closed: Signal::default(),
            pre_shared_key_authentication_required: Signal::default(),
            me: me.clone(),
            name: Shared::new(name.into()),
            mode,
            ssl_configuration: Shared::default(),

            supported_subprotocols: Shared::default(),
            error_string: Shared::default(),
            handshake_timeout: Cell::new(Some(HANDSHAKE_TIMEOUT)),
            max_pending_connections: Cell::new(MAX_PENDING_CONNECTIONS),
            registration: OnceCell::new(),
            listener: Shared::default(),
            upgrades: Shared::default(),
            pending: Shared::default(),
        })
    }

    /// Listens on an address and a port; port 0 lets the system choose one, see [`server_port`](Self::server_port).
    ///
    /// Gives `false`, and says why in [`error_string`](Self::error_string), when that is not possible: the server
    /// listens already, the address is taken or not ours, or a secure server's certificate or key cannot be used.
    pub fn listen(&self, address: impl Into<HostAddress>, port: u16) -> bool {
        let outcome = self.try_listen(&address.into(), port);
        let text = outcome.as_ref().err().map(|failure| failure.text.clone());
        self.error_string.set(text.unwrap_or_default());
        outcome.is_ok()
    }

    /// Stops listening and drops the clients that are not handed out yet. Sockets that were handed out are left alone.
    /// `closed` follows from the event loop.
    pub fn close(&self) {
        let listener = self.listener.take();
        if let (Some(mut listener), Some(registration)) = (listener, self.registration.get()) {
            let _ = registration.deregister(&mut listener);
            let server = self.me.clone();
            registration.dispatcher().post(move || {
                if let Some(server) = server.upgrade() {
                    server.closed.emit();
                }
            });
        }
        drop(self.upgrades.take());
        self.drop_pending();
    }

    /// Whether [`next_pending_connection`](Self::next_pending_connection) has one.
    #[doc(alias = "hasPendingConnections")]
    pub fn has_pending_connections(&self) -> bool {
        self.pending.with(|pending| !pending.is_empty())
    }

    /// Takes the oldest connection that is ready: a socket that is `Connected` from the start. What its client sent
    /// already is delivered from the event loop, so connect to its signals before control returns there, and keep the
    /// `Rc`: dropping it closes the connection.
    #[doc(alias = "nextPendingConnection")]
    pub fn next_pending_connection(&self) -> Option<Rc<WebSocket>> {
        let registration = self.registration.get()?;
        while let Some(accepted) = self.pending.with(VecDeque::pop_front) {
            if let Ok(socket) = WebSocket::accept(accepted, registration.dispatcher()) {
                return Some(socket);
            }
        }
        None
    }

    fn try_listen(&self, address: &HostAddress, port: u16) -> Result<(), Failure> {
        if self.is_listening() {
            return Err(Failure::new(
                SocketError::Operation,
                "The server is listening already.",
            ));
        }
        if self.mode == SslMode::Secure {
            // Better to hear of an unusable certificate here than in every handshake.
            drop(self.new_tls_session()?);
        }
        let mut listener = listen(address, port)?;
        self.registration()?
            .register(&mut listener, Interest::READABLE)?;
        self.listener.set(Some(listener));
        Ok(())
    }

    fn registration(&self) -> Result<&Registration, Failure> {
        if let Some(registration) = self.registration.get() {
            return Ok(registration);
        }
        let dispatcher = Dispatcher::current()?;
        let source: Weak<dyn Source> = self.me.clone();
        Ok(self
            .registration
            .get_or_init(|| dispatcher.add_source(source)))
    }

    fn new_tls_session(&self) -> Result<Box<dyn tls::TlsSession>, Failure> {
        let configuration = self
            .ssl_configuration
            .with(|configuration| configuration.clone());
        tls::server_session(&configuration, self.key_asker())
    }

    /// Who asks for a client's pre-shared key: nobody where no slot would answer.
    fn key_asker(&self) -> Option<tls::KeyAsker> {
        if !self.pre_shared_key_authentication_required.is_connected() {
            return None;
        }
        let server = self.me.clone();
        Some(Rc::new(move |authenticator| {
            let server = server.upgrade();
            server
                .inspect(|server| {
                    server
                        .pre_shared_key_authentication_required
                        .emit(authenticator);
                })
                .is_some()
        }))
    }

    /// Tells the clients that nobody took what becomes of them.
    fn drop_pending(&self) {
        let Some(registration) = self.registration.get() else {
            return;
        };
        for accepted in self.pending.take() {
            if let Ok(socket) = WebSocket::accept(accepted, registration.dispatcher()) {
                socket.close_with(CloseCode::GOING_AWAY, "Server closed.");
            }
        }
    }
}

impl Drop for WebSocketServer {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            drop(self.upgrades.take());
            self.drop_pending();
        }
    }
}

impl fmt::Debug for WebSocketServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocketServer")
            .field("name", &self.server_name())
            .field("url", &self.server_url().map(String::from))
            .finish_non_exhaustive()
    }
}

const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
const MAX_PENDING_CONNECTIONS: usize = 30;
