//! A server that sends every message back, over ws or wss.

mod support;

use std::process::ExitCode;
use std::rc::Rc;

use qwebsocket::{EventLoop, HostAddress, SslConfiguration, SslMode, WebSocketServer};
use support::command_line::{self, Arguments};
use support::pem::IdentityFiles;
use support::pre_shared_key::PreSharedKey;
use support::{echo, log};

const HELP: &str = "\
Usage: echo_server [OPTIONS]

Listens on 127.0.0.1 and sends every text and binary message of up to 64 MiB
back. Prints its URL, then a line for each connection that comes and goes. Runs
until it is killed.

Options:
  --port N         listen on this port; 1234 unless given, 0 lets the system choose
  --tls CERT KEY   speak wss, with the certificate chain and the key of these PEM files
  --psk IDENTITY:HEXKEY
                   speak wss with clients who know this key; needs no certificate,
                   but the feature openssl
  -h, --help       print this
";

fn main() -> ExitCode {
    command_line::run("echo_server", HELP, Options::parse, serve)
}

fn serve(options: Options) -> Result<(), String> {
    let event_loop = EventLoop::new();
    let server = options.server()?;
    echo::echo_all(&server, log::coming_and_going);
    if !server.listen(HostAddress::LOCAL_HOST, options.port) {
        return Err(server.error_string());
    }
    log::listening(&server);
    event_loop.exec();
    Ok(())
}

/// What the command line asks for.
struct Options {
    port: u16,
    tls: Option<IdentityFiles>,
    pre_shared_key: Option<Rc<PreSharedKey>>,
}

impl Options {
    fn parse(arguments: &mut Arguments) -> Result<Self, String> {
        let mut options = Self {
            port: 1234,
            tls: None,
            pre_shared_key: None,
        };
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--port" => options.port = arguments.port_behind("--port")?,
                "--tls" => {
                    options.tls = Some(IdentityFiles::behind("--tls", arguments)?);
                }
                "--psk" => options.pre_shared_key = Some(Rc::new(arguments.parsed("--psk")?)),
                other => return Err(format!("unknown argument {other}")),
            }
        }
        Ok(options)
    }

    fn server(&self) -> Result<Rc<WebSocketServer>, String> {
        let is_secure = self.tls.is_some() || self.pre_shared_key.is_some();
        let mode = if is_secure {
            SslMode::Secure
        } else {
            SslMode::NonSecure
        };
        let server = WebSocketServer::new("Echo Server", mode);
        let mut configuration = SslConfiguration::new();
        if let Some(files) = &self.tls {
            files.load_into(&mut configuration)?;
        }
        if let Some(key) = &self.pre_shared_key {
            key.allow_in(&mut configuration);
            key.clone().demand_by(&server);
        }
        if is_secure {
            server.set_ssl_configuration(configuration);
        }
        Ok(server)
    }
}
