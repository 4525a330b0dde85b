//! How secured connections end, and how ends that nobody vouched for are told from others.

use std::time::Duration;

use qwebsocket::{CloseCode, SocketError};

use super::conversations::{begin, exchange_texts};
use super::s_server::Server;
use crate::openssl::Checks;
use crate::openssl::by_hand::{
    CLOSE, TEXT, accept_upgrade, expect_frame, read_request, send_frame,
};
use crate::openssl::watched::Watched;
use crate::wait::wait_until;

pub fn check(checks: &mut Checks<'_>) {
    with_connection(checks, "it is killed", |server, client| {
        server.tool.kill();
        client.expect_loss();
    });
    with_connection(checks, "TCP ends without close_notify", |server, client| {
        server.truncate();
        client.expect_loss();
        assert_eq!(client.take_alerts().received, [""; 0]);
    });
    with_connection(
        checks,
        "TCP ends in the middle of a message",
        |server, client| {
            server.tool.type_in(&[0x80 | TEXT, 20]);
            server.tool.type_in(b"not twenty");
            server.truncate();
            client.expect_loss();
        },
    );
    with_connection(checks, "TCP ends behind a message", |server, client| {
        send_frame(&server.tool, TEXT, b"last words");
        server.truncate();
        client.expect_text("last words");
        client.expect_loss();
    });
    with_connection(
        checks,
        "TCP ends behind its close frame",
        |server, client| {
            close_from_it(server, &client);
            server.truncate();
            client.expect_close(CloseCode::GOING_AWAY);
        },
    );
    with_connection(
        checks,
        "we end it behind its close frame",
        |server, client| {
            client.socket.set_close_timeout(Some(Duration::ZERO));
            close_from_it(server, &client);
            client.expect_close(CloseCode::GOING_AWAY);
            assert_eq!(client.take_alerts().sent, ["warning:close notify"]);
            expect_close_notify(server);
        },
    );
    with_connection(checks, "our socket is dropped", |server, client| {
        let Watched { socket, .. } = client;
        drop(socket);
        expect_frame(&server.tool, CLOSE, b"\x03\xE9Connection closed");
        expect_close_notify(server);
    });
    during_the_handshakes(checks);
}

fn during_the_handshakes(checks: &mut Checks<'_>) {
    checks.client("TCP ends instead of an answer", |version, certificates| {
        let server = Server::start(version, certificates, &[]);
        let client = Watched::open(server.port, &certificates.trusting());
        read_request(&server.tool);
        server.truncate();
        client.expect_failure(SocketError::RemoteHostClosed, "closed");
    });
    checks.client(
        "TCP ends in the middle of the answer",
        |version, certificates| {
            let server = Server::start(version, certificates, &[]);
            let client = Watched::open(server.port, &certificates.trusting());
            read_request(&server.tool);
            server
                .tool
                .type_in(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: web");
            server.truncate();
            client.expect_failure(SocketError::RemoteHostClosed, "closed");
        },
    );
    checks.client(
        "a refusal, then close_notify and FIN",
        |version, certificates| {
            let server = Server::start(version, certificates, &["-www"]);
            let client = Watched::open(server.port, &certificates.trusting());
            client.expect_failure(SocketError::ConnectionRefused, "200");
        },
    );
    checks.client(
        "another connection behind a loss",
        |version, certificates| {
            let server = Server::start(version, certificates, &[]);
            let client = Watched::open(server.port, &certificates.trusting());
            begin(&server, &client);
            server.truncate();
            client.expect_loss();
            client.open_again(server.port, &certificates.trusting());
            accept_upgrade(&server.tool);
            client.expect_connected();
            exchange_texts(&server, &client);
        },
    );
}

fn with_connection(checks: &mut Checks<'_>, name: &str, check: impl FnOnce(&Server, Watched)) {
    checks.client(name, |version, certificates| {
        let server = Server::start(version, certificates, &["-state"]);
        let client = Watched::open(server.port, &certificates.trusting());
        begin(&server, &client);
        check(&server, client);
    });
}

#[track_caller]
fn close_from_it(server: &Server, client: &Watched) {
    let code = CloseCode::GOING_AWAY.0.to_be_bytes();
    send_frame(&server.tool, CLOSE, &code);
    wait_until("its close frame arrives", || !client.socket.is_valid());
    expect_frame(&server.tool, CLOSE, &code);
}

/// What it received says that nothing was cut off.
#[track_caller]
fn expect_close_notify(server: &Server) {
    server.expect("SSL3 alert read:warning:close notify");
    let printed = server.end_of_connection();
    assert!(!printed.contains("ERROR"), "{printed}");
}
