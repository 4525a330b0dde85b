//! Slint, whose event loop takes no descriptors.
//!
//! * Waking: a `Watch` has Slint call `pump` on its own thread.
//! * Deadline: a single-shot timer.
//! * Pump: when one of the two calls. It is a callback of the component, since the sockets cannot be sent to
//!   Slint's thread from the watcher's.
//! * Leftovers: the watcher calls again.
//! * Shutdown: closing the window closes the chat; when that has finished, the event loop is left.

use std::error::Error;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use chat::Chat;
use qwebsocket::{EventLoop, Next};
use slint::{CloseRequestResponse, ComponentHandle, Timer, TimerMode};

use self::window::ChatWindow;

/// What the sockets may take of an iteration.
const BUDGET: Duration = Duration::from_millis(2);

/// The macro's types are public, and nobody writes their documentation.
mod window {
    slint::slint! {
        import { Button, VerticalBox } from "std-widgets.slint";

        export component ChatWindow inherits Window {
            in property <string> lines;
            in property <string> status;
            in property <bool> is-animating;
            callback press();
            callback pump();
            callback frame();

            title: "Chat in Slint";
            preferred-width: 640px;
            preferred-height: 400px;

            VerticalBox {
                Text { text: root.lines; vertical-stretch: 1; vertical-alignment: top; }
                Text { text: root.status; }
                Button { text: "Say hello"; clicked => { root.press(); } }
            }
            Timer {
                interval: 16ms;
                running: root.is-animating;
                triggered => { root.frame(); }
            }
        }
    }
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let window = ChatWindow::new()?;
    let sockets = EventLoop::try_new()?;
    let chat = Chat::from_args("slint");

    let woken = window.as_weak();
    let _watch =
        sockets.watch(move || _ = woken.upgrade_in_event_loop(|window| window.invoke_pump()))?;
    let deadline = Timer::default();
    let due = window.as_weak();
    window.on_pump(move || match sockets.process_events(BUDGET) {
        Next::At(at) => {
            // Rounded up: Slint counts milliseconds, and too early would be in vain.
            let left = at.saturating_duration_since(Instant::now()) + Duration::from_micros(999);
            let due = due.clone();
            deadline.start(TimerMode::SingleShot, left, move || {
                due.unwrap().invoke_pump(); // invariant: the window owns this timer
            });
        }
        Next::Now | Next::WhenWoken => deadline.stop(),
    });

    // The window owns the chat, so the signals of the chat do not own the window.
    let weak = window.as_weak();
    chat.changed.connect_rc(&chat, move |chat| {
        let window = weak.unwrap(); // invariant: it is open until the chat has finished
        window.set_lines(chat.lines().join("\n").into());
        window.set_status(chat.status().into());
        window.set_is_animating(chat.is_animating());
    });
    let weak = window.as_weak();
    chat.press_wanted
        .connect(move || weak.upgrade_in_event_loop(|window| window.invoke_press()));
    chat.finished.connect(slint::quit_event_loop);
    let (pressed, closed, drawn) = (chat.clone(), chat.clone(), chat.clone());
    window.on_press(move || pressed.send("Hello from Slint!"));
    window.window().on_close_requested(move || {
        closed.close();
        CloseRequestResponse::KeepWindowShown
    });
    let weak = window.as_weak();
    window.on_frame(move || {
        drawn.frame();
        weak.unwrap().window().request_redraw(); // invariant: it calls this
    });

    window.run()?;
    Ok(chat.exit_code())
}
