//! The way through a proxy: nothing is told of it but what it asks and why it fails.

use std::rc::Rc;

use qwebsocket::{NetworkProxy, ProxyCapabilities, ProxyType, WebSocket};

use super::support::frames::{TEXT, frame};
use super::support::pair::{next_connection, stopped_clock};
use super::support::raw_peer::{RawPeer, Script, Wire, header};
use super::support::relay::relay;
use super::support::settle;
use super::support::tls::{Identity, secure_url};
use super::support::transcript::Recorder;

const ASKS: &str =
    "HTTP/1.1 407 Who?\r\nProxy-Authenticate: Basic realm=\"lab\"\r\nContent-Length: 4\r\n\r\nwho?";
const ASKS_AND_CLOSES: &str = "HTTP/1.1 407 Who?\r\nProxy-Authenticate: Basic realm=\"lab\"\r\n\
                               Connection: close\r\n\r\nwho?";
const AGREES: &str = "HTTP/1.1 200 Connection established\r\n\r\n";
/// For `ada` and `secret`.
const ADA: &str = "Basic YWRhOnNlY3JldA==";
/// For `bob` and `secret`.
const BOB: &str = "Basic Ym9iOnNlY3JldA==";

fn proxy(kind: ProxyType, peer: &RawPeer) -> NetworkProxy {
    NetworkProxy::new(kind, "127.0.0.1", peer.port())
}

fn with_credentials(mut proxy: NetworkProxy) -> NetworkProxy {
    proxy.set_user("ada");
    proxy.set_password("secret");
    proxy
}

/// Opens a connection to a server that only the proxy knows.
fn opening(proxy: NetworkProxy) -> (Rc<WebSocket>, Recorder) {
    opening_url("ws://server.test:8080/x", proxy, &[])
}

/// The slot gives one user after the other, and then changes nothing.
fn opening_url(
    url: &str,
    proxy: NetworkProxy,
    users: &'static [&'static str],
) -> (Rc<WebSocket>, Recorder) {
    stopped_clock();
    let socket = WebSocket::new();
    let recorder = Recorder::new(&socket);
    let mut users = users.iter();
    socket
        .proxy_authentication_required
        .connect_mut(move |_, authenticator| {
            if let Some(user) = users.next() {
                authenticator.set_user(*user);
                authenticator.set_password("secret");
            }
        });
    socket.set_proxy(proxy);
    recorder.call("open", |socket| socket.open(url));
    (socket, recorder)
}

/// Expects a request for a tunnel with this authorization.
#[track_caller]
fn expect_connect(wire: &mut Wire, authorization: Option<&str>) {
    let request = wire.read_head();
    let line = "CONNECT server.test:8080 HTTP/1.1\r\n";
    assert!(request.starts_with(line), "{request}");
    assert_eq!(header(&request, "Host"), Some("server.test:8080"));
    assert_eq!(header(&request, "Proxy-Authorization"), authorization);
}

/// The server at the end of the tunnel.
fn serve(wire: &mut Wire) {
    let request = wire.accept_upgrade();
    assert!(request.starts_with("GET /x HTTP/1.1\r\n"), "{request}");
    assert_eq!(header(&request, "Proxy-Authorization"), None);
    assert_eq!(header(&request, "Proxy-Connection"), None);
    wire.send(frame(TEXT, b"through"));
    wire.read_rest();
}

const STANDS: &str = r#"
    state_changed(Connected)                {Connected, valid | no error | 1000}
    connected                               {Connected, valid | no error | 1000}
    text_frame_received("through", true)    {Connected, valid | no error | 1000}
    text_message_received("through")        {Connected, valid | no error | 1000}
"#;
const BEGINS: &str = "
    [open
      state_changed(Connecting)             {Connecting | no error | 1000}
    ]
";

/// After all, a message comes through.
#[track_caller]
fn stands(peer: RawPeer, (socket, recorder): (Rc<WebSocket>, Recorder), asked: &str) {
    recorder.run_until("text_message_received");
    settle();
    recorder.expect(&[BEGINS, asked, STANDS].concat());
    drop(socket);
    peer.join();
}

/// After all, this is the error.
#[track_caller]
fn fails(recorder: &Recorder, asked: &str, facts: &str) {
    recorder.run_until("disconnected");
    settle();
    let kind = facts.split(' ').next().expect("a kind of error");
    recorder.expect(&format!(
        "{BEGINS}{asked}
        error({kind})                 {{Connecting | {facts} | 1006}}
        state_changed(Unconnected)    {{Unconnected | {facts} | 1006}}
        disconnected                  {{Unconnected | {facts} | 1006}}
        "
    ));
}

fn asked(user: &str) -> String {
    format!(
        "proxy_authentication_required(Http, \"lab\", {user:?})  {{Connecting | no error | 1000}}\n"
    )
}

#[test]
fn a_tunnel_by_http() {
    let peer = RawPeer::new(|wire| {
        expect_connect(wire, None);
        wire.send(AGREES);
        serve(wire);
    });
    let (socket, recorder) = opening(proxy(ProxyType::Http, &peer));
    assert_eq!(socket.peer_name(), "server.test");
    socket.connected.connect_to(&socket, |socket| {
        assert!(socket.peer_address().is_null(), "only the proxy knows");
        assert_eq!(socket.peer_port(), 8080);
        assert!(!socket.local_address().is_null());
    });
    stands(peer, (socket, recorder), "");
}

#[test]
fn credentials_that_are_known_are_used_when_they_are_asked_for() {
    let peer = RawPeer::new(|wire| {
        expect_connect(wire, None);
        wire.send(ASKS);
        expect_connect(wire, Some(ADA));
        wire.send(AGREES);
        serve(wire);
    });
    let proxy = with_credentials(proxy(ProxyType::Http, &peer));
    stands(peer, opening(proxy), "");
}

#[test]
fn a_slot_answers() {
    let peer = RawPeer::new(|wire| {
        expect_connect(wire, None);
        wire.send(ASKS);
        expect_connect(wire, Some(ADA));
        wire.send(AGREES);
        serve(wire);
    });
    let proxy = proxy(ProxyType::Http, &peer);
    let opening = opening_url("ws://server.test:8080/x", proxy, &["ada"]);
    stands(peer, opening, &asked(""));
}

#[test]
fn a_slot_answers_a_proxy_that_closes() {
    let ask: Script = Box::new(|wire| {
        expect_connect(wire, None);
        wire.send(ASKS_AND_CLOSES);
    });
    let agree: Script = Box::new(|wire| {
        expect_connect(wire, Some(ADA));
        wire.send(AGREES);
        serve(wire);
    });
    let peer = RawPeer::in_turn([ask, agree]);
    let proxy = proxy(ProxyType::Http, &peer);
    let opening = opening_url("ws://server.test:8080/x", proxy, &["ada"]);
    stands(peer, opening, &asked(""));
}

#[test]
fn a_proxy_that_gave_up_the_connection_meanwhile_gets_another() {
    let ask: Script = Box::new(|wire| {
        expect_connect(wire, None);
        wire.send(ASKS); // and closes, although it did not say so
    });
    let agree: Script = Box::new(|wire| {
        expect_connect(wire, Some(ADA));
        wire.send(AGREES);
        serve(wire);
    });
    let peer = RawPeer::in_turn([ask, agree]);
    let proxy = proxy(ProxyType::Http, &peer);
    let opening = opening_url("ws://server.test:8080/x", proxy, &["ada"]);
    stands(peer, opening, &asked(""));
}

#[test]
fn wrong_and_then_right() {
    let peer = RawPeer::new(|wire| {
        expect_connect(wire, None);
        wire.send(ASKS);
        expect_connect(wire, Some(ADA));
        wire.send(ASKS);
        expect_connect(wire, Some(BOB));
        wire.send(AGREES);
        serve(wire);
    });
    let proxy = with_credentials(proxy(ProxyType::Http, &peer));
    let opening = opening_url("ws://server.test:8080/x", proxy, &["bob"]);
    stands(peer, opening, &asked("ada"));
}

#[test]
fn nobody_answers() {
    let peer = RawPeer::new(|wire| {
        wire.read_head();
        wire.send(ASKS);
        wire.expect_end();
    });
    let (_socket, recorder) = opening(proxy(ProxyType::Http, &peer));
    fails(
        &recorder,
        &asked(""),
        "ProxyAuthenticationRequired \"Authentication required\"",
    );
    peer.join();
}

#[test]
fn never_right() {
    let peer = RawPeer::new(|wire| {
        for _ in 0..4 {
            wire.read_head();
            wire.send(ASKS);
        }
        wire.expect_end();
    });
    let proxy = proxy(ProxyType::Http, &peer);
    let users = &["a", "b", "c", "d"];
    let (_socket, recorder) = opening_url("ws://server.test:8080/x", proxy, users);
    fails(
        &recorder,
        &[asked(""), asked("a"), asked("b")].concat(),
        "ProxyAuthenticationRequired \"Authentication required\"",
    );
    peer.join();
}

#[test]
fn the_same_answer_again() {
    let peer = RawPeer::new(|wire| {
        for _ in 0..2 {
            wire.read_head();
            wire.send(ASKS);
        }
        wire.expect_end();
    });
    let proxy = proxy(ProxyType::Http, &peer);
    let (_socket, recorder) = opening_url("ws://server.test:8080/x", proxy, &["ada", "ada"]);
    fails(
        &recorder,
        &[asked(""), asked("ada")].concat(),
        "ProxyAuthenticationRequired \"Authentication required\"",
    );
    peer.join();
}

#[test]
fn a_stale_nonce_is_answered_without_asking() {
    let asks = |nonce: &str, more: &str| {
        format!(
            "HTTP/1.1 407 Who?\r\nProxy-Authenticate: Digest realm=\"lab\", nonce=\"{nonce}\", qop=\"auth\", \
             algorithm=SHA-512-256{more}\r\nContent-Length: 0\r\n\r\n"
        )
    };
    let peer = RawPeer::new(move |wire| {
        expect_connect(wire, None);
        wire.send(asks("one", ""));
        let answer = wire.read_head();
        let answer = header(&answer, "Proxy-Authorization").expect("an answer");
        for part in [
            "nonce=\"one\"",
            "uri=\"server.test:8080\"",
            "algorithm=SHA-512-256",
        ] {
            assert!(answer.contains(part), "{answer}");
        }
        wire.send(asks("two", ", stale=true"));
        let answer = wire.read_head();
        assert!(answer.contains("nonce=\"two\""), "{answer}");
        wire.send(AGREES);
        serve(wire);
    });
    let proxy = proxy(ProxyType::Http, &peer);
    let opening = opening_url("ws://server.test:8080/x", proxy, &["ada"]);
    stands(peer, opening, &asked(""));
}

#[test]
fn the_server_asks_behind_the_proxy() {
    let connection = |authorization: Option<&'static str>| -> Script {
        Box::new(move |wire| {
            expect_connect(wire, None);
            wire.send(ASKS);
            expect_connect(wire, Some(ADA));
            wire.send(AGREES);
            if authorization.is_some() {
                return serve(wire);
            }
            let request = wire.read_head();
            assert_eq!(header(&request, "Authorization"), None);
            wire.send("HTTP/1.1 401 Who?\r\nWWW-Authenticate: Basic\r\nConnection: close\r\n\r\n");
        })
    };
    let peer = RawPeer::in_turn([connection(None), connection(Some(BOB))]);
    let proxy = proxy(ProxyType::Http, &peer);
    let url = "ws://bob:secret@server.test:8080/x";
    let opening = opening_url(url, proxy, &["ada"]);
    stands(peer, opening, &asked(""));
}

#[test]
fn the_server_asks_behind_a_proxy_that_knows_us_by_now() {
    let asks: Script = Box::new(|wire| {
        wire.expect([5, 1, 0]);
        wire.send([5, 0xFF]);
    });
    let connection = |authorization: Option<&'static str>| -> Script {
        Box::new(move |wire| {
            wire.expect([5, 2, 0, 2]);
            wire.send([5, 2]);
            wire.expect(b"\x01\x03ada\x06secret");
            wire.send([1, 0]);
            wire.take(18);
            wire.send([5, 0, 0, 1, 127, 0, 0, 1, 0, 80]);
            if authorization.is_some() {
                return serve(wire);
            }
            wire.read_head();
            wire.send("HTTP/1.1 401 Who?\r\nWWW-Authenticate: Basic\r\nConnection: close\r\n\r\n");
        })
    };
    let peer = RawPeer::in_turn([asks, connection(None), connection(Some(BOB))]);
    let proxy = proxy(ProxyType::Socks5, &peer);
    let url = "ws://bob:secret@server.test:8080/x";
    let opening = opening_url(url, proxy, &["ada"]);
    let asked =
        "proxy_authentication_required(Socks5, \"\", \"\")  {Connecting | no error | 1000}\n";
    stands(peer, opening, asked);
}

#[test]
fn tls_in_the_tunnel() {
    let identity = Identity::new();
    let server = identity.listening();
    let port = server.server_port();
    let peer = RawPeer::new(move |wire| {
        let request = wire.read_head();
        let line = format!("CONNECT localhost:{port} HTTP/1.1\r\n");
        assert!(request.starts_with(&line), "{request}");
        wire.send(AGREES);
        relay(wire.stream().try_clone().expect("a descriptor"), port);
    });
    let socket = WebSocket::new();
    let recorder = Recorder::new(&socket);
    socket.set_ssl_configuration(identity.trusting());
    socket.set_proxy(proxy(ProxyType::Http, &peer));
    socket.open(secure_url(&server));
    let accepted = next_connection(&server);
    recorder.run_until("connected");
    assert!(socket.ssl_configuration().session_cipher().is_some());
    socket.close();
    recorder.run_until("read_channel_finished");
    drop(accepted);
    peer.join();
}

/// The connection stood as far as TCP goes, since the tunnel did.
#[test]
fn a_tunnel_that_ends_before_tls_is_agreed_on() {
    let peer = RawPeer::new(|wire| {
        expect_connect(wire, None);
        wire.send(AGREES);
        wire.take(1);
    });
    let proxy = proxy(ProxyType::Http, &peer);
    let (_socket, recorder) = opening_url("wss://server.test:8080/", proxy, &[]);
    recorder.run_until("read_channel_finished");
    let facts = r#"RemoteHostClosed "The remote host closed the connection""#;
    recorder.expect(&format!(
        "{BEGINS}
        error(RemoteHostClosed)       {{Connecting | {facts} | 1006}}
        state_changed(Unconnected)    {{Unconnected | {facts} | 1006}}
        disconnected                  {{Unconnected | {facts} | 1006}}
        read_channel_finished         {{Unconnected | {facts} | 1006}}
        "
    ));
    peer.join();
}

#[test]
fn a_tunnel_by_socks_with_and_without_a_login() {
    let request = b"\x05\x01\x00\x03\x0bserver.test\x1f\x90";
    let open = RawPeer::new(move |wire| {
        wire.expect([5, 1, 0]);
        wire.send([5, 0]);
        wire.expect(request);
        wire.send([5, 0, 0, 1, 127, 0, 0, 1, 0, 80]);
        serve(wire);
    });
    let opening_without = opening(proxy(ProxyType::Socks5, &open));
    stands(open, opening_without, "");
    let guarded = RawPeer::new(move |wire| {
        wire.expect([5, 2, 0, 2]);
        wire.send([5, 2]);
        wire.expect(b"\x01\x03ada\x06secret");
        wire.send([1, 0]);
        wire.expect(request);
        wire.send([5, 0, 0, 3, 1, b'x', 0, 80]);
        serve(wire);
    });
    let opening_with = opening(with_credentials(proxy(ProxyType::Socks5, &guarded)));
    stands(guarded, opening_with, "");
}

#[test]
fn a_slot_logs_in_at_socks() {
    let refuse: Script = Box::new(|wire| {
        wire.expect([5, 1, 0]);
        wire.send([5, 0xFF]);
        wire.expect_end();
    });
    let wrong: Script = Box::new(|wire| {
        wire.expect([5, 2, 0, 2]);
        wire.send([5, 2]);
        wire.expect(b"\x01\x03ada\x06secret");
        wire.send([1, 1]);
        wire.expect_end();
    });
    let right: Script = Box::new(|wire| {
        wire.expect([5, 2, 0, 2]);
        wire.send([5, 2]);
        wire.expect(b"\x01\x03bob\x06secret");
        wire.send([1, 0]);
        wire.take(18);
        wire.send([5, 0, 0, 1, 127, 0, 0, 1, 0, 80]);
        serve(wire);
    });
    let peer = RawPeer::in_turn([refuse, wrong, right]);
    let proxy = proxy(ProxyType::Socks5, &peer);
    let opening = opening_url("ws://server.test:8080/x", proxy, &["ada", "bob"]);
    stands(
        peer,
        opening,
        r#"
        proxy_authentication_required(Socks5, "", "")     {Connecting | no error | 1000}
        proxy_authentication_required(Socks5, "", "ada")  {Connecting | no error | 1000}
        "#,
    );
}

#[test]
fn an_answer_that_socks_cannot_hold() {
    let long: &str = "x".repeat(256).leak();
    for user in [long, "a\r\n"] {
        let peer = RawPeer::new(|wire| {
            wire.expect([5, 1, 0]);
            wire.send([5, 2]);
            wire.expect_end();
        });
        let proxy = proxy(ProxyType::Socks5, &peer);
        let users = vec![user].leak();
        let (_socket, recorder) = opening_url("ws://server.test:8080/x", proxy, users);
        fails(
            &recorder,
            "proxy_authentication_required(Socks5, \"\", \"\")  {Connecting | no error | 1000}\n",
            "ProxyAuthenticationRequired \"The credentials for the proxy must not be sent: too long, or with control characters.\"",
        );
        peer.join();
    }
}

#[test]
fn names_are_looked_up_here_for_a_proxy_that_cannot() {
    let socks = RawPeer::new(|wire| {
        wire.expect([5, 1, 0]);
        wire.send([5, 0]);
        wire.expect([5, 1, 0, 1, 127, 0, 0, 1, 0x1f, 0x90]);
        wire.send([5, 0, 0, 1, 127, 0, 0, 1, 0, 80]);
        serve(wire);
    });
    let http = RawPeer::new(|wire| {
        let request = wire.read_head();
        let line = "CONNECT 127.0.0.1:8080 HTTP/1.1\r\n";
        assert!(request.starts_with(line), "{request}");
        wire.send(AGREES);
        serve(wire);
    });
    for (peer, kind) in [(socks, ProxyType::Socks5), (http, ProxyType::Http)] {
        let mut proxy = proxy(kind, &peer);
        proxy.set_capabilities(ProxyCapabilities::TUNNELING);
        let opening = opening_url("ws://localhost:8080/x", proxy, &[]);
        stands(peer, opening, "");
    }
}

#[test]
fn what_the_proxy_says_of_the_server_is_told_at_once() {
    for (status, facts) in [
        (
            "403 No",
            r#"SocketAccess "Proxy denied connection: 403 No""#,
        ),
        (
            "404 Where",
            r#"HostNotFound "Proxy denied connection: 404 Where""#,
        ),
        (
            "405 How",
            r#"SocketAccess "Proxy denied connection: 405 How""#,
        ),
        (
            "503 Later",
            r#"ConnectionRefused "Proxy denied connection: 503 Later""#,
        ),
        (
            "502 Oh",
            r#"ProxyProtocol "Error communicating with HTTP proxy""#,
        ),
    ] {
        let peer = RawPeer::new(move |wire| {
            wire.read_head();
            wire.send(format!("HTTP/1.1 {status}\r\nContent-Length: 9\r\n\r\n")); // and does not end
            wire.expect_end();
        });
        let (_socket, recorder) = opening(proxy(ProxyType::Http, &peer));
        fails(&recorder, "", facts);
        peer.join();
    }
    for (code, facts) in [
        (
            2,
            r#"SocketAccess "Connection not allowed by SOCKSv5 server""#,
        ),
        (4, r#"HostNotFound "Host not found""#),
        (5, r#"ConnectionRefused "Connection refused""#),
    ] {
        let peer = RawPeer::new(move |wire| {
            wire.take(3);
            wire.send([5, 0]);
            wire.take(18);
            wire.send([5, code]);
            wire.expect_end();
        });
        let (_socket, recorder) = opening(proxy(ProxyType::Socks5, &peer));
        fails(&recorder, "", facts);
        peer.join();
    }
}

#[test]
fn there_is_no_proxy() {
    let peer = RawPeer::new(|_| {});
    let gone = proxy(ProxyType::Http, &peer);
    drop(peer.connect());
    peer.join();
    let mut socks = gone.clone();
    socks.set_proxy_type(ProxyType::Socks5);
    let mut unknown = gone.clone();
    unknown.set_host_name("no\0host");
    for (proxy, facts) in [
        (gone, r#"ProxyConnectionRefused "Proxy connection refused""#),
        (
            socks,
            r#"ProxyConnectionRefused "Connection to proxy refused""#,
        ),
        (unknown, r#"ProxyNotFound "Proxy server not found""#),
    ] {
        let (_socket, recorder) = opening(proxy);
        fails(&recorder, "", facts);
    }
}

#[test]
fn a_proxy_that_does_not_answer() {
    let clock = stopped_clock();
    let peer = RawPeer::new(|wire| {
        wire.read_head();
        wire.expect_end();
    });
    let (socket, recorder) = opening(proxy(ProxyType::Http, &peer));
    socket
        .bytes_written
        .connect(|_| unreachable!("what a proxy is told is not counted"));
    settle();
    clock.advance(std::time::Duration::from_secs(31));
    fails(
        &recorder,
        "",
        r#"ProxyConnectionTimeout "Proxy server connection timed out""#,
    );
    peer.join();
}

#[test]
fn the_clock_stands_still_while_a_slot_looks_for_the_password() {
    let clock = stopped_clock();
    let peer = RawPeer::new(|wire| {
        expect_connect(wire, None);
        wire.send(ASKS);
        expect_connect(wire, Some(ADA));
        wire.send(AGREES);
        serve(wire);
    });
    let socket = WebSocket::new();
    let recorder = Recorder::new(&socket);
    socket
        .proxy_authentication_required
        .connect(move |_, authenticator| {
            clock.advance(std::time::Duration::from_secs(60));
            settle(); // with a loop of its own
            authenticator.set_user("ada");
            authenticator.set_password("secret");
        });
    socket.set_proxy(proxy(ProxyType::Http, &peer));
    recorder.call("open", |socket| socket.open("ws://server.test:8080/x"));
    stands(peer, (socket, recorder), &asked(""));
}

#[test]
fn a_proxy_that_carries_no_connections() {
    for kind in [ProxyType::HttpCaching, ProxyType::FtpCaching] {
        let socket = WebSocket::new();
        let recorder = Recorder::new(&socket);
        socket.set_proxy(NetworkProxy::new(kind, "127.0.0.1", 1));
        recorder.call("open", |socket| socket.open("ws://server.test"));
        settle();
        recorder.expect(
            r#"
            [open
              error(UnsupportedSocketOperation)  {Unconnected | UnsupportedSocketOperation "Operation on socket is not supported" | 1000}
            ]
            "#,
        );
    }
}

#[test]
fn what_is_set_counts_from_the_next_open_on() {
    let peer = RawPeer::new(|wire| {
        serve(wire);
    });
    let socket = WebSocket::new();
    assert_eq!(socket.proxy(), NetworkProxy::default());
    let recorder = Recorder::new(&socket);
    let mut proxy = NetworkProxy::none();
    socket.set_proxy(proxy.clone());
    socket.open(format!("{}/x", peer.url()));
    proxy.set_proxy_type(ProxyType::FtpCaching); // a copy was taken
    socket.set_proxy(proxy);
    recorder.run_until("text_message_received");
    assert_eq!(socket.proxy().proxy_type(), ProxyType::FtpCaching);
    drop(socket);
    peer.join();
}
