//! Pre-shared keys: both ends ours. What OpenSSL's own tools say about them is in `tests/interop`, what Qt does in
//! `tests/qt_recordings`.

#[path = "../support/mod.rs"]
mod support;

#[cfg(feature = "openssl")]
mod keys;
#[cfg(feature = "openssl")]
mod pair;
#[cfg(feature = "openssl")]
mod qt_case;
#[cfg(feature = "openssl")]
mod servers;
#[cfg(feature = "openssl")]
mod slots;
#[cfg(feature = "openssl")]
mod tls13;
mod unavailable;
