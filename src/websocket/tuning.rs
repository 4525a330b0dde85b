//! What can be set on a socket.

use std::rc::Rc;
use std::time::Duration;

use super::mask_generator::default_mask_generator;
use super::settings::Settings;
use super::{MaskGenerator, WebSocket};
use crate::network::{NetworkProxy, SslConfiguration};
use crate::protocol::{Role, Version};

/// RFC 8305: a shorter one would load the network, and servers, for nothing.
const SHORTEST_DELAY: Duration = Duration::from_millis(10);

impl WebSocket {
    /// A client socket that names `origin` in its handshake; empty for none. Clients that are no browsers need none.
    ///
    /// Whatever `version` says, version 13 goes on the wire; [`version`](Self::version) gives back what was said. An
    /// origin with a line break in it makes every connection attempt fail with `error(ConnectionRefused)`.
    #[doc(alias = "QWebSocket")]
    pub fn with_origin(origin: impl Into<String>, version: Version) -> Rc<Self> {
        let socket = Self::build(Role::Client);
        socket.change_settings(|settings| {
            settings.origin = origin.into();
            settings.version = version;
        });
        socket
    }

    /// Sets how TLS is done, from the next `open` on. What came out of a handshake cannot be set: it is left out.
    #[doc(alias = "setSslConfiguration")]
    pub fn set_ssl_configuration(&self, configuration: SslConfiguration) {
        let old = self.change_settings(|settings| {
            std::mem::replace(&mut settings.ssl_configuration, configuration)
        });
        drop(old);
    }

    /// The proxy that was set; of the type `Default` if none was.
    pub fn proxy(&self) -> NetworkProxy {
        self.with_settings(|settings| settings.proxy.clone())
    }

    /// Sets the way to servers, from the next `open` on: through this proxy, with `ProxyType::None` through none, and with
    /// `ProxyType::Default`, which a new socket has, through that of the
    /// [application](NetworkProxy::set_application_proxy).
    ///
    /// What fails on the way to the proxy has errors of its own (`ProxyConnectionRefused`, `ProxyConnectionClosed`,
    /// `ProxyConnectionTimeout`, `ProxyNotFound`, `ProxyProtocol`, `ProxyAuthenticationRequired`); what the proxy says
    /// of the server comes as if there were none (`ConnectionRefused`, `HostNotFound`, `SocketAccess`, `Network`).
    /// With proxies of the types `HttpCaching` and `FtpCaching`, `open` fails with `UnsupportedSocketOperation`.
    #[doc(alias = "setProxy")]
    pub fn set_proxy(&self, proxy: NetworkProxy) {
        let old = self.change_settings(|settings| std::mem::replace(&mut settings.proxy, proxy));
        drop(old);
    }

    /// Replaces what makes the masks of a client's frames, also while connected; `None` brings the built-in generator
    /// back.
    #[doc(alias = "setMaskGenerator")]
    pub fn set_mask_generator(&self, generator: Option<Rc<dyn MaskGenerator>>) {
        let old = self
            .change_settings(|settings| std::mem::replace(&mut settings.mask_generator, generator));
        drop(old); // its destructor is the application's code
    }

    /// What makes the masks.
    #[doc(alias = "maskGenerator")]
    pub fn mask_generator(&self) -> Rc<dyn MaskGenerator> {
        self.settings
            .with(|settings| {
                settings
                    .as_ref()
                    .and_then(|settings| settings.mask_generator.clone())
            })
            .unwrap_or_else(default_mask_generator)
    }

    /// How many bytes are taken from the network before they are delivered; 0, the default, for what one read brings.
    #[doc(alias = "readBufferSize")]
    pub fn read_buffer_size(&self) -> u64 {
        self.settings.with(|settings| {
            settings
                .as_ref()
                .map_or(0, |settings| settings.read_buffer_size)
        })
    }

    /// Bounds what is taken from the network and not delivered yet, in bytes, from the next read on; 0 for what one read
    /// brings, 256 KiB at most. What the bound keeps out stays in the system's buffers, and TCP holds the peer back.
    ///
    /// It bounds what waits while slots run and while the socket is [paused](Self::pause), and nothing else: the opening
    /// handshake, a frame and a message may be larger, since their parts are collected apart, up to the limits on
    /// [frames](Self::set_max_allowed_incoming_frame_size) and
    /// [messages](Self::set_max_allowed_incoming_message_size). On `wss` the record that is being decrypted, of at most
    /// 16 KiB, comes on top. A small value costs speed: each read takes no more than this.
    ///
    /// Frames that a client sent together with its request are not counted: they are in memory before the accepted
    /// socket exists. Qt takes negative sizes too, which do what 0 does.
    #[doc(alias = "setReadBufferSize")]
    pub fn set_read_buffer_size(&self, bytes: u64) {
        self.change_settings(|settings| settings.read_buffer_size = bytes);
    }

    /// How much one read may take.
    pub(super) fn read_at_most(&self) -> usize {
        match self.read_buffer_size() {
            0 => usize::MAX,
            bytes => usize::try_from(bytes).unwrap_or(usize::MAX),
        }
    }

    /// How long name lookup, TCP, TLS and the opening handshake may take together: 30 seconds unless set, `None` for
    /// ever. Counts from the next `open` on.
    pub fn set_connect_timeout(&self, timeout: Option<Duration>) {
        self.change_settings(|settings| settings.connect_timeout = timeout);
    }

    /// How the addresses of a name are tried, from the next `open` on. With a delay, which is 250 milliseconds unless
    /// set, they are raced as in RFC 8305 ("Happy Eyeballs"): IPv6 and IPv4 by turns, each next address this long after
    /// the one before, or at once when that one has failed. The first connection that stands is used, and the others are
    /// closed. A delay of less than 10 milliseconds is one of 10.
    ///
    /// With `None` they are tried one at a time in the order in which the system gives them, as Qt does. Each then has an
    /// equal share of what is left of the [connect timeout](Self::set_connect_timeout), so that one that swallows
    /// packets leaves time for the others; without such a timeout it has 30 seconds, and the last one for as long as
    /// the system tries.
    ///
    /// If no address can be reached, `error` tells what the last of them failed with, or `SocketTimeout` if the connect
    /// timeout came first. Qt has no such setting.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let socket = qwebsocket::WebSocket::new();
    /// socket.set_happy_eyeballs_delay(Some(Duration::from_millis(100))); // less patient
    /// socket.set_happy_eyeballs_delay(None); // never two attempts at a time
    /// ```
    pub fn set_happy_eyeballs_delay(&self, delay: Option<Duration>) {
        let delay = delay.map(|delay| delay.max(SHORTEST_DELAY));
        self.change_settings(|settings| settings.happy_eyeballs_delay = delay);
    }

    /// How long the peer may take to answer our close: 5 seconds unless set, `None` for ever. Counts from the next
    /// close on.
    pub fn set_close_timeout(&self, timeout: Option<Duration>) {
        self.change_settings(|settings| settings.close_timeout = timeout);
    }

    /// How long the peer may take from the beginning of a message to its end; then the connection closes with code
    /// 1001. `None`, the default, is for ever: links are slow, and messages large. For a message that is arriving the
    /// time begins anew.
    pub fn set_message_timeout(&self, timeout: Option<Duration>) {
        self.change_settings(|settings| settings.message_timeout = timeout);
        self.watch_message_anew();
    }

    pub(super) fn with_settings<T>(&self, look: impl FnOnce(&Settings) -> T) -> T {
        self.settings.with(|settings| match settings {
            Some(settings) => look(settings),
            None => look(&Settings::default()),
        })
    }

    pub(super) fn change_settings<T>(&self, change: impl FnOnce(&mut Settings) -> T) -> T {
        self.settings
            .with(|settings| change(settings.get_or_insert_default()))
    }
}
