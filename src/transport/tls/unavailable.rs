//! What a build without TLS answers.

use super::TlsSession;
use crate::network::{SocketError, SslConfiguration};
use crate::transport::Failure;

pub(crate) fn client_session(
    _: &SslConfiguration,
    _: &str,
) -> Result<Box<dyn TlsSession>, Failure> {
    Err(unavailable())
}

pub(crate) fn server_session(_: &SslConfiguration) -> Result<Box<dyn TlsSession>, Failure> {
    Err(unavailable())
}

fn unavailable() -> Failure {
    Failure::new(
        SocketError::UnsupportedSocketOperation,
        "TLS is not available: qwebsocket was built without the feature `rustls`",
    )
}
