//! winit: its loop takes no descriptors, so a watcher wakes it.

use std::error::Error;
use std::mem;
use std::num::NonZeroU32;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::{Duration, Instant};

use chat::{Chat, FRAME};
use qwebsocket::{EventLoop as Sockets, Next};
use softbuffer::{Context, Surface};
use winit::application::ApplicationHandler;
use winit::dpi::LogicalSize;
use winit::event::{ElementState, KeyEvent, WindowEvent};
use winit::event_loop::{ActiveEventLoop, ControlFlow, EventLoop, OwnedDisplayHandle};
use winit::keyboard::{Key, NamedKey};
use winit::window::{Window, WindowId};

/// What the sockets may take of a turn.
const BUDGET: Duration = Duration::from_millis(2);

/// What reaches winit from outside.
#[derive(Debug)]
enum Event {
    SocketsReady,
    Press,
}

struct App {
    sockets: Sockets,
    chat: Rc<Chat>,
    view: Option<View>,
    draft: String,
    frame_due: Instant,
    is_pressed: bool,
}

struct View {
    window: Rc<Window>,
    surface: Surface<OwnedDisplayHandle, Rc<Window>>,
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let event_loop = EventLoop::with_user_event().build()?;
    let sockets = Sockets::try_new()?;
    let proxy = event_loop.create_proxy();
    let _watch = sockets.watch(move || {
        // It fails when winit's loop is gone, and then nobody is left to be woken.
        let _ = proxy.send_event(Event::SocketsReady);
    })?;

    let chat = Chat::from_args("winit");
    let proxy = event_loop.create_proxy();
    chat.press_wanted
        .connect(move || proxy.send_event(Event::Press));
    let mut app = App {
        sockets,
        chat: chat.clone(),
        view: None,
        draft: String::new(),
        frame_due: Instant::now(),
        is_pressed: false,
    };
    event_loop.run_app(&mut app)?;
    Ok(chat.exit_code())
}

impl ApplicationHandler<Event> for App {
    fn resumed(&mut self, event_loop: &ActiveEventLoop) {
        match View::new(event_loop, &self.chat) {
            Ok(view) => self.view = Some(view),
            Err(error) => {
                eprintln!("no window: {error}");
                event_loop.exit();
            }
        }
    }

    fn user_event(&mut self, _: &ActiveEventLoop, event: Event) {
        match event {
            Event::SocketsReady => {} // it was enough to wake up: `about_to_wait` comes next
            Event::Press => self.is_pressed = true,
        }
    }

    fn window_event(&mut self, event_loop: &ActiveEventLoop, _: WindowId, event: WindowEvent) {
        match event {
            WindowEvent::RedrawRequested => self.draw(),
            WindowEvent::KeyboardInput { event, .. } => self.type_key(event),
            WindowEvent::CloseRequested if self.chat.is_finished() => event_loop.exit(),
            WindowEvent::CloseRequested => self.chat.close(),
            _ => {}
        }
    }

    /// Whatever happened, this comes last before winit sleeps.
    fn about_to_wait(&mut self, event_loop: &ActiveEventLoop) {
        let deadline = match self.sockets.process_events(BUDGET) {
            Next::Now => Some(Instant::now()),
            Next::At(deadline) => Some(deadline),
            Next::WhenWoken => None,
        };
        let first = deadline.into_iter().chain(self.animate()).min();
        event_loop.set_control_flow(first.map_or(ControlFlow::Wait, ControlFlow::WaitUntil));
        if self.chat.is_finished() {
            event_loop.exit();
        }
        // For the self-test, at the worst of moments. A program would send in its handler.
        if mem::take(&mut self.is_pressed) {
            self.chat.send("Hello!");
        }
    }
}

impl App {
    /// Asks for a frame if it is time for one, and says when it is time for the next.
    fn animate(&mut self) -> Option<Instant> {
        let view = self.view.as_ref().filter(|_| self.chat.is_animating())?;
        let now = Instant::now();
        if self.frame_due <= now {
            self.frame_due = now + FRAME;
            view.window.request_redraw();
        }
        Some(self.frame_due)
    }

    fn draw(&mut self) {
        self.chat.frame();
        let Some(view) = &mut self.view else { return };
        if let Err(error) = view.draw(&self.chat, &self.draft) {
            eprintln!("cannot draw: {error}");
        }
    }

    fn type_key(&mut self, event: KeyEvent) {
        if event.state != ElementState::Pressed {
            return;
        }
        match event.logical_key {
            Key::Named(NamedKey::Enter) => self.chat.send(&mem::take(&mut self.draft)),
            Key::Named(NamedKey::Backspace) => _ = self.draft.pop(),
            _ => self
                .draft
                .push_str(event.text.as_deref().unwrap_or_default()),
        }
        if let Some(view) = &self.view {
            view.window.request_redraw();
        }
    }
}

impl View {
    fn new(event_loop: &ActiveEventLoop, chat: &Rc<Chat>) -> Result<Self, Box<dyn Error>> {
        let attributes = Window::default_attributes()
            .with_title("Chat in winit")
            .with_inner_size(LogicalSize::new(640, 400));
        let window = Rc::new(event_loop.create_window(attributes)?);
        chat.changed.connect_to(&window, Window::request_redraw);
        let context = Context::new(event_loop.owned_display_handle())?;
        let surface = Surface::new(&context, window.clone())?;
        Ok(Self { window, surface })
    }

    fn draw(&mut self, chat: &Chat, draft: &str) -> Result<(), softbuffer::SoftBufferError> {
        let size = self.window.inner_size();
        let (Some(width), Some(height)) =
            (NonZeroU32::new(size.width), NonZeroU32::new(size.height))
        else {
            return Ok(()); // minimized
        };
        self.surface.resize(width, height)?;
        let mut pixels = self.surface.buffer_mut()?;
        canvas::draw(chat, draft, &mut pixels, size.width as usize);
        pixels.present()
    }
}
