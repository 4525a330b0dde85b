//! calloop, the loop of Wayland clients and compositors.

use std::error::Error;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::{Duration, Instant};

use calloop::generic::Generic;
use calloop::timer::{TimeoutAction, Timer};
use calloop::{EventLoop, Interest, LoopHandle, Mode, PostAction, RegistrationToken};
use chat::{Chat, FRAME, Keyboard};
use qwebsocket::{EventLoop as Sockets, Next};

/// What the sockets may take of a turn.
const BUDGET: Duration = Duration::from_millis(2);

/// The sockets' part of the host.
struct Host {
    sockets: Rc<Sockets>,
    handle: LoopHandle<'static, Self>,
    deadline: Option<RegistrationToken>,
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut event_loop = EventLoop::try_new()?;
    let mut host = Host::new(event_loop.handle())?;
    let chat = Chat::from_args("calloop");
    chat.line_added.connect(|line| println!("{line}"));
    read_keyboard(&chat, &host.handle)?;
    draw_frames(&chat, &host.handle);
    let signal = event_loop.get_signal();
    chat.finished.connect(move || signal.stop());

    event_loop.run(None, &mut host, |_| {})?;
    Ok(chat.exit_code())
}

impl Host {
    fn new(handle: LoopHandle<'static, Self>) -> Result<Self, Box<dyn Error>> {
        let sockets = Rc::new(Sockets::try_new()?);
        let readable = Generic::new(sockets.clone(), Interest::READ, Mode::Level);
        handle.insert_source(readable, |_, _, host: &mut Self| {
            host.pump();
            Ok(PostAction::Continue)
        })?;
        Ok(Self {
            sockets,
            handle,
            deadline: None,
        })
    }

    /// Lets the sockets work, and comes back when they say.
    fn pump(&mut self) {
        if let Some(old) = self.deadline.take() {
            self.handle.remove(old);
        }
        // After `Next::Now` the descriptor stays readable: nothing to do.
        if let Next::At(deadline) = self.sockets.process_events(BUDGET) {
            let timer = Timer::from_deadline(deadline);
            let pump = |_: Instant, _: &mut (), host: &mut Self| {
                host.deadline = None; // it ends by what it returns
                host.pump();
                TimeoutAction::Drop
            };
            self.deadline = self.handle.insert_source(timer, pump).ok();
        }
    }
}

fn read_keyboard(
    chat: &Rc<Chat>,
    handle: &LoopHandle<'static, Host>,
) -> Result<(), Box<dyn Error>> {
    let keyboard = Rc::new(Keyboard::new(chat)?);
    let typed = Generic::new(keyboard.clone(), Interest::READ, Mode::Level);
    handle.insert_source(typed, move |_, _, _| {
        keyboard.read()?;
        Ok(PostAction::Continue)
    })?;
    Ok(())
}

/// A timer of the host's own, which stands in for a screen.
fn draw_frames(chat: &Rc<Chat>, handle: &LoopHandle<'static, Host>) {
    let handle = handle.clone();
    chat.animation_started.connect_rc(chat, move |chat| {
        let chat = chat.clone();
        let frame = move |_: Instant, _: &mut (), _: &mut Host| {
            chat.frame();
            match chat.is_animating() {
                true => TimeoutAction::ToDuration(FRAME),
                false => TimeoutAction::Drop,
            }
        };
        handle.insert_source(Timer::immediate(), frame)
    });
}
