//! How a row comes true: what the socket goes through, and what is seen of it.

use std::any::Any;
use std::rc::Rc;
use std::sync::mpsc;
use std::time::Duration;

use qeventloop::reactor::ManualClock;
use qwebsocket::{NetworkProxy, Version, WebSocket};

use super::row::{Outcome, PeerScript, Prepare, Row, Situation, UNSEEN};
use super::support::pair::{listening, next_connection, predictable_client, stopped_clock};
use super::support::raw_peer::{RawPeer, raw_client};
use super::support::transcript::{Recorder, facts};
use super::support::{PATIENCE, settle};
use super::words;

impl Row {
    /// Runs the row.
    #[track_caller]
    pub(crate) fn check(self) {
        let clock = stopped_clock();
        let outcome = match self.situation {
            Situation::Opening(open) => opening(&predictable_client(), open),
            Situation::OpeningWithOrigin(origin) => {
                opening(&WebSocket::with_origin(origin, Version::LATEST), |socket| {
                    socket.open("ws://localhost/");
                    Box::new(())
                })
            }
            Situation::OpeningBy(proxy) => {
                let socket = predictable_client();
                socket.set_proxy(proxy());
                opening(&socket, |socket| {
                    socket.open("ws://server.test/");
                    Box::new(())
                })
            }
            Situation::ByProxy(proxy, script) => by_proxy(proxy, script),
            Situation::Securing(script) => securing(script),
            Situation::Waiting(script) => waiting(None, script),
            Situation::WaitingFor(time, script) => waiting(Some((clock, time)), script),
            Situation::Connected(prepare, script) => connected(prepare, script),
            Situation::Closing(script) => closing(script),
            Situation::Accepted(prepare, script) => accepted(prepare, script),
        };
        assert_eq!(outcome, self.outcome, "{}", self.input);
    }
}

fn opening(socket: &Rc<WebSocket>, open: fn(&Rc<WebSocket>) -> Box<dyn Any>) -> Outcome {
    let recorder = Recorder::new(socket);
    let alive = recorder.call("open", open);
    if recorder.count("state_changed(Connecting)") > 0 {
        recorder.run_until("disconnected");
    }
    settle();
    drop(alive);
    outcome(socket, &recorder, UNSEEN.into())
}

fn securing(script: PeerScript) -> Outcome {
    let (peer, saw) = observed(Box::new(|wire| {
        let header = wire.take(5);
        assert_eq!(header[0], 0x16, "a record of a TLS handshake");
        wire.take(usize::from(u16::from_be_bytes([header[3], header[4]])));
        script(wire);
    }));
    let socket = predictable_client();
    let recorder = Recorder::new(&socket);
    recorder.call("open", |socket| {
        socket.open(format!("wss://localhost:{}", peer.port()));
    });
    recorder.run_until("disconnected");
    peer.join();
    settle();
    outcome(&socket, &recorder, saw.recv().expect("the script holds"))
}

fn by_proxy(mut proxy: NetworkProxy, script: PeerScript) -> Outcome {
    let (peer, saw) = observed(script);
    let socket = predictable_client();
    let recorder = Recorder::new(&socket);
    proxy.set_port(peer.port());
    socket.set_proxy(proxy);
    recorder.call("open", |socket| socket.open("ws://server.test/"));
    recorder.run_until("disconnected");
    peer.join();
    settle();
    outcome(&socket, &recorder, saw.recv().expect("the script holds"))
}

fn waiting(deadline: Option<(ManualClock, Duration)>, script: PeerScript) -> Outcome {
    let (peer, saw) = observed(script);
    let socket = predictable_client();
    let recorder = Recorder::new(&socket);
    let written = socket.bytes_written.collect();
    recorder.call("open", |socket| socket.open(peer.url()));
    if let Some((clock, time)) = deadline {
        assert!(written.wait(PATIENCE), "the request");
        settle();
        assert_eq!(recorder.count("error"), 0, "it is early yet");
        clock.advance(time);
    }
    recorder.run_until("read_channel_finished");
    peer.join();
    settle();
    outcome(&socket, &recorder, saw.recv().expect("the script holds"))
}

fn connected(prepare: Prepare, script: PeerScript) -> Outcome {
    let (peer, saw) = observed(Box::new(|wire| {
        wire.accept_upgrade();
        script(wire);
    }));
    let socket = predictable_client();
    prepare(&socket);
    let recorder = Recorder::new(&socket);
    socket.open(peer.url());
    recorder.run_until("read_channel_finished");
    recorder.forget_through("connected");
    peer.join();
    settle();
    outcome(&socket, &recorder, saw.recv().expect("the script holds"))
}

fn closing(script: PeerScript) -> Outcome {
    let (peer, saw) = observed(Box::new(|wire| {
        wire.accept_upgrade();
        wire.expect_close(1000, "");
        script(wire);
    }));
    let socket = predictable_client();
    let recorder = Recorder::new(&socket);
    socket.open(peer.url());
    recorder.run_until("connected");
    socket.close();
    recorder.clear();
    recorder.run_until("read_channel_finished");
    peer.join();
    settle();
    outcome(&socket, &recorder, saw.recv().expect("the script holds"))
}

fn accepted(prepare: Prepare, script: PeerScript) -> Outcome {
    let server = listening();
    let (tell, saw) = mpsc::channel();
    let client = raw_client(server.server_port(), move |wire| {
        wire.upgrade();
        script(wire);
        let _ = tell.send(words::frames(&wire.read_rest()));
    });
    let socket = next_connection(&server);
    prepare(&socket);
    let recorder = Recorder::new(&socket);
    recorder.run_until("read_channel_finished");
    client.join().expect("the script holds");
    settle();
    outcome(&socket, &recorder, saw.recv().expect("the script holds"))
}

/// A server that tells what it received behind its script.
fn observed(script: PeerScript) -> (RawPeer, mpsc::Receiver<String>) {
    let (tell, saw) = mpsc::channel();
    let peer = RawPeer::new(move |wire| {
        script(wire);
        let _ = tell.send(words::frames(&wire.read_rest()));
    });
    (peer, saw)
}

/// What happened, and the check that the socket said the same about it in every slot of the end.
fn outcome(socket: &WebSocket, recorder: &Recorder, peer_saw: String) -> Outcome {
    let lines = recorder.lines();
    let (_, about_the_end) = facts(socket)
        .split_once('|')
        .map(|(state, rest)| (state.to_owned(), rest.to_owned()))
        .expect("facts have parts");
    let beginning = [
        "state_changed(Connect",
        "connected",
        "peer_verify_error",
        "ssl_errors",
        "authentication_required",
        "proxy_authentication_required",
    ];
    let ending = lines.iter().filter(|line| {
        line.contains('{')
            && !line.contains("_received(")
            && !beginning.iter().any(|start| line.starts_with(start))
    });
    for line in ending {
        assert!(
            line.ends_with(&about_the_end),
            "{line}\nat the end: {about_the_end}"
        );
    }
    Outcome {
        signals: words::shortened(&lines),
        error: socket.error(),
        error_string: socket.error_string(),
        close_code: socket.close_code(),
        close_reason: socket.close_reason(),
        peer_saw,
    }
}
