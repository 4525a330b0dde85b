//! `qws_chat`: see `include/qws_chat.h`.

use std::cell::Cell;
use std::ffi::{c_char, c_int, c_void};
use std::process::ExitCode;
use std::rc::Rc;

use chat::Chat;

use crate::handle::{give, hold, take_back};
use crate::text;

/// The chat and whom it calls.
struct Host {
    chat: Rc<Chat>,
    /// None once it was freed.
    callbacks: Cell<Option<ChatCallbacks>>,
}

/// `qws_chat_callbacks`.
#[derive(Clone, Copy)]
#[repr(C)]
struct ChatCallbacks {
    user: *mut c_void,
    changed: Option<unsafe extern "C" fn(*mut c_void, *const c_char, usize)>,
    animation_started: Option<unsafe extern "C" fn(*mut c_void)>,
    press_wanted: Option<unsafe extern "C" fn(*mut c_void)>,
    finished: Option<unsafe extern "C" fn(*mut c_void)>,
}

impl Host {
    fn on_changed(&self) {
        let mut lines = self.chat.lines();
        lines.push(self.chat.status());
        let text = lines.join("\n");
        if let Some(callbacks) = self.callbacks.get()
            && let Some(changed) = callbacks.changed
        {
            // SAFETY: whoever made the chat promised that it can be called until it is freed.
            unsafe { changed(callbacks.user, text.as_ptr().cast(), text.len()) }
        }
    }

    fn call(&self, which: fn(&ChatCallbacks) -> Option<unsafe extern "C" fn(*mut c_void)>) {
        if let Some(callbacks) = self.callbacks.get()
            && let Some(callback) = which(&callbacks)
        {
            // SAFETY: see `on_changed`.
            unsafe { callback(callbacks.user) }
        }
    }
}

/// # Safety
///
/// `callbacks` can be read, and what it holds be called on this thread until the chat is freed.
#[unsafe(no_mangle)]
unsafe extern "C" fn qws_chat_new(callbacks: *const ChatCallbacks) -> *const Host {
    // SAFETY: as the caller promised.
    let callbacks = unsafe { *callbacks };
    let host = Rc::new(Host {
        chat: Chat::from_args("qt"),
        callbacks: Cell::new(Some(callbacks)),
    });
    let chat = &host.chat;
    chat.changed.connect_to(&host, Host::on_changed);
    chat.animation_started
        .connect_to(&host, |host| host.call(|calls| calls.animation_started));
    chat.press_wanted
        .connect_to(&host, |host| host.call(|calls| calls.press_wanted));
    chat.finished
        .connect_to(&host, |host| host.call(|calls| calls.finished));
    give(host)
}

/// # Safety
///
/// `host` is null or this thread's, and not used again.
#[unsafe(no_mangle)]
unsafe extern "C" fn qws_chat_free(host: *const Host) {
    // SAFETY: as the caller promised.
    if let Some(host) = unsafe { take_back(host) } {
        host.callbacks.set(None);
    }
}

/// # Safety
///
/// `host` is this thread's, `length` bytes at `text` can be read.
#[unsafe(no_mangle)]
unsafe extern "C" fn qws_chat_send(host: *const Host, text: *const c_char, length: usize) {
    // SAFETY: as the caller promised; the text is copied, since a callback may free the original.
    let (host, text) = unsafe { (hold(host), text::with_length(text, length).into_owned()) };
    host.chat.send(&text);
}

/// # Safety
///
/// `host` is this thread's.
#[unsafe(no_mangle)]
unsafe extern "C" fn qws_chat_frame(host: *const Host) {
    // SAFETY: as the caller promised.
    unsafe { hold(host) }.chat.frame();
}

/// # Safety
///
/// `host` is this thread's.
#[unsafe(no_mangle)]
unsafe extern "C" fn qws_chat_is_animating(host: *const Host) -> bool {
    // SAFETY: as the caller promised.
    unsafe { hold(host) }.chat.is_animating()
}

/// # Safety
///
/// `host` is this thread's.
#[unsafe(no_mangle)]
unsafe extern "C" fn qws_chat_close(host: *const Host) {
    // SAFETY: as the caller promised.
    unsafe { hold(host) }.chat.close();
}

/// # Safety
///
/// `host` is this thread's.
#[unsafe(no_mangle)]
unsafe extern "C" fn qws_chat_exit_code(host: *const Host) -> c_int {
    // SAFETY: as the caller promised.
    let exit_code = unsafe { hold(host) }.chat.exit_code();
    c_int::from(exit_code != ExitCode::SUCCESS)
}
