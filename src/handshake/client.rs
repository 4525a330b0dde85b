use super::Progress;
use super::head::ResponseHead;
use super::response::{Accepted, Refusal, check_response};
use super::scanner::{HeadLimits, HeadScanner};

/// The client's side of a handshake: waits for the server's answer and judges it.
#[derive(Debug, Clone)]
pub struct ClientHandshake {
    scanner: HeadScanner,
    key: String,
    offered: Vec<String>,
}

impl ClientHandshake {
    /// Waits for the answer to the request with this key and these offered subprotocols.
    pub fn new(key: String, offered: Vec<String>) -> Self {
        Self::with_limits(key, offered, HeadLimits::default())
    }

    /// As [`new`](Self::new), with limits other than the default ones.
    pub fn with_limits(key: String, offered: Vec<String>, limits: HeadLimits) -> Self {
        ClientHandshake {
            scanner: HeadScanner::new(limits),
            key,
            offered,
        }
    }

    /// Takes all bytes received so far and goes on where it stopped.
    ///
    /// When complete it says how long the head is; the bytes behind it are frames.
    pub fn receive(&mut self, bytes: &[u8]) -> Progress<(Accepted, ResponseHead, usize), Refusal> {
        let length = match self.scanner.scan(bytes) {
            Ok(Some(length)) => length,
            Ok(None) => return Progress::Partial,
            Err(error) => return Progress::Refused(Refusal::of_head(error)),
        };
        let head = match ResponseHead::parse(&bytes[..length]) {
            Ok(head) => head,
            Err(error) => return Progress::Refused(Refusal::of_head(error)),
        };
        match check_response(&head, &self.key, &self.offered) {
            Ok(accepted) => Progress::Complete((accepted, head, length)),
            Err(text) => Progress::Refused(Refusal {
                text,
                head: Some((head, length)),
            }),
        }
    }
}
