//! The button of hosts without windows.

use std::io::{self, BufRead, ErrorKind};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::os::unix::net::UnixDatagram;
use std::rc::{Rc, Weak};
use std::thread;

use crate::Chat;

/// No terminal has longer ones; the rest is cut off.
const LONGEST_LINE: usize = 4096;

/// Lines from stdin go to the chat. In the self-test [`Chat::press_wanted`] types them. In either case the host
/// is woken by a descriptor of its own.
///
/// A thread reads stdin, which may be a file, of which epoll knows nothing, and is shared with the shell, so it
/// has to stay blocking. Each line is a datagram; an empty one is the end of input.
pub struct Keyboard {
    chat: Weak<Chat>,
    input: UnixDatagram,
}

impl Keyboard {
    /// Reads for `chat`.
    ///
    /// # Errors
    ///
    /// When there is no descriptor to be had.
    pub fn new(chat: &Rc<Chat>) -> io::Result<Self> {
        let (keys, input) = UnixDatagram::pair()?;
        input.set_nonblocking(true)?;
        if chat.is_self_test() {
            chat.press_wanted.connect(move || keys.send(b"Hello!"));
        } else {
            // What is typed earlier waits: it could not be sent.
            chat.socket.connected.connect(move || {
                let keys = keys.try_clone()?;
                thread::Builder::new().spawn(move || type_stdin(&keys))
            });
        }
        Ok(Self {
            chat: Rc::downgrade(chat),
            input,
        })
    }

    /// Sends what was typed, once the descriptor is readable; ends the chat at the end of input. Reads on until
    /// there is nothing left, for hosts that are told of it once.
    ///
    /// # Errors
    ///
    /// Those of the read.
    pub fn read(&self) -> io::Result<()> {
        let mut buffer = [0; LONGEST_LINE];
        while let Some(chat) = self.chat.upgrade() {
            match self.input.recv(&mut buffer) {
                Ok(0) => chat.close(),
                Ok(length) => chat.send(&String::from_utf8_lossy(&buffer[..length])),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl AsFd for Keyboard {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.input.as_fd()
    }
}

impl AsRawFd for Keyboard {
    fn as_raw_fd(&self) -> RawFd {
        self.input.as_raw_fd()
    }
}

/// Until the input ends, or nobody reads any more.
fn type_stdin(keys: &UnixDatagram) -> io::Result<()> {
    for line in io::stdin().lock().split(b'\n') {
        match line? {
            line if line.is_empty() => {}
            line => _ = keys.send(&line[..line.len().min(LONGEST_LINE)])?,
        }
    }
    keys.send(&[])?;
    Ok(())
}
