//! eframe: egui draws when somebody asks for it, so a watcher asks.

use std::cell::Cell;
use std::io;
use std::mem;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::{Duration, Instant};

use chat::{Chat, FRAME};
use eframe::egui::{
    CentralPanel, Color32, Context, Key, Panel, ScrollArea, Ui, ViewportBuilder, ViewportCommand,
};
use eframe::{CreationContext, Frame, NativeOptions};
use qwebsocket::qeventloop::{EventLoop as Sockets, Next, Watch};

/// What the sockets may take of a frame.
const BUDGET: Duration = Duration::from_millis(2);

struct App {
    sockets: Sockets,
    _watch: Watch,
    chat: Rc<Chat>,
    draft: String,
    is_pressed: Rc<Cell<bool>>,
}

fn main() -> Result<ExitCode, eframe::Error> {
    let chat = Chat::from_args("eframe");
    let options = NativeOptions {
        viewport: ViewportBuilder::default().with_inner_size([640.0, 400.0]),
        ..NativeOptions::default()
    };
    let shared = chat.clone();
    let create = move |creation: &CreationContext<'_>| {
        let app: Box<dyn eframe::App> = Box::new(App::new(&creation.egui_ctx, shared)?);
        Ok(app)
    };
    eframe::run_native("Chat in eframe", options, Box::new(create))?;
    Ok(chat.exit_code())
}

impl App {
    fn new(context: &Context, chat: Rc<Chat>) -> io::Result<Self> {
        let sockets = Sockets::try_new()?;
        let waking = context.clone();
        let watch = sockets.watch(move || waking.request_repaint())?;

        let waking = context.clone();
        chat.changed.connect(move || waking.request_repaint());
        let is_pressed = Rc::<Cell<bool>>::default();
        let (press, waking) = (is_pressed.clone(), context.clone());
        chat.press_wanted.connect(move || {
            press.set(true);
            waking.request_repaint();
        });
        Ok(Self {
            sockets,
            _watch: watch,
            chat,
            draft: String::new(),
            is_pressed,
        })
    }
}

impl eframe::App for App {
    fn logic(&mut self, context: &Context, _: &mut Frame) {
        match self.sockets.process_events(BUDGET) {
            Next::Now => context.request_repaint(),
            Next::At(deadline) => {
                let left = deadline.saturating_duration_since(Instant::now());
                context.request_repaint_after(left);
            }
            Next::WhenWoken => {}
        }
        if self.chat.is_finished() {
            context.send_viewport_cmd(ViewportCommand::Close);
        } else if context.input(|input| input.viewport().close_requested()) {
            context.send_viewport_cmd(ViewportCommand::CancelClose); // until the server has answered
            self.chat.close();
        }
    }

    /// What is sent in here, after `logic`, wakes the watcher, which asks for the next frame.
    fn ui(&mut self, ui: &mut Ui, _: &mut Frame) {
        self.chat.frame();
        if self.chat.is_animating() {
            ui.ctx().request_repaint_after(FRAME);
        }
        Panel::bottom("input").show(ui, |ui| self.input(ui));
        CentralPanel::default().show(ui, |ui| {
            ScrollArea::vertical().stick_to_bottom(true).show(ui, |ui| {
                for line in self.chat.lines() {
                    ui.monospace(line);
                }
            });
        });
    }
}

impl App {
    fn input(&mut self, ui: &mut Ui) {
        ui.horizontal(|ui| {
            let edit = ui.text_edit_singleline(&mut self.draft);
            let is_entered = edit.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            if ui.button("Send").clicked() || is_entered {
                self.chat.send(&mem::take(&mut self.draft));
            }
            // For the self-test, in the last frame before egui sleeps.
            if self.is_pressed.get() && !ui.ctx().has_requested_repaint() {
                self.is_pressed.set(false);
                self.chat.send("Hello!");
            }
        });
        ui.colored_label(Color32::from_rgb(0x41, 0xcd, 0x52), self.chat.status());
    }
}
