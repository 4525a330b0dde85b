//! tokio, on one thread: the sockets and their slots live on a `LocalSet`.

use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use chat::{Chat, FRAME, Keyboard};
use qwebsocket::{EventLoop, Next};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::Notify;
use tokio::task::{LocalSet, spawn_local, yield_now};
use tokio::time::{MissedTickBehavior, interval, sleep_until};

/// What the sockets may take of a turn.
const BUDGET: Duration = Duration::from_millis(2);

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<ExitCode> {
    LocalSet::new().run_until(run()).await
}

async fn run() -> io::Result<ExitCode> {
    let sockets = EventLoop::try_new()?;
    let chat = Chat::from_args("tokio");
    chat.line_added.connect(|line| println!("{line}"));
    let finished = Rc::new(Notify::new());
    let notify = finished.clone();
    chat.finished.connect(move || notify.notify_one());
    chat.animation_started
        .connect_rc(&chat, |chat| spawn_local(draw_frames(chat.clone())));

    tokio::select! {
        ended = drive(sockets) => ended?,
        ended = read_keyboard(&chat) => ended?,
        () = finished.notified() => {}
    }
    Ok(chat.exit_code())
}

/// Runs the sockets for ever, in a task of their own or beside others in a `select!`.
async fn drive(sockets: EventLoop) -> io::Result<()> {
    let sockets = watched(sockets)?;
    loop {
        match sockets.get_ref().process_events(BUDGET) {
            Next::Now => yield_now().await,
            Next::At(deadline) => tokio::select! {
                woken = sockets.readable() => woken?.clear_ready(),
                () = sleep_until(deadline.into()) => {}
            },
            Next::WhenWoken => sockets.readable().await?.clear_ready(),
        }
    }
}

/// tokio wants to be promised what no trait says.
#[expect(unsafe_code)]
fn watched<T: AsFd + AsRawFd>(io: T) -> io::Result<AsyncFd<T>> {
    // SAFETY: an `EventLoop` and a `Keyboard` own their descriptors, never change them, and close them when
    // they are dropped, which is after `AsyncFd` has let go of them.
    Ok(unsafe { AsyncFd::register_with_interest(io, Interest::READABLE) }?)
}

async fn read_keyboard(chat: &Rc<Chat>) -> io::Result<()> {
    let keyboard = watched(Keyboard::new(chat)?)?;
    loop {
        keyboard.readable().await?.clear_ready();
        keyboard.get_ref().read()?;
    }
}

/// A timer of the host's own, which stands in for a screen.
async fn draw_frames(chat: Rc<Chat>) {
    let mut ticks = interval(FRAME);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while chat.is_animating() {
        ticks.tick().await;
        chat.frame();
    }
}
