//! What `bytesWritten` tells. On TLS only the peer knows how much of that is TLS.

use std::cell::RefCell;
use std::collections::HashMap;

use serde_json::{Value, json};

use crate::peers::Peer;
use crate::rewrite::each_signal;
use crate::tls::ciphertext::plaintext_in;
use crate::transcript::Node;

/// For each object that speaks TLS the peer that it reached last.
#[derive(Default)]
pub struct BytesTold {
    secure: RefCell<HashMap<String, usize>>,
}

impl BytesTold {
    /// `who` goes to this peer now.
    pub fn goes_to(&self, who: &str, peer: Option<usize>, is_secure: bool) {
        let mut secure = self.secure.borrow_mut();
        match peer.filter(|_| is_secure) {
            Some(peer) => drop(secure.insert(who.to_owned(), peer)),
            None => drop(secure.remove(who)),
        }
    }

    pub fn shown(&self, who: &str, bytes: u64) -> Value {
        match self.secure.borrow().get(who) {
            Some(peer) => json!({"ciphertext": bytes, "peer": peer}),
            None => json!(bytes),
        }
    }
}

/// Bytes told on TLS become the plaintext in them.
pub fn tell_plaintext(nodes: &mut [Node], peers: &[Peer]) {
    let mut next = vec![0; peers.len()];
    each_signal(nodes, &mut |signal| {
        let on_tls = signal
            .args
            .first()
            .and_then(|arg| arg["ciphertext"].as_u64());
        if let Some(told) = on_tls {
            let peer = signal.args[0]["peer"].as_u64().unwrap_or_default() as usize;
            let records = peers[peer]
                .tls
                .as_ref()
                .map_or(&[][..], |tls| tls.records());
            signal.args[0] = plaintext_in(told, records, &mut next[peer]);
        }
    });
}
