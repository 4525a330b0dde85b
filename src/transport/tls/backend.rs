//! Which of the backends does it.

use super::{KeyAsker, TlsSession};
use crate::network::{SocketError, SslBackend, SslConfiguration};
use crate::transport::Failure;

/// A client's session with the server `host`. `asker` asks for a pre-shared key; without one there is none.
#[cfg_attr(not(any(feature = "rustls", feature = "openssl")), allow(unused))]
pub(crate) fn client_session(
    configuration: &SslConfiguration,
    host: &str,
    asker: Option<KeyAsker>,
) -> Result<Box<dyn TlsSession>, Failure> {
    let asker = whom_to_ask(configuration, asker)?;
    match choose(configuration, asker.is_some())? {
        #[cfg(feature = "rustls")]
        SslBackend::Rustls => super::rustls::client_session(configuration, host),
        #[cfg(feature = "openssl")]
        SslBackend::OpenSsl => super::openssl::client_session(configuration, host, asker),
        missing => Err(unavailable(missing, asker.is_some())),
    }
}

/// A server's session. `asker` asks for the pre-shared key of a client; without one there is none.
pub(crate) fn server_session(
    configuration: &SslConfiguration,
    asker: Option<KeyAsker>,
) -> Result<Box<dyn TlsSession>, Failure> {
    let asker = whom_to_ask(configuration, asker)?;
    match choose(configuration, asker.is_some())? {
        #[cfg(feature = "rustls")]
        SslBackend::Rustls => super::rustls::server_session(configuration),
        #[cfg(feature = "openssl")]
        SslBackend::OpenSsl => super::openssl::server_session(configuration, asker),
        missing => Err(unavailable(missing, asker.is_some())),
    }
}

/// Nobody where it cannot come to a question, which is an error where nothing else can come.
fn whom_to_ask(
    configuration: &SslConfiguration,
    asker: Option<KeyAsker>,
) -> Result<Option<KeyAsker>, Failure> {
    if asker.is_none() && configuration.demands_pre_shared_keys() {
        return Err(Failure::new(
            SocketError::SslInvalidUserData,
            "all chosen ciphers need a pre-shared key, and no slot is there to ask for one",
        ));
    }
    Ok(asker.filter(|_| configuration.admits_pre_shared_keys()))
}

/// OpenSSL where it is needed, otherwise rustls. Never [`SslBackend::Auto`].
fn choose(
    configuration: &SslConfiguration,
    wants_pre_shared_keys: bool,
) -> Result<SslBackend, Failure> {
    let has_only_openssl = cfg!(all(feature = "openssl", not(feature = "rustls")));
    match configuration.backend() {
        SslBackend::Rustls if wants_pre_shared_keys => Err(Failure::new(
            SocketError::SslInvalidUserData,
            "rustls has no pre-shared keys: choose another backend, or ciphers without PSK",
        )),
        SslBackend::Auto if wants_pre_shared_keys || has_only_openssl => Ok(SslBackend::OpenSsl),
        SslBackend::Auto => Ok(SslBackend::Rustls),
        chosen => Ok(chosen),
    }
}

fn unavailable(missing: SslBackend, wants_pre_shared_keys: bool) -> Failure {
    let (error, what, feature) = match missing {
        SslBackend::OpenSsl if wants_pre_shared_keys => (
            SocketError::SslInvalidUserData,
            "A pre-shared key is",
            "openssl",
        ),
        SslBackend::OpenSsl => (SocketError::SslInvalidUserData, "OpenSSL is", "openssl"),
        _ => (SocketError::UnsupportedSocketOperation, "TLS is", "rustls"),
    };
    let text =
        format!("{what} not available: qwebsocket was built without the feature `{feature}`");
    Failure::new(error, text)
}
