//! Hands bytes on between two TCP connections and counts them.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread::JoinHandle;

/// Relays one connection to a port of this machine.
#[must_use = "join it"]
pub struct Relay {
    address: SocketAddr,
    thread: JoinHandle<u64>,
}

impl Relay {
    pub fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let thread = std::thread::spawn(move || {
            let (client, _) = listener.accept().expect("a connection");
            relay(client, port)
        });
        Self { address, thread }
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Waits for both directions to end; gives the number of bytes that the client sent.
    pub fn join(self) -> u64 {
        self.thread.join().expect("both directions")
    }
}

/// Relays this connection to a port of this machine until both directions have ended; gives the number of bytes that
/// the client sent.
pub fn relay(client: TcpStream, port: u16) -> u64 {
    let server = TcpStream::connect(("127.0.0.1", port)).expect("a connection");
    let back = {
        let (from, to) = (clone(&server), clone(&client));
        std::thread::spawn(move || pump(from, to))
    };
    let count = pump(client, server);
    back.join().expect("the other direction");
    count
}

fn clone(stream: &TcpStream) -> TcpStream {
    stream.try_clone().expect("a descriptor")
}

/// Hands on until the end, and that too.
fn pump(mut from: TcpStream, mut to: TcpStream) -> u64 {
    from.set_read_timeout(Some(super::PATIENCE))
        .expect("a timeout");
    let mut bytes = [0; 16 * 1024];
    let mut total = 0;
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        total += count as u64;
        if to.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
    total
}
