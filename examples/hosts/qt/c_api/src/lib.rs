//! As much of a C API as a Qt program needs to be the host of our loop: `include/qws.h` says what each
//! function does, and what it asks of its caller.
//!
//! What C holds are counted pointers ([`handle`]). A panic ends the program: `extern "C"` lets none out.
#![expect(unsafe_code, reason = "that is what C is made of")]

mod chat;
mod event_loop;
mod handle;
mod server;
mod socket;
#[cfg(test)]
mod tests;
mod text;
