//! `URL [--self-test]`.

use std::env;
use std::process;

pub(crate) struct Options {
    pub(crate) url: String,
    pub(crate) is_self_test: bool,
}

impl Options {
    /// Ends the process if there is no URL or anything else.
    pub(crate) fn of_this_process(host: &str) -> Self {
        let mut url = None;
        let mut is_self_test = false;
        for argument in env::args().skip(1) {
            match argument.as_str() {
                "--self-test" => is_self_test = true,
                other if !other.starts_with('-') && url.is_none() => url = Some(argument),
                _ => usage(host),
            }
        }
        match url {
            Some(url) => Self { url, is_self_test },
            None => usage(host),
        }
    }
}

fn usage(host: &str) -> ! {
    eprintln!("Usage: {host}_chat ws://HOST:PORT [--self-test]");
    process::exit(2)
}
