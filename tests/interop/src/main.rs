//! qwebsocket against WebSocket implementations that others wrote: as their client and as their server, over `ws` and
//! over `wss`. Against the TLS of OpenSSL's own tools, where WebSocket is spoken by hand. And through proxies.
//!
//! `cargo run -- [WORD ..]` runs the checks whose names contain every WORD. The peers in the folder `peers` need their
//! packages, and `openssl` its own, which `.ci/run` installs. A peer that cannot run is a failure, unless `ALLOW_SKIP=1` is set.
#![forbid(unsafe_code)]

mod cases;
mod certificates;
mod endings;
mod message;
mod openssl;
mod peer;
mod proxies;
mod report;
mod session;
mod wait;

use std::process::ExitCode;

use crate::certificates::Certificates;
use crate::peer::{Kind, Peer};
use crate::report::Report;
use crate::session::{Direction, Session};

fn main() -> ExitCode {
    let certificates = Certificates::generate();
    let mut report = Report::new(std::env::args().skip(1).collect());
    for kind in [Kind::Ws, Kind::Websockets] {
        match Peer::start(kind, None) {
            Ok(peer) => report.peer_runs(peer.description()),
            Err(reason) => {
                report.peer_is_missing(kind, &reason);
                continue;
            }
        }
        for tls in [None, Some(&certificates)] {
            check_conversations(kind, tls, &mut report);
            endings::check_loss(kind, tls, &mut report);
        }
        endings::check_distrust(kind, &certificates, &mut report);
    }
    openssl::check_all(&mut report);
    proxies::check_all(&mut report);
    report.conclude()
}

/// Every conversation in both directions. One process of the peer has them all, until one fails.
fn check_conversations(kind: Kind, tls: Option<&Certificates>, report: &mut Report) {
    let mut running = None;
    for direction in Direction::BOTH {
        for case in cases::all() {
            report.check(&name(kind, tls, direction, &case.name), || {
                let peer = running.take().unwrap_or_else(|| start(kind, tls));
                let session = Session::open(&peer, direction, case.path, tls);
                (case.run)(&session);
                session.close();
                running = Some(peer);
            });
        }
    }
}

fn start(kind: Kind, tls: Option<&Certificates>) -> Peer {
    Peer::start(kind, tls).expect("the peer starts, as it did before")
}

fn name(kind: Kind, tls: Option<&Certificates>, direction: Direction, case: &str) -> String {
    let scheme = if tls.is_some() { "wss" } else { "ws" };
    format!("{kind} over {scheme}, {direction}: {case}")
}
