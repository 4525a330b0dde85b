//! macroquad, which draws frame after frame and cannot sleep.
//!
//! * Waking: none is needed. There would be none either: on X11 `schedule_update` leaves a note that is read when
//!   the next event of the window has come, which may be never, so `blocking_event_loop` stays off.
//! * Deadline and pump: what is left of a frame is spent waiting in our loop instead of sleeping or in the
//!   display's vertical blank. Slots run at once, not with the next frame.
//! * Leftovers: the next wait does not wait for them.
//! * Shutdown: the user's wish to quit closes the chat; the frames end when that has finished.

use std::cell::Cell;
use std::io;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Instant;

use chat::{Chat, FRAME};
use macroquad::Window;
use macroquad::miniquad::conf::Platform;
use macroquad::prelude::*;
use qwebsocket::EventLoop;

fn main() -> ExitCode {
    let exit_code = Rc::new(Cell::new(ExitCode::FAILURE));
    let result = exit_code.clone();
    let window = Conf {
        window_title: "Chat in macroquad".to_owned(),
        window_width: 640,
        window_height: 400,
        platform: Platform {
            swap_interval: Some(0), // we set the pace
            ..Platform::default()
        },
        ..Conf::default()
    };
    Window::from_config(window, async move {
        match run().await {
            Ok(code) => result.set(code),
            Err(error) => eprintln!("macroquad: {error}"),
        }
    });
    exit_code.get()
}

async fn run() -> io::Result<ExitCode> {
    prevent_quit();
    let sockets = EventLoop::try_new()?;
    let chat = Chat::from_args("macroquad");
    let is_pressed = Rc::new(Cell::new(false));
    let press = is_pressed.clone();
    chat.press_wanted.connect(move || press.set(true));

    let mut frame_due = Instant::now();
    while !chat.is_finished() {
        frame_due = Instant::now().max(frame_due + FRAME);
        chat.frame();
        draw(&chat);
        wait_until(&sockets, frame_due);
        // Last in the frame: what it sends goes out in the next one.
        if is_key_pressed(KeyCode::Enter) || is_pressed.take() {
            chat.send("Hello from macroquad!");
        }
        if is_quit_requested() {
            chat.close();
        }
        next_frame().await;
    }
    Ok(chat.exit_code())
}

/// Lets the sockets work until then.
fn wait_until(sockets: &EventLoop, due: Instant) {
    loop {
        let left = due.saturating_duration_since(Instant::now());
        let _ = sockets.wait_for_events(Some(left)); // it knows its own deadlines
        if left.is_zero() {
            return;
        }
    }
}

fn draw(chat: &Chat) {
    clear_background(Color::from_rgba(24, 32, 48, 255));
    let mut lines = chat.lines();
    lines.extend([String::new(), chat.status(), "Enter says hello".to_owned()]);
    for (row, line) in (1_u8..).zip(&lines) {
        draw_text(line, 10.0, 20.0 * f32::from(row), 20.0, LIGHTGRAY);
    }
}
