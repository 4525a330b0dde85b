//! What a stream goes over: TCP, or a TLS session with a proxy on TCP.

use std::io::{self, Read, Write};
use std::net::Shutdown;

use mio::net::TcpStream;

use super::Failure;
use super::tls::TlsSession;

/// Bytes to and from the other end, be it behind a proxy that speaks TLS.
pub(crate) struct Pipe {
    tcp: TcpStream,
    proxy: Option<Box<ProxySession>>,
}

/// The session with a proxy, around what is said in the tunnel.
struct ProxySession {
    tls: Box<dyn TlsSession>,
    /// Decrypted, and not read yet.
    plaintext: Vec<u8>,
    /// How it ended, told behind the plaintext.
    end: Option<Result<(), Failure>>,
}

/// What TLS takes and gives at once.
const PIECE: usize = 16 * 1024;

impl Pipe {
    pub(super) fn new(tcp: TcpStream) -> Self {
        Self { tcp, proxy: None }
    }

    /// Through this session, whose handshake is over.
    pub(super) fn inside(self, tls: Box<dyn TlsSession>) -> Self {
        let proxy = ProxySession {
            // A close_notify is said once, be it behind the proxy's answer.
            end: tls.peer_has_closed().then_some(Ok(())),
            tls,
            plaintext: Vec::new(),
        };
        Self {
            proxy: Some(Box::new(proxy)),
            ..self
        }
    }

    pub(super) fn tcp(&self) -> &TcpStream {
        &self.tcp
    }

    pub(super) fn tcp_mut(&mut self) -> &mut TcpStream {
        &mut self.tcp
    }

    /// Whether bytes wait here that the network did not take.
    pub(super) fn has_unsent(&self) -> bool {
        self.proxy
            .as_ref()
            .is_some_and(|proxy| proxy.tls.wants_write())
    }

    /// Whether the next read tells something at once, although the network may have no more.
    pub(super) fn holds_back(&self) -> bool {
        let holds_back = |proxy: &ProxySession| !proxy.plaintext.is_empty() || proxy.end.is_some();
        self.proxy.as_deref().is_some_and(holds_back)
    }

    /// Says that nothing more will come.
    pub(super) fn say_the_end(&mut self) {
        if let Some(proxy) = &mut self.proxy {
            proxy.tls.send_close_notify();
            // Whether it gets out makes no difference any more.
            let _ = self.flush();
        }
        let _ = self.tcp.shutdown(Shutdown::Write);
    }
}

/// A read that gives less than there is room for says that the network has no more; [`Pipe::holds_back`] says whether
/// that goes for the pipe, too.
impl Read for Pipe {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        let Some(proxy) = &mut self.proxy else {
            return self.tcp.read(space);
        };
        let blocked = loop {
            if proxy.plaintext.len() >= space.len() || proxy.end.is_some() {
                break None;
            }
            if let Err(error) = proxy.receive(&mut self.tcp) {
                break Some(error);
            }
        };
        if proxy.plaintext.is_empty() {
            return match (blocked, &proxy.end) {
                (Some(error), _) => Err(error),
                (None, Some(Err(failure))) => Err(io::Error::other(failure.clone())),
                (None, _) => Ok(0),
            };
        }
        let count = proxy.plaintext.len().min(space.len());
        space[..count].copy_from_slice(&proxy.plaintext[..count]);
        proxy.plaintext.drain(..count);
        Ok(count)
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.flush()?;
        let Some(proxy) = &mut self.proxy else {
            return self.tcp.write(bytes);
        };
        let taken = proxy.tls.write_plaintext(&bytes[..bytes.len().min(PIECE)]);
        match self.flush() {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
            _ => Ok(taken),
        }
    }

    fn write_vectored(&mut self, pieces: &[io::IoSlice<'_>]) -> io::Result<usize> {
        if self.proxy.is_none() {
            return self.tcp.write_vectored(pieces);
        }
        let first = pieces.iter().find(|piece| !piece.is_empty());
        first.map_or(Ok(0), |piece| self.write(piece))
    }

    /// Writes what waits here.
    fn flush(&mut self) -> io::Result<()> {
        let Some(proxy) = &mut self.proxy else {
            return Ok(());
        };
        while proxy.tls.wants_write() {
            match proxy.tls.write_ciphertext(&mut self.tcp) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

impl ProxySession {
    /// # Errors
    /// There is nothing to receive now. Every other error is an end.
    fn receive(&mut self, tcp: &mut TcpStream) -> io::Result<()> {
        let mut ciphertext = [0; PIECE];
        let count = match tcp.read(&mut ciphertext) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Err(error),
            Err(error) => {
                self.end = Some(Err(error.into()));
                return Ok(());
            }
        };
        let plaintext = &mut self.plaintext;
        let taken = self.tls.receive(&ciphertext[..count], &mut |bytes| {
            plaintext.extend_from_slice(bytes);
        });
        let has_ended = count == 0 || self.tls.peer_has_closed();
        self.end = match taken {
            Err(failure) => Some(Err(failure)),
            Ok(()) => has_ended.then_some(Ok(())),
        };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;
    use crate::network::SslConfiguration;
    use crate::transport::tls::{Alerts, Verdict};
    use crate::transport::{Buffers, Stream, WriteBuffer};

    /// A session that encrypts nothing, and is full at some point.
    #[derive(Default)]
    struct Plain(Vec<u8>);

    const FULL: usize = 1000;

    impl TlsSession for Plain {
        fn is_handshaking(&self) -> bool {
            false
        }

        fn verdict(&self) -> Verdict {
            Verdict::default()
        }

        fn configuration(&self) -> SslConfiguration {
            SslConfiguration::new()
        }

        fn receive(&mut self, bytes: &[u8], take: &mut dyn FnMut(&[u8])) -> Result<(), Failure> {
            take(bytes);
            Ok(())
        }

        fn write_plaintext(&mut self, bytes: &[u8]) -> usize {
            let taken = bytes.len().min(FULL - self.0.len());
            self.0.extend_from_slice(&bytes[..taken]);
            taken
        }

        fn wants_write(&self) -> bool {
            !self.0.is_empty()
        }

        fn write_ciphertext(&mut self, network: &mut dyn Write) -> io::Result<usize> {
            let count = network.write(&self.0)?;
            self.0.drain(..count);
            Ok(count)
        }

        fn send_close_notify(&mut self) {}

        fn peer_has_closed(&self) -> bool {
            false
        }

        fn alerts(&self) -> Alerts {
            Alerts::default()
        }
    }

    /// Also when all of it was taken, and nothing waits above the session with the proxy.
    #[test]
    fn what_the_network_did_not_take_leaves_later() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let tcp = std::net::TcpStream::connect(address).expect("a connection");
        tcp.set_nonblocking(true).expect("a setting");
        let (mut proxy, _) = listener.accept().expect("a connection");
        let patience = Some(std::time::Duration::from_secs(20));
        proxy.set_read_timeout(patience).expect("a timeout");
        let session: Option<Box<dyn TlsSession>> = Some(Box::<Plain>::default());
        let mut stream = Stream::new(TcpStream::from_std(tcp), session).into_tunnel(None);

        let (mut queue, buffers, mut sent) = (WriteBuffer::default(), Buffers::default(), 0);
        while queue.is_empty() && !stream.has_unsent() {
            queue.tail(&buffers).extend([7; FULL]);
            sent += stream.write(&mut queue, &buffers).expect("no loss");
        }
        assert!(queue.is_empty() && stream.has_unsent(), "{sent}");

        let (mut received, mut space) = (0, [0; 64 * 1024]);
        while received < sent {
            received += proxy.read(&mut space).expect("the rest comes");
            let more = stream.write(&mut queue, &buffers).expect("no loss");
            assert_eq!(more, 0, "it was counted when it was taken");
        }
        assert!(!stream.has_unsent());
    }
}
