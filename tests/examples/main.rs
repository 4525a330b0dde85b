//! The examples, run as the programs they are.

#[path = "../support/mod.rs"]
mod support;

mod chat;
mod echo;
mod program;
mod short;

/// This one has tests in it, which are what it is about.
#[allow(dead_code, reason = "its `main` runs as a program")]
#[path = "../../examples/spy_in_tests.rs"]
mod spy_in_tests;
