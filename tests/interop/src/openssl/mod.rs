//! OpenSSL's tools as peers: `openssl s_server` and `openssl s_client`.
//!
//! They do TLS and nothing else. What a check types into them is what the peer sends, and what they print is what came
//! in: the bytes of the connection, and what they have to say about it.

mod by_hand;
#[cfg(feature = "openssl")]
mod keys;
mod our_client;
mod our_server;
mod tool;
mod version;
mod watched;

use self::tool::Tool;
use self::version::Version;
use crate::certificates::Certificates;
use crate::report::Report;

pub fn check_all(report: &mut Report) {
    match version_of_openssl() {
        Ok(version) => report.peer_runs(&version),
        Err(reason) => return report.peer_is_missing("openssl", &reason),
    }
    let certificates = Certificates::generate();
    for version in Version::BOTH {
        let mut checks = Checks {
            report,
            version,
            certificates: &certificates,
        };
        our_client::check(&mut checks);
        our_server::check(&mut checks);
    }
}

fn version_of_openssl() -> Result<String, String> {
    let tool = Tool::start(["version"]).map_err(|error| error.to_string())?;
    let printed = tool.wait_for_end().trim().to_owned();
    match printed.starts_with("OpenSSL ") {
        true => Ok(printed),
        false => Err(printed),
    }
}

/// The libraries that do TLS for us have words of their own; rustls does it where it is there.
fn by_library<'a>(rustls: &'a str, openssl: &'a str) -> &'a str {
    match cfg!(any(feature = "ring", feature = "aws-lc-rs")) {
        true => rustls,
        false => openssl,
    }
}

/// What checks in one version of TLS have in common.
struct Checks<'a> {
    report: &'a mut Report,
    version: Version,
    certificates: &'a Certificates,
}

impl Checks<'_> {
    /// A check of a client of ours that talks to `s_server`.
    fn client(&mut self, name: &str, check: impl FnOnce(Version, &Certificates)) {
        self.check("s_server", name, check);
    }

    /// A check of a server of ours that `s_client` talks to.
    fn server(&mut self, name: &str, check: impl FnOnce(Version, &Certificates)) {
        self.check("s_client", name, check);
    }

    fn check(&mut self, tool: &str, name: &str, check: impl FnOnce(Version, &Certificates)) {
        let Self {
            report,
            version,
            certificates,
        } = self;
        let name = format!("openssl {tool} over {version}: {name}");
        report.check(&name, || check(*version, certificates));
    }
}
