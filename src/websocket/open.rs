//! From a request to a connection attempt.

use std::rc::Rc;

use url::{Position, Url};

use qeventloop::reactor::{Dispatcher, Ready, Source};

use super::WebSocket;
use super::answer::Opening;
use super::link::Base;
use super::wanted::Wanted;
use crate::handshake::client_key;
use crate::network::request::{RequestError, check};
use crate::network::{
    HostAddress, IntoRequest, NetworkRequest, SocketError, SocketState, WebSocketHandshakeOptions,
};
use crate::protocol::{CloseCode, Closing};
use crate::transport::{Dial, Failure, Target};

impl WebSocket {
    /// Opens a connection to the URL of a request: the text of a `ws` or `wss` URL, a [`Url`](url::Url), or a
    /// [`NetworkRequest`] with headers of its own.
    ///
    /// Emits `state_changed(Connecting)` and returns; all else comes from the event loop: either
    /// `state_changed(Connected)` and `connected`, or `error`, `state_changed(Unconnected)` and `disconnected`.
    ///
    /// A connection that still stands is ended first, with everything its end has to tell. If a slot of that opens the
    /// socket itself, that is the newer wish, and it stays.
    ///
    /// # Errors
    /// An argument that cannot be opened emits `error` before this returns and changes nothing else; a connection that
    /// stands goes on. The kind is `ConnectionRefused` for a bad URL, header or subprotocol,
    /// `UnsupportedSocketOperation` for a scheme other than `ws` and `wss` or for `wss` in a build without TLS,
    /// `SslInvalidUserData` for an SSL configuration that cannot be used, `UnsupportedSocketOperation`,
    /// `HostNotFound` or `ProxyAuthenticationRequired` for a [proxy](Self::set_proxy) that cannot be asked, `Operation` for a socket that a server accepted,
    /// and `SocketResource` when the system has no descriptor left.
    ///
    /// ```no_run
    /// use qwebsocket::{NetworkRequest, WebSocket};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let socket = WebSocket::new();
    /// let mut request = NetworkRequest::new("wss://example.com/feed".parse()?);
    /// request.set_raw_header("Authorization", "Bearer 1234");
    /// socket.open(request);
    /// # Ok(())
    /// # }
    /// ```
    pub fn open(&self, request: impl IntoRequest) {
        self.open_with_options(request, &WebSocketHandshakeOptions::default());
    }

    /// As [`open`](Self::open), and offers the subprotocols of `options` to the server. Those in a
    /// `Sec-WebSocket-Protocol` header of the request follow them.
    ///
    /// # Errors
    /// Those of `open`; a name that is no token is one of kind `ConnectionRefused`.
    #[doc(alias = "open")]
    pub fn open_with_options(
        &self,
        request: impl IntoRequest,
        options: &WebSocketHandshakeOptions,
    ) {
        if self.is_accepted() {
            let text = "A socket that a server accepted cannot be opened.";
            return self.report(Failure::new(SocketError::Operation, text));
        }
        match request.into_request() {
            Ok(request) => match self.plan(&request, options) {
                Ok(plan) => self.carry_out(plan, request, options),
                Err(failure) => self.report(failure),
            },
            // As in Qt, a text without a host is no bad argument: it fails on the way to the connection.
            Err(error @ RequestError::HostNotFound) => {
                let plan = Plan::Doomed(request_failure(&error));
                self.carry_out(plan, NetworkRequest::default(), options);
            }
            Err(error) => self.report(request_failure(&error)),
        }
    }

    fn carry_out(&self, plan: Plan, request: NetworkRequest, options: &WebSocketHandshakeOptions) {
        let base = match self.make_base() {
            Ok(base) => base,
            Err(failure) => return self.report(failure),
        };
        self.end_or_give_up(base);
        if self.state() != SocketState::Unconnected {
            return; // a slot opened it anew: the newer wish counts
        }
        self.remember(request, options, &plan);
        self.reset();
        self.arm_connect_deadline(base);
        // Before the slots, which may panic: the attempt goes on then.
        self.start(base, plan);
        self.change_state(SocketState::Connecting);
    }

    /// Everything that can be refused before anything changes, and all that runs the application's code: the key comes
    /// from the generator of the masks.
    fn plan(
        &self,
        request: &NetworkRequest,
        options: &WebSocketHandshakeOptions,
    ) -> Result<Plan, Failure> {
        let (origin, configuration, proxy, happy_eyeballs_delay) = self.with_settings(|settings| {
            let configuration = settings.ssl_configuration.clone();
            let proxy = settings.proxy.clone();
            let delay = settings.happy_eyeballs_delay;
            (settings.origin.clone(), configuration, proxy, delay)
        });
        let checked = match check(request, &origin, options.subprotocols()) {
            Ok(checked) => checked,
            // As in Qt, these come up on the way to the connection.
            Err(error @ (RequestError::HostNotFound | RequestError::InvalidOrigin)) => {
                return Ok(Plan::Doomed(request_failure(&error)));
            }
            Err(error) => return Err(request_failure(&error)),
        };
        let wanted = Wanted {
            proxy: proxy.for_host(&checked.host),
            checked,
            configuration,
            happy_eyeballs_delay,
            key: self.new_key(),
            authorization: None,
        };
        let target = wanted.target(self.key_asker())?;
        Ok(match wanted.request() {
            Ok(_) => Plan::Connect(target, Box::new(wanted)),
            Err(failure) => Plan::Doomed(failure),
        })
    }

    /// The socket's place in this thread's loop, taken at the first `open`.
    fn make_base(&self) -> Result<&Base, Failure> {
        if let Some(base) = self.base.get() {
            return Ok(base);
        }
        let dispatcher = Dispatcher::current().map_err(|error| {
            let text = format!("The event loop cannot be used: {error}");
            Failure::new(SocketError::SocketResource, text)
        })?;
        Ok(self.base.get_or_init(|| self.base_in(&dispatcher)))
    }

    pub(super) fn base_in(&self, dispatcher: &Rc<Dispatcher>) -> Base {
        let source: std::rc::Weak<dyn Source> = self.weak();
        Base {
            registration: dispatcher.add_source(source),
            buffers: dispatcher.local(),
        }
    }

    fn remember(&self, request: NetworkRequest, options: &WebSocketHandshakeOptions, plan: &Plan) {
        let (resource, host) = match plan {
            Plan::Connect(target, wanted) => (wanted.checked.resource.clone(), target.host.clone()),
            Plan::Doomed(_) => request.url().map(names_in).unwrap_or_default(),
        };
        let behind_proxy = match plan {
            Plan::Connect(target, _) if target.tunnel.is_some() => {
                Some((HostAddress::from(target.host.as_str()), target.port))
            }
            _ => None,
        };
        let old = self.change_settings(|settings| {
            settings.behind_proxy = behind_proxy;
            settings.resource_name = resource;
            settings.peer_name = host;
            settings.subprotocol.clear();
            settings.trust.errors = Rc::default();
            settings.trust.session = None;
            settings.handshake_options = options.clone();
            settings.response_headers = None;
            std::mem::replace(&mut settings.request, request)
        });
        drop(old);
    }

    /// A new connection knows nothing of the one before.
    fn reset(&self) {
        self.epoch.set(self.epoch.get().wrapping_add(1));
        self.last_error.set(SocketError::Unknown);
        self.close_code.set(CloseCode::NORMAL);
        self.texts.take();
        self.close_is_explained.set(false);
        self.told_about_to_close.set(false);
        self.closing.set(Closing::Open);
        self.nesting.lost_track.set(false);
    }

    fn start(&self, base: &Base, plan: Plan) {
        let (dial, wanted) = match plan {
            Plan::Doomed(failure) => (Dial::doomed(failure), Wanted::default()),
            Plan::Connect(target, wanted) => {
                let dial = Dial::start(target, base.dispatcher(), self.waker());
                (dial, *wanted)
            }
        };
        let opening = Opening::new(dial, wanted);
        self.link
            .with(|link| link.opening = Some(Box::new(opening)));
        base.registration.mark_ready(Ready::READABLE);
    }

    /// As in Qt, the key of the handshake comes from the generator of the masks.
    pub(super) fn new_key(&self) -> String {
        let generator = self.mask_generator();
        let mut nonce = [0; 16];
        for part in nonce.chunks_exact_mut(4) {
            part.copy_from_slice(&generator.next_mask().to_ne_bytes());
        }
        client_key(nonce)
    }

    pub(super) fn waker(&self) -> impl Fn() + Clone + use<> + 'static {
        let socket = self.weak();
        move || {
            if let Some(socket) = socket.upgrade()
                && let Some(base) = socket.base.get()
            {
                base.registration.mark_ready(Ready::READABLE);
            }
        }
    }
}

enum Plan {
    Connect(Target, Box<Wanted>),
    Doomed(Failure),
}

/// Path and query, and the host, of a URL to which no connection will be made.
fn names_in(url: &Url) -> (String, String) {
    let resource = &url[Position::BeforePath..Position::AfterQuery];
    let host = url.host_str().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    (resource.into(), host.into())
}

fn request_failure(error: &RequestError) -> Failure {
    Failure::new(error.socket_error(), error.to_string())
}
