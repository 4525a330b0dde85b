//! Value types: what is asked for, and what went wrong.

pub(crate) mod host_address;
pub(crate) mod request;
mod socket_error;
mod socket_state;
mod ssl_certificate;
mod ssl_configuration;
mod ssl_key;
pub(crate) mod url_text;

pub use self::host_address::HostAddress;
pub use self::request::{IntoRequest, NetworkRequest, RequestError};
pub use self::socket_error::SocketError;
pub use self::socket_state::SocketState;
pub use self::ssl_certificate::{SslCertificate, SslDataError};
pub use self::ssl_configuration::SslConfiguration;
pub use self::ssl_key::SslKey;
