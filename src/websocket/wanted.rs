//! What an opening asks a server for, for as long as it may have to ask again.

use std::time::Duration;

use crate::handshake::{ClientHandshake, UpgradeRequest};
use crate::network::request::Checked;
use crate::network::{NetworkProxy, SocketError, SslConfiguration};
use crate::transport::proxy::Tunnel;
use crate::transport::tls::KeyAsker;
use crate::transport::{Failure, Target, tls};

/// The request of an opening, and the way to where it goes.
#[derive(Default)]
pub(super) struct Wanted {
    pub(super) checked: Checked,
    pub(super) configuration: SslConfiguration,
    pub(super) happy_eyeballs_delay: Option<Duration>,
    /// The key of the handshake: a new one for each connection.
    pub(super) key: String,
    /// The answer to the server's last challenge.
    pub(super) authorization: Option<String>,
    pub(super) proxy: Option<NetworkProxy>,
}

const AUTHORIZATION: &str = "Authorization";

impl Wanted {
    /// `asker` asks for a pre-shared key.
    ///
    /// # Errors
    /// An SSL configuration, or a proxy, that cannot be used.
    pub(super) fn target(&self, asker: Option<KeyAsker>) -> Result<Target, Failure> {
        let tls = match self.checked.secure {
            true => Some(tls::client_session(
                &self.configuration,
                &self.checked.host,
                asker,
            )?),
            false => None,
        };
        let (host, port) = (self.checked.host.clone(), self.checked.port);
        let tunnel = self
            .proxy
            .as_ref()
            .map(|proxy| Tunnel::new(proxy, &host, port));
        Ok(Target {
            host,
            port,
            tls,
            happy_eyeballs_delay: self.happy_eyeballs_delay,
            tunnel: tunnel.transpose()?.map(Box::new),
        })
    }

    /// The bytes of the request.
    ///
    /// # Errors
    /// A part of it must not reach the wire.
    pub(super) fn request(&self) -> Result<Vec<u8>, Failure> {
        let mut headers = self.checked.headers.clone();
        if let Some(authorization) = &self.authorization {
            // The server did not like the application's own.
            headers.retain(|(name, _)| !name.eq_ignore_ascii_case(AUTHORIZATION));
            headers.push((AUTHORIZATION.to_owned(), authorization.clone()));
        }
        UpgradeRequest {
            resource: &self.checked.resource,
            host: &self.checked.host_header,
            key: &self.key,
            origin: &self.checked.origin,
            subprotocols: &self.checked.subprotocols,
            headers: &headers,
        }
        .write()
        .map_err(|error| Failure::new(SocketError::ConnectionRefused, error.to_string()))
    }

    /// Waits for the answer to the request.
    pub(super) fn handshake(&self) -> ClientHandshake {
        ClientHandshake::new(self.key.clone(), self.checked.subprotocols.clone())
    }
}
