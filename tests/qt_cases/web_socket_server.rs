//! Qt's tests of the server, as far as they concern the sockets that it accepts and what it has already.

use std::cell::RefCell;
use std::net::{TcpListener, TcpStream};
use std::rc::Rc;
use std::time::Duration;

use qwebsocket::{
    CloseCode, HostAddress, NetworkRequest, SocketState, SslMode, Url, WebSocket, WebSocketServer,
    keep_until_disconnected,
};

use super::support::pair::{self, next_connection, stopped_clock};
use super::support::tls::{Identity, secure_url};
use super::support::{PATIENCE, run_until, settle};

#[test]
fn initialisation() {
    let server = WebSocketServer::new("", SslMode::NonSecure);
    expect_defaults(&server);
    let closed = server.closed.collect();
    server.close();
    settle();
    assert_eq!(closed.count(), 0);
    expect_defaults(&server);
}

#[track_caller]
fn expect_defaults(server: &WebSocketServer) {
    assert_eq!(server.server_name(), "");
    assert_eq!(server.secure_mode(), SslMode::NonSecure);
    assert!(!server.is_listening());
    assert_eq!(server.max_pending_connections(), 30);
    assert_eq!(server.server_port(), 0);
    assert_eq!(server.server_address(), HostAddress::null());
    assert_eq!(server.server_url(), None);
    assert!(!server.has_pending_connections());
    assert!(server.next_pending_connection().is_none());
    assert_eq!(server.error_string(), "");
    assert_eq!(server.handshake_timeout(), Some(Duration::from_secs(10)));
    assert_eq!(server.supported_subprotocols(), [""; 0]);
}

#[test]
fn setters_and_getters() {
    let server = WebSocketServer::new("", SslMode::NonSecure);
    // A number of connections cannot be negative here.
    for connections in [23, 0, usize::MAX] {
        server.set_max_pending_connections(connections);
        assert_eq!(server.max_pending_connections(), connections);
    }
    for timeout in [
        Some(Duration::from_millis(64)),
        Some(Duration::from_millis(242)),
        None,
    ] {
        server.set_handshake_timeout(timeout);
        assert_eq!(server.handshake_timeout(), timeout);
    }
}

#[test]
fn listening() {
    let server = WebSocketServer::new("", SslMode::NonSecure);
    let closed = server.closed.collect();
    assert!(server.listen(HostAddress::ANY, 0));
    assert!(server.is_listening());
    server.close();
    assert_eq!(closed.count(), 0, "not yet");
    assert!(closed.wait(PATIENCE));
    settle();
    assert_eq!(closed.count(), 1);

    let elsewhere = std::net::Ipv4Addr::new(1, 2, 3, 4);
    assert!(!server.listen(elsewhere, 0));
    assert!(!server.is_listening());
    assert_ne!(server.error_string(), "");
}

#[test]
fn connectivity() {
    let server = WebSocketServer::new("", SslMode::NonSecure);
    let new_connections = server.new_connection.collect();
    let closed = server.closed.collect();
    assert!(server.listen(HostAddress::ANY, 0));
    assert_eq!(server.server_address(), HostAddress::ANY);
    let url = format!("ws://127.0.0.1:{}", server.server_port());
    assert_eq!(server.server_url(), Url::parse(&url).ok());

    let client = WebSocket::new();
    let connected = client.connected.collect();
    client.open(url);
    let accepted = next_connection(&server);
    assert!(connected.wait(PATIENCE));
    assert_eq!((new_connections.count(), connected.count()), (1, 1));
    assert_eq!(client.state(), SocketState::Connected);
    assert_eq!(accepted.state(), SocketState::Connected);
    assert_eq!(server.error_string(), "");
    server.close();
    assert!(closed.wait(PATIENCE));
    assert_eq!(accepted.state(), SocketState::Connected, "it belongs to us");
    assert_eq!(server.error_string(), "");
}

/// What the server knows, what the client offers, and what is chosen: the client's first that the server knows.
#[test]
fn protocols() {
    let rows: [(&[&str], &str, &str); 6] = [
        (&["chat", "superchat"], "chat", "chat"),
        (&["chat", "superchat"], "superchat", "superchat"),
        (&["chat", "superchat"], "superchat, chat", "superchat"),
        (&["chat", "superchat"], "foo, chat", "chat"),
        (&["chat", "superchat"], "foo", ""),
        (&[], "chat", ""),
    ];
    for (known, offered, chosen) in rows {
        let server = pair::listening();
        server.set_supported_subprotocols(known.iter().copied());
        let client = WebSocket::new();
        let connected = client.connected.collect();
        let mut request = NetworkRequest::new(server.server_url().expect("it listens"));
        request.set_raw_header("Sec-WebSocket-Protocol", offered);
        client.open(request);
        let accepted = next_connection(&server);
        assert!(connected.wait(PATIENCE));
        assert_eq!([client.subprotocol(), accepted.subprotocol()], [chosen; 2]);
        let seen = accepted.request();
        assert_eq!(seen.raw_header("Sec-WebSocket-Protocol"), Some(offered));
    }
    let server = pair::listening();
    server.set_supported_subprotocols(["chat"]);
    let client = WebSocket::new();
    client.open(server.server_url().expect("it listens"));
    assert_eq!(next_connection(&server).subprotocol(), "");
}

/// Deviation 23: a client too many gets an HTTP answer; for Qt's its connection just ends.
#[test]
fn max_pending_connections() {
    let server = pair::listening();
    server.set_max_pending_connections(2);
    let new_connections = server.new_connection.collect();
    let url = server.server_url().expect("it listens");
    let clients = [(); 3].map(|()| WebSocket::new());
    for client in &clients[..2] {
        let connected = client.connected.collect();
        client.open(&url);
        assert!(connected.wait(PATIENCE));
    }
    let third = &clients[2];
    let connected = third.connected.collect();
    let disconnected = third.disconnected.collect();
    third.open(&url);
    assert!(disconnected.wait(PATIENCE));
    assert_eq!(connected.count(), 0);
    assert!(
        third.error_string().contains("503"),
        "{}",
        third.error_string()
    );
    assert_eq!(new_connections.count(), 2);
    assert!(server.next_pending_connection().is_some());
    assert!(server.next_pending_connection().is_some());
    assert!(server.next_pending_connection().is_none());
}

/// Deviation 27: a socket that was handed out outlives the server; one that nobody took is closed with it.
#[test]
fn server_destroyed_while_socket_connected() {
    let server = pair::listening();
    let url = server.server_url().expect("it listens");
    let clients = [(); 2].map(|()| WebSocket::new());
    let ends = clients
        .each_ref()
        .map(|client| client.disconnected.collect());
    clients[0].open(&url);
    let accepted = next_connection(&server);
    clients[1].open(&url);
    run_until(|| server.has_pending_connections());
    drop(server);
    assert!(ends[1].wait(PATIENCE));
    assert_eq!(clients[1].close_code(), CloseCode::GOING_AWAY);
    assert_eq!(ends[0].count(), 0);
    accepted.close();
    assert!(ends[0].wait(PATIENCE));
}

/// The scheme of what an accepted socket was asked for; and a client that is asked about errors knows the cipher.
#[test]
fn scheme() {
    let plain = pair::listening();
    let client = WebSocket::new();
    client.open(plain.server_url().expect("it listens"));
    let accepted = next_connection(&plain);
    assert_eq!(accepted.request_url().expect("a URL").scheme(), "ws");

    let identity = Identity::new();
    let secure = identity.listening();
    let client = WebSocket::new();
    let ciphers = Rc::new(RefCell::new(Vec::new()));
    let seen = Rc::clone(&ciphers);
    client.ssl_errors.connect_to(&client, move |client, _| {
        let configuration = client.ssl_configuration();
        seen.borrow_mut().push(configuration.session_cipher());
        client.ignore_ssl_errors();
    });
    client.open(secure_url(&secure));
    let accepted = next_connection(&secure);
    assert!(matches!(ciphers.borrow()[..], [Some(_)]), "{ciphers:?}");
    assert_eq!(accepted.request_url().expect("a URL").scheme(), "wss");
    accepted.abort();
    assert_eq!(
        accepted.request_url().expect("a URL").scheme(),
        "wss",
        "still"
    );
}

/// Connections that the application accepted, upgraded by a server that does not listen.
#[test]
fn handle_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    listener.set_nonblocking(true).expect("a listener");
    let server = WebSocketServer::new("", SslMode::NonSecure);
    let client = WebSocket::new();
    client
        .connected
        .connect_to(&client, |client| client.send_text_message("dummy"));
    client.open(format!("ws://127.0.0.1:{port}"));
    run_until(|| match listener.accept() {
        Ok((stream, _)) => server.handle_connection(stream),
        Err(_) => false,
    });
    let accepted = next_connection(&server);
    let received = accepted.text_message_received.collect();
    run_until(|| received.count() == 1);
    assert_eq!(received.try_next(), Some(("dummy".to_owned(),)));
    let answers = client.text_message_received.collect();
    accepted.send_text_message("hello");
    assert!(accepted.bytes_to_write() > 5);
    run_until(|| answers.count() == 1);
    assert_eq!(answers.try_next(), Some(("hello".to_owned(),)));
    assert_eq!(accepted.bytes_to_write(), 0);
}

/// Silent clients do not keep others out, and go when their time is over; who came in is not concerned.
#[test]
fn handshake_timeout() {
    let clock = stopped_clock();
    for secure in [false, true] {
        let identity = Identity::new();
        let server = if secure {
            identity.listening()
        } else {
            pair::listening()
        };
        let timeout = Duration::from_millis(if secure { 2000 } else { 500 });
        server.set_handshake_timeout(Some(timeout));
        let silent: Vec<TcpStream> = (0..50)
            .map(|_| TcpStream::connect(("127.0.0.1", server.server_port())).expect("it listens"))
            .collect();
        let client = WebSocket::new();
        client.set_ssl_configuration(identity.trusting());
        let scheme = if secure { "wss" } else { "ws" };
        client.open(format!("{scheme}://localhost:{}", server.server_port()));
        let accepted = next_connection(&server);
        settle();
        clock.advance(timeout);
        settle();
        for mut stream in silent {
            stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
            let end = std::io::Read::read(&mut stream, &mut [0; 1]);
            assert!(matches!(end, Ok(0)), "{end:?}");
        }
        clock.advance(timeout);
        settle();
        assert_eq!(accepted.state(), SocketState::Connected);
    }
}

/// Frames that arrive together are told of in one go.
#[test]
fn multiple_frames() {
    let server = pair::listening();
    let client = WebSocket::new();
    client.open(server.server_url().expect("it listens"));
    let accepted: Rc<WebSocket> = next_connection(&server);
    keep_until_disconnected(&accepted);
    let messages = accepted.binary_message_received.collect();
    run_until(|| client.state() == SocketState::Connected);
    for _ in 0..10 {
        client.send_binary_message("binary");
    }
    assert!(client.flush());
    assert!(messages.wait(PATIENCE));
    assert!(messages.count() > 1, "{}", messages.count());
    run_until(|| messages.count() == 10);
}
