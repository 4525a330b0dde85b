//! `openssl s_server`: the TLS of a server, whose side of WebSocket is typed in.

use std::ffi::OsString;

use crate::certificates::Certificates;
use crate::openssl::Version;
use crate::openssl::tool::Tool;

/// Serves one connection after the other.
pub struct Server {
    pub tool: Tool,
    pub port: u16,
}

impl Server {
    /// Speaks this version and shows these certificates. It serves on a port of its own.
    pub fn start(version: Version, certificates: &Certificates, options: &[&str]) -> Self {
        Self::start_with(certificates, &[&[version.flag()], options].concat())
    }

    /// The same in any version.
    pub fn start_with(certificates: &Certificates, options: &[&str]) -> Self {
        Self::start_on(0, certificates, options)
    }

    /// The same on a certain port.
    pub fn start_on(port: u16, certificates: &Certificates, options: &[&str]) -> Self {
        let address = format!("127.0.0.1:{port}");
        let mut arguments: Vec<OsString> =
            vec!["s_server".into(), "-accept".into(), address.into()];
        arguments.extend(["-verifyCAfile".into(), certificates.ca().into()]);
        arguments.extend(["-cert".into(), certificates.certificate().into()]);
        arguments.extend(["-key".into(), certificates.key().into()]);
        arguments.extend(options.iter().map(OsString::from));
        let tool = Tool::start(arguments).expect("it starts, as it did before");
        tool.read_to("ACCEPT");
        // It tells a port that it chose itself.
        let port = match tool.read_to("\n").rsplit_once(':') {
            Some((_, chosen)) => chosen.trim().parse().expect("a port"),
            None => port,
        };
        Self { tool, port }
    }

    /// Ends the TCP connection without a close_notify.
    pub fn truncate(&self) {
        self.tool.type_in(b"q\n");
    }

    /// The next line like this.
    #[track_caller]
    pub fn expect(&self, line: &str) {
        self.tool.read_to(&format!("{line}\n"));
    }

    /// What it printed until the connection had ended.
    #[track_caller]
    pub fn end_of_connection(&self) -> String {
        self.tool.read_to("CONNECTION CLOSED\n")
    }

    /// The connection ended before one byte of application data came in; gives what it printed.
    #[track_caller]
    pub fn expect_no_request(&self) -> String {
        let printed = self.end_of_connection();
        assert!(!printed.contains("GET "), "a request came in: {printed}");
        assert!(printed.is_ascii(), "application data came in: {printed}");
        printed
    }
}
