//! All peers of a scenario, and the ways to them.

use std::cell::RefCell;

use serde_json::Value;

use crate::peers::{Peer, SilentPort, refusing_port};
use crate::recording::{REFUSED, UNANSWERED};
use crate::transcript::PeerAct;

#[derive(Default)]
pub struct Network {
    peers: RefCell<Vec<Peer>>,
    silent: RefCell<Option<SilentPort>>,
    /// The ports that stood in URLs.
    ports: RefCell<Vec<u16>>,
    /// What the peers could not do yet, in their order.
    pending: RefCell<Vec<PeerAct>>,
}

impl Network {
    pub fn add_peer(&self, host: &str) {
        self.peers.borrow_mut().push(Peer::new(host));
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
        self.ports.borrow_mut().push(port);
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
