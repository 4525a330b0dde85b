//! A main loop around `poll(2)`.

use std::io;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use chat::{Chat, FRAME, Keyboard};
use qwebsocket::{EventLoop, Next};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

/// What the sockets may take of a turn.
const BUDGET: Duration = Duration::from_millis(2);

fn main() -> io::Result<ExitCode> {
    let sockets = EventLoop::try_new()?;
    let chat = Chat::from_args("poll");
    chat.line_added.connect(|line| println!("{line}"));
    let keyboard = Keyboard::new(&chat)?;

    let mut next = sockets.process_events(BUDGET);
    let mut frame_due = Instant::now();
    while !chat.is_finished() {
        let frame = chat.is_animating().then_some(frame_due);
        let mut descriptors = [
            PollFd::new(&sockets, PollFlags::IN),
            PollFd::new(&keyboard, PollFlags::IN),
        ];
        match poll(&mut descriptors, timeout(next, frame).as_ref()) {
            Err(Errno::INTR) => continue, // a signal handler ran
            result => result?,
        };
        let [is_woken, is_typed] = descriptors.map(|descriptor| !descriptor.revents().is_empty());

        if is_woken || is_due(next) {
            next = sockets.process_events(BUDGET);
        }
        if frame.is_some_and(|due| due <= Instant::now()) {
            frame_due = Instant::now() + FRAME;
            chat.frame();
        }
        // What this sends is none of `next`: it makes the descriptor readable, and poll returns at once.
        if is_typed {
            keyboard.read()?;
        }
    }
    Ok(chat.exit_code())
}

/// How long poll may sleep: until the sockets' deadline or the next frame.
fn timeout(next: Next, frame: Option<Instant>) -> Option<Timespec> {
    let deadline = match next {
        Next::Now => Some(Instant::now()),
        Next::At(deadline) => Some(deadline),
        Next::WhenWoken => None,
    };
    let first = deadline.into_iter().chain(frame).min()?;
    let left = first.saturating_duration_since(Instant::now());
    left.try_into().ok() // further away than poll can tell is for ever
}

fn is_due(next: Next) -> bool {
    matches!(next, Next::At(deadline) if deadline <= Instant::now())
}
