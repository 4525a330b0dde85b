//! Qt's simplechat server: what one client says, all the others hear.

mod support;

use std::cell::RefCell;
use std::io;
use std::process::ExitCode;
use std::rc::Rc;
use std::thread;

use qwebsocket::{EventLoop, Handle, HostAddress, SslMode, WebSocket, WebSocketServer};
use support::command_line::{self, Arguments};
use support::log;

const HELP: &str = "\
Usage: chat_server [OPTIONS]

Listens on 127.0.0.1 and sends every text message to all clients but the one that
it came from, unchanged: who speaks puts a name in front, as the chat client of Qt
does. Prints its URL, then a line for each connection that comes and goes. Runs
until it is killed.

Options:
  --port N       listen on this port; 1234 unless given, 0 lets the system choose
  --until-eof    end with the input, and close all connections: for programs that
                 start this one and hold the other end of its stdin
  -h, --help     print this
";

fn main() -> ExitCode {
    command_line::run("chat_server", HELP, Options::parse, serve)
}

fn serve(options: Options) -> Result<(), String> {
    let event_loop = EventLoop::new();
    let chat = ChatServer::new();
    if !chat.server.listen(HostAddress::LOCAL_HOST, options.port) {
        return Err(chat.server.error_string());
    }
    log::listening(&chat.server);
    if options.until_eof {
        quit_with_the_input(event_loop.handle());
    }
    event_loop.exec();
    Ok(())
}

struct ChatServer {
    server: Rc<WebSocketServer>,
    clients: RefCell<Vec<Rc<WebSocket>>>,
}

impl ChatServer {
    fn new() -> Rc<Self> {
        let chat = Rc::new(Self {
            server: WebSocketServer::new("Chat Server", SslMode::NonSecure),
            clients: RefCell::default(),
        });
        let new_connection = &chat.server.new_connection;
        new_connection.connect_rc(&chat, Self::on_new_connection);
        chat
    }

    fn on_new_connection(self: &Rc<Self>) {
        while let Some(client) = self.server.next_pending_connection() {
            log::coming_and_going(&client);
            client
                .text_message_received
                .connect_from(&client, self, Self::process_message);
            client
                .disconnected
                .connect_from(&client, self, Self::on_disconnected);
            self.clients.borrow_mut().push(client);
        }
    }

    fn process_message(&self, sender: &Rc<WebSocket>, message: &str) {
        // Sending emits nothing, so no slot can come back to `clients` meanwhile.
        for client in self.clients.borrow().iter() {
            if client.id() != sender.id() {
                client.send_text_message(message);
            }
        }
    }

    fn on_disconnected(&self, client: &Rc<WebSocket>) {
        self.clients
            .borrow_mut()
            .retain(|other| other.id() != client.id());
    }
}

/// Reading stdin blocks, so a thread of its own does it.
fn quit_with_the_input(handle: Handle) {
    thread::spawn(move || {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        let _ = handle.quit();
    });
}

/// What the command line asks for.
struct Options {
    port: u16,
    until_eof: bool,
}

impl Options {
    fn parse(arguments: &mut Arguments) -> Result<Self, String> {
        let mut options = Self {
            port: 1234,
            until_eof: false,
        };
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--port" => options.port = arguments.port_behind("--port")?,
                "--until-eof" => options.until_eof = true,
                other => return Err(format!("unknown argument {other}")),
            }
        }
        Ok(options)
    }
}
