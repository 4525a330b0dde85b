//! Servers that cannot be reached, or that do not answer.

use std::any::Any;
use std::net::TcpListener;
use std::rc::Rc;
use std::time::Duration;

use qwebsocket::SocketError::{
    ConnectionRefused, HostNotFound, RemoteHostClosed, SocketTimeout, SslHandshakeFailed,
};
use qwebsocket::WebSocket;
use rcgen::CertificateParams;

use super::row::{Outcome, REMOTE_HOST_CLOSED, Situation, UNSEEN, failed, rows, unreachable};
use super::support::tls::{Identity, by_library, secure_url};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
const TIMED_OUT: &str = "Connection timed out";

rows! {
    // No resolver asks the network for a label of 64 letters.
    unresolvable_host: "a host that has no address", Situation::Opening(|socket| {
        socket.open(format!("ws://{}/", "x".repeat(64)));
        nothing()
    }) => unreachable(HostNotFound, "Host not found");
    refused_port: "a port on which nobody listens", Situation::Opening(|socket| {
        socket.open(format!("ws://127.0.0.1:{}", unused_port()));
        nothing()
    }) => unreachable(ConnectionRefused, "Connection refused");
    refused_port_wss: "a port on which nobody listens, wss", Situation::Opening(|socket| {
        socket.open(format!("wss://127.0.0.1:{}", unused_port()));
        nothing()
    }) => unreachable(ConnectionRefused, "Connection refused");
    silent_server: "a server that says nothing for 30 seconds", Situation::WaitingFor(CONNECT_TIMEOUT, Box::new(|wire| {
        wire.read_head();
    })) => failed(SocketTimeout, TIMED_OUT);
    half_a_head: "a server that stops inside the head for 30 seconds", Situation::WaitingFor(CONNECT_TIMEOUT, Box::new(|wire| {
        wire.read_head();
        wire.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: webso");
    })) => failed(SocketTimeout, TIMED_OUT);

    untrusted: "wss: a certificate of an unknown issuer", Situation::Opening(|socket| {
        socket.set_ssl_configuration(Identity::new().trusting());
        open_secure(socket, &Identity::new())
    }) => bad_certificate(1, "The certificate is self-signed, and untrusted");
    other_host: "wss: a certificate for another host", Situation::Opening(|socket| {
        open_trusting(socket, |params| params.subject_alt_names.remove(0))
    }) => bad_certificate(1, "The host name did not match any of the valid hosts for this certificate");
    // Trust ends with it.
    expired: "wss: a certificate that has expired", Situation::Opening(|socket| {
        open_trusting(socket, |params| params.not_after = rcgen::date_time_ymd(2001, 2, 3))
    }) => bad_certificate(2, "The certificate is self-signed, and untrusted");
    not_yet_valid: "wss: a certificate of the future", Situation::Opening(|socket| {
        open_trusting(socket, |params| params.not_before = rcgen::date_time_ymd(4000, 2, 3))
    }) => bad_certificate(1, "The certificate is not yet valid");
    no_tls: "wss: a server that speaks no TLS", Situation::Securing(Box::new(|wire| {
        wire.send("HTTP/1.1 400 Bad Request\r\n\r\n");
    })) => by_library(
        Outcome {
            signals: "[Connecting] · alert_sent · error · Unconnected · disconnected · read_channel_finished".into(),
            peer_saw: "a TLS alert".into(),
            ..failed(SslHandshakeFailed, "Error during SSL handshake: received corrupt message of type InvalidContentType")
        },
        failed(SslHandshakeFailed, "Error during SSL handshake: error:0A00010B:SSL routines::wrong version number"),
    );
    tls_fin: "wss: FIN inside the TLS handshake", Situation::Securing(Box::new(|wire| wire.fin())) => failed(RemoteHostClosed, REMOTE_HOST_CLOSED);
    tls_reset: "wss: RST inside the TLS handshake", Situation::Securing(Box::new(|wire| wire.reset())) => failed(RemoteHostClosed, REMOTE_HOST_CLOSED);
}

#[cfg(target_os = "linux")] // how a full backlog behaves differs
pub(crate) mod black_hole {
    use std::net::{Ipv4Addr, SocketAddr};

    use socket2::{Domain, Socket, Type};

    use super::super::support::pair::stopped_clock;
    use super::super::support::settle;
    use super::*;

    rows! {
        black_hole: "a host that does not even answer SYN for 30 seconds", Situation::Opening(|socket| {
            let clock = stopped_clock();
            let (listener, waiting) = full_backlog();
            socket.open(format!("ws://{}", address_of(&listener)));
            settle();
            clock.advance(CONNECT_TIMEOUT);
            Box::new((listener, waiting))
        }) => unreachable(SocketTimeout, TIMED_OUT);
    }

    /// A listener whose queue is full: Linux drops what further clients send. The clients that fill it come along.
    fn full_backlog() -> (Socket, Vec<Socket>) {
        let listener = tcp_socket();
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        listener.bind(&any.into()).expect("a port");
        listener.listen(0).expect("it listens");
        let address = address_of(&listener);
        let waiting = (0..4).map(|_| {
            let client = tcp_socket();
            client.set_nonblocking(true).expect("an option");
            let _ = client.connect(&address.into()); // under way, or waits for room
            client
        });
        let waiting = waiting.collect();
        (listener, waiting)
    }

    fn tcp_socket() -> Socket {
        Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket")
    }

    fn address_of(listener: &Socket) -> SocketAddr {
        let address = listener.local_addr().expect("an address");
        address.as_socket().expect("an address of TCP")
    }
}

fn nothing() -> Box<dyn Any> {
    Box::new(())
}

/// So many things are wrong with it; `text` names the first.
fn bad_certificate(errors: usize, text: &str) -> Outcome {
    let asked = "peer_verify_error · ".repeat(errors);
    Outcome {
        signals: format!(
            "[Connecting] · {asked}ssl_errors · error · Unconnected · disconnected · read_channel_finished"
        ),
        peer_saw: UNSEEN.into(),
        ..failed(SslHandshakeFailed, text)
    }
}

fn unused_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

fn open_secure(socket: &Rc<WebSocket>, identity: &Identity) -> Box<dyn Any> {
    let server = identity.listening();
    socket.open(secure_url(&server));
    Box::new(server)
}

fn open_trusting<T>(
    socket: &Rc<WebSocket>,
    change: impl FnOnce(&mut CertificateParams) -> T,
) -> Box<dyn Any> {
    let identity = Identity::with(|params| _ = change(params));
    socket.set_ssl_configuration(identity.trusting());
    open_secure(socket, &identity)
}
