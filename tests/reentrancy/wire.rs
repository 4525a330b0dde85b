//! The peer's end of a connection: a non-blocking TCP stream, with TLS on it or not.

use std::io::{self, BufRead, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};

use rustls::Connection;

pub struct Wire {
    tcp: TcpStream,
    tls: Option<Connection>,
}

/// What a look at the network gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    Nothing,
    Something,
    /// The other end is gone, politely or not.
    End,
}

impl Wire {
    pub fn new(tcp: TcpStream, tls: Option<Connection>) -> Self {
        tcp.set_nonblocking(true).expect("a stream");
        tcp.set_nodelay(true).expect("a stream");
        Self { tcp, tls }
    }

    /// Reads all there is.
    pub fn read(&mut self, into: &mut Vec<u8>) -> Look {
        let mut look = Look::Nothing;
        loop {
            match self.read_once(into) {
                Ok(true) => look = Look::Something,
                Ok(false) => return Look::End,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return look,
                Err(_) => return Look::End,
            }
        }
    }

    /// `false` at the end of the stream.
    fn read_once(&mut self, into: &mut Vec<u8>) -> io::Result<bool> {
        let Some(tls) = &mut self.tls else {
            let mut bytes = [0; 64 * 1024];
            let count = self.tcp.read(&mut bytes)?;
            into.extend(&bytes[..count]);
            return Ok(count > 0);
        };
        let count = tls.read_tls(&mut self.tcp)?;
        let state = tls.process_new_packets().map_err(io::Error::other)?;
        let mut reader = tls.reader();
        while let Ok(chunk @ [_, ..]) = reader.fill_buf() {
            let count = chunk.len();
            into.extend(chunk);
            reader.consume(count);
        }
        Ok(count > 0 && !state.peer_has_closed())
    }

    /// Writes what the network takes of `queue`; an error ends the connection as far as the peer is concerned.
    pub fn write(&mut self, queue: &mut Vec<u8>) -> Look {
        let outcome = match &mut self.tls {
            None if queue.is_empty() => return Look::Nothing,
            None => self.tcp.write(queue).map(|count| {
                queue.drain(..count);
            }),
            Some(tls) => {
                let count = tls.writer().write(queue).unwrap_or_default();
                queue.drain(..count);
                if !tls.wants_write() {
                    return Look::Nothing;
                }
                tls.write_tls(&mut self.tcp).map(drop)
            }
        };
        match outcome {
            Ok(()) => Look::Something,
            Err(error) if error.kind() == ErrorKind::WouldBlock => Look::Nothing,
            Err(_) => Look::End,
        }
    }

    /// Ends our direction; the other one stays open.
    pub fn fin(&mut self) {
        if let Some(tls) = &mut self.tls {
            tls.send_close_notify();
            while tls.wants_write() && tls.write_tls(&mut self.tcp).is_ok() {}
        }
        let _ = self.tcp.shutdown(Shutdown::Write);
    }

    /// Ends the connection with a reset.
    pub fn reset(self) {
        socket2::SockRef::from(&self.tcp)
            .set_linger(Some(std::time::Duration::ZERO))
            .expect("a linger time");
    }
}
