//! Value types: what is asked for, and what went wrong.

mod authenticator;
mod fillable;
mod handshake_options;
mod hash_algorithm;
pub(crate) mod host_address;
mod pause_modes;
mod pem;
mod pre_shared_key;
mod proxy;
mod raw_headers;
pub(crate) mod request;
mod socket_error;
mod socket_state;
mod ssl_alert;
mod ssl_certificate;
mod ssl_configuration;
mod ssl_data_error;
mod ssl_error;
mod ssl_key;
mod subject_info;
pub(crate) mod url_text;
#[cfg_attr(
    not(feature = "rustls"),
    allow(
        dead_code,
        reason = "without rustls, certificates are read but not judged here"
    )
)]
pub(crate) mod x509;

pub use self::authenticator::Authenticator;
pub use self::handshake_options::WebSocketHandshakeOptions;
pub use self::hash_algorithm::HashAlgorithm;
pub use self::host_address::HostAddress;
pub use self::pause_modes::PauseModes;
pub use self::pre_shared_key::SslPreSharedKeyAuthenticator;
pub use self::proxy::{InvalidProxyUrl, NetworkProxy, ProxyCapabilities, ProxyType};
pub use self::request::{IntoRequest, NetworkRequest, RequestError};
pub use self::socket_error::SocketError;
pub use self::socket_state::SocketState;
pub use self::ssl_alert::{AlertLevel, AlertType};
pub use self::ssl_certificate::SslCertificate;
#[cfg(feature = "rustls")]
pub(crate) use self::ssl_configuration::KeyLog;
pub(crate) use self::ssl_configuration::Session as SslSession;
pub use self::ssl_configuration::{
    PeerVerifyMode, SslBackend, SslCipher, SslConfiguration, SslGroup, SslProtocol,
};
pub use self::ssl_data_error::SslDataError;
pub use self::ssl_error::{SslError, SslErrorKind};
pub use self::ssl_key::{SslKey, SslKeyAlgorithm};
pub use self::subject_info::{AlternativeNameEntryType, SubjectInfo};
