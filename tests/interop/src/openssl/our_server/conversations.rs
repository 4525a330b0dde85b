//! Whole conversations with clients.

use qwebsocket::{CloseCode, WebSocketServer};

use super::start;
use crate::certificates::Certificates;
use crate::openssl::by_hand::{
    BINARY, CLOSE, PING, PONG, TEXT, expect_frame, send_masked_frame, upgrade,
};
use crate::openssl::tool::Tool;
use crate::openssl::watched::Watched;
use crate::openssl::{Checks, Version};
use crate::session::serve_with;
use crate::wait::wait_until;

pub fn check(checks: &mut Checks<'_>) {
    checks.server(
        "a conversation, which it closes",
        |version, certificates| {
            let (tool, socket) = connect(version, certificates);
            converse(&tool, &socket);
            send_masked_frame(&tool, CLOSE, b"\x03\xE9bye");
            expect_frame(&tool, CLOSE, b"\x03\xE9bye");
            socket.expect_close(CloseCode::GOING_AWAY);
            expect_clean_end(&tool);
        },
    );
    checks.server("a conversation, which we close", |version, certificates| {
        let (tool, socket) = connect(version, certificates);
        converse(&tool, &socket);
        socket.socket.close_with(CloseCode(4001), "bye");
        expect_frame(&tool, CLOSE, b"\x0F\xA1bye");
        send_masked_frame(&tool, CLOSE, b"\x0F\xA1bye");
        socket.expect_close(CloseCode(4001));
        expect_clean_end(&tool);
    });
    for (name, kind_of_key) in KEYS {
        checks.server(&format!("a conversation with {name}"), |version, _| {
            let certificates = Certificates::self_signed_by_openssl(kind_of_key);
            let (tool, socket) = connect(version, &certificates);
            converse(&tool, &socket);
        });
    }
    checks.server(
        "an application protocol is agreed on",
        |version, certificates| {
            let mut configuration = certificates.configuration();
            configuration.set_allowed_next_protocols([b"http/1.1".to_vec()]);
            let server = serve_with(Some(configuration));
            let tool = start(&server, version, certificates, &["-alpn", "h2,http/1.1"]);
            tool.read_to("ALPN protocol: http/1.1\n");
            converse(&tool, &accept(&server, &tool));
        },
    );
    if checks.version == Version::Tls13 {
        checks.server("its keys are renewed", |version, certificates| {
            let (tool, socket) = connect(version, certificates);
            tool.type_in(b"k\n");
            converse(&tool, &socket);
            tool.type_in(b"K\n");
            converse(&tool, &socket);
        });
    }
}

const KEYS: [(&str, &[&str]); 3] = [
    ("an RSA key", &["rsa:2048"]),
    (
        "a key on P-384",
        &["ec", "-pkeyopt", "ec_paramgen_curve:P-384"],
    ),
    ("an Ed25519 key", &["ed25519"]),
];

#[track_caller]
pub fn accept(server: &WebSocketServer, tool: &Tool) -> Watched {
    upgrade(tool);
    wait_until("our server has a connection", || {
        server.has_pending_connections()
    });
    Watched::of(server.next_pending_connection().expect("a connection"))
}

#[track_caller]
pub fn connect(version: Version, certificates: &Certificates) -> (Tool, Watched) {
    let server = serve_with(Some(certificates.configuration()));
    let tool = start(&server, version, certificates, &[]);
    let socket = accept(&server, &tool);
    (tool, socket)
}

#[track_caller]
pub fn converse(tool: &Tool, socket: &Watched) {
    let text = "später, 再见 👋";
    send_masked_frame(tool, TEXT, text.as_bytes());
    socket.expect_text(text);
    socket.socket.send_text_message(text);
    expect_frame(tool, TEXT, text.as_bytes());
    let every_byte: Vec<_> = (0..=255).collect();
    for bytes in [&[][..], &every_byte, &every_byte.repeat(1000)] {
        send_masked_frame(tool, BINARY, bytes);
        socket.expect_binary(bytes);
        socket.socket.send_binary_message(bytes);
        expect_frame(tool, BINARY, bytes);
    }
    send_masked_frame(tool, PING, b"there?");
    expect_frame(tool, PONG, b"there?");
}

/// What it received says that nothing was cut off.
#[track_caller]
fn expect_clean_end(tool: &Tool) {
    let printed = tool.wait_for_end();
    for line in ["SSL3 alert read:warning:close notify\n", "closed\n"] {
        assert!(printed.contains(line), "no {line}: {printed}");
    }
}
