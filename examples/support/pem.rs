//! Certificates and keys from PEM files.

use std::fs;

use qwebsocket::SslDataError;

/// Reads `file` with one of the `from_pem` functions. The error says which file it is about.
pub fn read<T>(
    file: &str,
    from_pem: impl FnOnce(&[u8]) -> Result<T, SslDataError>,
) -> Result<T, String> {
    let pem = fs::read(file).map_err(|error| format!("{file}: {error}"))?;
    from_pem(&pem).map_err(|error| format!("{file}: {error}"))
}
