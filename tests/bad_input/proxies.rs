//! Proxies that refuse, break off or make no sense, and what cannot be said to a proxy.

use std::rc::Rc;

use qwebsocket::SocketError::{
    ConnectionRefused, HostNotFound, ProxyAuthenticationRequired, ProxyConnectionClosed,
    ProxyNotFound, ProxyProtocol, SslInvalidUserData, UnsupportedSocketOperation,
};
use qwebsocket::{
    NetworkProxy, ProxyCapabilities, ProxyType, SocketError, SslCertificate, SslConfiguration,
    WebSocket,
};

use super::row::{NOTHING, Outcome, Situation, refused_argument, rows, unreachable};
use super::support::pair::predictable_client;
use super::support::raw_peer::{RawPeer, Wire};
use super::support::settle;
use super::support::transcript::Recorder;

const NO_HTTP: &str = "Did not receive HTTP response from proxy";
const NO_SOCKS: &str = "SOCKS version 5 protocol error";
const TOO_MUCH: &str = "The proxy sent more than an answer.";
const MUST_NOT_BE_SENT: &str = "The credentials contain characters that must not be sent.";

rows! {
    garbage: "HTTP: garbage", http("220 ESMTP ready\r\n") => fails(ProxyProtocol, NO_HTTP);
    garbage_byte: "HTTP: one byte of garbage", http([0x15]) => fails(ProxyProtocol, NO_HTTP);
    socks_answer: "HTTP: a SOCKS proxy", http([5, 0]) => fails(ProxyProtocol, NO_HTTP);
    bare_lf: "HTTP: a line that ends with a bare LF", http("HTTP/1.1 200 OK\n\n") => malformed("a line ends with a bare line feed");
    nul: "HTTP: NUL in the head", http("HTTP/1.1 200 O\0K\r\n\r\n") => malformed("the head contains a control character");
    no_status: "HTTP: no status", http("HTTP/1.1 \r\n\r\n") => malformed("the first line is malformed");
    bad_header: "HTTP: a header without a colon", http("HTTP/1.1 200 OK\r\nwhat\r\n\r\n") => malformed("a header line is malformed");
    endless_line: "HTTP: a line without an end", http(format!("HTTP/1.1 200 {}", "x".repeat(9000))) => malformed("a line of the head is too long");
    endless_head: "HTTP: a head without an end", http(format!("HTTP/1.1 200 OK\r\n{}", "X: y\r\n".repeat(200))) => malformed("the head has too many lines");
    large_head: "HTTP: 64 KiB and one byte of head", http(format!("HTTP/1.1 200 OK\r\n{}", format!("X: {}\r\n", "y".repeat(8000)).repeat(9))) => malformed("the head is too large");
    endless_1xx: "HTTP: 100 after 100", http("HTTP/1.1 100 Continue\r\n\r\n".repeat(100)) => communicating();
    status_101: "HTTP: status 101", http("HTTP/1.1 101 Switching Protocols\r\n\r\n") => communicating();
    status_302: "HTTP: status 302", http("HTTP/1.1 302 Found\r\nLocation: http://localhost/\r\n\r\n") => communicating();
    status_401: "HTTP: status 401", http("HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\n\r\n") => communicating();
    more_than_an_answer: "HTTP: 200 and then some", http("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello") => fails(ProxyProtocol, TOO_MUCH);
    too_early: "HTTP: 200 before the answer to 407", by_proxy(with("u", "p", ProxyType::Http), |wire| {
        wire.read_head();
        wire.send("HTTP/1.1 407 Who?\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n");
    }) => fails(ProxyProtocol, TOO_MUCH);
    no_challenge: "HTTP: 407 without a challenge", http("HTTP/1.1 407 Who?\r\n\r\n") => parsing();
    unknown_challenge: "HTTP: 407 with a challenge that nobody knows", http("HTTP/1.1 407 Who?\r\nProxy-Authenticate: NTLM\r\n\r\n") => parsing();
    broken_challenge: "HTTP: 407 with an unterminated challenge", http("HTTP/1.1 407 Who?\r\nProxy-Authenticate: Basic realm=\"x\r\n\r\n") => parsing();
    a_third_407: "HTTP: 407 whatever is answered", by_proxy(with("u", "p", ProxyType::Http), |wire| {
        // The second is for what is known, and then nobody knows anything else.
        for _ in 0..2 {
            wire.read_head();
            wire.send("HTTP/1.1 407 Who?\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n");
        }
    }) => asked(ProxyAuthenticationRequired, "Authentication required");
    colon_in_user: "HTTP: a colon in the user name for Basic", by_proxy(with("a:b", "p", ProxyType::Http), ask) => fails(ProxyAuthenticationRequired, MUST_NOT_BE_SENT);
    line_break_in_user: "HTTP: CR LF in the user name", by_proxy(with("a\r\nb", "p", ProxyType::Http), ask) => fails(ProxyAuthenticationRequired, MUST_NOT_BE_SENT);
    nul_in_password: "HTTP: NUL in the password", by_proxy(with("a", "p\0", ProxyType::Http), ask) => fails(ProxyAuthenticationRequired, MUST_NOT_BE_SENT);

    socks_garbage: "SOCKS: garbage", socks("HTTP/1.1 400 Bad Request\r\n\r\n") => fails(ProxyProtocol, NO_SOCKS);
    socks_4: "SOCKS: version 4", socks([4, 0]) => fails(ProxyProtocol, NO_SOCKS);
    socks_method: "SOCKS: a method that nobody offered", socks([5, 1]) => fails(ProxyProtocol, NO_SOCKS);
    socks_login_version: "SOCKS: another version of the login", by_proxy(with("u", "p", ProxyType::Socks5), |wire| {
        wire.expect([5, 2, 0, 2]);
        wire.send([5, 2]);
        wire.expect([1, 1, b'u', 1, b'p']);
        wire.send([5, 0]);
    }) => fails(ProxyProtocol, NO_SOCKS);
    socks_reply_version: "SOCKS: another version in the reply", replied([4, 0, 0, 1]) => fails(ProxyProtocol, NO_SOCKS);
    socks_reply_type: "SOCKS: an address of an unknown type", replied([5, 0, 0, 2, 1, 2, 3, 4, 0, 80]) => fails(ProxyProtocol, NO_SOCKS);
    socks_reply_code: "SOCKS: an unknown refusal", replied([5, 0x80]) => fails(ProxyProtocol, "Unknown SOCKSv5 proxy error code 0x80");
    socks_long_reply: "SOCKS: an address longer than it says", replied([5, 0, 0, 3, 1, b'x', b'y', 0, 80]) => fails(ProxyProtocol, TOO_MUCH);
    socks_short_reply: "SOCKS: an address shorter than it says, and the end", by_proxy(without(ProxyType::Socks5), |wire| {
        reply(wire, &[5, 0, 0, 3, 255, b'x', 0, 80]);
        wire.fin();
    }) => fails(ProxyConnectionClosed, "Connection to proxy closed prematurely");

    no_such_proxy: "a proxy that has no address", opening(|| NetworkProxy::new(ProxyType::Http, "x".repeat(64), 1)) => unknown();
    nul_in_proxy: "NUL in the proxy's name", opening(|| NetworkProxy::new(ProxyType::Socks5, "a\0b", 1)) => unknown();
    no_proxy_host: "a proxy without a name", opening(|| NetworkProxy::new(ProxyType::Http, "", 1)) => unknown();
    line_break_in_header: "a header for the proxy with CR LF", opening(|| with_header("X", "a\r\nb")) => header("X");
    nul_in_header: "a header for the proxy with NUL in its name", opening(|| with_header("X\0", "a")) => header("X\\0");
    reserved_header: "a header for the proxy that is ours", opening(|| with_header("host", "a")) => header("host");
    reserved_proxy_connection: "a Proxy-Connection of the application's own", opening(|| with_header("proxy-connection", "close")) => header("proxy-connection");
    reserved_length: "a body announced to the proxy", opening(|| with_header("Content-Length", "5")) => header("Content-Length");
    reserved_encoding: "a body in pieces announced to the proxy", opening(|| with_header("Transfer-Encoding", "chunked")) => header("Transfer-Encoding");
    no_usable_ca: "a secure proxy to be known by a CA certificate that is none", opening(|| {
        let mut configuration = SslConfiguration::new();
        configuration.set_ca_certificates([SslCertificate::from_der(b"no certificate")]);
        let mut proxy = without(ProxyType::Http);
        proxy.set_ssl_configuration(Some(configuration));
        proxy
    }) => refused_argument(SslInvalidUserData, "a CA certificate cannot be used: it is no X.509 certificate");
    no_tunnels: "a proxy that cannot make tunnels", opening(|| {
        let mut proxy = without(ProxyType::Http);
        proxy.set_capabilities(ProxyCapabilities::HOST_NAME_LOOKUP);
        proxy
    }) => refused_argument(UnsupportedSocketOperation, "Operation on socket is not supported");
    caching: "a caching proxy", opening(|| without(ProxyType::HttpCaching)) => refused_argument(UnsupportedSocketOperation, "Operation on socket is not supported");
    socks_user: "SOCKS: CR LF in the user name", opening(|| with("a\r\n", "p", ProxyType::Socks5)) => credentials();
    socks_password: "SOCKS: a password of 256 bytes", opening(|| with("a", &"p".repeat(256), ProxyType::Socks5)) => credentials();
    socks_name: "SOCKS: a host name of 256 bytes", Situation::Opening(|socket| {
        socket.set_proxy(without(ProxyType::Socks5));
        socket.open(format!("ws://{}", "long.name.".repeat(26)));
        Box::new(())
    }) => refused_argument(HostNotFound, "The host name is too long for a SOCKS proxy.");
}

fn without(kind: ProxyType) -> NetworkProxy {
    NetworkProxy::new(kind, "127.0.0.1", 1)
}

fn with(user: &str, password: &str, kind: ProxyType) -> NetworkProxy {
    let mut proxy = without(kind);
    proxy.set_user(user);
    proxy.set_password(password);
    proxy
}

fn with_header(name: &str, value: &str) -> NetworkProxy {
    let mut proxy = without(ProxyType::Http);
    proxy.set_raw_header(name, value);
    proxy
}

/// A client opens a connection by this proxy, which does this.
fn by_proxy(proxy: NetworkProxy, script: impl FnOnce(&mut Wire) + Send + 'static) -> Situation {
    Situation::ByProxy(proxy, Box::new(script))
}

/// The request for a tunnel is answered with this.
fn http(answer: impl Into<Vec<u8>>) -> Situation {
    let answer = answer.into();
    by_proxy(without(ProxyType::Http), move |wire| {
        wire.read_head();
        wire.send(answer);
    })
}

fn ask(wire: &mut Wire) {
    wire.read_head();
    wire.send("HTTP/1.1 407 Who?\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n");
}

/// The first words of SOCKS are answered with this.
fn socks(answer: impl Into<Vec<u8>>) -> Situation {
    let answer = answer.into();
    by_proxy(without(ProxyType::Socks5), move |wire| {
        wire.expect([5, 1, 0]);
        wire.send(answer);
    })
}

/// The request for a tunnel is.
fn replied(answer: impl Into<Vec<u8>>) -> Situation {
    let answer = answer.into();
    by_proxy(without(ProxyType::Socks5), move |wire| reply(wire, &answer))
}

fn reply(wire: &mut Wire, answer: &[u8]) {
    wire.expect([5, 1, 0]);
    wire.send([5, 0]);
    wire.expect(b"\x05\x01\x00\x03\x0bserver.test\x00\x50");
    wire.send(answer);
}

fn opening(proxy: fn() -> NetworkProxy) -> Situation {
    Situation::OpeningBy(proxy)
}

fn fails(error: SocketError, text: &str) -> Outcome {
    Outcome {
        peer_saw: NOTHING.into(),
        ..unreachable(error, text)
    }
}

fn asked(error: SocketError, text: &str) -> Outcome {
    Outcome {
        signals:
            "[Connecting] · proxy_authentication_required · error · Unconnected · disconnected"
                .into(),
        ..fails(error, text)
    }
}

fn malformed(what: &str) -> Outcome {
    fails(ProxyProtocol, &format!("{NO_HTTP}: {what}"))
}

fn communicating() -> Outcome {
    fails(ProxyProtocol, "Error communicating with HTTP proxy")
}

fn parsing() -> Outcome {
    let text = "Error parsing authentication request from proxy";
    fails(ProxyProtocol, text)
}

fn unknown() -> Outcome {
    unreachable(ProxyNotFound, "Proxy server not found")
}

fn header(name: &str) -> Outcome {
    refused_argument(
        ConnectionRefused,
        &format!("Invalid proxy header: \"{name}\""),
    )
}

fn credentials() -> Outcome {
    let text =
        "The credentials for the proxy must not be sent: too long, or with control characters.";
    refused_argument(ProxyAuthenticationRequired, text)
}

/// Opens a connection by a proxy that answers with so many of these bytes, and then ends it.
fn cut_off(kind: ProxyType, answers: &'static [&'static [u8]], mut at: usize) -> SocketError {
    let peer = RawPeer::new(move |wire| {
        for answer in answers {
            match kind {
                ProxyType::Http => drop(wire.read_head()),
                _ => drop(wire.take(1)),
            }
            let sent = at.min(answer.len());
            at -= sent;
            wire.send(&answer[..sent]);
            if sent < answer.len() {
                return;
            }
        }
    });
    let socket: Rc<WebSocket> = predictable_client();
    let recorder = Recorder::new(&socket);
    let mut proxy = NetworkProxy::new(kind, "127.0.0.1", peer.port());
    proxy.set_user("u");
    proxy.set_password("p");
    socket.set_proxy(proxy);
    socket.open("ws://server.test/");
    recorder.run_until("disconnected");
    peer.join();
    settle();
    assert_eq!(recorder.count("error"), 1);
    assert_eq!(recorder.count("read_channel_finished"), 0);
    socket.error()
}

#[test]
fn a_proxy_may_end_the_connection_at_every_byte() {
    const HTTP: &[&[u8]] = &[
        b"HTTP/1.1 102 Wait\r\n\r\nHTTP/1.1 407 Who?\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
    ];
    const SOCKS: &[&[u8]] = &[&[5, 2], &[1, 0], &[5, 0, 0, 3, 2, b'a', b'b', 0, 80]];
    for (kind, answers) in [(ProxyType::Http, HTTP), (ProxyType::Socks5, SOCKS)] {
        let length: usize = answers.iter().map(|answer| answer.len()).sum();
        for at in 0..length {
            let error = cut_off(kind, answers, at);
            // Right behind a question that leaves the connection open another one is tried, for which nobody is there,
            // or not for long.
            let is_tried_again = kind == ProxyType::Http && at == answers[0].len();
            let is_refused = is_tried_again && error == SocketError::ProxyConnectionRefused;
            assert!(
                is_refused || error == ProxyConnectionClosed,
                "{kind:?} at {at}: {error}"
            );
        }
    }
}
