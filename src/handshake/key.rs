use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

/// What RFC 6455 appends to a key before it is hashed.
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The `Sec-WebSocket-Key` that stands for these random bytes.
pub fn client_key(nonce: [u8; 16]) -> String {
    STANDARD.encode(nonce)
}

/// The `Sec-WebSocket-Accept` with which a server proves that it has read this key.
pub fn accept_key(key: &str) -> String {
    let hash = Sha1::new().chain_update(key).chain_update(GUID).finalize();
    STANDARD.encode(hash)
}

/// Whether `key` is what [`client_key`] makes: sixteen bytes in padded base64.
pub fn is_valid_client_key(key: &str) -> bool {
    STANDARD.decode(key).is_ok_and(|nonce| nonce.len() == 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = "dGhlIHNhbXBsZSBub25jZQ==";

    #[test]
    fn the_sample_of_rfc_6455() {
        assert_eq!(client_key(*b"the sample nonce"), SAMPLE);
        assert_eq!(accept_key(SAMPLE), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn a_key_is_sixteen_bytes() {
        assert!(is_valid_client_key(SAMPLE));
        for bad in [
            "",
            "AAAA",
            "dGhlIHNhbXBsZSBub25jZQ",   // no padding
            "dGhlIHNhbXBsZSBub25jZQ= ", // no base64
            "dGhlIHNhbXBsZSBub25jZR==", // bits left over
            "dGhlIHNhbXBsZSBub25j",     // 15 bytes
            "dGhlIHNhbXBsZSBub25jZSE=", // 17 bytes
        ] {
            assert!(!is_valid_client_key(bad), "{bad:?}");
        }
    }
}
