//! What the documents say about the tests: each one that they name exists.

mod deviations;
mod named_tests;
mod porting;
mod qt_api;
mod qt_names;
mod qt_test_cases;
