//! Certificates and keys that are none.

use std::fmt;

/// Certificate or key data that cannot be used, with the reason as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SslDataError(pub(crate) String);

impl fmt::Display for SslDataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SslDataError {}
