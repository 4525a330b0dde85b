//! Recordings of Qt 6.8, played with a socket of ours.
//!
//! A recording says what an application called, what its peer did, and all that could be observed. The rules in
//! `deviations` rewrite it into what we do where that differs on purpose, and then everything has to agree.
//!
//! The peers of some speak TLS, with rustls and *ring*.
#![cfg(any(feature = "ring", feature = "openssl"))]
#![allow(unreachable_pub, missing_debug_implementations, reason = "a test")]

mod bytes_told;
mod calls;
mod compare;
mod deviations;
mod error_names;
mod getters;
mod network;
mod objects;
mod peer_script;
mod peers;
mod placing;
mod player;
mod proxies;
mod recording;
mod rewrite;
mod secure;
mod self_test;
mod signals;
#[path = "../support/mod.rs"]
mod support;
mod tape;
mod tls;
mod transcript;
mod tree;
mod wire;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use recording::Scenario;

/// The recordings of a group that can be played.
fn scenarios(group: &str) -> Vec<Scenario> {
    recordings(group)
        .into_iter()
        .filter(has_its_library)
        .filter(network::has_its_ports)
        .collect()
}

/// Whether TLS can be as the recording has it: pre-shared keys are a matter of OpenSSL.
fn has_its_library(scenario: &Scenario) -> bool {
    let mut ends = scenario.tls.iter().flatten();
    cfg!(feature = "openssl") || ends.all(|tls| tls.keys.is_none())
}

/// The recordings of a group.
fn recordings(group: &str) -> Vec<Scenario> {
    let files = std::fs::read_dir(traces().join(group)).expect("the recordings of the group");
    let mut files: Vec<PathBuf> = files.map(|file| file.expect("a file").path()).collect();
    files.sort();
    let scenarios = files.iter().map(|file| Scenario::read(group, file));
    scenarios.collect()
}

/// All recordings.
fn all_scenarios() -> Vec<Scenario> {
    GROUPS.iter().flat_map(|group| scenarios(group)).collect()
}

fn traces() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/qt_recordings/traces")
}

/// Plays all recordings of a group. `SCENARIO=name` plays those with such a name only, and shows what is expected.
fn agrees(group: &str) {
    let only = std::env::var("SCENARIO").ok();
    let mut bad = Vec::new();
    for recording in scenarios(group) {
        let expected = deviations::expectation(&recording);
        if let Some(only) = &only {
            if !recording.name.contains(only) {
                continue;
            }
            println!(
                "{}\n{}",
                expected.title(),
                transcript::lines(&expected.nodes).join("\n")
            );
        }
        if let Err(difference) = compare::compare(&expected, &player::play(&expected)) {
            bad.push(format!("== {}\n{difference}", expected.title()));
        }
    }
    assert!(
        bad.is_empty(),
        "{} of {group} differ\n{}",
        bad.len(),
        bad.join("\n")
    );
}

macro_rules! groups {
    ($($group:ident),*) => {
        const GROUPS: &[&str] = &[$(stringify!($group)),*];
        $(
            #[test]
            fn $group() {
                agrees(stringify!($group));
            }
        )*
    };
}

groups!(
    auth401,
    basic,
    batch,
    close_codes,
    handshake,
    lifetime,
    open,
    ping,
    proxy,
    psk,
    recv,
    reentrancy,
    send,
    slow,
    state,
    subprotocol,
    tls,
    url
);

#[test]
fn every_folder_is_a_group() {
    let folders = std::fs::read_dir(traces()).expect("the recordings");
    let mut folders: Vec<_> = folders
        .map(|folder| folder.expect("a folder").file_name())
        .collect();
    folders.sort();
    assert_eq!(folders, GROUPS);
}

#[test]
#[cfg_attr(not(feature = "rustls"), ignore = "some are about rustls")]
fn every_rule_changes_something() {
    let mut changed: BTreeMap<&str, usize> = BTreeMap::new();
    for recording in GROUPS.iter().flat_map(|group| recordings(group)) {
        deviations::expectation_noting(&recording, &mut |rule, changes| {
            *changed.entry(rule.name).or_default() += usize::from(changes);
        });
    }
    for rule in deviations::RULES {
        println!("{:3} {:3} {}", changed[rule.name], rule.entry, rule.name);
    }
    let idle: Vec<_> = changed.iter().filter(|(_, count)| **count == 0).collect();
    assert!(idle.is_empty(), "rules that change nothing: {idle:?}");
}

#[test]
fn every_rule_is_of_an_entry() {
    let entries = include_str!("../../docs/deviations.md");
    for rule in deviations::RULES {
        let heading = format!("\n## {}. ", rule.entry);
        assert!(entries.contains(&heading), "{} {}", rule.entry, rule.name);
    }
}
