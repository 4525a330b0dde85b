//! Applications that do not keep up: a socket that is paused, and one that waits in a slot.

mod support;

use std::cell::Cell;
use std::rc::Rc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use qeventloop::reactor::Dispatcher;
use qwebsocket::{CloseCode, EventLoop, SocketError, SocketState, WebSocket};
use support::frames::*;
use support::pair::{listening, next_connection, stopped_clock};
use support::raw_peer::{RawPeer, Wire, accepting, raw_client};
use support::transcript::Recorder;
use support::{run_until, settle};

const MIB: usize = 1 << 20;
/// More than the system's buffers of one connection hold.
const FLOOD: usize = 32;

/// Two ends of ours on one loop: the one that is looked at, and the one that sends to it.
struct Ends {
    near: Rc<WebSocket>,
    far: Rc<WebSocket>,
}

/// Clients and accepted ends, plain and, where there is TLS, secured.
fn all_ends() -> Vec<(String, Ends)> {
    let mut all = Vec::new();
    for near_is_client in [true, false] {
        let name = if near_is_client { "client" } else { "accepted" };
        all.push((format!("ws, {name}"), Ends::plain(near_is_client)));
        #[cfg(any(feature = "ring", feature = "aws-lc-rs", feature = "openssl"))]
        all.push((format!("wss, {name}"), Ends::secured(near_is_client)));
    }
    all
}

impl Ends {
    fn plain(near_is_client: bool) -> Self {
        let server = listening();
        let client = WebSocket::new();
        client.open(server.server_url().expect("it listens"));
        Self::of(client, next_connection(&server), near_is_client)
    }

    #[cfg(any(feature = "ring", feature = "aws-lc-rs", feature = "openssl"))]
    fn secured(near_is_client: bool) -> Self {
        let identity = support::tls::Identity::new();
        let server = identity.listening();
        let client = WebSocket::new();
        client.set_ssl_configuration(identity.trusting());
        client.open(support::tls::secure_url(&server));
        Self::of(client, next_connection(&server), near_is_client)
    }

    fn of(client: Rc<WebSocket>, accepted: Rc<WebSocket>, near_is_client: bool) -> Self {
        run_until(|| client.state() == SocketState::Connected);
        let (near, far) = match near_is_client {
            true => (client, accepted),
            false => (accepted, client),
        };
        Self { near, far }
    }

    fn flood(&self) {
        for number in 0..FLOOD {
            let message = vec![number as u8; MIB];
            assert_eq!(self.far.send_binary_message(message), MIB);
        }
    }
}

/// Turns of the loop for 300 ms: an idle loop has few.
fn turn_for_a_while() {
    let dispatcher = Dispatcher::current().expect("a loop");
    let (event_loop, end) = (
        EventLoop::new(),
        Instant::now() + Duration::from_millis(300),
    );
    let turns = dispatcher.turns();
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        let _ = event_loop.wait_for_events(Some(left));
    }
    let turns = dispatcher.turns() - turns;
    assert!(turns < 20, "the loop spins: {turns} turns");
}

#[test]
fn nothing_moves_until_it_is_resumed() {
    for (name, ends) in all_ends() {
        let messages = ends.near.binary_message_received.collect();
        ends.near
            .binary_message_received
            .connect_to(&ends.near, |socket, message| {
                if message[0] == 1 {
                    socket.pause();
                }
            });
        ends.flood();
        run_until(|| messages.count() == 2);
        settle();
        turn_for_a_while();
        let waiting = ends.far.bytes_to_write();
        turn_for_a_while();
        assert_eq!(messages.count(), 2, "{name}");
        assert!(waiting > 8 * MIB as u64, "{name}: {waiting} bytes wait");
        assert_eq!(ends.far.bytes_to_write(), waiting, "{name}");

        ends.near.resume();
        assert_eq!(
            messages.count(),
            2,
            "{name}: resume itself delivers nothing"
        );
        run_until(|| messages.count() == FLOOD);
        for number in 0..FLOOD {
            let (message,) = messages.try_next().expect("a message");
            assert!(
                message == vec![number as u8; MIB],
                "{name}: message {number}"
            );
        }
    }
}

/// Without a pause: a slot that takes its time holds the peer back as well.
#[test]
fn a_slot_that_runs_a_loop_reads_no_further() {
    for (name, ends) in all_ends() {
        let messages = ends.near.binary_message_received.collect();
        let far = Rc::downgrade(&ends.far);
        ends.near.set_read_buffer_size(10_000);
        ends.near
            .binary_message_received
            .connect_mut(move |message| {
                let Some(far) = far.upgrade().filter(|_| message[0] == 0) else {
                    return;
                };
                turn_for_a_while();
                let waiting = far.bytes_to_write();
                assert!(waiting > 8 * MIB as u64, "{waiting} bytes wait");
                turn_for_a_while();
                assert_eq!(far.bytes_to_write(), waiting);
            });
        ends.flood();
        run_until(|| messages.count() == FLOOD);
        assert_eq!(ends.near.state(), SocketState::Connected, "{name}");
    }
}

#[test]
fn pausing_in_each_slot_of_a_message_stops_right_behind_it() {
    let peer = RawPeer::new(|wire| {
        wire.accept_upgrade();
        wire.send(
            [
                frame(TEXT, b"one"),
                part(TEXT, b"tw"),
                frame(CONTINUATION, b"o"),
                frame(BINARY, b"three"),
                frame(PONG, b"four"),
                frame(TEXT, b""),
            ]
            .concat(),
        );
        wire.expect_close(1001, "Connection closed");
    });
    let socket = WebSocket::new();
    let recorder = Recorder::new(&socket);
    pause_in_every_slot(&socket);
    socket.open(peer.url());
    recorder.run_until("connected");
    recorder.forget_through("connected");
    let steps = [
        "text_frame_received(\"one\", true)",
        "text_message_received(\"one\")",
        "text_frame_received(\"tw\", false)",
        "text_frame_received(\"o\", true)",
        "text_message_received(\"two\")",
        "binary_frame_received([116, 104, 114, 101, 101], true)",
        "binary_message_received([116, 104, 114, 101, 101])",
        "pong(0, \"four\")",
        "text_frame_received(\"\", true)",
        "text_message_received(\"\")",
    ];
    for step in steps {
        run_until(|| recorder.lines().len() == 1);
        settle();
        recorder.expect_and_clear(&format!("{step} {{Connected, valid | no error | 1000}}"));
        recorder.call("resume", |socket| socket.resume());
        recorder.expect_and_clear("[resume\n]");
    }
    settle();
    recorder.expect("");
    drop(socket);
    peer.join();
}

fn pause_in_every_slot(socket: &Rc<WebSocket>) {
    let text = &socket.text_message_received;
    text.connect_to(socket, |socket, _| socket.pause());
    let text = &socket.text_frame_received;
    text.connect_to(socket, |socket, _, _| socket.pause());
    let binary = &socket.binary_message_received;
    binary.connect_to(socket, |socket, _| socket.pause());
    let binary = &socket.binary_frame_received;
    binary.connect_to(socket, |socket, _, _| socket.pause());
    socket
        .pong
        .connect_to(socket, |socket, _, _| socket.pause());
}

#[test]
fn a_pause_that_ends_in_the_slot_in_which_it_began_is_none() {
    let (near, far) = raw_pair(|wire| {
        wire.send([frame(TEXT, b"one"), frame(TEXT, b"two")].concat());
        wire.expect_close(1001, "Connection closed");
    });
    let messages = near.text_message_received.collect();
    near.text_frame_received.connect_to(&near, |socket, _, _| {
        socket.pause();
        socket.resume();
    });
    run_until(|| messages.count() == 2);
    drop(near);
    far.join();
}

/// A client whose peer has accepted it and follows `script`.
fn raw_pair(script: impl FnOnce(&mut Wire) + Send + 'static) -> (Rc<WebSocket>, RawPeer) {
    let peer = RawPeer::new(|wire| {
        wire.accept_upgrade();
        script(wire);
    });
    let socket = WebSocket::new();
    socket.open(peer.url());
    (socket, peer)
}

#[test]
fn resumed_in_a_loop_that_its_slot_runs() {
    let (socket, peer) = raw_pair(|wire| {
        wire.send([frame(TEXT, b"one"), frame(TEXT, b"two")].concat());
        wire.expect_frame(TEXT, "go on");
        wire.send(frame(TEXT, b"three"));
        wire.expect_close(1001, "Connection closed");
    });
    let recorder = Recorder::new(&socket);
    let noted = recorder.clone();
    socket
        .text_message_received
        .connect_to(&socket, move |socket, text| {
            if text == "one" {
                noted.note("[pause and wait");
                socket.pause();
                socket.send_text_message("go on");
                turn_for_a_while();
                socket.resume();
                turn_for_a_while();
                noted.note("]");
            }
        });
    recorder.run_until("text_message_received(\"three\")");
    recorder.forget_through("connected");
    recorder.expect(
        r#"
        text_frame_received("one", true)  {Connected, valid | no error | 1000}
        text_message_received("one")      {Connected, valid | no error | 1000}
        [pause and wait
        ]
        text_frame_received("two", true)  {Connected, valid | no error | 1000}
        text_message_received("two")      {Connected, valid | no error | 1000}
        text_frame_received("three", true) {Connected, valid | no error | 1000}
        text_message_received("three")     {Connected, valid | no error | 1000}
        "#,
    );
    drop(socket);
    peer.join();
}

#[test]
fn paused_before_it_is_opened_it_connects_and_delivers_nothing() {
    let peer = RawPeer::new(|wire| {
        let answer = accepting(&wire.read_head());
        wire.send([answer.as_bytes(), &frame(TEXT, b"early")].concat());
        wire.send(frame(TEXT, b"late"));
        wire.expect_frame(TEXT, "still sending");
        wire.expect_close(1001, "Connection closed");
    });
    let socket = WebSocket::new();
    let recorder = Recorder::new(&socket);
    socket.pause();
    socket.open(peer.url());
    recorder.run_until("connected");
    socket.send_text_message("still sending");
    turn_for_a_while();
    recorder.forget_through("connected");
    recorder.expect("");
    socket.resume();
    recorder.run_until("text_message_received(\"late\")");
    recorder.expect(
        r#"
        text_frame_received("early", true)  {Connected, valid | no error | 1000}
        text_message_received("early")      {Connected, valid | no error | 1000}
        text_frame_received("late", true)   {Connected, valid | no error | 1000}
        text_message_received("late")       {Connected, valid | no error | 1000}
        "#,
    );
    drop(socket);
    peer.join();
}

#[test]
fn an_accepted_end_paused_before_its_first_turn() {
    let server = listening();
    let client = raw_client(server.server_port(), |wire| {
        wire.send(
            "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
        );
        wire.send(masked(TEXT, b"early"));
        wire.read_head();
        wire.expect_close(1001, "Connection closed");
    });
    let socket = next_connection(&server);
    socket.pause();
    let messages = socket.text_message_received.collect();
    turn_for_a_while();
    assert_eq!(messages.count(), 0);
    socket.resume();
    run_until(|| messages.count() == 1);
    drop(socket);
    client.join().expect("the script holds");
}

#[test]
fn a_pause_lasts_from_one_connection_to_the_next() {
    let script = |wire: &mut Wire| {
        wire.accept_upgrade();
        wire.send(frame(TEXT, b"hello"));
        wire.expect_close(1001, "Connection closed");
    };
    let peer = RawPeer::in_turn([
        Box::new(script) as support::raw_peer::Script,
        Box::new(script),
    ]);
    let socket = WebSocket::new();
    let (connected, messages) = (
        socket.connected.collect(),
        socket.text_message_received.collect(),
    );
    socket.pause();
    for _ in 0..2 {
        socket.open(peer.url());
        run_until(|| connected.try_next().is_some());
        turn_for_a_while();
        assert_eq!(messages.count(), 0);
    }
    socket.resume();
    run_until(|| messages.count() == 1);
    drop(socket);
    peer.join();
}

#[test]
fn pings_wait_and_are_answered_afterwards() {
    let (paused, go) = mpsc::channel();
    let (socket, peer) = raw_pair(move |wire| {
        go.recv().expect("the test says so");
        wire.send(frame(PING, b"there?"));
        wire.expect_frame(TEXT, "not now");
        wire.expect_frame(PONG, "there?");
        wire.expect_close(1001, "Connection closed");
    });
    run_until(|| socket.state() == SocketState::Connected);
    socket.pause();
    paused.send(()).expect("the peer waits");
    turn_for_a_while();
    socket.send_text_message("not now");
    turn_for_a_while();
    socket.resume();
    settle();
    turn_for_a_while();
    drop(socket);
    peer.join();
}

#[test]
fn close_completes_while_paused_and_throws_away_what_waited() {
    for (name, ends) in all_ends() {
        let messages = ends.near.binary_message_received.collect();
        ends.near.pause();
        ends.flood();
        turn_for_a_while();
        let closed = ends.far.close_code();
        assert_eq!(closed, CloseCode::NORMAL);
        let errors = ends.near.error.collect();
        ends.near.set_close_timeout(None);
        ends.near.close_with(CloseCode(3000), "enough");
        assert_eq!(ends.near.state(), SocketState::Closing, "{name}");
        run_until(|| ends.near.state() == SocketState::Unconnected);
        run_until(|| ends.far.state() == SocketState::Unconnected);
        assert_eq!(ends.near.close_code(), CloseCode(3000), "{name}");
        assert_eq!(ends.far.close_code(), CloseCode(3000), "{name}");
        assert_eq!((messages.count(), errors.count()), (0, 0), "{name}");
    }
}

/// The message whose frame was told is not told any more either.
#[test]
fn closed_between_a_frame_and_its_message() {
    let (socket, peer) = raw_pair(|wire| {
        wire.send([frame(TEXT, b"one"), frame(TEXT, b"two")].concat());
        wire.expect_close(1000, "");
        wire.send(close(1000, ""));
    });
    let recorder = Recorder::new(&socket);
    let frames = &socket.text_frame_received;
    frames.connect_to(&socket, |socket, _, _| socket.pause());
    recorder.run_until("text_frame_received");
    settle();
    recorder.forget_through("text_frame_received");
    recorder.call("close", |socket| socket.close());
    socket.resume();
    recorder.run_until("read_channel_finished");
    recorder.expect(
        "
        [close
          about_to_close             {Connected, valid | no error | 1000}
          state_changed(Closing)     {Closing | no error | 1000}
        ]
        state_changed(Unconnected)   {Unconnected | no error | 1000}
        disconnected                 {Unconnected | no error | 1000}
        read_channel_finished        {Unconnected | no error | 1000}
        ",
    );
    peer.join();
}

#[test]
fn abort_and_drop_end_a_paused_connection_at_once() {
    for drops in [false, true] {
        for (name, ends) in all_ends() {
            let Ends { near, far } = ends;
            let (disconnected, messages) = (
                near.disconnected.collect(),
                near.text_message_received.collect(),
            );
            near.pause();
            far.send_text_message("never seen");
            turn_for_a_while();
            match drops {
                true => drop(near),
                false => near.abort(),
            }
            assert_eq!(disconnected.count(), 1, "{name}");
            run_until(|| far.state() == SocketState::Unconnected);
            assert_eq!(messages.count(), 0, "{name}");
        }
    }
}

/// The slot of `about_to_close` waits for the end, in a loop of its own.
#[test]
fn a_peer_that_ended_during_the_pause_is_noticed_while_closing() {
    let (gone, is_gone) = mpsc::channel();
    let (socket, peer) = raw_pair(move |wire| {
        wire.send(frame(TEXT, b"last words"));
        wire.fin();
        gone.send(()).expect("somebody waits");
        wire.expect_end();
    });
    socket.set_close_timeout(None);
    socket.pause();
    let ended = Rc::new(socket.disconnected.collect());
    socket.about_to_close.connect({
        let ended = ended.clone();
        move || run_until(|| ended.count() == 1)
    });
    run_until(|| socket.state() == SocketState::Connected);
    is_gone.recv().expect("the peer ends");
    turn_for_a_while();
    assert_eq!(socket.state(), SocketState::Connected);
    socket.close();
    assert_eq!(ended.count(), 1);
    assert_eq!(socket.close_code(), CloseCode::NORMAL);
    peer.join();
}

#[test]
fn a_lost_connection_is_told_behind_all_that_waited() {
    for (name, ends) in all_ends() {
        let recorder = Recorder::new(&ends.near);
        ends.near.pause();
        ends.far.send_text_message("one");
        ends.far.send_text_message("two");
        settle();
        ends.far.abort();
        turn_for_a_while();
        recorder.expect("");
        ends.near.resume();
        recorder.run_until("read_channel_finished");
        let told: Vec<String> = recorder
            .lines()
            .iter()
            .map(|line| {
                line.split(" {")
                    .next()
                    .unwrap_or_default()
                    .trim()
                    .to_owned()
            })
            .collect();
        let mut expected = vec![
            "text_frame_received(\"one\", true)",
            "text_message_received(\"one\")",
            "text_frame_received(\"two\", true)",
            "text_message_received(\"two\")",
            "error(RemoteHostClosed)",
            "state_changed(Closing)",
            "state_changed(Unconnected)",
            "disconnected",
            "read_channel_finished",
        ];
        if name.starts_with("wss") {
            expected.insert(4, "alert_received(Warning, CloseNotify)");
            expected.push("alert_sent(Warning, CloseNotify)");
        }
        assert_eq!(told, expected, "{name}");
    }
}

/// A send finds out first; what was received comes first all the same.
#[test]
fn a_write_that_fails_while_paused_is_told_on_resume() {
    let (gone, is_gone) = mpsc::channel();
    let (paused, go) = mpsc::channel();
    let (socket, peer) = raw_pair(move |wire| {
        go.recv().expect("the test says so");
        wire.send(frame(TEXT, b"last words"));
        wire.reset();
        gone.send(()).expect("somebody waits");
    });
    run_until(|| socket.state() == SocketState::Connected);
    socket.pause();
    paused.send(()).expect("the peer waits");
    is_gone.recv().expect("the peer resets");
    let recorder = Recorder::new(&socket);
    for _ in 0..3 {
        socket.send_text_message("hello?");
        turn_for_a_while();
    }
    recorder.expect("");
    assert_eq!(socket.state(), SocketState::Connected);
    socket.resume();
    recorder.run_until("read_channel_finished");
    assert_eq!(socket.close_code(), CloseCode::ABNORMAL_DISCONNECTION);
    assert_eq!(recorder.count("error("), 1);
    assert_ne!(socket.error(), SocketError::Unknown);
    peer.join();
}

#[test]
fn the_clock_of_an_unfinished_message_stands_still() {
    let clock = stopped_clock();
    let (socket, peer) = raw_pair(|wire| {
        wire.send(part(TEXT, b"slow"));
        wire.expect_close(1001, "Timeout when reading data from socket.");
    });
    socket.set_message_timeout(Some(Duration::from_secs(1)));
    let frames = socket.text_frame_received.collect();
    run_until(|| frames.count() == 1);
    settle();
    socket.pause();
    clock.advance(Duration::from_secs(60));
    settle();
    socket.set_message_timeout(Some(Duration::from_secs(2)));
    clock.advance(Duration::from_secs(60));
    settle();
    assert_eq!(socket.state(), SocketState::Connected);
    socket.resume();
    settle();
    clock.advance(Duration::from_millis(1999));
    settle();
    assert_eq!(socket.state(), SocketState::Connected);
    clock.advance(Duration::from_millis(1));
    run_until(|| socket.state() == SocketState::Unconnected);
    peer.join();
}

/// As above, paused in the slot of the frame that began it.
#[test]
fn the_clock_of_a_message_does_not_start_in_a_pause() {
    let clock = stopped_clock();
    let (next, go_on) = mpsc::channel();
    let (socket, peer) = raw_pair(move |wire| {
        wire.send(part(TEXT, b"slow"));
        go_on.recv().expect("the test says so");
        wire.send(frame(CONTINUATION, b" but complete"));
        wire.expect_close(1001, "Connection closed");
    });
    socket.set_message_timeout(Some(Duration::from_secs(1)));
    let paused = Rc::new(Cell::new(false));
    socket.text_frame_received.connect_to(&socket, {
        let paused = paused.clone();
        move |socket, _, is_last| {
            if !is_last {
                socket.pause();
                paused.set(true);
            }
        }
    });
    let messages = socket.text_message_received.collect();
    run_until(|| paused.get());
    settle();
    clock.advance(Duration::from_secs(60));
    settle();
    next.send(()).expect("the peer waits");
    socket.resume();
    run_until(|| messages.count() == 1);
    drop(socket);
    peer.join();
}
