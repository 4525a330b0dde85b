//! A proxy with several addresses, and a server whose address is looked up for one.

use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use qwebsocket::{NetworkProxy, ProxyCapabilities, ProxyType, SocketState, WebSocket};

use super::addresses::BlackHole;
use super::support::pair::stopped_clock;
use super::support::raw_peer::{RawPeer, Script, Wire};
use super::support::{run_until, settle};
use crate::transport::hosts;

const AGREES: &str = "HTTP/1.1 200 OK\r\n\r\n";

fn serve(wire: &mut Wire) {
    wire.accept_upgrade();
    wire.expect_end();
}

fn opening(proxy: NetworkProxy) -> Rc<WebSocket> {
    let socket = WebSocket::new();
    socket.set_proxy(proxy);
    socket.open("ws://server.test/");
    socket
}

fn address_of(peer: &RawPeer) -> SocketAddr {
    ([127, 0, 0, 1], peer.port()).into()
}

#[test]
fn the_addresses_of_a_proxy_race_and_the_one_that_answered_is_asked_again() {
    let asks: Script = Box::new(|wire| {
        wire.read_head();
        wire.send("HTTP/1.1 407 Who?\r\nProxy-Authenticate: Basic\r\nConnection: close\r\n\r\n");
    });
    let agrees: Script = Box::new(|wire| {
        wire.read_head();
        wire.send(AGREES);
        serve(wire);
    });
    let (hole, peer) = (BlackHole::new(), RawPeer::in_turn([asks, agrees]));
    hosts::set("proxy.test", &[hole.address(), address_of(&peer)]);
    let clock = stopped_clock();
    let mut proxy = NetworkProxy::new(ProxyType::Http, "proxy.test", 1);
    proxy.set_user("ada");
    let socket = opening(proxy);
    settle();
    assert_eq!(hole.waiting(), 1);
    clock.advance(Duration::from_millis(250));
    run_until(|| socket.state() == SocketState::Connected);
    assert_eq!(hole.waiting(), 0, "not even for the second connection");
    socket.abort();
    peer.join();
}

#[test]
fn a_proxy_that_knows_no_names_is_told_the_address() {
    let http = RawPeer::new(|wire| {
        let request = wire.read_head();
        let line = "CONNECT [2001:db8::1]:80 HTTP/1.1\r\n";
        assert!(request.starts_with(line), "{request}");
        wire.send(AGREES);
        serve(wire);
    });
    let socks = RawPeer::new(|wire| {
        wire.expect([5, 1, 0]);
        wire.send([5, 0]);
        let address = [0x20, 1, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
        wire.expect([&[5, 1, 0, 4], &address[..], &[0, 80]].concat());
        wire.send([&[5, 0, 0, 4], &address[..], &[0, 80]].concat());
        serve(wire);
    });
    hosts::set(
        "server.test",
        &["[2001:db8::1]:80".parse().expect("an address")],
    );
    for (peer, kind) in [(http, ProxyType::Http), (socks, ProxyType::Socks5)] {
        let mut proxy = NetworkProxy::new(kind, "127.0.0.1", peer.port());
        proxy.set_capabilities(ProxyCapabilities::TUNNELING);
        let socket = opening(proxy);
        run_until(|| socket.state() == SocketState::Connected);
        socket.abort();
        peer.join();
    }
}

#[test]
fn a_proxy_may_have_a_name_in_other_letters() {
    let peer = RawPeer::new(|wire| {
        wire.read_head();
        wire.send(AGREES);
        serve(wire);
    });
    hosts::set("xn--bcher-kva.test", &[address_of(&peer)]);
    let socket = opening(NetworkProxy::new(ProxyType::Http, "bücher.test", 1));
    assert_eq!(socket.proxy().host_name(), "bücher.test");
    run_until(|| socket.state() == SocketState::Connected);
    socket.abort();
    peer.join();
}

/// While only we look for the server the proxy is not to blame.
#[test]
fn the_time_may_be_over_before_the_proxy_is_asked() {
    let server = ("server.test", "Connection timed out");
    let proxy = ("proxy.test", "Proxy server connection timed out");
    for (silent, text) in [server, proxy] {
        for name in [server.0, proxy.0] {
            hosts::set(name, &["127.0.0.1:1".parse().expect("an address")]);
        }
        hosts::set(silent, &[]);
        let clock = stopped_clock();
        let mut proxy = NetworkProxy::new(ProxyType::Http, "proxy.test", 1);
        proxy.set_capabilities(ProxyCapabilities::TUNNELING);
        let socket = opening(proxy);
        settle();
        clock.advance(Duration::from_secs(30));
        run_until(|| socket.state() == SocketState::Unconnected);
        assert_eq!(socket.error_string(), text);
    }
}
