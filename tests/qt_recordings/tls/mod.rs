//! TLS as the recordings had it.

pub mod certificates;
pub mod ciphertext;
pub mod end;
pub mod setup;
