//! The socket object: signals, properties and Qt's names. The rules of the protocol are in `protocol` and `handshake`,
//! the bytes in `transport`; here is what connects them to slots.

mod accepted;
mod alerts;
mod answer;
mod asking;
mod build;
mod challenged;
mod close;
mod deadline;
mod deliver;
mod dialing;
mod life;
mod limits;
mod link;
mod login;
mod mask_generator;
mod news;
mod open;
mod opening;
mod pause;
mod pings;
mod properties;
mod proxied;
mod receive;
mod refusal;
mod review;
mod send;
mod settings;
#[cfg(all(test, target_os = "linux"))]
mod tests;
mod trust;
mod tuning;
mod turn;
mod undelivered;
mod wanted;
mod write;

use std::cell::{Cell, OnceCell};
use std::rc::Weak;

use qeventloop::reactor::Shared;
use qeventloop::{Direct, Ref, Signal};

use self::deliver::Nesting;
use self::life::Held;
use self::link::{Base, Link};
use self::news::NewsQueue;
use self::pings::Pings;
use self::settings::Settings;
use self::undelivered::Undelivered;
use crate::handshake::{ClientHello, Headers};
use crate::network::{
    AlertLevel, AlertType, Authenticator, NetworkProxy, SocketError, SocketState, SslError,
    SslPreSharedKeyAuthenticator,
};
use crate::protocol::{CloseCode, Closing, Reader, Role};
use crate::transport::Alerts;

pub(crate) use self::accepted::Accepted;
pub use self::life::keep_until_disconnected;
pub use self::mask_generator::MaskGenerator;
pub use self::properties::SocketId;

/// A socket that talks the WebSocket protocol: the client's end, or the end that a
/// [`WebSocketServer`](crate::WebSocketServer) accepted.
///
/// A socket lives in an `Rc` on one thread and works while that thread's event loop runs. What happens is told by
/// signals, which are its public fields: connect closures to them and call [`open`](Self::open). Every method may be
/// called from every slot.
///
/// Only `open`, `close`, `abort`, `flush` and drop emit before they return; sending and setting never do. The order of
/// the signals is a promise: see the [`signals`](crate::signals) chapter.
///
/// ```no_run
/// use qwebsocket::{EventLoop, WebSocket};
///
/// let event_loop = EventLoop::new();
/// let socket = WebSocket::new();
/// socket.connected.connect_to(&socket, |socket| socket.send_text_message("Hello, world!"));
/// socket.text_message_received.connect_to(&socket, |socket, message| {
///     println!("{message}");
///     socket.close();
/// });
/// socket.disconnected.connect(EventLoop::quit_current);
/// socket.open("ws://localhost:1234");
/// event_loop.exec();
/// ```
///
/// A socket stays on the thread that made it; [`Remote`](crate::Remote) and [`Handle`](crate::Handle) reach it from
/// others:
///
/// ```compile_fail,E0277
/// let socket = qwebsocket::WebSocket::new();
/// std::thread::spawn(move || socket.close());
/// ```
///
/// Dropping the last `Rc` closes the connection with code 1001. An application that wants a connection to go on
/// without holding the socket says so with [`keep_until_disconnected`].
#[doc(alias = "QWebSocket")]
#[doc(alias = "~QWebSocket")]
pub struct WebSocket {
    /// The connection stands: TCP, TLS and the opening handshake succeeded. Follows `state_changed(Connected)`.
    pub connected: Signal<fn()>,
    /// The connection is gone, or could not be made. Follows `state_changed(Unconnected)`.
    pub disconnected: Signal<fn()>,
    /// The connection is about to close: once per connection, before the close frame. What is sent in a slot of a
    /// close that began here still leaves before that frame, which waits for the slots: one that waits for the end in a
    /// nested loop waits for the whole [close timeout](Self::set_close_timeout), and for ever if there is none.
    #[doc(alias = "aboutToClose")]
    pub about_to_close: Signal<fn()>,
    /// The state changed; [`state`](Self::state) already gives the new one.
    #[doc(alias = "stateChanged")]
    pub state_changed: Signal<fn(state: SocketState)>,
    /// Something failed: Qt 6's name for it, emitted right before `error`.
    #[doc(alias = "errorOccurred")]
    pub error_occurred: Signal<fn(error: SocketError)>,
    /// Something failed; [`error`](Self::error) gives the same kind and [`error_string`](Self::error_string) the text.
    /// Follows `error_occurred`, the name that Qt 6 gives the same news.
    pub error: Signal<fn(error: SocketError)>,
    /// The server wants to know who asks (status 401): fill in user and password before the slot returns, perhaps from
    /// a dialog in a loop of its own, for whose time the [connect timeout](Self::set_connect_timeout) stands still.
    ///
    /// The credentials in the URL are tried first, without asking. If slots change nothing the opening fails; if the
    /// server refuses what they filled in they are asked again, three times in all. Basic and Digest (MD5, SHA-256,
    /// SHA-512/256) are understood. Basic hands the password to the server, and to everybody on the way unless the URL is `wss`.
    ///
    /// A queued slot could not answer in time, so it does not compile:
    ///
    /// ```compile_fail,E0277
    /// let socket = qwebsocket::WebSocket::new();
    /// socket.authentication_required.connect_queued(|_authenticator| {});
    /// ```
    #[doc(alias = "authenticationRequired")]
    pub authentication_required: Signal<fn(authenticator: Direct<Authenticator>)>,
    /// The [proxy](Self::set_proxy) wants to know who asks: fill in user and password before the slot returns, perhaps
    /// from a dialog in a loop of its own, for whose time the [connect timeout](Self::set_connect_timeout) stands still.
    ///
    /// The credentials in the `proxy` are tried first, without asking. If slots change nothing the opening fails with
    /// `error(ProxyAuthenticationRequired)`; if the proxy refuses what they filled in they are asked again, three times
    /// in all. An HTTP proxy may ask for Basic or Digest credentials; SOCKS takes them in plain UTF-8. The server never
    /// sees them.
    ///
    /// A queued slot could not answer in time, so it does not compile:
    ///
    /// ```compile_fail,E0277
    /// let socket = qwebsocket::WebSocket::new();
    /// socket.proxy_authentication_required.connect_queued(|_proxy, _authenticator| {});
    /// ```
    #[doc(alias = "proxyAuthenticationRequired")]
    pub proxy_authentication_required:
        Signal<fn(proxy: Ref<NetworkProxy>, authenticator: Direct<Authenticator>)>,
    /// The server answered the opening handshake with something else than an upgrade that can be used: its status, its
    /// headers and what it says, of which the first 64 KiB are shown. Emitted right before `error_occurred`.
    ///
    /// The body is read only if a slot is connected to this signal. It is waited for until it ends, two seconds at most
    /// and never beyond the [connect timeout](Self::set_connect_timeout); what has come by then is shown.
    ///
    /// ```
    /// use qwebsocket::WebSocket;
    ///
    /// let socket = WebSocket::new();
    /// socket.handshake_failed.connect(|status, headers, body| {
    ///     println!("{status}, try again after {:?}", headers.get("Retry-After"));
    ///     println!("{}", String::from_utf8_lossy(body));
    /// });
    /// ```
    pub handshake_failed: Signal<fn(status: u16, headers: Ref<Headers>, body: Ref<[u8]>)>,
    /// A frame of a text message arrived. Comes before the message's own signal, also for a message of one frame.
    #[doc(alias = "textFrameReceived")]
    pub text_frame_received: Signal<fn(frame: Ref<str>, is_last_frame: bool)>,
    /// A whole text message arrived.
    #[doc(alias = "textMessageReceived")]
    pub text_message_received: Signal<fn(message: Ref<str>)>,
    /// A frame of a binary message arrived. Comes before the message's own signal, also for a message of one frame.
    #[doc(alias = "binaryFrameReceived")]
    pub binary_frame_received: Signal<fn(frame: Ref<[u8]>, is_last_frame: bool)>,
    /// A whole binary message arrived.
    #[doc(alias = "binaryMessageReceived")]
    pub binary_message_received: Signal<fn(message: Ref<[u8]>)>,
    /// A pong arrived: the milliseconds since the ping with this payload, and the payload. The time is 0 for a pong
    /// that answers no ping of ours.
    pub pong: Signal<fn(elapsed_time: u64, payload: Ref<[u8]>)>,
    /// So many bytes went out to the network: as on the wire, with frame headers, the handshake, and on `wss`
    /// encrypted, but without what is said to a proxy. Emitted from the loop, once for what one turn wrote, and by `flush`. No measure of payload.
    #[doc(alias = "bytesWritten")]
    pub bytes_written: Signal<fn(bytes: u64)>,
    /// The peer will send nothing more. The last signal of a connection that stood, but for the `alert_sent` of `wss`.
    #[doc(alias = "readChannelFinished")]
    pub read_channel_finished: Signal<fn()>,
    /// One thing that is wrong with the server's certificate, in the order in which they are found: the chain first, the
    /// name last. Comes before `ssl_errors`, which has them all.
    #[doc(alias = "peerVerifyError")]
    pub peer_verify_error: Signal<fn(error: Ref<SslError>)>,
    /// The server's certificate does not verify: all that is wrong with it, a name that does not fit first. Unless a
    /// slot [ignores](Self::ignore_ssl_errors) the errors, the socket [pauses](Self::set_pause_mode), or the
    /// [mode](crate::PeerVerifyMode) says that errors end nothing, the connection ends when the slots have returned. The
    /// server has had nothing of ours by then but the TLS handshake, in TLS 1.2 with
    /// [our certificate](crate::SslConfiguration::set_local_certificate_chain).
    ///
    /// Also emitted for errors that were ignored in advance. A slot that answers later could not answer at all, so
    /// queued connections do not compile:
    ///
    /// ```compile_fail,E0277
    /// let socket = qwebsocket::WebSocket::new();
    /// socket.ssl_errors.connect_queued(|_errors| {});
    /// ```
    #[doc(alias = "sslErrors")]
    pub ssl_errors: Signal<fn(errors: Direct<[SslError]>)>,
    /// An error in the server's chain interrupts the handshake, which fails unless the slot calls
    /// [`continue_interrupted_handshake`](Self::continue_interrupted_handshake). Comes instead of `peer_verify_error`
    /// [where that is asked for](crate::SslConfiguration::set_handshake_must_interrupt_on_error).
    #[doc(alias = "handshakeInterruptedOnError")]
    pub handshake_interrupted_on_error: Signal<fn(error: Direct<SslError>)>,
    /// The server and we are to have a key in common: fill it in, and the identity that goes with it, before the slot
    /// returns, perhaps from a dialog in a loop of its own, for whose time the
    /// [connect timeout](Self::set_connect_timeout) stands still. Without a key the handshake fails. Comes before
    /// `peer_verify_error` and `ssl_errors`: a server that has a key but no certificate is an error there,
    /// `NoPeerCertificate`, unless [`PeerVerifyMode::None`](crate::PeerVerifyMode::None) is set.
    ///
    /// To be connected before [`open`](Self::open). That makes OpenSSL do TLS, with suites of pre-shared keys beside the
    /// others, unless none are among the [ciphers](crate::SslConfiguration::set_ciphers); in a build without the feature
    /// `openssl` it makes `open` fail. Servers use such keys in TLS 1.2 if the client offers nothing newer, or if
    /// they have no certificate; see also
    /// [`set_uses_pre_shared_keys_in_tls13`](crate::SslConfiguration::set_uses_pre_shared_keys_in_tls13).
    ///
    /// A queued slot could not answer in time, so it does not compile:
    ///
    /// ```compile_fail,E0277
    /// let socket = qwebsocket::WebSocket::new();
    /// socket.pre_shared_key_authentication_required.connect_queued(|_authenticator| {});
    /// ```
    #[doc(alias = "preSharedKeyAuthenticationRequired")]
    pub pre_shared_key_authentication_required:
        Signal<fn(authenticator: Direct<SslPreSharedKeyAuthenticator>)>,
    /// An alert of ours went out: a close_notify, told last of all, or why the connection failed, told before the
    /// `error`. Of the latter only those whose kind the TLS library lets one know. The description says in words what
    /// the alert does.
    #[doc(alias = "alertSent")]
    pub alert_sent: Signal<fn(level: AlertLevel, alert: AlertType, description: Ref<str>)>,
    /// An alert ended the peer's part of the connection: a close_notify, or why the connection failed. Told together
    /// with the end, before the `error` if there is one.
    #[doc(alias = "alertReceived")]
    pub alert_received: Signal<fn(level: AlertLevel, alert: AlertType, description: Ref<str>)>,

    id: SocketId,
    role: Role,
    me: Weak<WebSocket>,
    base: OnceCell<Base>,

    state: Cell<SocketState>,
    last_error: Cell<SocketError>,
    close_code: Cell<CloseCode>,
    /// Of own close, peer's close frame, local error the first one counts.
    close_is_explained: Cell<bool>,
    /// None while there is nothing to say, as on every connection that stands.
    texts: Shared<Option<Box<Texts>>>,

    /// Counts connections begun and ended, so that whoever called a slot sees that all is different now.
    epoch: Cell<u32>,
    news: NewsQueue,
    held: Held,

    link: Shared<Link>,
    unreported: Cell<u64>,
    reader: Shared<Option<Reader>>,
    /// What was read but could not be delivered yet.
    undelivered: Shared<Option<Box<Undelivered>>>,
    /// Reading waits for the application.
    is_paused: Cell<bool>,
    nesting: Nesting,
    pings: Pings,

    closing: Cell<Closing>,
    told_about_to_close: Cell<bool>,
    /// The close frame is to go out as soon as the slots of `about_to_close` are done.
    owes_close: Cell<bool>,

    settings: Shared<Option<Box<Settings>>>,
    /// The request that made an accepted socket.
    hello: OnceCell<ClientHello>,
}

/// The words for the last error and for the end of the connection, TLS's own included.
#[derive(Default)]
struct Texts {
    error: Box<str>,
    close_reason: Box<str>,
    alerts: Alerts,
}
