//! What a socket tells about itself.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use url::Url;

use super::link::Ends;
use super::{Texts, WebSocket};
use crate::handshake::subprotocol;
use crate::network::{
    HostAddress, NetworkRequest, SocketError, SocketState, SslConfiguration,
    WebSocketHandshakeOptions,
};
use crate::protocol::{CloseCode, Role, Version};
use crate::transport::Failure;

/// Tells sockets apart, also after they are gone: no two sockets of a process have the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SocketId(u64);

impl SocketId {
    pub(super) fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

impl WebSocket {
    /// What tells this socket from all others: a key for maps.
    ///
    /// ```
    /// use std::collections::HashMap;
    /// use qwebsocket::WebSocket;
    ///
    /// let socket = WebSocket::new();
    /// let mut names = HashMap::new();
    /// names.insert(socket.id(), "Ada");
    /// assert_eq!(names.get(&socket.id()), Some(&"Ada"));
    /// ```
    pub fn id(&self) -> SocketId {
        self.id
    }

    /// Where the socket is in its life.
    pub fn state(&self) -> SocketState {
        self.state.get()
    }

    /// Whether the socket is ready to read and write. `false` in the slots of an `error` that ends the connection,
    /// although the state there still is `Connected`.
    #[doc(alias = "isValid")]
    pub fn is_valid(&self) -> bool {
        self.state() == SocketState::Connected && self.link.with(|link| link.stream.is_some())
    }

    /// The kind of the last error; `Unknown` when there was none since the last `open`.
    pub fn error(&self) -> SocketError {
        self.last_error.get()
    }

    /// The last error in words; empty when there was none since the last `open`. Also says which rule of the protocol
    /// the peer broke, which makes no `error`.
    #[doc(alias = "errorString")]
    pub fn error_string(&self) -> String {
        self.texts.with(|texts| {
            texts
                .as_ref()
                .map_or_else(String::new, |texts| texts.error.to_string())
        })
    }

    /// Why the connection closed: the code of our `close`, of the peer's close frame or of the rule it broke, whichever
    /// came first. 1000 as long as nothing closed, 1005 when the peer gave no code, 1006 for a connection that was
    /// lost or never stood.
    #[doc(alias = "closeCode")]
    pub fn close_code(&self) -> CloseCode {
        self.close_code.get()
    }

    /// The reason that came with [`close_code`](Self::close_code), at most 123 bytes.
    #[doc(alias = "closeReason")]
    pub fn close_reason(&self) -> String {
        self.texts.with(|texts| {
            texts
                .as_ref()
                .map_or_else(String::new, |texts| texts.close_reason.to_string())
        })
    }

    /// The address of this end; null when there is no connection.
    #[doc(alias = "localAddress")]
    pub fn local_address(&self) -> HostAddress {
        address(self.ends().local)
    }

    /// The port of this end; 0 when there is no connection.
    #[doc(alias = "localPort")]
    pub fn local_port(&self) -> u16 {
        port(self.ends().local)
    }

    /// The address of the peer; null when there is no connection, and when the server behind a proxy was named and not
    /// addressed.
    #[doc(alias = "peerAddress")]
    pub fn peer_address(&self) -> HostAddress {
        let address = address(self.ends().peer);
        self.behind_proxy(address, |server, _| server)
    }

    /// The port of the peer, be it behind a proxy; 0 when there is no connection.
    #[doc(alias = "peerPort")]
    pub fn peer_port(&self) -> u16 {
        let port = port(self.ends().peer);
        self.behind_proxy(port, |_, port| port)
    }

    /// The host that was asked for, as the URL names it; empty for an accepted socket.
    #[doc(alias = "peerName")]
    pub fn peer_name(&self) -> String {
        self.with_settings(|settings| settings.peer_name.clone())
    }

    /// The origin the socket was made with, or that the client of an accepted socket named.
    pub fn origin(&self) -> String {
        match self.hello.get() {
            Some(hello) => hello.origin().unwrap_or_default().into(),
            None => self.with_settings(|settings| settings.origin.clone()),
        }
    }

    /// The protocol version the socket was made with. On the wire it is always 13.
    pub fn version(&self) -> Version {
        self.with_settings(|settings| settings.version)
    }

    /// The URL that is or was used; `None` before the first `open`. For an accepted socket the URL that the client
    /// asked for, made from its request.
    #[doc(alias = "requestUrl")]
    pub fn request_url(&self) -> Option<Url> {
        match self.hello.get() {
            Some(hello) => {
                // Asked for also when the connection is gone.
                let over_tls = self.with_settings(|settings| settings.trust.session.is_some());
                let scheme = match over_tls {
                    true => "wss",
                    false => "ws",
                };
                Url::parse(&format!("{scheme}://{}{}", hello.host(), hello.resource())).ok()
            }
            None => self.with_settings(|settings| settings.request.url().cloned()),
        }
    }

    /// Path and query of what is accessed, as on the wire.
    #[doc(alias = "resourceName")]
    pub fn resource_name(&self) -> String {
        match self.hello.get() {
            Some(hello) => hello.resource().into(),
            None => self.with_settings(|settings| settings.resource_name.clone()),
        }
    }

    /// The request that is or was used. For an accepted socket the client's, with all its headers.
    ///
    /// Once a server has asked for them, user and password are no longer in its URL: who connects again with what this
    /// gives has to put them back.
    pub fn request(&self) -> NetworkRequest {
        let Some(hello) = self.hello.get() else {
            return self.with_settings(|settings| settings.request.clone());
        };
        let mut request = self
            .request_url()
            .map(NetworkRequest::new)
            .unwrap_or_default();
        for (name, value) in hello.headers().iter() {
            // Qt joins what was sent in several lines, too.
            match request
                .raw_header(name)
                .map(|first| format!("{first}, {value}"))
            {
                Some(joined) => request.set_raw_header(name, &joined),
                None => request.set_raw_header(name, value),
            }
        }
        request
    }

    /// The options of the last [`open_with_options`](Self::open_with_options). For an accepted socket the subprotocols
    /// that the client offered.
    #[doc(alias = "handshakeOptions")]
    pub fn handshake_options(&self) -> WebSocketHandshakeOptions {
        let Some(hello) = self.hello.get() else {
            return self.with_settings(|settings| settings.handshake_options.clone());
        };
        let mut options = WebSocketHandshakeOptions::new();
        options.set_subprotocols(subprotocol::offered(hello.headers()));
        options
    }

    /// The subprotocol that the server chose; empty for none. A client offers some by
    /// [`open_with_options`](Self::open_with_options), or by a `Sec-WebSocket-Protocol` header in its request.
    pub fn subprotocol(&self) -> String {
        self.with_settings(|settings| settings.subprotocol.clone())
    }

    /// The SSL settings: those that were set, which count from the next `open` on, together with what came out of the
    /// handshake of this connection or the last: the peer's certificate, the cipher, the version of TLS. That is there
    /// from the first `peer_verify_error` on, until the next `open`.
    #[doc(alias = "sslConfiguration")]
    pub fn ssl_configuration(&self) -> SslConfiguration {
        self.with_settings(|settings| {
            let session = settings.trust.session.clone();
            settings.ssl_configuration.with_session(session)
        })
    }

    /// How many bytes wait to be written, frame headers included. On `wss`, what was encrypted already is not counted.
    #[doc(alias = "bytesToWrite")]
    pub fn bytes_to_write(&self) -> u64 {
        self.link.with(|link| link.outgoing.len() as u64)
    }

    /// Whether this end accepted the connection instead of opening it.
    pub fn is_accepted(&self) -> bool {
        self.role == Role::Server
    }

    /// Of the server instead of its proxy, if there is one, and a connection.
    fn behind_proxy<T: Default + PartialEq>(
        &self,
        of_peer: T,
        of_server: impl FnOnce(HostAddress, u16) -> T,
    ) -> T {
        if of_peer == T::default() {
            return of_peer;
        }
        self.with_settings(|settings| settings.behind_proxy)
            .map_or(of_peer, |(server, port)| of_server(server, port))
    }

    fn ends(&self) -> Ends {
        self.link.with(|link| link.ends())
    }

    pub(super) fn set_error(&self, failure: Failure) {
        self.last_error.set(failure.error);
        self.change_texts(|texts| texts.error = failure.text.into());
    }

    pub(super) fn change_texts(&self, change: impl FnOnce(&mut Texts)) {
        self.texts
            .with(|texts| change(texts.get_or_insert_default()));
    }

    /// An error that changes nothing else.
    pub(super) fn report(&self, failure: Failure) {
        self.tell_error(); // the error before this one, if it is in a slot of that one, or before it, that this one happens
        self.set_error(failure);
        self.announce_error();
    }
}

fn address(end: Option<SocketAddr>) -> HostAddress {
    end.map_or_else(HostAddress::null, |end| HostAddress::from(end.ip()))
}

fn port(end: Option<SocketAddr>) -> u16 {
    end.map_or(0, |end| end.port())
}
