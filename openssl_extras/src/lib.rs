//! What the crate `openssl` does not wrap of OpenSSL's libssl, or leaves unsafe. All of qwebsocket's foreign calls are in
//! this file, so that the crate itself can forbid unsafe code.

use std::ffi::{CStr, c_char, c_int};

use openssl::error::ErrorStack;
use openssl::ssl::{SslContext, SslContextBuilder, SslRef, SslSession, SslSessionRef};
use openssl_sys::{SSL, SSL_CTX, SSL_CTX_set_dh_auto};

// The declarations are those of `openssl/ssl.h`, OpenSSL 1.1.1 to 3. The crate `openssl-sys` links the library.
unsafe extern "C" {
    /// `int SSL_CTX_use_psk_identity_hint(SSL_CTX *ctx, const char *hint);`
    ///
    /// Copies the text, which ends with a NUL. Gives 1, or 0 and an entry in the queue of errors.
    fn SSL_CTX_use_psk_identity_hint(context: *mut SSL_CTX, hint: *const c_char) -> c_int;

    /// `void SSL_CTX_set_info_callback(SSL_CTX *ctx, void (*cb)(const SSL *ssl, int type, int val));`
    ///
    /// Every `SSL` that is made from the context afterwards calls `cb` from within its own calls, on their thread.
    fn SSL_CTX_set_info_callback(
        context: *mut SSL_CTX,
        callback: Option<extern "C" fn(ssl: *const SSL, kind: c_int, value: c_int)>,
    );
}

/// `SSL_CB_ALERT`: the callback is about an alert.
const ABOUT_ALERT: c_int = 0x4000;
/// `SSL_CB_WRITE`: it is one of ours.
const SENT: c_int = 0x08;

/// Who hears of alerts; see [`observe_alerts`].
pub trait AlertObserver {
    /// An alert came, or goes out if it `is_sent`; level (1 warns, 2 is fatal) and description are TLS's numbers.
    ///
    /// Called in the middle of a call into OpenSSL, which it must not use. A panic aborts the process: there is C on the
    /// stack.
    fn alert(is_sent: bool, level: u8, description: u8);
}

/// Lets `O` hear of the alerts of all sessions made with this context.
pub fn observe_alerts<O: AlertObserver>(context: &mut SslContextBuilder) {
    // SAFETY: the pointer is that of a context which lives at least as long as the borrow, and the call keeps nothing but
    // the address of a function, which is never gone.
    unsafe { SSL_CTX_set_info_callback(context.as_ptr(), Some(on_info::<O>)) }
}

extern "C" fn on_info<O: AlertObserver>(_: *const SSL, kind: c_int, value: c_int) {
    if kind & ABOUT_ALERT != 0 {
        // The value has the level in its second lowest byte and the description in its lowest.
        let [description, level, ..] = value.to_le_bytes();
        O::alert(kind & SENT != 0, level, description);
    }
}

/// Sets what a server tells clients of TLS 1.2 before it asks for their pre-shared key.
///
/// # Errors
/// When the hint is longer than OpenSSL takes (256 bytes with OpenSSL 3).
pub fn set_psk_identity_hint(
    context: &mut SslContextBuilder,
    hint: &CStr,
) -> Result<(), ErrorStack> {
    // SAFETY: both pointers are valid for the call, the text ends with a NUL and is copied.
    let outcome = unsafe { SSL_CTX_use_psk_identity_hint(context.as_ptr(), hint.as_ptr()) };
    match outcome {
        1 => Ok(()),
        _ => Err(ErrorStack::get()),
    }
}

/// Lets a server choose Diffie-Hellman parameters as strong as its key; without any there are no `DHE` suites.
pub fn choose_dh_parameters(context: &mut SslContextBuilder) {
    // SAFETY: the pointer is that of a context which lives at least as long as the borrow; the call sets a flag in it.
    unsafe {
        SSL_CTX_set_dh_auto(context.as_ptr(), 1);
    }
}

/// A session of a client that can be resumed by a later connection of the same context.
#[derive(Clone)]
pub struct Resumable {
    session: SslSession,
    context: SslContext,
}

/// Hands every session that can be resumed to `keep`, in the middle of a call into OpenSSL. The context must cache the
/// sessions of clients; see `SslContextBuilder::set_session_cache_mode`. A panic aborts the process.
pub fn keep_sessions(
    context: &mut SslContextBuilder,
    keep: impl Fn(Resumable) + Send + Sync + 'static,
) {
    context.set_new_session_callback(move |ssl, session| {
        let context = ssl.ssl_context().to_owned();
        keep(Resumable { session, context });
    });
}

impl Resumable {
    /// The session.
    pub fn session(&self) -> &SslSessionRef {
        &self.session
    }

    /// Makes a client that has not said anything yet offer this session to its server; gives whether it will. It does not
    /// if it belongs to another context.
    pub fn offer(&self, ssl: &mut SslRef) -> bool {
        if !std::ptr::eq(ssl.ssl_context(), &*self.context) {
            return false;
        }
        // SAFETY: session and connection belong to one context. This one comes from the callback of exactly that
        // context, nobody else can make the value, and the context is kept alive, so that its address is its own.
        unsafe { ssl.set_session(&self.session) }.is_ok()
    }
}
