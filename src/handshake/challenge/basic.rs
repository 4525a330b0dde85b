use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Credentials, InvalidCredentials};

/// As RFC 7617 has it. A server that does not say what it reads gets Latin-1, as from Qt, unless that cannot hold the
/// credentials.
pub(super) fn answer(
    credentials: Credentials<'_>,
    wants_utf8: bool,
) -> Result<String, InvalidCredentials> {
    if credentials.user.contains(':') {
        return Err(InvalidCredentials); // the server would cut there
    }
    let text = format!("{}:{}", credentials.user, credentials.password);
    let bytes = match latin1(&text) {
        Some(bytes) if !wants_utf8 => bytes,
        _ => text.into_bytes(),
    };
    Ok(format!("Basic {}", STANDARD.encode(bytes)))
}

fn latin1(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|c| u8::try_from(c).ok()).collect()
}
