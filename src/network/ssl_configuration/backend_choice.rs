//! Which library does TLS.

use super::SslConfiguration;

/// A library that does TLS. All behave alike; what only one of them can do is told where it can be asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SslBackend {
    /// Rustls, or OpenSSL where pre-shared keys are wanted or rustls was not compiled in.
    #[default]
    Auto,
    /// Rustls: the feature `rustls`. It has no pre-shared keys.
    Rustls,
    /// OpenSSL: the feature `openssl`.
    OpenSsl,
}

impl SslConfiguration {
    /// The library that does TLS.
    pub fn backend(&self) -> SslBackend {
        self.settings.backend
    }

    /// Sets the library that does TLS. A connection fails with `SslInvalidUserData` if this build is without it.
    pub fn set_backend(&mut self, backend: SslBackend) {
        self.change(|settings| settings.backend = backend);
    }
}
