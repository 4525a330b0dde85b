//! A peer: a process that serves and connects, and tells on its standard output what it sees.

use std::cell::RefCell;
use std::fmt;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, TryRecvError, channel};

use qwebsocket::{EventLoop, Handle};

use crate::certificates::Certificates;
use crate::wait::wait_until;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Ws,
    Websockets,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ws => "npm ws",
            Self::Websockets => "PyPI websockets",
        })
    }
}

/// Ended when dropped.
pub struct Peer {
    process: RefCell<Child>,
    lines: Receiver<String>,
    description: String,
    port: u16,
}

impl Peer {
    /// Starts a peer that trusts and shows these certificates, or one without TLS. The error says why it does not run.
    pub fn start(kind: Kind, tls: Option<&Certificates>) -> Result<Self, String> {
        Self::start_trusting(kind, tls, tls)
    }

    /// The same, trusting others than those whose certificate it shows.
    pub fn start_trusting(
        kind: Kind,
        own: Option<&Certificates>,
        trusted: Option<&Certificates>,
    ) -> Result<Self, String> {
        let mut command = command(kind);
        if let (Some(own), Some(trusted)) = (own, trusted) {
            command.args([trusted.ca(), own.certificate(), own.key()]);
        }
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{}: {error}", command.get_program().display()))?;
        let lines = read_lines(&mut process, EventLoop::new().handle());
        let mut peer = Self {
            process: process.into(),
            lines,
            description: String::new(),
            port: 0,
        };
        let hello = |word: &str| {
            let line = peer
                .next_line_or_end()
                .ok_or("it ended at once, see above")?;
            line.strip_prefix(word).map(str::to_owned).ok_or(line)
        };
        let (description, port) = (hello("peer ")?, hello("listening ")?);
        peer.port = port.parse().map_err(|_| port)?;
        peer.description = description;
        Ok(peer)
    }

    /// Its versions.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Where it serves.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Makes it connect.
    pub fn connect(&self, url: &str) {
        let mut process = self.process.borrow_mut();
        let stdin = process.stdin.as_mut().expect("it was asked for");
        writeln!(stdin, "{url}").expect("the peer reads");
    }

    /// The next thing it tells.
    #[track_caller]
    pub fn next_line(&self) -> String {
        self.next_line_or_end().expect("the peer is running")
    }

    /// The next thing it tells is this.
    #[track_caller]
    pub fn expect(&self, line: &str) {
        assert_eq!(self.next_line(), line, "what the peer tells");
    }

    /// Ends it without a chance to say goodbye.
    pub fn kill(&self) {
        let mut process = self.process.borrow_mut();
        let _ = process.kill(); // it may have ended by itself
        let _ = process.wait();
    }

    fn next_line_or_end(&self) -> Option<String> {
        let mut line = None;
        wait_until("the peer tells something", || {
            line = match self.lines.try_recv() {
                Ok(line) => Some(Some(line)),
                Err(TryRecvError::Disconnected) => Some(None),
                Err(TryRecvError::Empty) => None,
            };
            line.is_some()
        });
        line.flatten()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Every line of a process, read by a thread that wakes the loop.
fn read_lines(process: &mut Child, wake: Handle) -> Receiver<String> {
    let stdout = process.stdout.take().expect("it was asked for");
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
            wake.wake();
        }
        drop(sender);
        wake.wake();
    });
    receiver
}

fn command(kind: Kind) -> Command {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
    let (program, script) = match kind {
        Kind::Ws => ("node".into(), "ws_peer.mjs"),
        Kind::Websockets => (
            // A virtual environment with the package, where `.ci/run` makes one.
            std::env::var_os("INTEROP_PYTHON").unwrap_or_else(|| "python3".into()),
            "websockets_peer.py",
        ),
    };
    let mut command = Command::new(program);
    command.arg(folder.join(script));
    command
}
