//! Qt's own test cases, asked of this library through its public API. Each test is named after Qt's function;
//! `docs/qt_test_cases.md` lists them all, also those that stand elsewhere.

#[path = "../support/mod.rs"]
mod support;

mod data_processor;
mod echo;
mod handshake_options;
mod mask_generator;
mod web_socket;
mod web_socket_server;
