//! Qt's test `authenticationRequired`, all 60 rows: five servers, six clients, `ws` and `wss`.
#![cfg(any(feature = "ring", feature = "openssl"))]

use std::cell::RefCell;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use qwebsocket::{SslCertificate, SslConfiguration};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use qwebsocket::{SocketState, WebSocket};

use super::support::PATIENCE;
use super::support::raw_peer::{accepting, header};
use super::{BASIC, NOBODY_ANSWERED, RIGHT, answering, run_to};

/// What the server sends behind the challenge.
const SERVERS: [(&str, &str); 5] = [
    ("length and body", "Content-Length: 4\r\n\r\nbody"),
    (
        "length, body and close",
        "Content-Length: 4\r\nConnection: close\r\n\r\nbody",
    ),
    ("body and close", "Connection: close\r\n\r\nbody"),
    ("close", "Connection: close\r\n\r\n"),
    ("nothing", "\r\n"),
];

/// The credentials in the URL, those of the slot, and whether that works.
type Client = (&'static str, &'static [(&'static str, &'static str)], bool);
const WRONG: (&str, &str) = ("ada", "wrong");
const CLIENTS: [Client; 6] = [
    ("ada:right@", &[], true),
    ("", &[("ada", "right")], true),
    ("ada:bad@", &[("ada", "right")], true),
    ("ada:bad@", &[WRONG], false),
    ("", &[], false),
    ("ada:bad@", &[WRONG, ("ada", "right")], true),
];

#[test]
fn authentication_required() {
    let secure = Secure::new();
    for (server, answer) in SERVERS {
        for client in CLIENTS {
            for secure in [None, Some(&secure)] {
                let scheme = secure.map_or("ws", |_| "wss");
                println!("{server}, {client:?}, {scheme}");
                row(answer, client, secure);
            }
        }
    }
}

fn row(answer: &'static str, (in_url, answers, works): Client, secure: Option<&Secure>) {
    let server = Server::new(answer, secure.map(|secure| secure.server.clone()));
    let socket = WebSocket::new();
    let scheme = match secure {
        None => "ws",
        Some(secure) => {
            socket.set_ssl_configuration(secure.client.clone());
            "wss"
        }
    };
    let seen = answering(&socket, answers);
    let connected = socket.connected.collect();
    let errors = socket.error_occurred.collect();
    let states = Rc::new(RefCell::new(Vec::new()));
    let noted = states.clone();
    socket
        .state_changed
        .connect(move |state| noted.borrow_mut().push(state));
    socket.open(format!("{scheme}://{in_url}localhost:{}", server.port));
    let end = match works {
        true => SocketState::Connected,
        false => SocketState::Unconnected,
    };
    run_to(&socket, end);
    assert_eq!(states.take(), [SocketState::Connecting, end]);
    assert_eq!(connected.count(), usize::from(works));
    assert_eq!(
        errors.count(),
        usize::from(!works),
        "{}",
        socket.error_string()
    );
    assert!(seen.borrow().iter().all(|note| note.starts_with("shadow ")));
    if !works {
        assert_eq!(socket.error_string(), NOBODY_ANSWERED);
    }
    drop(socket);
    server.stop();
}

struct Secure {
    server: Arc<ServerConfig>,
    client: SslConfiguration,
}

impl Secure {
    fn new() -> Self {
        let key = rcgen::KeyPair::generate().expect("a key");
        let params = rcgen::CertificateParams::new(["localhost".to_owned()]).expect("a name");
        let certificate = params.self_signed(&key).expect("a certificate");
        let mut client = SslConfiguration::new();
        client.set_ca_certificates([SslCertificate::from_der(certificate.der())]);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let server = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .expect("a key for the certificate");
        Self {
            server: Arc::new(server),
            client,
        }
    }
}

trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

/// Serves one connection after the other, and upgrades whoever knows the password.
struct Server {
    port: u16,
    is_over: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Server {
    fn new(answer: &'static str, tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let is_over = Arc::new(AtomicBool::new(false));
        let over = is_over.clone();
        let thread = std::thread::spawn(move || {
            loop {
                let (tcp, _) = listener.accept().expect("a connection");
                if over.load(Ordering::SeqCst) {
                    return;
                }
                tcp.set_read_timeout(Some(PATIENCE)).expect("a timeout");
                let end = tcp.try_clone().expect("a descriptor");
                let mut stream: Box<dyn Stream> = match tls.clone() {
                    None => Box::new(tcp),
                    Some(config) => {
                        let session = ServerConnection::new(config).expect("a session");
                        Box::new(StreamOwned::new(session, tcp))
                    }
                };
                serve(&mut *stream, answer, &end);
            }
        });
        Self {
            port,
            is_over,
            thread,
        }
    }

    fn stop(self) {
        self.is_over.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(("127.0.0.1", self.port)));
        self.thread.join().expect("a server without a complaint");
    }
}

fn serve(stream: &mut dyn Stream, answer: &str, tcp: &TcpStream) {
    while let Some(request) = read_head(stream) {
        if header(&request, "Authorization") == Some(RIGHT) {
            let accepted = accepting(&request);
            let _ = stream.write_all(accepted.as_bytes());
            continue;
        }
        let refused = format!("HTTP/1.1 401 Unauthorized\r\n{BASIC}{answer}");
        let _ = stream.write_all(refused.as_bytes());
        if answer.contains("close") {
            let _ = tcp.shutdown(Shutdown::Write);
            return;
        }
    }
}

/// `None` when the client has gone.
fn read_head(stream: &mut dyn Stream) -> Option<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return None,
        }
    }
    String::from_utf8(head).ok()
}
