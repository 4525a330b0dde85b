//! An example as a child process.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;

use super::support::PATIENCE;

/// An example that runs; it is killed when the test is over.
pub(super) struct Program {
    pub(super) child: Child,
    stdin: Option<ChildStdin>,
    stdout: Receiver<String>,
    pub(super) stderr: Receiver<String>,
}

impl Program {
    pub(super) fn start(example: &str, arguments: &[&str]) -> Self {
        let mut child = Command::new(path_of(example))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the example is built: `cargo test` does that, `cargo build --examples` too");
        Self {
            stdin: child.stdin.take(),
            stdout: lines_of(child.stdout.take().expect("a pipe")),
            stderr: lines_of(child.stderr.take().expect("a pipe")),
            child,
        }
    }

    pub(super) fn write(&mut self, text: &str) {
        let stdin = self.stdin.as_mut().expect("input has not ended");
        stdin.write_all(text.as_bytes()).expect("the program reads");
    }

    pub(super) fn end_of_input(&mut self) {
        self.stdin = None;
    }

    /// The next line it prints.
    #[track_caller]
    pub(super) fn line(&mut self) -> String {
        self.stdout.recv_timeout(PATIENCE).expect("a line")
    }

    /// The URL of a server, which is in its first line.
    #[track_caller]
    pub(super) fn url(&mut self) -> String {
        let line = self.line();
        let url = line.strip_prefix("listening on ");
        url.expect("its URL").to_owned()
    }

    /// All further lines, until it ends.
    #[track_caller]
    pub(super) fn rest(&mut self) -> Vec<String> {
        drain(&self.stdout)
    }

    /// Waits for its end. What it says on stderr is at most one line, which begins with `explanation`.
    #[track_caller]
    pub(super) fn expect_exit(mut self, code: i32, explanation: &str) {
        let said = drain(&self.stderr);
        assert_eq!(said.len(), usize::from(!explanation.is_empty()), "{said:?}");
        assert!(said.concat().starts_with(explanation), "{said:?}");
        drain(&self.stdout);
        // Both of its outputs are closed, so it has ended, or is about to.
        let status = self.child.wait().expect("a child of ours");
        assert_eq!(status.code(), Some(code), "{said:?}");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Cargo puts the examples beside the directory of the tests.
pub(super) fn path_of(example: &str) -> PathBuf {
    let test = std::env::current_exe().expect("the path of this test");
    let profile = test
        .parent()
        .and_then(|deps| deps.parent())
        .expect("target/debug");
    profile
        .join("examples")
        .join(format!("{example}{}", std::env::consts::EXE_SUFFIX))
}

fn lines_of(output: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = channel();
    thread::spawn(move || {
        for line in BufReader::new(output).lines() {
            let _ = sender.send(line.expect("text"));
        }
    });
    lines
}

#[track_caller]
pub(super) fn drain(lines: &Receiver<String>) -> Vec<String> {
    let mut all = Vec::new();
    loop {
        match lines.recv_timeout(PATIENCE) {
            Ok(line) => all.push(line),
            Err(RecvTimeoutError::Disconnected) => return all,
            Err(RecvTimeoutError::Timeout) => panic!("it does not end; so far: {all:?}"),
        }
    }
}
