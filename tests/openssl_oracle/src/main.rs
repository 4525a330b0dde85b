//! Random certificate chains, good and bad, judged by qwebsocket and by OpenSSL: both must find the same errors, in the
//! same order, in the same certificates.
//!
//! `cargo run -- [COUNT [SEED]]` tries so many chains, 5000 if not told otherwise. Needs libssl-dev and pkg-config.
#![forbid(unsafe_code)]

mod certificate;
mod chain;
mod handshake;
mod random;
mod report;

use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::certificate::Keys;
use crate::chain::Chain;
use crate::random::Random;
use crate::report::Report;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default: u64| {
        arguments
            .next()
            .map_or(default, |text| text.parse().expect("usage: [COUNT [SEED]]"))
    };
    let (count, seed) = (number(5000), number(1));
    let mut random = Random::new(seed);
    let keys = Keys::generate();
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a clock that is set")
        .as_secs() as i64;
    let mut report = Report::default();
    for _ in 0..count {
        let chain = Chain::random(&mut random, &keys, now);
        report.compare(&chain, now);
    }
    report.finish(seed)
}
