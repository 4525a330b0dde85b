//! The backend on rustls.

mod alerts;
mod config;
mod key_log;
mod provider;
mod session;
mod verifier;

use std::sync::Arc;

use rustls::client::Resumption;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, ServerConnection};

use self::session::{RustlsSession, failure};
use super::TlsSession;
use crate::network::SslConfiguration;
use crate::transport::Failure;

/// A client's session with the server `host`.
pub(crate) fn client_session(
    configuration: &SslConfiguration,
    host: &str,
) -> Result<Box<dyn TlsSession>, Failure> {
    let host = match configuration.peer_verify_name() {
        "" => host,
        name => name,
    };
    let side = config::client(configuration)?;
    let (config, name) = match ServerName::try_from(host.to_owned()) {
        Ok(name) => (side.config.clone(), name),
        Err(_) => nameless(&side.config),
    };
    let connection = ClientConnection::new(config, name).map_err(|error| failure(&error))?;
    let host = Some(host.to_owned());
    Ok(RustlsSession::boxed(
        connection.into(),
        configuration,
        side.trust.clone(),
        host,
    ))
}

/// A server's session.
pub(crate) fn server_session(
    configuration: &SslConfiguration,
) -> Result<Box<dyn TlsSession>, Failure> {
    let side = config::server(configuration)?;
    let connection = ServerConnection::new(side.config.clone()).map_err(|error| failure(&error))?;
    Ok(RustlsSession::boxed(
        connection.into(),
        configuration,
        side.trust.clone(),
        None,
    ))
}

/// What is wrong with a server's chain at a time (seconds since 1970), whatever its name, for tests. Nothing, where the
/// configuration cannot be used.
#[cfg(any(fuzzing, feature = "__internals"))]
pub fn chain_errors(
    configuration: &SslConfiguration,
    chain: &[crate::network::SslCertificate],
    now: i64,
) -> Vec<crate::network::SslError> {
    use super::verdict::{Case, Peer, judge};
    let Ok(side) = config::client(configuration) else {
        return Vec::new();
    };
    let case = Case {
        chain,
        peer: Peer::Server { host: "" },
        trusted: &side.trust.store,
        now,
        max_depth: session::max_depth(configuration),
        algorithms: side.trust.algorithms,
    };
    judge(&case).chain
}

/// For a host whose name rustls would not send, such as one with a hyphen at the end of a label: it is sent none. Its sessions are not
/// kept, for they would be found under the name that stands in.
fn nameless(config: &ClientConfig) -> (Arc<ClientConfig>, ServerName<'static>) {
    let mut config = config.clone();
    config.enable_sni = false;
    config.resumption = Resumption::disabled();
    let nobody = std::net::Ipv4Addr::UNSPECIFIED;
    (Arc::new(config), ServerName::IpAddress(nobody.into()))
}
