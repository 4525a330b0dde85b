//! `qws_socket`.

use std::cell::Cell;
use std::ffi::{c_char, c_int, c_void};
use std::rc::Rc;

use qwebsocket::{SocketError, WebSocket};

use crate::handle::{give, hold, take_back};
use crate::text;

/// A socket and whom it calls.
pub(crate) struct Socket {
    socket: Rc<WebSocket>,
    /// None once it was freed.
    callbacks: Cell<Option<SocketCallbacks>>,
}

/// `qws_socket_callbacks`.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct SocketCallbacks {
    pub(crate) user: *mut c_void,
    pub(crate) connected: Option<unsafe extern "C" fn(*mut c_void)>,
    pub(crate) disconnected: Option<unsafe extern "C" fn(*mut c_void)>,
    pub(crate) text_message_received:
        Option<unsafe extern "C" fn(*mut c_void, *const c_char, usize)>,
    pub(crate) error: Option<unsafe extern "C" fn(*mut c_void, c_int)>,
}

impl Socket {
    pub(crate) fn new(socket: Rc<WebSocket>, callbacks: SocketCallbacks) -> Rc<Self> {
        let this = Rc::new(Self {
            socket,
            callbacks: Cell::new(Some(callbacks)),
        });
        let socket = &this.socket;
        socket.connected.connect_to(&this, Self::on_connected);
        socket.disconnected.connect_to(&this, Self::on_disconnected);
        socket
            .text_message_received
            .connect_to(&this, Self::on_text_message_received);
        socket.error_occurred.connect_to(&this, Self::on_error);
        this
    }

    pub(crate) fn on_connected(&self) {
        self.call(|callbacks| callbacks.connected);
    }

    fn on_disconnected(&self) {
        self.call(|callbacks| callbacks.disconnected);
    }

    fn call(&self, which: fn(&SocketCallbacks) -> Option<unsafe extern "C" fn(*mut c_void)>) {
        if let Some(callbacks) = self.callbacks.get()
            && let Some(callback) = which(&callbacks)
        {
            // SAFETY: whoever made the socket promised that it can be called until it is freed.
            unsafe { callback(callbacks.user) }
        }
    }

    fn on_text_message_received(&self, message: &str) {
        if let Some(callbacks) = self.callbacks.get()
            && let Some(received) = callbacks.text_message_received
        {
            // SAFETY: see `call`; the text lives for the time of the call.
            unsafe { received(callbacks.user, message.as_ptr().cast(), message.len()) }
        }
    }

    fn on_error(&self, error: SocketError) {
        if let Some(callbacks) = self.callbacks.get()
            && let Some(on_error) = callbacks.error
        {
            // SAFETY: see `call`.
            unsafe { on_error(callbacks.user, error as c_int) }
        }
    }
}

/// # Safety
///
/// `callbacks` can be read, and what it holds be called on this thread until the socket is freed.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn qws_socket_new(callbacks: *const SocketCallbacks) -> *const Socket {
    // SAFETY: as the caller promised.
    let callbacks = unsafe { *callbacks };
    give(Socket::new(WebSocket::new(), callbacks))
}

/// # Safety
///
/// `socket` is null or this thread's, and not used again.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn qws_socket_free(socket: *const Socket) {
    // SAFETY: as the caller promised.
    if let Some(socket) = unsafe { take_back(socket) } {
        // The last one to drop it may be a call further down the stack.
        socket.callbacks.set(None);
    }
}

/// # Safety
///
/// `socket` is this thread's, `url` ends with a zero.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn qws_socket_open(socket: *const Socket, url: *const c_char) {
    // SAFETY: as the caller promised; the text is copied, since a callback may free the original.
    let (socket, url) = unsafe { (hold(socket), text::with_zero(url).into_owned()) };
    socket.socket.open(url);
}

/// # Safety
///
/// `socket` is this thread's, `length` bytes at `text` can be read.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn qws_socket_send_text(
    socket: *const Socket,
    text: *const c_char,
    length: usize,
) -> usize {
    // SAFETY: as the caller promised; nothing is called meanwhile.
    let (socket, text) = unsafe { (hold(socket), text::with_length(text, length)) };
    socket.socket.send_text_message(text)
}

/// # Safety
///
/// `socket` is this thread's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn qws_socket_close(socket: *const Socket) {
    // SAFETY: as the caller promised.
    unsafe { hold(socket) }.socket.close();
}

/// # Safety
///
/// `socket` is this thread's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn qws_socket_state(socket: *const Socket) -> c_int {
    // SAFETY: as the caller promised.
    unsafe { hold(socket) }.socket.state() as c_int
}
