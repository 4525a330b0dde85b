//! Certificates and keys from PEM files.

use std::fs;

use qwebsocket::{SslCertificate, SslConfiguration, SslDataError, SslKey};

use super::command_line::Arguments;

/// Reads `file` with one of the `from_pem` functions. The error says which file it is about.
pub fn read<T>(
    file: &str,
    from_pem: impl FnOnce(&[u8]) -> Result<T, SslDataError>,
) -> Result<T, String> {
    let pem = fs::read(file).map_err(|error| format!("{file}: {error}"))?;
    from_pem(&pem).map_err(|error| format!("{file}: {error}"))
}

/// The files of a certificate chain and its key.
pub struct IdentityFiles {
    certificate: String,
    key: String,
}

impl IdentityFiles {
    /// The two arguments behind `option`.
    pub fn behind(option: &str, arguments: &mut Arguments) -> Result<Self, String> {
        Ok(Self {
            certificate: arguments.value_of(option)?,
            key: arguments.value_of(&format!("{option} CERT"))?,
        })
    }

    /// Has `configuration` show the certificate.
    pub fn load_into(&self, configuration: &mut SslConfiguration) -> Result<(), String> {
        let chain = read(&self.certificate, SslCertificate::from_pem)?;
        configuration.set_local_certificate_chain(chain);
        configuration.set_private_key(read(&self.key, SslKey::from_pem)?);
        Ok(())
    }
}
