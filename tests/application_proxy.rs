//! The proxy of the application, which all sockets of the process share: so this is one test, alone in its program.
#![allow(missing_docs, reason = "a test")]

#[path = "support/mod.rs"]
mod support;

use std::rc::Rc;

use qwebsocket::{NetworkProxy, ProxyType, WebSocket};

use support::raw_peer::{RawPeer, Script};
use support::transcript::Recorder;

/// A proxy, and the server behind it.
fn tunnelling() -> Script {
    Box::new(|wire| {
        let request = wire.read_head();
        assert!(request.starts_with("CONNECT server.test:80 "), "{request}");
        wire.send("HTTP/1.1 200 OK\r\n\r\n");
        wire.accept_upgrade();
        wire.read_rest();
    })
}

fn connected(socket: Rc<WebSocket>, url: &str) {
    let recorder = Recorder::new(&socket);
    socket.open(url);
    recorder.run_until("connected");
}

#[test]
fn whoever_has_no_proxy_uses_that_of_the_application() {
    assert_eq!(NetworkProxy::application_proxy(), NetworkProxy::none());
    let proxy = RawPeer::in_turn([tunnelling(), tunnelling()]);
    let of_application = NetworkProxy::new(ProxyType::Http, "127.0.0.1", proxy.port());
    NetworkProxy::set_application_proxy(of_application.clone());
    assert_eq!(NetworkProxy::application_proxy(), of_application);

    connected(WebSocket::new(), "ws://server.test/");
    let again = WebSocket::new();
    again.set_proxy(NetworkProxy::none());
    again.set_proxy(NetworkProxy::default());
    connected(again, "ws://server.test/");
    proxy.join();

    // Nobody serves there any more: whoever connects now needs no proxy.
    let direct = |prepare: fn(&WebSocket), host: &str| {
        let server = RawPeer::new(|wire| {
            wire.accept_upgrade();
            wire.read_rest();
        });
        let socket = WebSocket::new();
        prepare(&socket);
        connected(socket, &format!("ws://{host}:{}/", server.port()));
        server.join();
    };
    direct(|_| {}, "localhost");
    direct(|_| {}, "127.0.0.1");
    direct(|socket| socket.set_proxy(NetworkProxy::none()), "127.0.0.1");

    NetworkProxy::set_application_proxy(NetworkProxy::default());
    assert_eq!(NetworkProxy::application_proxy(), NetworkProxy::none());
}
