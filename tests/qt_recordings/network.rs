//! All peers of a scenario, and the ways to them.

use std::cell::RefCell;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::rc::Rc;
use std::time::Instant;

use serde_json::Value;

use crate::peers::{Peer, SilentPort, refusing_port};
use crate::proxies::ProxyEnd;
use crate::recording::{REFUSED, Scenario, UNANSWERED, each_call};
use crate::support::PATIENCE;
use crate::tls;
use crate::tls::certificates::Certificates;
use crate::tls::setup::TlsSetup;
use crate::transcript::PeerAct;

#[derive(Default)]
pub struct Network {
    peers: RefCell<Vec<Peer>>,
    silent: RefCell<Option<SilentPort>>,
    /// The ports that stood in URLs.
    ports: RefCell<Vec<u16>>,
    /// What the peers could not do yet, in their order.
    pending: RefCell<Vec<PeerAct>>,
    pub certificates: Certificates,
}

impl Network {
    /// A peer for whoever opens `url`, or a proxy that leads there.
    pub fn add_peer(&self, url: &str, tls: Option<&TlsSetup>, is_proxy: bool) {
        let listener = match is_proxy {
            true => Rc::new(listen("127.0.0.1", 0)),
            false => self.listener(url),
        };
        let tls = tls.map(|setup| tls::peer(setup, &self.certificates));
        let mut peer = Peer::new(listener, tls, url.starts_with("wss:"));
        peer.proxy = is_proxy.then(ProxyEnd::default);
        self.peers.borrow_mut().push(peer);
    }

    /// The port of the proxy, if one is a peer.
    pub fn proxy_port(&self) -> u16 {
        let peers = self.peers.borrow();
        let proxy = peers.iter().find(|peer| peer.proxy.is_some());
        proxy.map_or_else(refusing_port, Peer::port)
    }

    /// What the recordings call by this name, of what a proxy heard.
    pub fn said_to_proxy(&self, name: &str) -> Option<Value> {
        let peers = self.peers.borrow();
        peers
            .iter()
            .find_map(|peer| peer.proxy.as_ref()?.look(name))
    }

    fn listener(&self, url: &str) -> Rc<TcpListener> {
        let port = if url.contains("<PORT>") {
            0
        } else {
            default_port(url)
        };
        let peers = self.peers.borrow();
        if let Some(peer) = peers.iter().find(|peer| peer.port() == port) {
            return peer.listener.clone();
        }
        let host = if url.contains("[::1]") {
            "::1"
        } else {
            "127.0.0.1"
        };
        Rc::new(listen(host, port))
    }

    /// Makes peers for the connections that no `open` asked for: they come to the last one's door.
    pub fn let_last_peer_serve(&self, count: usize) {
        let mut peers = self.peers.borrow_mut();
        while peers.len() < count
            && let Some(last) = peers.last()
        {
            let next = last.next();
            peers.push(next);
        }
    }

    pub fn with_peers<R>(&self, look: impl FnOnce(&mut [Peer]) -> R) -> R {
        look(&mut self.peers.borrow_mut())
    }

    /// The URL with the port of the peer that it is to reach.
    pub fn url(&self, op: &Value) -> String {
        let port = match &op["reaches"] {
            Value::Number(peer) => {
                let peer = peer.as_u64().expect("the number of a peer") as usize;
                self.peers.borrow()[peer].port()
            }
            reaches if reaches == REFUSED => refusing_port(),
            reaches if reaches == UNANSWERED => {
                let mut silent = self.silent.borrow_mut();
                silent.get_or_insert_with(SilentPort::new).port()
            }
            _ => 0,
        };
        let url = op["url"].as_str().unwrap_or_default();
        if url.contains("<PORT>") {
            self.ports.borrow_mut().push(port);
        }
        url.replace("<PORT>", &port.to_string())
    }

    /// The text with the ports of the peers taken out again.
    pub fn without_port(&self, text: &str) -> String {
        let ports = self.ports.borrow();
        let ports = ports.iter().map(|port| format!(":{port}"));
        ports.fold(text.to_owned(), |text, port| text.replace(&port, ":<PORT>"))
    }

    /// Lets a peer act, now or as soon as it can.
    pub fn act(&self, act: &PeerAct) {
        self.pending.borrow_mut().push(act.clone());
        self.go_on();
    }

    /// Lets the peers do what they could not do before; `true` if they could do any of it.
    pub fn go_on(&self) -> bool {
        let mut pending = self.pending.borrow_mut();
        let mut peers = self.peers.borrow_mut();
        let before = pending.len();
        let mut stuck = Vec::new();
        pending.retain(|act| {
            let mut peer = peers
                .get_mut(act.peer)
                .filter(|_| !stuck.contains(&act.peer));
            let is_done = peer.as_mut().is_some_and(|peer| peer.act(&act.action));
            if !is_done {
                stuck.push(act.peer);
            }
            !is_done
        });
        before != pending.len()
    }

    /// Lets the peers read; `true` if there was anything.
    pub fn read(&self) -> bool {
        self.with_peers(|peers| {
            peers
                .iter_mut()
                .fold(false, |read, peer| peer.read() | read)
        })
    }
}

/// A port of the schemes may be in use for a moment, by another test.
fn listen(host: &str, port: u16) -> TcpListener {
    let end = Instant::now() + PATIENCE;
    loop {
        match TcpListener::bind((host, port)) {
            Err(error) if error.kind() == ErrorKind::AddrInUse && Instant::now() < end => {
                std::thread::yield_now();
            }
            outcome => return outcome.expect("a port"),
        }
    }
}

/// The port of a URL that names none.
pub fn default_port(url: &str) -> u16 {
    if url.starts_with("wss:") { 443 } else { 80 }
}

/// Whether peers of the scenario may listen where they have to: the ports of the schemes are not for everybody, and may
/// be taken.
pub fn has_its_ports(scenario: &Scenario) -> bool {
    let mut may_listen = true;
    each_call(&mut scenario.nodes.clone(), &mut |call| {
        let url = call.op["url"].as_str().unwrap_or_default();
        if call.op["reaches"].is_u64() && !url.contains("<PORT>") {
            let port = TcpListener::bind(("127.0.0.1", default_port(url)));
            may_listen &= port.is_ok();
        }
    });
    if !may_listen {
        println!(
            "not played, since its port cannot be had: {}",
            scenario.title()
        );
    }
    may_listen
}
