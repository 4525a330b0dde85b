//! bevy, as an app that sleeps until something happens (`UpdateMode::Reactive`).
//!
//! * Waking: a `Watch` sends `WinitUserEvent::WakeUp`, upon which bevy runs an update.
//! * Deadline: the wait of the update mode.
//! * Pump: a system at the beginning of each update.
//! * Leftovers: the watcher calls again. A game that draws all the time (`UpdateMode::Continuous`) needs the pump
//!   alone.
//! * Shutdown: closing the window closes the chat; when that has finished, `AppExit` is written.

use std::cell::Cell;
use std::io;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::{Duration, Instant};

use bevy::prelude::*;
use bevy::window::{ExitCondition, PresentMode, WindowCloseRequested};
use bevy::winit::{EventLoopProxyWrapper, UpdateMode, WinitSettings, WinitUserEvent};
use chat::{Chat, FRAME};
use qwebsocket::qeventloop::Watch;
use qwebsocket::{EventLoop, Next};

/// What the sockets may take of an update.
const BUDGET: Duration = Duration::from_millis(2);
/// Finite, since bevy keeps an old wait when it is told to wait for ever.
const LONG: Duration = Duration::from_secs(3600);

fn main() -> io::Result<ExitCode> {
    let window = WindowPlugin {
        primary_window: Some(Window {
            title: "Chat in bevy".to_owned(),
            resolution: (640, 400).into(),
            present_mode: PresentMode::AutoNoVsync, // no update is to wait for the display
            ..Window::default()
        }),
        exit_condition: ExitCondition::DontExit,
        close_when_requested: false,
        ..WindowPlugin::default()
    };
    let mut app = App::new();
    app.add_plugins(DefaultPlugins.set(window));
    let sockets = Sockets::new(app.world().resource())?;
    let chat = Chat::from_args("bevy");
    app.insert_non_send(sockets)
        .insert_non_send(Conversation::new(chat.clone()))
        .add_systems(Startup, build_ui)
        .add_systems(First, pump)
        .add_systems(Update, (show, close))
        .add_systems(Last, press); // what it sends is too late for the pump, and has to wake bevy
    app.run();
    Ok(chat.exit_code())
}

/// The sockets' part of the app.
struct Sockets {
    event_loop: EventLoop,
    _watch: Watch,
    /// What bevy was told to wait for.
    alarm: Option<Alarm>,
}

#[derive(PartialEq)]
enum Alarm {
    Never,
    At(Instant),
    EachFrame,
}

impl Sockets {
    fn new(proxy: &EventLoopProxyWrapper) -> io::Result<Self> {
        let event_loop = EventLoop::try_new()?;
        let proxy = (**proxy).clone();
        let watch = event_loop.watch(move || _ = proxy.send_event(WinitUserEvent::WakeUp))?;
        Ok(Self {
            event_loop,
            _watch: watch,
            alarm: None,
        })
    }

    /// The wait from the beginning of the update on, if it is to change: each change makes bevy draw.
    fn set_alarm(&mut self, alarm: Alarm, update_began: Instant) -> Option<Duration> {
        let wait = match alarm {
            Alarm::Never => LONG,
            // Rather a little late than in vain.
            Alarm::At(deadline) => deadline.saturating_duration_since(update_began) + FRAME / 16,
            Alarm::EachFrame => FRAME,
        };
        // If bevy was early, the rest is short. It would start the old wait anew.
        let old = self.alarm.replace(alarm);
        (old != self.alarm || wait < FRAME).then_some(wait)
    }
}

/// What the systems show and feed.
struct Conversation {
    chat: Rc<Chat>,
    is_press_wanted: Rc<Cell<bool>>,
}

impl Conversation {
    fn new(chat: Rc<Chat>) -> Self {
        let is_press_wanted = Rc::new(Cell::new(false));
        let wanted = is_press_wanted.clone();
        chat.press_wanted.connect(move || wanted.set(true));
        Self {
            chat,
            is_press_wanted,
        }
    }
}

fn pump(
    mut sockets: NonSendMut<'_, Sockets>,
    conversation: NonSend<'_, Conversation>,
    mut settings: ResMut<'_, WinitSettings>,
    mut exit: MessageWriter<'_, AppExit>,
) {
    let update_began = Instant::now(); // bevy's clock tells when it drew last
    let next = sockets.event_loop.process_events(BUDGET);
    let alarm = match next {
        _ if conversation.chat.is_animating() => Alarm::EachFrame,
        Next::At(deadline) => Alarm::At(deadline),
        Next::Now | Next::WhenWoken => Alarm::Never,
    };
    if let Some(wait) = sockets.set_alarm(alarm, update_began) {
        settings.focused_mode = UpdateMode::reactive_low_power(wait);
        settings.unfocused_mode = settings.focused_mode;
    }
    if conversation.chat.is_finished() {
        exit.write(AppExit::Success);
    }
}

fn build_ui(mut commands: Commands<'_, '_>) {
    commands.spawn(Camera2d);
    let place = Node {
        margin: UiRect::all(px(8)),
        ..Node::default()
    };
    let font = TextFont::from_font_size(16.0);
    commands.spawn((Text::default(), font, place));
}

fn show(conversation: NonSend<'_, Conversation>, mut text: Single<'_, '_, &mut Text>) {
    let chat = &conversation.chat;
    chat.frame();
    let shown = format!(
        "{}\n\n{}\nEnter says hello",
        chat.lines().join("\n"),
        chat.status()
    );
    if text.0 != shown {
        text.0 = shown; // is laid out anew
    }
}

fn press(conversation: NonSend<'_, Conversation>, keys: Res<'_, ButtonInput<KeyCode>>) {
    if keys.just_pressed(KeyCode::Enter) || conversation.is_press_wanted.take() {
        conversation.chat.send("Hello!");
    }
}

fn close(
    conversation: NonSend<'_, Conversation>,
    mut requests: MessageReader<'_, '_, WindowCloseRequested>,
) {
    if requests.read().next().is_some() {
        conversation.chat.close();
    }
}
