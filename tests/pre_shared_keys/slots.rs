//! What slots of a client may do while they are asked, in the middle of a handshake.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::time::Duration;

use qwebsocket::{
    EventLoop, HostAddress, SocketError, SocketState, SslConfiguration,
    SslPreSharedKeyAuthenticator, SslProtocol, WebSocket, delete_later,
};

use super::pair::{KEY, client, keys_alone, knowing_ada};
use super::support::pair::{listening, next_connection, stopped_clock};
use super::support::tls::secure_url;
use super::support::transcript::Recorder;
use super::support::{run_until, settle};

/// In TLS 1.2 a slot is asked by the server's words, in TLS 1.3 before ours.
fn both() -> [SslConfiguration; 2] {
    let mut tls13 = keys_alone(SslProtocol::TlsV1_3);
    tls13.set_uses_pre_shared_keys_in_tls13(true);
    [keys_alone(SslProtocol::TlsV1_2), tls13]
}

fn socket(configuration: SslConfiguration) -> Rc<WebSocket> {
    let socket = WebSocket::new();
    socket.set_ssl_configuration(configuration);
    socket
}

fn fill_in(authenticator: &SslPreSharedKeyAuthenticator) {
    authenticator.set_identity("ada");
    authenticator.set_pre_shared_key(KEY);
}

#[test]
fn may_end_the_attempt() {
    for (configuration, end) in both().into_iter().flat_map(|configuration| {
        [WebSocket::abort, WebSocket::close].map(|end| (configuration.clone(), end))
    }) {
        let (server, asked) = knowing_ada(configuration.clone());
        let socket = socket(configuration);
        let recorder = Recorder::new(&socket);
        socket.pre_shared_key_authentication_required.connect_to(
            &socket,
            move |socket, authenticator| {
                fill_in(authenticator);
                end(socket);
            },
        );
        recorder.call("open", |socket| socket.open(secure_url(&server)));
        recorder.run_until("read_channel_finished");
        settle();
        recorder.expect(
            "
            [open
              state_changed(Connecting)  {Connecting | no error | 1000}
            ]
            about_to_close               {Connecting | no error | 1000}
            state_changed(Unconnected)   {Unconnected | no error | 1000}
            disconnected                 {Unconnected | no error | 1000}
            read_channel_finished        {Unconnected | no error | 1000}
            ",
        );
        assert_eq!(asked.count(), 0, "the server hears nothing of it");
        assert!(!server.has_pending_connections());
    }
}

#[test]
fn may_open_another_connection() {
    for configuration in both() {
        let (server, _) = knowing_ada(configuration.clone());
        let other = listening();
        let url = format!("ws://127.0.0.1:{}", other.server_port());
        let socket = socket(configuration);
        socket.pre_shared_key_authentication_required.connect_to(
            &socket,
            move |socket, authenticator| {
                fill_in(authenticator);
                socket.open(&url);
            },
        );
        socket.open(secure_url(&server));
        run_until(|| socket.state() == SocketState::Connected);
        settle();
        assert_eq!(socket.peer_port(), other.server_port());
        assert!(!server.has_pending_connections());
        let accepted = next_connection(&other);
        let texts = accepted.text_message_received.collect();
        socket.send_text_message("hello");
        run_until(|| texts.count() == 1);
    }
}

/// The same server again, from within its own handshake.
#[test]
fn may_open_the_same_again() {
    for configuration in both() {
        let (server, _) = knowing_ada(configuration.clone());
        let socket = socket(configuration);
        let (url, asked) = (secure_url(&server), Rc::new(Cell::new(0)));
        let count = asked.clone();
        socket.pre_shared_key_authentication_required.connect_to(
            &socket,
            move |socket, authenticator| {
                fill_in(authenticator);
                if count.replace(count.get() + 1) == 0 {
                    socket.open(&url);
                }
            },
        );
        socket.open(secure_url(&server));
        run_until(|| socket.state() == SocketState::Connected);
        assert_eq!(asked.get(), 2);
    }
}

#[test]
fn may_drop_the_socket() {
    for (configuration, later) in both()
        .into_iter()
        .flat_map(|configuration| [false, true].map(|later| (configuration.clone(), later)))
    {
        let (server, _) = knowing_ada(configuration.clone());
        let handle = socket(configuration);
        let held = Rc::new(Cell::new(None));
        let (weak, holder) = (Rc::downgrade(&handle), held.clone());
        handle
            .pre_shared_key_authentication_required
            .connect(move |authenticator| {
                fill_in(authenticator);
                match (holder.take(), later) {
                    (Some(socket), true) => delete_later(socket),
                    (socket, _) => drop(socket),
                }
            });
        handle.open(secure_url(&server));
        held.set(Some(handle));
        run_until(|| weak.strong_count() == 0);
        settle();
    }
}

/// A panic is no answer: the handshake fails in a turn to come.
#[test]
fn may_panic() {
    let facts = r#"SslHandshakeFailed "Error during SSL handshake: a slot that was asked for a key panicked" | 1006"#;
    let alert = format!("alert_sent(Fatal, HandshakeFailure) {{Connecting | {facts}}}");
    for (configuration, alert) in both().into_iter().zip([alert.as_str(), ""]) {
        let (server, _) = knowing_ada(configuration.clone());
        let socket = socket(configuration);
        socket
            .pre_shared_key_authentication_required
            .connect(|authenticator| {
                fill_in(authenticator);
                std::panic::resume_unwind(Box::new("deliberate"));
            });
        let recorder = Recorder::new(&socket);
        socket.open(secure_url(&server));
        recorder.clear();
        let panic = catch_unwind(AssertUnwindSafe(|| {
            run_until(|| socket.state() == SocketState::Unconnected);
        }));
        assert_eq!(
            panic.expect_err("a panic").downcast_ref(),
            Some(&"deliberate")
        );
        recorder.run_until("read_channel_finished");
        recorder.expect(&format!(
            "
            {alert}
            error(SslHandshakeFailed)  {{Connecting | {facts}}}
            state_changed(Unconnected) {{Unconnected | {facts}}}
            disconnected               {{Unconnected | {facts}}}
            read_channel_finished      {{Unconnected | {facts}}}
            "
        ));
    }
}

/// Who asks can be shown to a user, and nothing is prepared that the server might not get.
#[test]
fn see_the_connection_as_it_is() {
    for configuration in both() {
        let (server, _) = knowing_ada(configuration.clone());
        let socket = socket(configuration);
        let (port, ends) = (server.server_port(), Rc::new(Cell::new(None)));
        let seen = ends.clone();
        socket.pre_shared_key_authentication_required.connect_to(
            &socket,
            move |socket, authenticator| {
                settle();
                assert_eq!(socket.peer_address(), HostAddress::LOCAL_HOST);
                assert_eq!(socket.local_address(), HostAddress::LOCAL_HOST);
                assert_eq!(socket.peer_port(), port);
                assert_eq!(socket.bytes_to_write(), 0);
                seen.set(Some(socket.local_port()));
                fill_in(authenticator);
            },
        );
        socket.open(secure_url(&server));
        run_until(|| socket.state() == SocketState::Connected);
        assert_eq!(ends.get(), Some(socket.local_port()));
    }
}

/// A user reads a dialog: nothing goes on, and no time passes.
#[test]
fn may_take_their_time_in_a_loop_of_their_own() {
    for configuration in both() {
        let clock = stopped_clock();
        let (server, _) = knowing_ada(configuration.clone());
        let socket = socket(configuration);
        socket.set_connect_timeout(Some(Duration::from_secs(10)));
        let asked = Rc::new(Cell::new(0));
        let count = asked.clone();
        socket.pre_shared_key_authentication_required.connect_to(
            &socket,
            move |socket, authenticator| {
                count.set(count.get() + 1);
                clock.advance(Duration::from_secs(9)); // the server's deadline is its own
                for _ in 0..10 {
                    let _ = EventLoop::new().process_events(Duration::ZERO);
                }
                assert_eq!(socket.state(), SocketState::Connecting);
                fill_in(authenticator);
            },
        );
        socket.open(secure_url(&server));
        run_until(|| socket.state() == SocketState::Connected);
        assert_eq!(asked.get(), 1);
    }
}

/// The time that was left is what is left afterwards.
#[test]
fn get_no_more_time_than_there_was() {
    let clock = stopped_clock();
    let [configuration, _] = both();
    let (server, _) = knowing_ada(configuration.clone());
    server.set_handshake_timeout(None);
    // What asks is the server's first flight; what follows never comes, because the server waits in its own slot.
    let socket = socket(configuration);
    socket.set_connect_timeout(Some(Duration::from_secs(10)));
    let time = clock.clone();
    socket
        .pre_shared_key_authentication_required
        .connect(move |authenticator| {
            time.advance(Duration::from_secs(3600));
            fill_in(authenticator);
        });
    let (time, at_client) = (clock, socket.clone());
    server
        .pre_shared_key_authentication_required
        .connect(move |_| {
            time.advance(Duration::from_millis(9_900));
            settle();
            assert_eq!(at_client.state(), SocketState::Connecting);
            time.advance(Duration::from_millis(200));
            run_until(|| at_client.state() == SocketState::Unconnected);
            assert_eq!(at_client.error(), SocketError::SocketTimeout);
        });
    socket.open(secure_url(&server));
    run_until(|| socket.state() == SocketState::Unconnected);
    settle();
}

/// Another socket's handshake, asked in the middle of this one's.
#[test]
fn may_wait_for_another_socket_that_is_asked_too() {
    for configuration in both() {
        let (server, of_server) = knowing_ada(configuration.clone());
        let (other, of_other) = client(configuration.clone(), "ada", KEY);
        let socket = socket(configuration);
        let (inner, url) = (other.clone(), secure_url(&server));
        socket
            .pre_shared_key_authentication_required
            .connect(move |authenticator| {
                inner.open(&url);
                run_until(|| inner.state() == SocketState::Connected);
                fill_in(authenticator);
            });
        socket.open(secure_url(&server));
        run_until(|| socket.state() == SocketState::Connected);
        assert_eq!(other.state(), SocketState::Connected);
        assert_eq!((of_other.count(), of_server.count()), (1, 2));
    }
}
