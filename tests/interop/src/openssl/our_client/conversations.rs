//! Whole conversations with trusted servers.

use qwebsocket::{CloseCode, SocketError};

use super::s_server::Server;
use crate::certificates::Certificates;
use crate::openssl::by_hand::{
    BINARY, CLOSE, PING, PONG, TEXT, accept_upgrade, expect_frame, send_frame,
};
use crate::openssl::watched::Watched;
use crate::openssl::{Checks, Version, by_library};

pub fn check(checks: &mut Checks<'_>) {
    checks.client("a conversation", |version, certificates| {
        let server = Server::start(version, certificates, &[]);
        let client = Watched::open(server.port, &certificates.trusting());
        converse(&server, &client);
    });
    for (name, kind_of_key) in KEYS {
        checks.client(&format!("a conversation with {name}"), |version, _| {
            let certificates = Certificates::self_signed_by_openssl(kind_of_key);
            let server = Server::start(version, &certificates, &["-Verify", "1"]);
            let client = Watched::open(server.port, &certificates.configuration());
            converse(&server, &client);
        });
    }
    match checks.version {
        Version::Tls12 => checks.client("renegotiation is refused", renegotiation),
        Version::Tls13 => checks.client("its keys and ours are renewed", key_updates),
    }
}

const KEYS: [(&str, &[&str]); 5] = [
    ("RSA keys of 2048 bits", &["rsa:2048"]),
    ("RSA keys of 4096 bits", &["rsa:4096"]),
    (
        "keys on P-256",
        &["ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
    ),
    (
        "keys on P-384",
        &["ec", "-pkeyopt", "ec_paramgen_curve:P-384"],
    ),
    ("Ed25519 keys", &["ed25519"]),
];

/// From the request to a clean end, with messages of every kind in both directions.
#[track_caller]
pub fn converse(server: &Server, client: &Watched) {
    begin(server, client);
    let every_byte: Vec<_> = (0..=255).collect();
    for bytes in [&[][..], &every_byte, &every_byte.repeat(1000)] {
        client.socket.send_binary_message(bytes);
        expect_frame(&server.tool, BINARY, bytes);
        send_frame(&server.tool, BINARY, bytes);
        client.expect_binary(bytes);
    }
    send_frame(&server.tool, PING, b"there?");
    expect_frame(&server.tool, PONG, b"there?");
    close(server, client);
}

/// The upgrade, and a text each way.
#[track_caller]
pub fn begin(server: &Server, client: &Watched) -> String {
    let request = accept_upgrade(&server.tool);
    client.expect_connected();
    exchange_texts(server, client);
    request
}

#[track_caller]
pub fn exchange_texts(server: &Server, client: &Watched) {
    let text = "später, 再见 👋";
    client.socket.send_text_message(text);
    expect_frame(&server.tool, TEXT, text.as_bytes());
    send_frame(&server.tool, TEXT, text.as_bytes());
    client.expect_text(text);
}

/// We close, it answers and ends the connection.
#[track_caller]
pub fn close(server: &Server, client: &Watched) {
    client.socket.set_close_timeout(None); // it has to end the connection, not this clock
    client.socket.close();
    let normal = CloseCode::NORMAL.0.to_be_bytes();
    expect_frame(&server.tool, CLOSE, &normal);
    send_frame(&server.tool, CLOSE, &normal);
    server.truncate();
    client.expect_close(CloseCode::NORMAL);
    server.end_of_connection();
}

/// Nobody does it any more. For s_server a no is a reason to give up.
fn renegotiation(version: Version, certificates: &Certificates) {
    let server = Server::start(version, certificates, &["-state"]);
    let client = Watched::open(server.port, &certificates.trusting());
    begin(&server, &client);
    server.tool.type_in(b"r\n");
    server.expect("SSL3 alert read:warning:no renegotiation");
    client.expect_error(
        SocketError::SslInternal,
        by_library("HandshakeFailure", "handshake failure"),
    );
}

fn key_updates(version: Version, certificates: &Certificates) {
    let server = Server::start(version, certificates, &["-msg"]);
    let client = Watched::open(server.port, &certificates.trusting());
    begin(&server, &client);
    server.tool.type_in(b"k\n"); // its own
    exchange_texts(&server, &client);
    server.tool.type_in(b"K\n"); // its own, and it asks for ours
    send_frame(&server.tool, TEXT, b"new keys");
    client.expect_text("new keys");
    client.socket.send_text_message("here too");
    server.expect("<<< TLS 1.3, Handshake [length 0005], KeyUpdate");
    expect_frame(&server.tool, TEXT, b"here too");
    close(&server, &client);
}
