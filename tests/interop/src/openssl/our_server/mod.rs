//! Our server against `openssl s_client`.

mod client_certificates;
mod conversations;
mod endings;
#[cfg(feature = "openssl")]
mod pre_shared_keys;
mod refusals;
mod resumption;

use qwebsocket::WebSocketServer;

use super::tool::{Tool, path};
use super::{Checks, Version};
use crate::certificates::Certificates;

pub fn check(checks: &mut Checks<'_>) {
    conversations::check(checks);
    client_certificates::check(checks);
    resumption::check(checks);
    refusals::check(checks);
    endings::check(checks);
    #[cfg(feature = "openssl")]
    pre_shared_keys::check(checks);
}

/// A client of the server, which trusts these certificates and no others.
fn start(
    server: &WebSocketServer,
    version: Version,
    trusted: &Certificates,
    options: &[&str],
) -> Tool {
    let address = format!("127.0.0.1:{}", server.server_port());
    let ca = trusted.ca();
    let mut arguments = vec!["s_client", version.flag(), "-state", "-connect", &address];
    arguments.extend(["-CAfile", path(&ca), "-verify_return_error"]);
    arguments.extend(["-servername", "localhost", "-verify_hostname", "localhost"]);
    arguments.extend(options);
    Tool::start(arguments).expect("it starts, as it did before")
}
