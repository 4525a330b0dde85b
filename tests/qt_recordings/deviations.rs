//! Where we differ from Qt on purpose: rules that rewrite a recording into what we do.
//!
//! Each is named after its entry in `docs/deviations.md`. They are applied in the order of the table.

mod afterwards;
mod answers;
mod bytes;
mod close_codes;
mod closing;
mod lifetime;
mod make;
mod opening;
mod proxies;
mod receiving;
mod reopening;
mod sending;
mod tls;
mod trust;
mod values;
mod words;

use crate::recording::Scenario;
use crate::rewrite::restate;
use crate::{error_names, objects};

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
    6 tls::the_tls_handshake_is_not_told,
    18 proxies::refusals_of_proxies_are_told_at_once,
    18 proxies::proxies_without_tunnels_are_refused,
    18 proxies::what_proxies_are_told,
    9 values::no_error_has_no_text,
    38 trust::an_end_in_ssl_errors_is_the_end,
    21 tls::about_to_close_comes_first,
    39 tls::a_close_notify_ends_the_connection,
    40 tls::every_alert_has_a_name,
    41 values::a_request_is_made_when_it_can_leave,
    45 tls::a_list_of_ciphers_is_kept_to,
    40 tls::a_server_without_tls_is_told,
    1 trust::ignoring_before_open_counts,
    38 trust::the_untrusted_hear_nothing,
    40 tls::errors_of_tls_have_our_words,
    15 opening::every_byte_of_a_header_is_checked,
    15 opening::a_bad_origin_never_connects,
    29 closing::a_channel_ends_once,
    16 opening::no_frame_before_the_upgrade,
    24 closing::error_comes_first,
    14 answers::lists_of_tokens_are_understood,
    14 answers::bad_answers_are_refused,
    7 answers::a_refused_handshake_ends,
    8 opening::connecting_takes_30_seconds,
    2 receiving::a_small_read_buffer_stops_nothing,
    3 receiving::a_bom_is_kept,
    3 receiving::a_split_character_is_valid,
    3 sending::text_is_cut_between_characters,
    4 receiving::messages_may_be_slow,
    11 close_codes::illegal_codes_are_refused,
    11 close_codes::reasons_are_cut_at_a_character,
    12 close_codes::close_codes_are_known,
    10 close_codes::an_empty_close_has_code_1005,
    17 sending::a_zero_mask_is_a_mask,
    17 sending::frame_size_0_is_unlimited,
    22 receiving::control_frames_are_exempt_from_limits,
    22 receiving::message_limits_count_bytes,
    21 closing::an_abort_prevents_the_close_frame,
    21 closing::a_second_close_does_nothing,
    6 bytes::all_bytes_are_told,
    31 lifetime::a_socket_outlives_its_slot,
    21 closing::about_to_close_once,
    5 closing::the_peer_is_waited_for,
    6 bytes::bytes_written_come_from_the_loop,
    20 reopening::the_old_connection_ends_first,
    5 afterwards::nothing_happens_after_the_end,
    19 afterwards::a_bad_argument_changes_nothing,
    19 afterwards::a_bad_argument_spares_the_connection,
    9 words::violations_are_told_in_words,
    9 values::error_equals_the_argument,
    9 values::texts_end_with_their_connection,
    10 values::close_code_starts_anew,
    10 values::a_lost_connection_has_code_1006,
    26 values::limits_are_smaller,
    15 opening::urls_are_normalised,
    33 opening::header_names_keep_their_case,
    34 afterwards::flush_without_a_connection_is_true,
    42 values::the_peers_name_stays,
    43 values::the_systems_certificates_are_not_copied,
    31 lifetime::the_destroyed_cannot_be_looked_at,
    9 tls::an_alert_knows_its_error,
    35 lifetime::an_aborted_connection_is_not_valid,
};

/// What we do where Qt did what was recorded. `note` hears of each rule whether it changed anything.
pub fn expectation_noting(recording: &Scenario, note: &mut impl FnMut(&Rule, bool)) -> Scenario {
    let mut expected = recording.clone();
    error_names::fold(&mut expected.nodes);
    let mut parts = objects::parts(&expected);
    for part in &mut parts {
        apply_rules(&mut part.scenario, note);
    }
    objects::whole(parts, &mut expected);
    error_names::unfold(&mut expected.nodes);
    expected
}

fn apply_rules(expected: &mut Scenario, note: &mut impl FnMut(&Rule, bool)) {
    let mut is_stale = false;
    for rule in RULES {
        if std::mem::take(&mut is_stale) {
            restate(&mut expected.nodes);
        }
        let before = expected.clone();
        (rule.rewrite)(expected);
        is_stale = before != *expected;
        note(rule, is_stale);
    }
}

/// What we do where Qt did what was recorded.
pub fn expectation(recording: &Scenario) -> Scenario {
    expectation_noting(recording, &mut |_, _| {})
}
