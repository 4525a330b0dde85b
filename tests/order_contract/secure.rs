//! The contract over TLS, both ends of ours.

use std::rc::Rc;

use qwebsocket::{CloseCode, WebSocket, WebSocketServer};

use super::support::pair::{next_connection, stopped_clock};
use super::support::settle;
use super::support::tls::{Identity, secure_url};
use super::support::transcript::Recorder;

/// A server, and both ends of one connection to it.
struct Pair {
    client: Rc<WebSocket>,
    of_client: Recorder,
    accepted: Rc<WebSocket>,
    of_accepted: Recorder,
    _server: Rc<WebSocketServer>,
}

fn connected() -> Pair {
    stopped_clock();
    let identity = Identity::new();
    let server = identity.listening();
    let client = WebSocket::new();
    client.set_ssl_configuration(identity.trusting());
    let of_client = Recorder::new(&client);
    of_client.call("open", |client| client.open(secure_url(&server)));
    let accepted = next_connection(&server);
    let of_accepted = Recorder::new(&accepted);
    of_client.run_until("connected");
    Pair {
        client,
        of_client,
        accepted,
        of_accepted,
        _server: server,
    }
}

#[test]
fn connect_talk_and_close() {
    let pair = connected();
    pair.accepted.send_text_message("to the client");
    pair.client.send_binary_message([1, 2, 3]);
    pair.of_client.run_until("text_message_received");
    pair.of_accepted.run_until("binary_message_received");
    pair.of_client.call("close", |client| {
        client.close_with(CloseCode(4000), "done");
    });
    pair.of_client.run_until("read_channel_finished");
    pair.of_accepted.run_until("read_channel_finished");
    settle();
    pair.of_client.expect(
        r#"
        [open
          state_changed(Connecting)               {Connecting | no error | 1000}
        ]
        state_changed(Connected)                  {Connected, valid | no error | 1000}
        connected                                 {Connected, valid | no error | 1000}
        text_frame_received("to the client", true) {Connected, valid | no error | 1000}
        text_message_received("to the client")    {Connected, valid | no error | 1000}
        [close
          about_to_close                          {Connected, valid | no error | 4000 "done"}
          state_changed(Closing)                  {Closing | no error | 4000 "done"}
        ]
        alert_received(Warning, CloseNotify)      {Closing | no error | 4000 "done"}
        state_changed(Unconnected)                {Unconnected | no error | 4000 "done"}
        disconnected                              {Unconnected | no error | 4000 "done"}
        read_channel_finished                     {Unconnected | no error | 4000 "done"}
        alert_sent(Warning, CloseNotify)          {Unconnected | no error | 4000 "done"}
        "#,
    );
    pair.of_accepted.expect(
        r#"
        binary_frame_received([1, 2, 3], true)    {Connected, valid | no error | 1000}
        binary_message_received([1, 2, 3])        {Connected, valid | no error | 1000}
        about_to_close                            {Connected, valid | no error | 4000 "done"}
        state_changed(Closing)                    {Closing | no error | 4000 "done"}
        state_changed(Unconnected)                {Unconnected | no error | 4000 "done"}
        disconnected                              {Unconnected | no error | 4000 "done"}
        read_channel_finished                     {Unconnected | no error | 4000 "done"}
        alert_sent(Warning, CloseNotify)          {Unconnected | no error | 4000 "done"}
        "#,
    );
}

const DROPPED_PEER: &str = r#"
    about_to_close               {Connected, valid | no error | 1001 "Connection closed"}
    state_changed(Closing)       {Closing | no error | 1001 "Connection closed"}
    alert_received(Warning, CloseNotify) {Closing | no error | 1001 "Connection closed"}
    state_changed(Unconnected)   {Unconnected | no error | 1001 "Connection closed"}
    disconnected                 {Unconnected | no error | 1001 "Connection closed"}
    read_channel_finished        {Unconnected | no error | 1001 "Connection closed"}
    alert_sent(Warning, CloseNotify) {Unconnected | no error | 1001 "Connection closed"}
"#;

#[test]
fn either_end_is_dropped() {
    let pair = connected();
    pair.of_client.clear();
    drop(pair.accepted);
    pair.of_client.run_until("read_channel_finished");
    settle();
    pair.of_client.expect(DROPPED_PEER);

    let pair = connected();
    drop(pair.client);
    pair.of_accepted.run_until("read_channel_finished");
    settle();
    pair.of_accepted.expect(DROPPED_PEER);
}

#[test]
fn either_end_is_lost() {
    let lost = r#"
        alert_received(Warning, CloseNotify) {Connected | RemoteHostClosed "The remote host closed the connection" | 1006}
        error(RemoteHostClosed)      {Connected | RemoteHostClosed "The remote host closed the connection" | 1006}
        state_changed(Closing)       {Closing | RemoteHostClosed "The remote host closed the connection" | 1006}
        state_changed(Unconnected)   {Unconnected | RemoteHostClosed "The remote host closed the connection" | 1006}
        disconnected                 {Unconnected | RemoteHostClosed "The remote host closed the connection" | 1006}
        read_channel_finished        {Unconnected | RemoteHostClosed "The remote host closed the connection" | 1006}
        alert_sent(Warning, CloseNotify) {Unconnected | RemoteHostClosed "The remote host closed the connection" | 1006}
    "#;
    let pair = connected();
    pair.of_client.clear();
    pair.accepted.abort();
    pair.of_client.run_until("read_channel_finished");
    settle();
    pair.of_client.expect(lost);

    let pair = connected();
    pair.client.abort();
    pair.of_accepted.run_until("read_channel_finished");
    settle();
    pair.of_accepted.expect(lost);
}

/// `close` makes its one attempt to write before it returns, on TLS too: nothing else may run afterwards.
#[test]
fn close_over_tls_writes_before_it_returns() {
    let pair = connected();
    pair.client.send_text_message("queued");
    pair.of_client.clear();
    let (client, of_client) = (pair.client, pair.of_client);
    client.close();
    of_client.clear();
    of_client.drop_socket(client);
    pair.of_accepted.run_until("read_channel_finished");
    pair.of_accepted.expect(
        r#"
        text_frame_received("queued", true)   {Connected, valid | no error | 1000}
        text_message_received("queued")       {Connected, valid | no error | 1000}
        about_to_close               {Connected, valid | no error | 1000}
        state_changed(Closing)       {Closing | no error | 1000}
        alert_received(Warning, CloseNotify) {Closing | no error | 1000}
        state_changed(Unconnected)   {Unconnected | no error | 1000}
        disconnected                 {Unconnected | no error | 1000}
        read_channel_finished        {Unconnected | no error | 1000}
        alert_sent(Warning, CloseNotify) {Unconnected | no error | 1000}
        "#,
    );
}

#[test]
fn a_certificate_that_is_not_trusted() {
    stopped_clock();
    let server = Identity::new().listening();
    let client = WebSocket::new();
    client.set_ssl_configuration(Identity::new().trusting());
    let recorder = Recorder::new(&client);
    recorder.call("open", |client| client.open(secure_url(&server)));
    recorder.run_until("read_channel_finished");
    settle();
    let facts = r#"SslHandshakeFailed "The certificate is self-signed, and untrusted" | 1006"#;
    recorder.expect(&format!(
        "
        [open
          state_changed(Connecting)   {{Connecting | no error | 1000}}
        ]
        peer_verify_error(SelfSignedCertificate) {{Connecting | no error | 1000}}
        ssl_errors(SelfSignedCertificate)        {{Connecting | no error | 1000}}
        error(SslHandshakeFailed)     {{Connecting | {facts}}}
        state_changed(Unconnected)    {{Unconnected | {facts}}}
        disconnected                  {{Unconnected | {facts}}}
        read_channel_finished         {{Unconnected | {facts}}}
        "
    ));
    assert!(!server.has_pending_connections());
}
