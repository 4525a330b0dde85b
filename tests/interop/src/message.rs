//! Messages to send, and to compare what comes back with.

use std::fmt;

use qwebsocket::WebSocket;

#[derive(Clone, PartialEq, Eq)]
pub enum Message {
    Text(String),
    Binary(Vec<u8>),
}

/// Characters of one to four bytes: Latin, Greek, CJK, and from beyond the basic plane letters, CJK and emoji.
const CHARACTERS: [char; 10] = [
    'a',
    'é',
    'Ω',
    '语',
    '𝔘',
    '𝕨',
    '𠀀',
    '🦀',
    '\u{10FFFF}',
    '\0',
];

impl Message {
    /// Text of so many bytes in UTF-8.
    pub fn text(bytes: usize) -> Self {
        let mut text = String::with_capacity(bytes);
        for character in CHARACTERS.into_iter().cycle() {
            if text.len() + character.len_utf8() > bytes {
                break;
            }
            text.push(character);
        }
        while text.len() < bytes {
            text.push('.');
        }
        Self::Text(text)
    }

    /// So many bytes, in a pattern that does not repeat with any power of two.
    pub fn binary(bytes: usize) -> Self {
        Self::Binary((0..bytes).map(|at| (at % 251) as u8).collect())
    }

    pub fn send_over(&self, socket: &WebSocket) {
        let taken = match self {
            Self::Text(text) => socket.send_text_message(text),
            Self::Binary(bytes) => socket.send_binary_message(bytes),
        };
        assert_eq!(taken, self.as_bytes().len(), "bytes taken");
    }

    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Binary(bytes) => bytes,
        }
    }
}

/// Short, also for a message of 16 MiB.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Self::Text(_) => "text",
            Self::Binary(_) => "binary",
        };
        let (bytes, shown) = (self.as_bytes(), self.as_bytes().len().min(24));
        let start = String::from_utf8_lossy(&bytes[..shown]);
        write!(f, "{kind} of {} bytes, {start:?}..", bytes.len())
    }
}
