//! What ran, what failed and what was missing.

use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::Instant;

pub struct Report {
    words: Vec<String>,
    peers: Vec<String>,
    missing: Vec<String>,
    passed: usize,
    failed: Vec<String>,
}

impl Report {
    /// Only checks whose names contain all these words will run.
    pub fn new(words: Vec<String>) -> Self {
        Self {
            words,
            peers: Vec::new(),
            missing: Vec::new(),
            passed: 0,
            failed: Vec::new(),
        }
    }

    pub fn peer_runs(&mut self, description: &str) {
        self.peers.push(description.to_owned());
    }

    pub fn peer_is_missing(&mut self, peer: impl Display, reason: &str) {
        self.missing.push(format!("{peer} ({reason})"));
    }

    /// A check that fails by a panic.
    pub fn check(&mut self, name: &str, check: impl FnOnce()) {
        if !self.words.iter().all(|word| name.contains(&**word)) {
            return;
        }
        let start = Instant::now();
        let passed = catch_unwind(AssertUnwindSafe(check)).is_ok();
        let verdict = if passed { "ok" } else { "FAILED" };
        println!("{verdict}: {name} ({} ms)", start.elapsed().as_millis());
        match passed {
            true => self.passed += 1,
            false => self.failed.push(name.to_owned()),
        }
    }

    pub fn conclude(self) -> ExitCode {
        println!();
        for peer in &self.peers {
            println!("peer: {peer}");
        }
        for peer in &self.missing {
            println!("MISSING peer: {peer}");
        }
        for name in &self.failed {
            println!("FAILED: {name}");
        }
        println!(
            "interop result: {} passed, {} failed",
            self.passed,
            self.failed.len()
        );
        let may_skip = std::env::var_os("ALLOW_SKIP").is_some_and(|value| value == "1");
        let nothing_ran = self.passed == 0 && self.missing.is_empty();
        let complete = self.missing.is_empty() || may_skip;
        match self.failed.is_empty() && complete && !nothing_ran {
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        }
    }
}
