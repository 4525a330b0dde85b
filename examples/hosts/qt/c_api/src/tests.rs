//! A host in C's terms: it waits for the descriptor, asks what is due, and holds pointers only.

use std::cell::{Cell, RefCell};
use std::ffi::{CString, c_char, c_int, c_void};
use std::os::fd::BorrowedFd;
use std::ptr;
use std::slice;
use std::time::Duration;

use qwebsocket::EventLoop;
use rustix::event::{PollFd, PollFlags, poll};

use crate::event_loop::*;
use crate::handle::hold;
use crate::server::*;
use crate::socket::*;

const CLOSING: c_int = 6;
/// What a test waits for comes long before.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a C program would have at `user`.
struct User {
    log: RefCell<Vec<String>>,
    socket: Cell<*const Socket>,
    frees_in: &'static str,
}

impl User {
    fn new(frees_in: &'static str) -> Box<Self> {
        Box::new(Self {
            log: RefCell::default(),
            socket: Cell::new(ptr::null()),
            frees_in,
        })
    }

    fn callbacks(&self) -> SocketCallbacks {
        SocketCallbacks {
            user: ptr::from_ref(self).cast_mut().cast(),
            connected: Some(on_connected),
            disconnected: Some(on_disconnected),
            text_message_received: Some(on_text),
            error: Some(on_error),
        }
    }

    fn open(&self, port: u16) {
        let url = CString::new(format!("ws://127.0.0.1:{port}")).unwrap();
        // SAFETY: the user outlives the socket, and all of it is on this thread.
        unsafe {
            self.socket.set(qws_socket_new(&self.callbacks()));
            qws_socket_open(self.socket.get(), url.as_ptr());
        }
    }

    fn send(&self, text: &str) -> usize {
        // SAFETY: the test has not freed it.
        unsafe { qws_socket_send_text(self.socket.get(), text.as_ptr().cast(), text.len()) }
    }

    fn free(&self) {
        // SAFETY: it is null afterwards, which may be freed again.
        unsafe { qws_socket_free(self.socket.replace(ptr::null())) }
    }

    fn note(&self, event: String) {
        let frees = event.starts_with(self.frees_in) && !self.frees_in.is_empty();
        self.log.borrow_mut().push(event);
        if frees {
            self.free();
        }
    }

    fn log(&self) -> Vec<String> {
        self.log.borrow().clone()
    }
}

fn user<'a>(user: *mut c_void) -> &'a User {
    // SAFETY: the tests keep their users until their sockets are freed.
    unsafe { &*user.cast() }
}

unsafe extern "C" fn on_connected(pointer: *mut c_void) {
    user(pointer).note("connected".to_owned());
}

unsafe extern "C" fn on_disconnected(pointer: *mut c_void) {
    user(pointer).note("disconnected".to_owned());
}

unsafe extern "C" fn on_text(pointer: *mut c_void, text: *const c_char, length: usize) {
    // SAFETY: the header promises so many bytes.
    let text = unsafe { slice::from_raw_parts(text.cast(), length) };
    user(pointer).note(format!("text {}", String::from_utf8_lossy(text)));
}

unsafe extern "C" fn on_error(pointer: *mut c_void, error: c_int) {
    user(pointer).note(format!("error {error}"));
}

/// The host, with a server whose clients get their messages back.
struct Host {
    event_loop: *const EventLoop,
    server: *const Server,
    accepted: Box<User>,
}

impl Host {
    fn new() -> Self {
        // SAFETY: all of it is on this thread; the host frees it.
        unsafe {
            let server = qws_server_new(c"echo".as_ptr(), None, ptr::null_mut());
            assert!(qws_server_listen(server, 0));
            Self {
                event_loop: qws_loop_new(),
                server,
                accepted: User::new(""),
            }
        }
    }

    fn port(&self) -> u16 {
        // SAFETY: it was not freed.
        unsafe { qws_server_port(self.server) }
    }

    fn run_until(&self, is_done: impl Fn() -> bool) {
        while !is_done() {
            self.turn();
        }
    }

    /// As Qt's loop does it.
    fn turn(&self) {
        // SAFETY: nothing was freed; the descriptor is the loop's.
        unsafe {
            let next = qws_loop_next(self.event_loop);
            let wait = u64::try_from(next).map_or(PATIENCE, Duration::from_millis);
            let timeout = wait.min(PATIENCE).try_into().unwrap();
            let fd = BorrowedFd::borrow_raw(qws_loop_fd(self.event_loop));
            let woken = poll(&mut [PollFd::new(&fd, PollFlags::IN)], Some(&timeout)).unwrap();
            assert!(woken > 0 || wait < PATIENCE, "nobody woke the host");
            qws_loop_process_events(self.event_loop, 2);
            if self.accepted.socket.get().is_null() {
                let callbacks = self.accepted.callbacks();
                let socket = qws_server_next_pending_connection(self.server, &callbacks);
                self.accepted.socket.set(socket);
            }
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.accepted.free();
        // SAFETY: nobody uses them any more.
        unsafe {
            qws_server_free(self.server);
            qws_loop_free(self.event_loop);
        }
    }
}

#[test]
fn both_talk_and_close() {
    let host = Host::new();
    let client = User::new("");
    client.open(host.port());
    assert_eq!(client.send("too early"), 0);
    host.run_until(|| !client.log().is_empty() && !host.accepted.socket.get().is_null());

    assert_eq!(client.send("hello"), 5);
    host.run_until(|| !host.accepted.log().is_empty());
    assert_eq!(host.accepted.send("☃"), 3);
    host.run_until(|| client.log().len() == 2);

    // SAFETY: it was not freed.
    unsafe {
        qws_socket_close(client.socket.get());
        assert_eq!(qws_socket_state(client.socket.get()), CLOSING);
    }
    host.run_until(|| client.log().len() == 3 && host.accepted.log().len() == 2);
    assert_eq!(client.log(), ["connected", "text ☃", "disconnected"]);
    assert_eq!(host.accepted.log(), ["text hello", "disconnected"]);
    client.free();
}

#[test]
fn a_socket_freed_by_what_it_calls_calls_no_more() {
    for frees_in in ["connected", "text"] {
        let host = Host::new();
        let client = User::new(frees_in);
        client.open(host.port());
        host.run_until(|| !host.accepted.socket.get().is_null());
        // One read brings both, and the first ends it.
        host.accepted.send("one");
        host.accepted.send("two");
        host.run_until(|| host.accepted.log() == ["disconnected"]);
        let expected: &[_] = match frees_in {
            "connected" => &["connected"],
            _ => &["connected", "text one"],
        };
        assert_eq!(client.log(), expected);
        assert!(client.socket.get().is_null());
    }
}

#[test]
fn a_freed_socket_that_the_stack_still_holds_is_silent() {
    let _host = Host::new();
    let client = User::new("");
    // SAFETY: all of it is on this thread.
    unsafe {
        client.socket.set(qws_socket_new(&client.callbacks()));
        let held = hold(client.socket.get());
        client.free();
        held.on_connected();
    }
    assert!(client.log().is_empty());
}

#[test]
fn a_socket_freed_inside_of_open_survives_the_call() {
    let host = Host::new();
    let client = User::new("error");
    // SAFETY: the user outlives the socket, and all of it is on this thread.
    unsafe {
        client.socket.set(qws_socket_new(&client.callbacks()));
        qws_socket_open(client.socket.get(), c"nonsense".as_ptr());
    }
    host.run_until(|| client.socket.get().is_null());
    assert_eq!(client.log().len(), 1);
    assert!(client.log()[0].starts_with("error"));
}

#[test]
fn callbacks_may_be_missing() {
    let host = Host::new();
    let client = User::new("");
    let callbacks = SocketCallbacks {
        user: ptr::null_mut(),
        connected: None,
        disconnected: None,
        text_message_received: None,
        error: None,
    };
    let url = CString::new(format!("ws://127.0.0.1:{}", host.port())).unwrap();
    // SAFETY: all of it is on this thread.
    unsafe {
        client.socket.set(qws_socket_new(&callbacks));
        qws_socket_open(client.socket.get(), url.as_ptr());
        host.run_until(|| !host.accepted.socket.get().is_null());
        host.accepted.send("to nobody");
        qws_socket_close(client.socket.get());
        host.run_until(|| qws_socket_state(client.socket.get()) == 0);
    }
    client.free();
}

#[test]
fn null_may_be_freed() {
    // SAFETY: the header allows it.
    unsafe {
        qws_socket_free(ptr::null());
        qws_server_free(ptr::null());
        qws_loop_free(ptr::null());
    }
}
