//! No host: the event loop itself is the main loop. What the others are compared with.

use std::process::ExitCode;
use std::time::Duration;

use chat::{Chat, FRAME};
use qwebsocket::{EventLoop, Timer, single_shot};

fn main() -> ExitCode {
    let event_loop = EventLoop::new();
    let chat = Chat::from_args("bare");

    let frames = Timer::new();
    frames
        .timeout
        .connect_from(&frames, &chat, |chat, frames| match chat.is_animating() {
            true => chat.frame(),
            false => frames.stop(),
        });
    chat.animation_started.connect(move || frames.start(FRAME));
    chat.press_wanted.connect_rc(&chat, |chat| {
        let chat = chat.clone();
        single_shot(Duration::ZERO, move || chat.send("Hello!"));
    });
    chat.finished.connect(EventLoop::quit_current);

    event_loop.exec();
    chat.exit_code()
}
