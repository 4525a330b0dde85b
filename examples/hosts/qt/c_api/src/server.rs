//! `qws_server`.

use std::cell::Cell;
use std::ffi::{c_char, c_void};
use std::ptr;
use std::rc::Rc;

use qwebsocket::{HostAddress, SslMode, WebSocketServer};

use crate::handle::{give, hold, take_back};
use crate::socket::{Socket, SocketCallbacks};
use crate::text;

/// A server and whom it calls.
pub(crate) struct Server {
    server: Rc<WebSocketServer>,
    /// None once it was freed.
    callback: Cell<Option<NewConnection>>,
}

#[derive(Clone, Copy)]
struct NewConnection {
    call: Option<unsafe extern "C" fn(*mut c_void)>,
    user: *mut c_void,
}

impl Server {
    fn on_new_connection(&self) {
        if let Some(callback) = self.callback.get()
            && let Some(call) = callback.call
        {
            // SAFETY: whoever made the server promised that it can be called until it is freed.
            unsafe { call(callback.user) }
        }
    }
}

/// # Safety
///
/// `name` ends with a zero; `new_connection` can be called on this thread until the server is freed.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn qws_server_new(
    name: *const c_char,
    new_connection: Option<unsafe extern "C" fn(*mut c_void)>,
    user: *mut c_void,
) -> *const Server {
    // SAFETY: as the caller promised.
    let name = unsafe { text::with_zero(name) };
    let callback = NewConnection {
        call: new_connection,
        user,
    };
    let server = Rc::new(Server {
        server: WebSocketServer::new(name, SslMode::NonSecure),
        callback: Cell::new(Some(callback)),
    });
    server
        .server
        .new_connection
        .connect_to(&server, Server::on_new_connection);
    give(server)
}

/// # Safety
///
/// `server` is null or this thread's, and not used again.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn qws_server_free(server: *const Server) {
    // SAFETY: as the caller promised.
    if let Some(server) = unsafe { take_back(server) } {
        server.callback.set(None);
    }
}

/// # Safety
///
/// `server` is this thread's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn qws_server_listen(server: *const Server, port: u16) -> bool {
    // SAFETY: as the caller promised.
    let server = unsafe { hold(server) };
    server.server.listen(HostAddress::LOCAL_HOST, port)
}

/// # Safety
///
/// `server` is this thread's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn qws_server_port(server: *const Server) -> u16 {
    // SAFETY: as the caller promised.
    unsafe { hold(server) }.server.server_port()
}

/// # Safety
///
/// `server` is this thread's; `callbacks` as with `qws_socket_new`.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn qws_server_next_pending_connection(
    server: *const Server,
    callbacks: *const SocketCallbacks,
) -> *const Socket {
    // SAFETY: as the caller promised.
    let (server, callbacks) = unsafe { (hold(server), *callbacks) };
    match server.server.next_pending_connection() {
        Some(socket) => give(Socket::new(socket, callbacks)),
        None => ptr::null(),
    }
}
