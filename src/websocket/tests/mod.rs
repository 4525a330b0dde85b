//! What needs more than the public API: names that lead to the addresses a test wants. Only on Linux, where a listener
//! can be made to swallow packets.

#[path = "../../../tests/support/mod.rs"]
mod support;

mod addresses;
mod proxies;
mod racing;
