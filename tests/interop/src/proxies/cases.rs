//! What is tried with each proxy.

use std::rc::Rc;

use qwebsocket::{Inbox, NetworkProxy, SocketError, SocketState, WebSocket};

use super::daemon::{Daemon, free_port};
use super::programs::{Login, Program};
use crate::certificates::Certificates;
use crate::session::serve;
use crate::wait::wait_until;

/// A check of one way through a proxy.
pub type Check = fn(&Way<'_>);

/// A proxy, and what it leads to.
pub struct Way<'a> {
    program: &'a Program,
    daemon: &'a Daemon,
    tls: Option<&'a Certificates>,
}

/// The checks that make sense with a proxy.
pub fn of(program: &Program) -> Vec<(&'static str, Check)> {
    let mut checks: Vec<(&str, Check)> = vec![
        ("a server by its address", by_address),
        ("a server by a name that the proxy knows", by_name),
        ("a server that refuses", refused),
    ];
    if program.login != Login::None {
        let logins: [(&str, Check); 5] = [
            ("the slot knows at once", right),
            ("the proxy was set with the password", preset),
            ("wrong and then right", wrong_then_right),
            ("never right", never_right),
            ("the slot does nothing", no_answer),
        ];
        checks.extend(logins);
    }
    checks
}

const ALICE: (&str, &str) = ("alice", "secret");

/// A socket that is to go through the proxy, and what it told.
struct Client {
    socket: Rc<WebSocket>,
    texts: Inbox<(String,)>,
    /// How often it was asked who it is.
    asked: Inbox<()>,
}

impl<'a> Way<'a> {
    pub fn new(program: &'a Program, daemon: &'a Daemon, tls: Option<&'a Certificates>) -> Self {
        Self {
            program,
            daemon,
            tls,
        }
    }

    fn proxy(&self) -> NetworkProxy {
        let mut proxy = NetworkProxy::new(self.program.kind, "127.0.0.1", self.daemon.port);
        proxy.set_ssl_configuration(self.program.tls.clone());
        proxy
    }

    fn known_proxy(&self) -> NetworkProxy {
        let mut proxy = self.proxy();
        if self.program.login != Login::None {
            proxy.set_user(ALICE.0);
            proxy.set_password(ALICE.1);
        }
        proxy
    }

    /// Its slot gives these answers, one after the other, and then none.
    fn client(&self, proxy: NetworkProxy, answers: &'static [(&str, &str)]) -> Client {
        let socket = WebSocket::new();
        if let Some(certificates) = self.tls {
            socket.set_ssl_configuration(certificates.trusting());
        }
        socket.set_proxy(proxy);
        let mut answers = answers.iter();
        let asked = qwebsocket::Signal::<fn()>::default();
        let inbox = asked.collect();
        socket
            .proxy_authentication_required
            .connect_mut(move |_, authenticator| {
                asked.emit();
                if let Some((user, password)) = answers.next() {
                    authenticator.set_user(*user);
                    authenticator.set_password(*password);
                }
            });
        Client {
            texts: socket.text_message_received.collect(),
            asked: inbox,
            socket,
        }
    }

    fn url(&self, host: &str, port: u16) -> String {
        let scheme = if self.tls.is_some() { "wss" } else { "ws" };
        format!("{scheme}://{host}:{port}/")
    }

    /// A message goes there and back; gives how often the slot was asked.
    #[track_caller]
    fn echoes(&self, client: &Client, host: &str) -> usize {
        let server = serve(self.tls);
        client.socket.open(self.url(host, server.server_port()));
        wait_until("our client is connected or failed", || {
            client.socket.state() != SocketState::Connecting
        });
        let error = client.socket.error_string();
        assert!(client.socket.is_valid(), "{error}");
        wait_until("our server has it", || server.has_pending_connections());
        let accepted = server.next_pending_connection().expect("a connection");
        accepted
            .text_message_received
            .connect_to(&accepted, |socket, text| socket.send_text_message(text));
        let text = "through ".repeat(10_000);
        client.socket.send_text_message(&text);
        wait_until("the echo", || !client.texts.is_empty());
        assert_eq!(client.texts.try_next(), Some((text,)));
        client.socket.close();
        wait_until("the end", || {
            client.socket.state() == SocketState::Unconnected
        });
        client.asked.take_all().len()
    }

    /// Fails; gives how often the slot was asked.
    #[track_caller]
    fn fails(&self, client: &Client, port: u16, error: SocketError) -> usize {
        client.socket.open(self.url("127.0.0.1", port));
        wait_until("our client failed", || {
            client.socket.state() == SocketState::Unconnected
        });
        let text = client.socket.error_string();
        assert_eq!(client.socket.error(), error, "{text}");
        client.asked.take_all().len()
    }
}

fn by_address(way: &Way<'_>) {
    let client = way.client(way.known_proxy(), &[]);
    for _ in 0..5 {
        // Often enough for nonces to become stale.
        assert_eq!(way.echoes(&client, "127.0.0.1"), 0);
    }
}

fn by_name(way: &Way<'_>) {
    let client = way.client(way.known_proxy(), &[]);
    // The certificate is not for names that only a proxy knows.
    client
        .socket
        .ssl_errors
        .connect_to(&client.socket, |socket, _| {
            socket.ignore_ssl_errors();
        });
    assert_eq!(way.echoes(&client, way.program.known_name), 0);
}

fn refused(way: &Way<'_>) {
    let client = way.client(way.known_proxy(), &[]);
    let error = match way.program.tells_refusal {
        true => SocketError::ConnectionRefused,
        false => SocketError::ProxyProtocol,
    };
    assert_eq!(way.fails(&client, free_port(), error), 0);
}

fn right(way: &Way<'_>) {
    let client = way.client(way.proxy(), &[ALICE]);
    assert_eq!(way.echoes(&client, "127.0.0.1"), 1);
}

fn preset(way: &Way<'_>) {
    let client = way.client(way.known_proxy(), &[]);
    assert_eq!(way.echoes(&client, "127.0.0.1"), 0);
}

fn wrong_then_right(way: &Way<'_>) {
    let client = way.client(way.proxy(), &[("alice", "wrong"), ALICE]);
    match way.program.login {
        Login::WantedOnce => assert_eq!(way.fails(&client, 1, SocketError::ProxyProtocol), 1),
        _ => assert_eq!(way.echoes(&client, "127.0.0.1"), 2),
    }
}

fn never_right(way: &Way<'_>) {
    let client = way.client(way.proxy(), &[("alice", "wrong"), ("bob", "secret")]);
    match way.program.login {
        Login::WantedOnce => assert_eq!(way.fails(&client, 1, SocketError::ProxyProtocol), 1),
        _ => {
            let error = SocketError::ProxyAuthenticationRequired;
            assert_eq!(way.fails(&client, 1, error), 3);
        }
    }
}

fn no_answer(way: &Way<'_>) {
    let client = way.client(way.proxy(), &[]);
    let error = SocketError::ProxyAuthenticationRequired;
    assert_eq!(way.fails(&client, 1, error), 1);
}
