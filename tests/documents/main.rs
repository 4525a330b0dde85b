//! What the documents say: the tests that they name exist, and what they show is there and is compiled.

mod deviations;
mod embedding;
mod named_tests;
mod porting;
mod qt_api;
mod qt_names;
mod qt_test_cases;
mod read_me;
