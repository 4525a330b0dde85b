//! Sessions that clients take up again.

use qwebsocket::{CloseCode, WebSocketServer};

use super::conversations::{accept, converse};
use super::start;
use crate::certificates::Certificates;
use crate::openssl::by_hand::{CLOSE, expect_frame, send_masked_frame};
use crate::openssl::tool::{Tool, path};
use crate::openssl::{Checks, Version};
use crate::session::serve_with;

pub fn check(checks: &mut Checks<'_>) {
    checks.server("a session is resumed", |version, certificates| {
        resume(version, certificates, &[]);
    });
    checks.server(
        "a session is resumed without tickets",
        |version, certificates| {
            resume(version, certificates, &["-no_ticket"]);
        },
    );
    checks.server(
        "nothing to resume when we do not want it",
        nothing_to_resume,
    );
}

/// Two connections, the second with what the first left in a file.
fn resume(version: Version, certificates: &Certificates, options: &[&str]) {
    let server = serve_with(Some(certificates.configuration()));
    let session = certificates.file(&format!("session {}", server.server_port()));
    for (direction, begins) in [("-sess_out", "New, "), ("-sess_in", "Reused, ")] {
        let options = [options, &[direction, path(&session)]].concat();
        let tool = start(&server, version, certificates, &options);
        let printed = converse_and_close(&server, &tool);
        let line = format!("\n{begins}TLSv1.");
        assert!(printed.contains(&line), "not {begins}: {printed}");
    }
}

fn nothing_to_resume(version: Version, certificates: &Certificates) {
    let mut configuration = certificates.configuration();
    configuration.set_uses_session_tickets(false);
    let server = serve_with(Some(configuration));
    let session = certificates.file(&format!("session {}", server.server_port()));
    let options = ["-sess_out", path(&session)];
    let tool = start(&server, version, certificates, &options);
    converse_and_close(&server, &tool);
    assert!(!session.exists(), "it has something to resume");
}

/// Gives what the tool printed.
#[track_caller]
fn converse_and_close(server: &WebSocketServer, tool: &Tool) -> String {
    let socket = accept(server, tool);
    converse(tool, &socket);
    let normal = CloseCode::NORMAL.0.to_be_bytes();
    send_masked_frame(tool, CLOSE, &normal);
    expect_frame(tool, CLOSE, &normal);
    socket.expect_close(CloseCode::NORMAL);
    tool.wait_for_end()
}
