//! The loop, the clock and the peers of one column.

use std::cell::Cell;
use std::net::{TcpListener, TcpStream};
use std::rc::Rc;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use qwebsocket::qeventloop::reactor::{ManualClock, Shared};
use qwebsocket::{
    EventLoop, HostAddress, NetworkProxy, Next, ProxyType, SslCertificate, SslConfiguration,
    SslError, SslErrorKind, SslKey, SslMode, WebSocketServer,
};
use rustls::{ClientConfig, ClientConnection, Connection, ServerConfig, ServerConnection};

use super::peer::{Peer, Script};

pub struct Stage {
    pub event_loop: EventLoop,
    pub clock: ManualClock,
    pub peers: Shared<Vec<Peer>>,
    pub script: Shared<Script>,
    pub server: Rc<WebSocketServer>,
    listener: TcpListener,
    /// Holds a port on which nobody listens.
    unanswered: socket2::Socket,
    is_secure: bool,
    /// So many turns in a row in which nothing happens mean that nothing will. The kernel's loopback is prompt; a
    /// watcher's thread comes when it gets a processor.
    pub quiet_turns: Cell<u32>,
}

impl Stage {
    pub fn new(is_secure: bool, script: Script) -> Self {
        let event_loop = EventLoop::new();
        let clock = ManualClock::new();
        event_loop.dispatcher().set_clock(clock.clone());
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a listener");
        let (domain, kind) = (socket2::Domain::IPV4, socket2::Type::STREAM);
        let unanswered = socket2::Socket::new(domain, kind, None).expect("a socket");
        let address = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
        unanswered.bind(&address.into()).expect("a port");
        let mode = if is_secure {
            SslMode::Secure
        } else {
            SslMode::NonSecure
        };
        let server = WebSocketServer::new("matrix", mode);
        if is_secure {
            server.set_ssl_configuration(identity().server.clone());
        }
        assert!(server.listen(HostAddress::LOCAL_HOST, 0));
        Self {
            event_loop,
            clock,
            peers: Shared::default(),
            script: Shared::new(script),
            server,
            listener,
            unanswered,
            is_secure,
            quiet_turns: Cell::new(2),
        }
    }

    /// Where the peers answer.
    pub fn url(&self, path: &str) -> String {
        let scheme = if self.is_secure { "wss" } else { "ws" };
        let address = self.listener.local_addr().expect("an address");
        format!("{scheme}://{address}{path}")
    }

    /// A proxy there, which leads there.
    pub fn proxy(&self) -> NetworkProxy {
        let port = self.listener.local_addr().expect("an address").port();
        NetworkProxy::new(ProxyType::Http, "127.0.0.1", port)
    }

    /// Where nobody does.
    pub fn refusing_url(&self) -> String {
        let address = self.unanswered.local_addr().expect("an address");
        format!("ws://{}/", address.as_socket().expect("an IP address"))
    }

    pub fn client_configuration(&self) -> Option<SslConfiguration> {
        self.is_secure.then(|| identity().client.clone())
    }

    /// Connects a peer to the server.
    pub fn connect_peer(&self) {
        let tcp = TcpStream::connect(("127.0.0.1", self.server.server_port())).expect("a stream");
        let tls = self.is_secure.then(|| {
            let name = "127.0.0.1".try_into().expect("a name");
            let config = identity().peer_client.clone();
            Connection::from(ClientConnection::new(config, name).expect("a session"))
        });
        let peer = Peer::client(tcp, tls, self.script.with(|script| script.clone()));
        self.peers.with(|peers| peers.push(peer));
    }

    /// Moves the peers on, then takes one turn of the loop. `true` if there was anything to do.
    pub fn turn(&self) -> bool {
        let happened = self.drive_peers();
        let next = self.event_loop.process_events(Duration::ZERO);
        self.drive_peers() || happened || next == Next::Now
    }

    /// As `turn`, but lets the network take its time.
    pub fn patient_turn(&self) -> bool {
        if self.turn() {
            return true;
        }
        let _ = self
            .event_loop
            .wait_for_events(Some(Duration::from_millis(1)));
        self.drive_peers()
    }

    fn drive_peers(&self) -> bool {
        let mut happened = false;
        while let Ok((tcp, _)) = self.listener.accept() {
            let tls = self.is_secure.then(|| {
                let config = identity().peer_server.clone();
                Connection::from(ServerConnection::new(config).expect("a session"))
            });
            let peer = Peer::server(tcp, tls, self.script.with(|script| script.clone()));
            self.peers.with(|peers| peers.push(peer));
            happened = true;
        }
        self.peers.with(|peers| {
            for peer in peers.iter_mut() {
                while peer.drive() {
                    happened = true;
                }
            }
        });
        happened
    }

    pub fn with_first_peer(&self, act: impl FnOnce(&mut Peer)) {
        self.peers.with(|peers| peers.first_mut().map(act));
    }

    pub fn all_peers_ended(&self) -> bool {
        self.peers.with(|peers| peers.iter().all(Peer::has_ended))
    }
}

/// What is wrong with the peers' certificate for those who do not trust it.
pub fn certificate_error() -> SslError {
    let certificate = identity().server.local_certificate_chain()[0].clone();
    SslError::with_certificate(SslErrorKind::SelfSignedCertificate, certificate)
}

/// A certificate for 127.0.0.1, as both ends need it.
struct Identity {
    client: SslConfiguration,
    server: SslConfiguration,
    peer_client: Arc<ClientConfig>,
    peer_server: Arc<ServerConfig>,
}

fn identity() -> &'static Identity {
    static IDENTITY: OnceLock<Identity> = OnceLock::new();
    IDENTITY.get_or_init(|| {
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("made");
        let certificate = SslCertificate::from_der(made.cert.der());
        let key_der = made.signing_key.serialize_der();
        let mut client = SslConfiguration::new();
        client.set_ca_certificates([certificate.clone()]);
        let mut server = SslConfiguration::new();
        server.set_local_certificate_chain([certificate]);
        server.set_private_key(SslKey::from_der(&key_der).expect("a key"));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut roots = rustls::RootCertStore::empty();
        roots.add(made.cert.der().clone()).expect("a root");
        let peer_client = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let peer_server = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(
                vec![made.cert.der().clone()],
                key_der.try_into().expect("a key"),
            )
            .expect("a certificate and its key");
        Identity {
            client,
            server,
            peer_client: Arc::new(peer_client),
            peer_server: Arc::new(peer_server),
        }
    })
}
