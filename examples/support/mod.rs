//! What the examples share.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each example uses its own part of this"
)]

pub mod command_line;
pub mod echo;
pub mod line_client;
pub mod log;
pub mod pem;
pub mod pre_shared_key;
pub mod transcript;
pub mod trust;
