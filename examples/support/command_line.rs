//! The command line: no more than two small programs need.

use std::env;
use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;
use std::str::FromStr;

/// Parses the command line, then works. Whatever goes wrong becomes one line on stderr and an exit code: 2 for a
/// command line that makes no sense, 1 for work that failed.
pub fn run<T>(
    program: &str,
    help: &str,
    parse: impl FnOnce(&mut Arguments) -> Result<T, String>,
    work: impl FnOnce(T) -> Result<(), String>,
) -> ExitCode {
    let mut arguments = Arguments::of_this_process();
    if arguments.ask_for_help() {
        // Who has read enough of it closes the other end.
        let _ = io::stdout().write_all(help.as_bytes());
        return ExitCode::SUCCESS;
    }
    let task = match parse(&mut arguments) {
        Ok(task) => task,
        Err(text) => {
            eprintln!("{program}: {text}; --help says more");
            return ExitCode::from(2);
        }
    };
    match work(task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            eprintln!("{program}: {text}");
            ExitCode::FAILURE
        }
    }
}

/// The arguments that were not looked at yet.
pub struct Arguments {
    rest: std::vec::IntoIter<String>,
}

impl Arguments {
    fn of_this_process() -> Self {
        // What is not Unicode can be neither an option nor a URL: it will be complained about as it is shown.
        let all: Vec<_> = env::args_os()
            .skip(1)
            .map(|argument| argument.to_string_lossy().into_owned())
            .collect();
        Self {
            rest: all.into_iter(),
        }
    }

    fn ask_for_help(&self) -> bool {
        let is_help = |argument: &String| argument == "--help" || argument == "-h";
        self.rest.as_slice().iter().any(is_help)
    }

    /// The next argument, be it an option or not.
    pub fn next(&mut self) -> Option<String> {
        self.rest.next()
    }

    /// The argument behind `option`, which needs one.
    pub fn value_of(&mut self, option: &str) -> Result<String, String> {
        self.next().ok_or(format!("{option} needs a value"))
    }

    /// The same, read as what it stands for.
    pub fn parsed<T>(&mut self, option: &str) -> Result<T, String>
    where
        T: FromStr<Err: Display>,
    {
        let value = self.value_of(option)?;
        value.parse().map_err(|error| format!("{option}: {error}"))
    }

    /// The port behind `option`.
    pub fn port_behind(&mut self, option: &str) -> Result<u16, String> {
        let port = self.value_of(option)?;
        let number = port.parse();
        number.map_err(|_| format!("{port:?} is not a port number"))
    }
}
