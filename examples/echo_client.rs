//! Qt's echo client: without arguments it talks to an echo server in the same process and prints every signal; with a
//! URL it sends lines from stdin and prints what comes back.

mod support;

use std::process::ExitCode;
use std::rc::Rc;

use qwebsocket::{
    CloseCode, EventLoop, HostAddress, IntoRequest, NetworkProxy, NetworkRequest, SslCertificate,
    SslConfiguration, SslMode, Version, WebSocket, WebSocketServer,
};
use support::command_line::{self, Arguments};
use support::line_client::LineClient;
use support::pem::IdentityFiles;
use support::pre_shared_key::PreSharedKey;
use support::{echo, pem, transcript, trust};

const HELP: &str = "\
Usage: echo_client
       echo_client [OPTIONS] URL

Without a URL it starts an echo server of its own, has a short conversation with
it and prints every signal of the socket.

With a URL, ws://.. or wss://.., every line from stdin goes out as a text message
and every message that comes in is printed. The end of input closes the
connection with code 1000.

Options:
  --ca FILE               trust the certificates in this PEM file, and no others; a
                          proxy's too
  --client-cert CERT KEY  show this certificate to the server; two PEM files
  --insecure              when the server's certificate does not verify, print what
                          is wrong and ask on stdin whether to go on
  --psk IDENTITY:HEXKEY   a key that the server knows too, which then needs no
                          certificate; needs the feature openssl
  --proxy URL             go through this proxy: http://, https:// or socks5://,
                          with the user and the password if it wants some
  --origin ORIGIN         send this origin
  --header 'NAME: VALUE'  send this header; may be given more than once
  -h, --help              print this

Exit code: 0 after a normal close, 1 after an error or any other close, 2 if the
command line makes no sense.
";

fn main() -> ExitCode {
    command_line::run(
        "echo_client",
        HELP,
        Options::parse,
        |options| match &options.url {
            None => converse(),
            Some(url) => LineClient::run(options.socket()?, options.request(url)?),
        },
    )
}

/// A whole conversation: connect, text, a binary message in pieces, ping, close. Each step begins in the slot that
/// hears of the end of the one before.
fn converse() -> Result<(), String> {
    let event_loop = EventLoop::new();
    let server = WebSocketServer::new("Echo Server", SslMode::NonSecure);
    echo::echo_all(&server, |socket| socket.set_outgoing_frame_size(16));
    if !server.listen(HostAddress::LOCAL_HOST, 0) {
        return Err(server.error_string());
    }
    let url = server.server_url().ok_or("the server has no URL")?;

    let socket = WebSocket::new();
    socket.set_outgoing_frame_size(16);
    transcript::print_signals(&socket);
    socket
        .connected
        .connect_to(&socket, |socket| socket.send_text_message("Hello, world!"));
    socket
        .text_message_received
        .connect_to(&socket, |socket, _message| {
            socket.send_binary_message(b"forty bytes of data in frames of sixteen")
        });
    socket
        .binary_message_received
        .connect_to(&socket, |socket, _message| socket.ping("still there?"));
    socket
        .pong
        .connect_to(&socket, |socket, _elapsed_ms, _payload| {
            socket.close_with(CloseCode::NORMAL, "good bye");
        });
    socket.disconnected.connect(EventLoop::quit_current);
    socket.open(url);
    event_loop.exec();

    match socket.close_code() {
        CloseCode::NORMAL => Ok(()),
        code => Err(format!("closed with {code}: {}", socket.error_string())),
    }
}

/// What the command line asks for.
#[derive(Default)]
struct Options {
    url: Option<String>,
    ca_file: Option<String>,
    client_certificate: Option<IdentityFiles>,
    is_insecure: bool,
    pre_shared_key: Option<Rc<PreSharedKey>>,
    proxy: Option<NetworkProxy>,
    origin: String,
    headers: Vec<(String, String)>,
}

impl Options {
    fn parse(arguments: &mut Arguments) -> Result<Self, String> {
        let mut options = Self::default();
        let mut only_for_urls = None;
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--ca" => options.ca_file = Some(arguments.value_of("--ca")?),
                "--client-cert" => {
                    options.client_certificate =
                        Some(IdentityFiles::behind("--client-cert", arguments)?);
                }
                "--insecure" => options.is_insecure = true,
                "--psk" => options.pre_shared_key = Some(Rc::new(arguments.parsed("--psk")?)),
                "--proxy" => options.proxy = Some(arguments.parsed("--proxy")?),
                "--origin" => options.origin = arguments.value_of("--origin")?,
                "--header" => options
                    .headers
                    .push(split_header(&arguments.value_of("--header")?)?),
                other if other.starts_with('-') => return Err(format!("unknown option {other}")),
                _ if options.url.is_none() => {
                    options.url = Some(argument);
                    continue;
                }
                other => return Err(format!("one URL is enough, but there is also {other}")),
            }
            only_for_urls = Some(argument);
        }
        match only_for_urls.filter(|_| options.url.is_none()) {
            Some(option) => Err(format!("{option} needs a URL to go with")),
            None => Ok(options),
        }
    }

    fn socket(&self) -> Result<Rc<WebSocket>, String> {
        let socket = WebSocket::with_origin(&self.origin, Version::LATEST);
        socket.set_ssl_configuration(self.ssl_configuration()?);
        if let Some(proxy) = self.proxy()? {
            socket.set_proxy(proxy);
        }
        if self.is_insecure {
            trust::ask_about_errors(&socket);
        }
        if let Some(key) = &self.pre_shared_key {
            key.clone().present_by(&socket);
        }
        Ok(socket)
    }

    fn proxy(&self) -> Result<Option<NetworkProxy>, String> {
        let mut proxy = self.proxy.clone();
        if let Some(proxy) = &mut proxy
            && proxy.ssl_configuration().is_some()
        {
            proxy.set_ssl_configuration(Some(self.trusting()?));
        }
        Ok(proxy)
    }

    /// For the server.
    fn ssl_configuration(&self) -> Result<SslConfiguration, String> {
        let mut configuration = self.trusting()?;
        if let Some(files) = &self.client_certificate {
            files.load_into(&mut configuration)?;
        }
        if let Some(key) = &self.pre_shared_key {
            key.allow_in(&mut configuration);
        }
        Ok(configuration)
    }

    /// For whomever TLS is spoken with.
    fn trusting(&self) -> Result<SslConfiguration, String> {
        let mut configuration = SslConfiguration::new();
        if let Some(file) = &self.ca_file {
            configuration.set_ca_certificates(pem::read(file, SslCertificate::from_pem)?);
        }
        Ok(configuration)
    }

    fn request(&self, url: &str) -> Result<NetworkRequest, String> {
        let mut request = url.into_request().map_err(|error| error.to_string())?;
        for (name, value) in &self.headers {
            request.set_raw_header(name, value);
        }
        Ok(request)
    }
}

fn split_header(header: &str) -> Result<(String, String), String> {
    match header.split_once(':') {
        Some((name, value)) => Ok((name.to_owned(), value.trim_start().to_owned())),
        None => Err(format!(
            "--header {header:?} is not of the form 'Name: value'"
        )),
    }
}
