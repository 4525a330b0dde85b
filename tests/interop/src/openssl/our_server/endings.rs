//! How connections end without a close frame.

use super::conversations::connect;
use crate::openssl::Checks;
use crate::openssl::by_hand::TEXT;
use crate::openssl::watched::Alerts;

pub fn check(checks: &mut Checks<'_>) {
    checks.server("it is killed", |version, certificates| {
        let (tool, socket) = connect(version, certificates);
        tool.kill();
        socket.expect_loss();
        assert_eq!(socket.take_alerts().received, [""; 0]);
    });
    checks.server(
        "it ends with a close_notify and no close frame",
        |version, certificates| {
            let (tool, socket) = connect(version, certificates);
            tool.type_in(b"Q\n");
            socket.expect_loss();
            assert_eq!(socket.take_alerts().received, ["warning:close notify"]);
            let its = Alerts::in_output(&tool.wait_for_end());
            assert_eq!(its.sent, ["warning:close notify"]);
        },
    );
    checks.server(
        "it ends in the middle of a message",
        |version, certificates| {
            let (tool, socket) = connect(version, certificates);
            tool.type_in(&[0x80 | TEXT, 0x80 | 20, 0, 0, 0, 0]);
            tool.type_in(b"not twenty");
            tool.type_in(b"Q\n");
            socket.expect_loss();
        },
    );
}
