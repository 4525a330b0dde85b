//! GTK 4, and whatever else runs GLib's main loop.
//!
//! * Waking: our descriptor is a source of the main context.
//! * Deadline: a timeout source, made anew after each pump.
//! * Pump: when one of the two fires.
//! * Leftovers: the descriptor stays readable, and GLib's sources are level-triggered.
//! * Shutdown: closing the window closes the chat; when that has finished, the main loop is left.

use std::cell::RefCell;
use std::error::Error;
use std::os::fd::AsRawFd;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::{Duration, Instant};

use chat::Chat;
use glib_unix::unix_fd_add_local;
use gtk4::glib::{self, ControlFlow, IOCondition, MainLoop, Propagation, SourceId};
use gtk4::prelude::*;
use gtk4::{Align, Box as Column, Button, Label, Orientation, Window};
use qwebsocket::{EventLoop, Next};

/// What the sockets may take of an iteration.
const BUDGET: Duration = Duration::from_millis(2);

fn main() -> Result<ExitCode, Box<dyn Error>> {
    gtk4::init()?;
    let main_loop = MainLoop::new(None, false);
    let sockets = Rc::new(Sockets::new()?);
    let chat = Chat::from_args("gtk4");
    let window = show(&chat);
    let quit = main_loop.clone();
    chat.finished.connect(move || quit.quit());

    let woken = sockets.clone();
    let source = unix_fd_add_local(
        sockets.event_loop.as_raw_fd(),
        IOCondition::IN,
        move |_, _| {
            woken.pump();
            ControlFlow::Continue
        },
    );
    main_loop.run();
    source.remove();
    window.destroy();
    Ok(chat.exit_code())
}

/// The sockets' part of the main loop.
struct Sockets {
    event_loop: EventLoop,
    deadline: RefCell<Option<SourceId>>,
}

impl Sockets {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            event_loop: EventLoop::try_new()?,
            deadline: RefCell::default(),
        })
    }

    /// Lets the sockets work, and comes back when they say.
    fn pump(self: &Rc<Self>) {
        let next = self.event_loop.process_events(BUDGET);
        let deadline = match next {
            Next::At(deadline) => Some(self.pump_at(deadline)),
            Next::Now | Next::WhenWoken => None,
        };
        if let Some(old) = self.deadline.replace(deadline) {
            old.remove();
        }
    }

    fn pump_at(self: &Rc<Self>, deadline: Instant) -> SourceId {
        // Rounded up: GLib counts milliseconds, and too early would be in vain.
        let left = deadline.saturating_duration_since(Instant::now()) + Duration::from_micros(999);
        let sockets = Rc::downgrade(self);
        glib::timeout_add_local_once(left, move || {
            if let Some(sockets) = sockets.upgrade() {
                sockets.deadline.take(); // it ends by itself
                sockets.pump();
            }
        })
    }
}

fn show(chat: &Rc<Chat>) -> Window {
    let lines = Label::builder()
        .vexpand(true)
        .halign(Align::Start)
        .valign(Align::Start)
        .build();
    let status = Label::builder().halign(Align::Start).build();
    let button = Button::with_label("Say hello");
    let column = Column::builder()
        .orientation(Orientation::Vertical)
        .spacing(8)
        .margin_start(8)
        .margin_end(8)
        .margin_top(8)
        .margin_bottom(8)
        .build();
    column.append(&lines);
    column.append(&status);
    column.append(&button);
    let window = Window::builder()
        .title("Chat in GTK")
        .default_width(640)
        .default_height(400)
        .child(&column)
        .build();

    chat.changed.connect_rc(chat, move |chat| {
        lines.set_label(&chat.lines().join("\n"));
        status.set_label(&chat.status());
    });
    // The signals of the chat own none of the widgets which own the chat.
    let pressed = button.downgrade();
    chat.press_wanted.connect(move || {
        let pressed = pressed.clone();
        glib::idle_add_local_once(move || {
            if let Some(button) = pressed.upgrade() {
                button.emit_clicked();
            }
        });
    });
    let sender = chat.clone();
    button.connect_clicked(move |_| sender.send("Hello from GTK!"));
    let drawn = window.downgrade();
    chat.animation_started.connect_rc(chat, move |chat| {
        let chat = chat.clone();
        let Some(window) = drawn.upgrade() else {
            return;
        };
        window.add_tick_callback(move |window, _| {
            chat.frame();
            window.queue_draw();
            match chat.is_animating() {
                true => ControlFlow::Continue,
                false => ControlFlow::Break,
            }
        });
    });
    let closed = chat.clone();
    window.connect_close_request(move |_| {
        closed.close();
        Propagation::Stop
    });
    window.present();
    window
}
