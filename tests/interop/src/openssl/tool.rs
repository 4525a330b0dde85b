//! A running `openssl` command: what is typed into it, and what it prints.

use std::cell::{Cell, RefCell};
use std::ffi::OsStr;
use std::io::{self, PipeReader, Read};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, TryRecvError, channel};

use qwebsocket::{EventLoop, Handle};

use crate::wait::{PATIENCE, wait_until};

/// Ended when dropped.
pub struct Tool {
    process: RefCell<Child>,
    /// A socket of datagrams, so that each thing typed is one read for the tool, and so one record or one command.
    input: UnixDatagram,
    chunks: Receiver<Vec<u8>>,
    output: RefCell<Vec<u8>>,
    /// How much of the output was looked at.
    read: Cell<usize>,
}

impl Tool {
    /// Starts `openssl` with these arguments. The error says why it does not run.
    pub fn start(
        arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
    ) -> Result<Self, io::Error> {
        let (input, its_input) = UnixDatagram::pair()?;
        input.set_write_timeout(Some(PATIENCE))?;
        // One pipe for both, so that the order of what it prints is kept.
        let (output, its_output) = io::pipe()?;
        // Some of what it says about a connection would come out only with the next.
        let process = Command::new("stdbuf")
            .args(["-oL", "openssl"])
            .args(arguments)
            .stdin(Stdio::from(OwnedFd::from(its_input)))
            .stdout(its_output.try_clone()?)
            .stderr(its_output)
            .spawn()?;
        Ok(Self {
            process: process.into(),
            input,
            chunks: read_chunks(output, EventLoop::new().handle()),
            output: RefCell::default(),
            read: Cell::new(0),
        })
    }

    /// Types bytes in, which it takes in pieces of up to 8 KiB. A piece that is one of its commands' letters is a
    /// command.
    pub fn type_in(&self, bytes: &[u8]) {
        for piece in bytes.chunks(8 * 1024) {
            self.input.send(piece).expect("it reads");
        }
    }

    /// Waits for `text` and gives what was printed up to its end.
    #[track_caller]
    pub fn read_to(&self, text: &str) -> String {
        let bytes = self.read_when(&format!("{text:?} is printed"), |unread| {
            let mut windows = unread.windows(text.len());
            let at = windows.position(|window| window == text.as_bytes())?;
            Some(at + text.len())
        });
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Gives the front of what was printed, as soon as `length` knows how long that is.
    #[track_caller]
    pub fn read_when(&self, what: &str, length: impl Fn(&[u8]) -> Option<usize>) -> Vec<u8> {
        let mut found = None;
        wait_until(what, || {
            let runs = self.fetch_output();
            found = length(&self.output.borrow()[self.read.get()..]);
            assert!(found.is_some() || runs, "it ended: {}", self.printed());
            found.is_some()
        });
        let start = self.read.get();
        let end = start + found.expect("it was waited for");
        self.read.set(end);
        self.output.borrow()[start..end].to_vec()
    }

    /// Everything it printed until now.
    pub fn printed(&self) -> String {
        self.fetch_output();
        String::from_utf8_lossy(&self.output.borrow()).into_owned()
    }

    /// Everything it printed, once it ended by itself.
    #[track_caller]
    pub fn wait_for_end(&self) -> String {
        wait_until("the tool ends", || !self.fetch_output());
        self.printed()
    }

    /// Ends it without a chance to say goodbye.
    pub fn kill(&self) {
        let mut process = self.process.borrow_mut();
        let _ = process.kill(); // it may have ended by itself
        let _ = process.wait();
    }

    /// Whether there may be more.
    fn fetch_output(&self) -> bool {
        loop {
            match self.chunks.try_recv() {
                Ok(chunk) => self.output.borrow_mut().extend(chunk),
                Err(end) => return end == TryRecvError::Empty,
            }
        }
    }
}

impl Drop for Tool {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            let printed = self
                .printed()
                .replace(|letter: char| !letter.is_ascii(), "");
            println!("openssl printed: {printed:.8000}");
        }
    }
}

/// A path as an argument among others.
pub fn path(path: &Path) -> &str {
    path.to_str().expect("a path of ours")
}

/// What a process prints, read by a thread that wakes the loop.
fn read_chunks(mut output: PipeReader, wake: Handle) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut chunk = vec![0; 64 * 1024];
        while let Ok(count @ 1..) = output.read(&mut chunk) {
            if sender.send(chunk[..count].to_vec()).is_err() {
                break;
            }
            wake.wake();
        }
        drop(sender);
        wake.wake();
    });
    receiver
}
