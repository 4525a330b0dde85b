use super::Progress;
use super::answer::HttpRefusal;
use super::head::RequestHead;
use super::hello::ClientHello;
use super::scanner::{HeadLimits, HeadScanner};

/// The server's side of a handshake: waits for a client's request and judges it.
#[derive(Debug, Clone)]
pub struct ServerHandshake {
    scanner: HeadScanner,
}

impl ServerHandshake {
    /// Waits for a request.
    pub fn new() -> Self {
        Self::with_limits(HeadLimits::default())
    }

    /// As [`new`](Self::new), with limits other than the default ones.
    pub fn with_limits(limits: HeadLimits) -> Self {
        ServerHandshake {
            scanner: HeadScanner::new(limits),
        }
    }

    /// Takes all bytes received so far and goes on where it stopped.
    ///
    /// When complete it says how long the head is; the bytes behind it are frames.
    pub fn receive(&mut self, bytes: &[u8]) -> Progress<(ClientHello, usize), HttpRefusal> {
        let length = match self.scanner.scan(bytes) {
            Ok(Some(length)) => length,
            Ok(None) => return Progress::Partial,
            Err(error) => return Progress::Refused(HttpRefusal::of_head(error)),
        };
        let hello = RequestHead::parse(&bytes[..length])
            .map_err(HttpRefusal::of_head)
            .and_then(ClientHello::new);
        match hello {
            Ok(hello) => Progress::Complete((hello, length)),
            Err(refusal) => Progress::Refused(refusal),
        }
    }
}

impl Default for ServerHandshake {
    fn default() -> Self {
        Self::new()
    }
}
