//! Secrets in the lines that Wireshark reads.

use std::fmt::Write;

use crate::network::KeyLog;

/// rustls' secrets, handed on as lines.
#[derive(Debug)]
pub(super) struct KeyLogAdapter(pub(super) KeyLog);

impl rustls::KeyLog for KeyLogAdapter {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let line = format!("{label} {} {}", hex(client_random), hex(secret));
        self.0.log(&line);
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}"); // a String takes everything
        text
    })
}
