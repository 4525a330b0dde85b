//! Bad input, as one table: what comes in, which signals it makes, what the socket says about it, and what the peer
//! gets to see. Each row is a test; the table for readers is `tests/bad_input_table.md`.

#[path = "../support/mod.rs"]
mod support;

mod row;
mod running;
mod table;
mod words;

mod accepted_frames;
mod answers;
mod arguments;
mod frames;
mod losses;
mod proxies;
mod reaching;
mod requests;
