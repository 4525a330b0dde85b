//! The examples, run as the programs they are.

#[path = "../support/mod.rs"]
mod support;

mod chat;
mod echo;
mod program;
