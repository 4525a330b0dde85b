//! The button of hosts without windows.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::rc::{Rc, Weak};

use crate::Chat;

/// Lines from stdin go to the chat. In the self-test it reads from a pipe instead, into which
/// [`Chat::press_wanted`] writes: the host is woken by its own descriptor.
pub struct Keyboard {
    chat: Weak<Chat>,
    input: File,
}

impl Keyboard {
    /// Reads for `chat`.
    ///
    /// # Errors
    ///
    /// When there is no descriptor to be had.
    pub fn new(chat: &Rc<Chat>) -> io::Result<Self> {
        let input = match chat.is_self_test() {
            false => io::stdin().as_fd().try_clone_to_owned()?,
            true => {
                let (keys, input) = UnixStream::pair()?;
                chat.press_wanted
                    .connect(move || (&keys).write_all(b"Hello!\n"));
                OwnedFd::from(input)
            }
        };
        Ok(Self {
            chat: Rc::downgrade(chat),
            input: File::from(input),
        })
    }

    /// Sends what was typed, once the descriptor is readable; ends the chat at the end of input.
    ///
    /// # Errors
    ///
    /// Those of the read.
    pub fn read(&self) -> io::Result<()> {
        let mut buffer = [0; 4096];
        let length = (&self.input).read(&mut buffer)?;
        let Some(chat) = self.chat.upgrade() else {
            return Ok(());
        };
        if length == 0 {
            chat.close();
        }
        for line in String::from_utf8_lossy(&buffer[..length]).lines() {
            chat.send(line);
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
