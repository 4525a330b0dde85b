//! The accepted end of a connection.

use std::io;
use std::rc::Rc;

use qeventloop::reactor::{Dispatcher, Interest, Ready};

use super::WebSocket;
use crate::handshake::ClientHello;
use crate::network::SocketState;
use crate::protocol::{Closing, Reader, Role};
use crate::transport::{ReadBuffer, Stream};

/// A connection whose upgrade the server accepted.
pub(crate) struct Accepted {
    pub(crate) stream: Stream,
    pub(crate) hello: ClientHello,
    pub(crate) subprotocol: Option<String>,
    /// Frames that came right behind the request.
    pub(crate) early: Option<ReadBuffer>,
}

impl WebSocket {
    /// The socket of an accepted connection: connected from the start, and silent about that. It begins to read in the
    /// next turn, so that whoever takes it over can connect to its signals first.
    pub(crate) fn accept(accepted: Accepted, dispatcher: &Rc<Dispatcher>) -> io::Result<Rc<Self>> {
        let Accepted {
            mut stream,
            hello,
            subprotocol,
            early,
        } = accepted;
        let socket = Self::build(Role::Server);
        let base = socket.base.get_or_init(|| socket.base_in(dispatcher));
        base.registration
            .register(stream.tcp_mut(), Interest::BOTH)?;
        if let Some(configuration) = stream.ssl_configuration() {
            socket.change_settings(|settings| {
                settings.trust.session = configuration.session().cloned();
                settings.ssl_configuration = configuration;
            });
        }
        socket.link.with(|link| link.stream = Some(stream));
        socket
            .reader
            .set(Some(Reader::new(Role::Server, socket.limits())));
        socket
            .undelivered
            .set(early.map(|early| Box::new(early.into())));
        if let Some(name) = subprotocol {
            socket.change_settings(|settings| settings.subprotocol = name);
        }
        // A cell that was empty: the socket is new.
        let _ = socket.hello.set(hello);
        socket.closing.set(Closing::Open);
        socket.state.set(SocketState::Connected);
        base.registration.mark_ready(Ready::READABLE);
        Ok(socket)
    }
}
