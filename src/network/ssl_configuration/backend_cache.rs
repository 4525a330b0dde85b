//! What the TLS backend makes of a configuration.

use std::sync::{Arc, OnceLock};

use super::SslConfiguration;
use crate::transport::tls::{ClientSide, ServerSide};

/// The backend's own configurations, one per role, made at first use.
#[derive(Clone, Default)]
pub(crate) struct BackendCache {
    client: Arc<OnceLock<ClientSide>>,
    server: Arc<OnceLock<ServerSide>>,
}

impl BackendCache {
    pub(crate) fn client(&self) -> &OnceLock<ClientSide> {
        &self.client
    }

    pub(crate) fn server(&self) -> &OnceLock<ServerSide> {
        &self.server
    }
}

impl SslConfiguration {
    pub(crate) fn backend(&self) -> &BackendCache {
        &self.backend
    }
}
