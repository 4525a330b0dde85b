//! SDL2, which waits for nothing but its own events.
//!
//! * Waking: a `Watch` pushes an event of ours into SDL's queue, from its own thread.
//! * Deadline: the timeout of SDL's wait.
//! * Pump: when that event comes out of the queue, or the deadline has come. One event per round: whoever empties
//!   the queue after the pump must not throw a wake-up away.
//! * Leftovers: after `Next::Now` the wait takes no time.
//! * Shutdown: the user's wish to quit closes the chat; the loop ends when that has finished.

use std::cell::Cell;
use std::error::Error;
use std::mem;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::{Duration, Instant};

use chat::{Chat, FRAME};
use qwebsocket::{EventLoop, Next};
use sdl2::EventPump;
use sdl2::event::Event;
use sdl2::keyboard::Keycode;
use sdl2::pixels::PixelFormatEnum;
use sdl2::render::WindowCanvas;

/// What the sockets may take of a round.
const BUDGET: Duration = Duration::from_millis(2);
const WIDTH: u32 = 640;
const HEIGHT: u32 = 400;

/// What we put into SDL's queue.
enum Ours {
    Wake,
    Press,
}

struct App {
    chat: Rc<Chat>,
    draft: String,
    is_changed: Rc<Cell<bool>>,
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let sdl = sdl2::init()?;
    let window = sdl.video()?.window("Chat in SDL", WIDTH, HEIGHT).build()?;
    let mut canvas = window.into_canvas().build()?;
    let mut events = sdl.event_pump()?;
    let queue = sdl.event()?;
    queue.register_custom_event::<Ours>()?;

    let sockets = EventLoop::try_new()?;
    let wake = queue.event_sender();
    let _watch = sockets.watch(move || _ = wake.push_custom_event(Ours::Wake))?;
    let chat = Chat::from_args("sdl2");
    let press = queue.event_sender();
    chat.press_wanted
        .connect(move || press.push_custom_event(Ours::Press));
    let mut app = App::new(chat.clone());

    let mut next = Next::Now;
    let mut frame_due = Instant::now();
    while !chat.is_finished() {
        let frame = chat.is_animating().then_some(frame_due);
        let event = wait(&mut events, next, frame);
        // What a key sends here is none of `next`: it makes the watcher push a wake-up.
        let is_woken = event.is_some_and(|event| app.handle(&event));
        if is_woken || is_due(next) {
            next = sockets.process_events(BUDGET);
        }
        if frame.is_some_and(|due| due <= Instant::now()) {
            frame_due = Instant::now() + FRAME;
            chat.frame();
            app.is_changed.set(true);
        }
        if app.is_changed.take() {
            app.draw(&mut canvas)?;
        }
    }
    Ok(chat.exit_code())
}

/// The next event, unless the sockets' deadline or the next frame comes first.
fn wait(events: &mut EventPump, next: Next, frame: Option<Instant>) -> Option<Event> {
    let deadline = match next {
        Next::Now => Some(Instant::now()),
        Next::At(deadline) => Some(deadline),
        Next::WhenWoken => None,
    };
    let Some(first) = deadline.into_iter().chain(frame).min() else {
        return Some(events.wait_event());
    };
    // SDL counts milliseconds. Rounded up: too early is in vain. If it cannot count so far, we look again then.
    let left = first.saturating_duration_since(Instant::now());
    let left = left.as_micros().div_ceil(1000).min(i32::MAX as u128);
    events.wait_event_timeout(left as u32)
}

fn is_due(next: Next) -> bool {
    match next {
        Next::Now => true,
        Next::At(deadline) => deadline <= Instant::now(),
        Next::WhenWoken => false,
    }
}

impl App {
    fn new(chat: Rc<Chat>) -> Self {
        let is_changed = Rc::new(Cell::new(true));
        let changed = is_changed.clone();
        chat.changed.connect(move || changed.set(true));
        Self {
            chat,
            draft: String::new(),
            is_changed,
        }
    }

    /// Whether it is the sockets' wake-up.
    fn handle(&mut self, event: &Event) -> bool {
        match event {
            Event::User { .. } => match event.as_user_event_type() {
                Some(Ours::Wake) => return true,
                Some(Ours::Press) => self.chat.send("Hello!"),
                None => {}
            },
            Event::TextInput { text, .. } => {
                self.draft.push_str(text);
                self.is_changed.set(true);
            }
            Event::KeyDown {
                keycode: Some(key), ..
            } => self.type_key(*key),
            Event::Window { .. } => self.is_changed.set(true),
            Event::Quit { .. } => self.chat.close(),
            _ => {}
        }
        false
    }

    fn type_key(&mut self, key: Keycode) {
        match key {
            Keycode::Return => self.chat.send(&mem::take(&mut self.draft)),
            Keycode::Backspace => _ = self.draft.pop(),
            _ => return, // it comes as a text
        }
        self.is_changed.set(true);
    }

    fn draw(&self, canvas: &mut WindowCanvas) -> Result<(), Box<dyn Error>> {
        let mut pixels = vec![0; (WIDTH * HEIGHT) as usize];
        canvas::draw(&self.chat, &self.draft, &mut pixels, WIDTH as usize);
        let bytes: Vec<u8> = pixels.into_iter().flat_map(u32::to_ne_bytes).collect();
        let textures = canvas.texture_creator();
        let mut texture =
            textures.create_texture_streaming(PixelFormatEnum::RGB888, WIDTH, HEIGHT)?;
        texture.update(None, &bytes, 4 * WIDTH as usize)?;
        canvas.copy(&texture, None, None)?;
        canvas.present();
        Ok(())
    }
}
