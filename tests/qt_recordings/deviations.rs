//! Where we differ from Qt on purpose: rules that rewrite a recording into what we do.
//!
//! Each is named after its entry in `docs/deviations.md`. They are applied in the order of the table.

mod closing;
mod values;

use crate::not_built;
use crate::recording::Scenario;
use crate::rewrite::restate;

/// One rule.
pub struct Rule {
    /// The number of the entry in `docs/deviations.md`.
    pub entry: u32,
    pub name: &'static str,
    pub rewrite: fn(&mut Scenario),
}

macro_rules! rules {
    ($($entry:literal $module:ident::$name:ident,)*) => {
        &[$(Rule { entry: $entry, name: stringify!($name), rewrite: $module::$name }),*]
    };
}

pub const RULES: &[Rule] = rules! {
    9 values::no_error_has_no_text,
    9 values::error_equals_the_argument,
    9 values::texts_end_with_their_connection,
    10 values::close_code_starts_anew,
    26 values::limits_are_smaller,
    21 closing::about_to_close_once,
    24 closing::error_comes_first,
    5 closing::the_peer_is_waited_for,
    6 closing::bytes_written_come_from_the_loop,
    10 values::a_lost_connection_has_code_1006,
};

/// What we do where Qt did what was recorded. `note` hears of each rule whether it changed anything.
pub fn expectation_noting(recording: &Scenario, note: &mut impl FnMut(&Rule, bool)) -> Scenario {
    let mut expected = recording.clone();
    not_built::take_out(&mut expected.nodes);
    for rule in RULES {
        let before = expected.clone();
        (rule.rewrite)(&mut expected);
        note(rule, before != expected);
        restate(&mut expected.nodes);
    }
    expected
}

/// What we do where Qt did what was recorded.
pub fn expectation(recording: &Scenario) -> Scenario {
    expectation_noting(recording, &mut |_, _| {})
}
