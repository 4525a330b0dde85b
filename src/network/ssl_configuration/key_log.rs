//! Handing out the secrets of connections.

use std::fmt;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};

use super::SslConfiguration;

impl SslConfiguration {
    /// Hands the secrets of every connection to `log`, a line of an NSS key log each: who has them can read the
    /// connection. For debugging with Wireshark and its like; nothing but this call switches it on, in particular no
    /// environment variable.
    ///
    /// `log` is called in the middle of handshakes, on whatever thread they happen, and must not call into a socket.
    pub fn set_key_log(&mut self, log: impl Fn(&str) + Send + Sync + 'static) {
        let log = KeyLog(Arc::new(log));
        self.change(|settings| settings.key_log = Some(log));
    }

    /// Appends the secrets of every connection to a file; see [`set_key_log`](Self::set_key_log).
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn set_key_log_file(&mut self, path: impl AsRef<Path>) -> io::Result<()> {
        let file = OpenOptions::new().append(true).create(true).open(path)?;
        let file = Mutex::new(file);
        self.set_key_log(move |line| {
            let mut file = file.lock().unwrap_or_else(|lock| lock.into_inner());
            let _ = file.write_all(format!("{line}\n").as_bytes()); // a full disk is no reason to fail a handshake
        });
        Ok(())
    }

    #[cfg(any(feature = "rustls", feature = "openssl"))]
    pub(crate) fn key_log(&self) -> Option<KeyLog> {
        self.settings.key_log.clone()
    }
}

/// Where the secrets go.
#[derive(Clone)]
pub(crate) struct KeyLog(Arc<dyn Fn(&str) + Send + Sync>);

impl KeyLog {
    #[cfg(any(feature = "rustls", feature = "openssl"))]
    pub(crate) fn log(&self, line: &str) {
        (self.0)(line);
    }
}

impl PartialEq for KeyLog {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for KeyLog {}

impl fmt::Debug for KeyLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyLog(..)")
    }
}
