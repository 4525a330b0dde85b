//! Recordings of Qt 6.8, played with a socket of ours.
#![allow(unreachable_pub, missing_debug_implementations, reason = "a test")]

mod calls;
mod compare;
mod deviations;
mod getters;
mod not_built;
mod peer_script;
mod peers;
mod player;
mod recording;
mod rewrite;
#[path = "../support/mod.rs"]
mod support;
mod transcript;
mod tree;
mod wire;

use std::path::{Path, PathBuf};

use recording::Scenario;

/// The recordings of a group.
fn scenarios(group: &str) -> Vec<Scenario> {
    let folder = traces().join(group);
    let files = std::fs::read_dir(&folder).expect("the recordings of the group");
    let mut files: Vec<PathBuf> = files.map(|file| file.expect("a file").path()).collect();
    files.sort();
    files.iter().map(|file| Scenario::read(group, file)).collect()
}

fn traces() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/qt_recordings/traces")
}

fn agrees(group: &str) {
    let only = std::env::var("SCENARIO").unwrap_or_default();
    let mut bad = Vec::new();
    let (mut count, mut left_out, mut defects) = (0, 0, 0);
    for recording in scenarios(group) {
        if !recording.name.contains(&only) {
            continue;
        }
        if !not_built::is_playable(&recording) {
            left_out += 1;
            continue;
        }
        count += 1;
        let expected = deviations::expectation(&recording);
        let title = expected.title();
        let defect = not_built::DEFECTS.iter().find(|(scenario, _)| *scenario == title);
        if std::env::var("SHOW").is_ok() {
            println!("{}", transcript::lines(&expected.nodes).join("\n"));
        }
        match (compare::compare(&expected, &player::play(&expected)), defect) {
            (Ok(()), None) => {}
            (Err(_), Some(_)) => defects += 1,
            (Ok(()), Some((_, defect))) => bad.push(format!("== {title}\n no defect any more: {defect}")),
            (Err(difference), None) => bad.push(format!("== {title}\n{difference}")),
        }
    }
    println!("{group}: {} of {count} agree, {defects} known defects, {left_out} not playable yet", count - defects - bad.len());
    assert!(bad.is_empty(), "{} of {group} differ\n{}", bad.len(), bad.join("\n"));
}

macro_rules! groups {
    ($($group:ident),*) => {
        $(
            #[test]
            fn $group() {
                agrees(stringify!($group));
            }
        )*
    };
}

groups!(
    basic, batch, close_codes, handshake, lifetime, open, ping, recv, reentrancy, send, slow, state,
    subprotocol, url
);
