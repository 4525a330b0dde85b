//! The backend on OpenSSL.

mod alerts;
mod choices;
mod config;
mod conversation;
mod errors;
mod findings;
mod memory;
mod outcome;
mod pre_shared_key;
mod session;
mod tickets;

use std::sync::Arc;

use openssl::ssl::{Ssl, SslContext};
use rustls_pki_types::ServerName;

use self::errors::{text, unusable};
use self::session::OpensslSession;
use self::tickets::Tickets;
use super::{KeyAsker, TlsSession};
use crate::network::SslConfiguration;
use crate::transport::Failure;

/// A client's session with the server `host`.
pub(super) fn client_session(
    configuration: &SslConfiguration,
    host: &str,
    asker: Option<KeyAsker>,
) -> Result<Box<dyn TlsSession>, Failure> {
    let host = match configuration.peer_verify_name() {
        "" => host,
        name => name,
    };
    let (context, tickets) = client_side(configuration, asker.is_some())?;
    let mut ssl = Ssl::new(&context).map_err(|error| unusable(text(&error)))?;
    ssl.set_connect_state();
    // A host whose name may not be sent, such as one with a hyphen at the end of a label, is sent none, and its sessions
    // are not kept.
    let name = ServerName::try_from(host);
    if let Ok(ServerName::DnsName(name)) = &name
        && configuration.sends_server_name()
    {
        ssl.set_hostname(name.as_ref())
            .map_err(|error| unusable(text(&error)))?;
    }
    let tickets = tickets.filter(|_| name.is_ok());
    OpensslSession::of_client(ssl, configuration, host, tickets, asker)
}

/// A server's session.
pub(super) fn server_session(
    configuration: &SslConfiguration,
    asker: Option<KeyAsker>,
) -> Result<Box<dyn TlsSession>, Failure> {
    let context = match asker.is_some() {
        true => config::server::<true>(configuration)?.context.clone(),
        false => config::server::<false>(configuration)?.context.clone(),
    };
    let mut ssl = Ssl::new(&context).map_err(|error| unusable(text(&error)))?;
    ssl.set_accept_state();
    OpensslSession::of_server(ssl, configuration, asker)
}

/// Sessions in which somebody is asked for a key are not resumed.
fn client_side(
    configuration: &SslConfiguration,
    asks: bool,
) -> Result<(SslContext, Option<Arc<Tickets>>), Failure> {
    if asks {
        let side = config::client::<true>(configuration)?;
        return Ok((side.context.clone(), None));
    }
    let side = config::client::<false>(configuration)?;
    let tickets = configuration.uses_session_tickets();
    Ok((side.context.clone(), tickets.then(|| side.tickets.clone())))
}
