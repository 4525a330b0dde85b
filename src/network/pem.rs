//! PEM, as far as `rustls-pki-types` leaves it to us.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// `der` between the lines that carry `label`.
pub(super) fn write(label: &str, der: &[u8]) -> String {
    const BYTES_A_LINE: usize = 48;
    let mut text = format!("-----BEGIN {label}-----\n");
    for line in der.chunks(BYTES_A_LINE) {
        STANDARD.encode_string(line, &mut text);
        text.push('\n');
    }
    text + "-----END " + label + "-----\n"
}

/// The DER bytes of the first section with this label.
#[cfg(feature = "encrypted-keys")]
pub(super) fn read(label: &str, pem: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(pem).ok()?;
    let (_, rest) = text.split_once(&format!("-----BEGIN {label}-----"))?;
    let (body, _) = rest.split_once(&format!("-----END {label}-----"))?;
    let body: String = body.split_ascii_whitespace().collect();
    STANDARD.decode(body).ok()
}
