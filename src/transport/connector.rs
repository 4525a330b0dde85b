//! From addresses to a TCP connection: each address in turn.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;

use mio::net::TcpStream;
use qeventloop::reactor::{Interest, Registration};

use super::{Failure, tcp};

/// Tries one address after the other.
#[derive(Debug)]
pub(super) struct Connector {
    remaining: VecDeque<SocketAddr>,
    attempt: Option<TcpStream>,
    last_error: Option<io::Error>,
}

impl Connector {
    pub(super) fn new(addresses: Vec<SocketAddr>) -> Self {
        Self {
            remaining: addresses.into(),
            attempt: None,
            last_error: None,
        }
    }

    /// Goes as far as possible without waiting: the connection, or `None` while it is under way.
    ///
    /// # Errors
    /// The last address's error, once all have failed.
    pub(super) fn advance(
        &mut self,
        registration: &Registration,
    ) -> Result<Option<TcpStream>, Failure> {
        loop {
            if let Some(mut stream) = self.attempt.take() {
                match tcp::is_connected(&stream) {
                    Ok(Some(_)) => {
                        tcp::configure(&stream);
                        return Ok(Some(stream));
                    }
                    Ok(None) => {
                        self.attempt = Some(stream);
                        return Ok(None);
                    }
                    Err(error) => {
                        let _ = registration.deregister(&mut stream);
                        self.last_error = Some(error);
                    }
                }
            }
            let Some(address) = self.remaining.pop_front() else {
                return Err(self
                    .last_error
                    .take()
                    .map_or_else(Failure::host_not_found, Failure::from));
            };
            match connect(address, registration) {
                Ok(stream) => self.attempt = Some(stream),
                Err(error) => self.last_error = Some(error),
            }
        }
    }
}

fn connect(address: SocketAddr, registration: &Registration) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(address)?;
    registration.register(&mut stream, Interest::BOTH)?;
    Ok(stream)
}
