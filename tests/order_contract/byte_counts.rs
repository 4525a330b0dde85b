//! bytes_written: what went over the wire, no byte more or less.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::mpsc;

use qwebsocket::WebSocket;

use super::connected_to;
use super::support::frames::*;
use super::support::pair::{listening, next_connection, stopped_clock};
use super::support::raw_peer::{RawPeer, Wire, raw_client};
use super::support::relay::Relay;
use super::support::settle;
use super::support::tls::Identity;
use super::support::transcript::Recorder;

/// The sum of all emissions, also those of a socket that is being dropped.
fn sum_of_bytes(socket: &WebSocket) -> Rc<Cell<u64>> {
    let sum = Rc::new(Cell::new(0));
    socket.bytes_written.connect_to(&sum, |sum, bytes| {
        assert!(bytes > 0, "nothing is not worth an emission");
        sum.set(sum.get() + bytes);
    });
    sum
}

/// Frames of every length form, and one that no socket buffer takes at once.
fn send_all_sizes(socket: &WebSocket) {
    for size in [0, 125, 126, 65_535, 65_536, 6_000_000] {
        assert_eq!(socket.send_binary_message(vec![1; size]), size);
        socket.ping("?");
    }
    socket.send_text_message("t".repeat(20_000));
}

/// Reads until the other end's close frame, tells how many bytes there were in all, and closes too.
fn count_until_close(wire: &mut Wire, answer: &[u8], count: &mpsc::Sender<u64>) {
    while wire.read_frame().first != 0x80 | CLOSE {}
    wire.send(answer);
    wire.fin();
    wire.expect_end();
    count.send(wire.received()).expect("the test waits");
}

#[test]
fn the_sum_is_what_the_server_received() {
    stopped_clock();
    let (count, received) = mpsc::channel();
    let peer = RawPeer::new(move |wire| {
        wire.accept_upgrade();
        count_until_close(wire, &close(1000, ""), &count);
    });
    let socket = WebSocket::new();
    let recorder = Recorder::new(&socket);
    let sum = sum_of_bytes(&socket);
    socket.open(peer.url());
    recorder.run_until("connected");
    send_all_sizes(&socket);
    socket.close();
    recorder.run_until("read_channel_finished");
    peer.join();
    assert_eq!(Ok(sum.get()), received.recv());
}

#[test]
fn the_sum_is_what_the_client_received_behind_the_handshake() {
    stopped_clock();
    let (count, received) = mpsc::channel();
    let server = listening();
    let client = raw_client(server.server_port(), move |wire| {
        let answer = wire.upgrade();
        let handshake = mpsc::channel();
        let reply = masked(CLOSE, &close_payload(1000, ""));
        count_until_close(wire, &reply, &handshake.0);
        let frames = handshake.1.recv().expect("it counted") - answer.len() as u64;
        count.send(frames).expect("the test waits");
    });
    let socket = next_connection(&server);
    let recorder = Recorder::new(&socket);
    let sum = sum_of_bytes(&socket);
    send_all_sizes(&socket);
    socket.close();
    recorder.run_until("read_channel_finished");
    client.join().expect("the script holds");
    assert_eq!(Ok(sum.get()), received.recv());
}

/// All of it but what TLS says for itself: its handshake before, its goodbye behind.
#[test]
fn on_wss_the_sum_counts_ciphertext() {
    stopped_clock();
    let identity = Identity::new();
    let server = identity.listening();
    let relay = Relay::to(server.server_port());
    let socket = WebSocket::new();
    let recorder = Recorder::new(&socket);
    let sum = sum_of_bytes(&socket);
    socket.set_ssl_configuration(identity.trusting());
    socket.open(format!("wss://localhost:{}", relay.port()));
    let accepted = next_connection(&server);
    recorder.run_until("connected");
    send_all_sizes(&socket);
    socket.close();
    recorder.run_until("read_channel_finished");
    drop(accepted);
    let own_words = relay.join() - sum.get();
    assert!((1..1024).contains(&own_words), "{own_words} bytes");
}

#[test]
fn what_drop_writes_counts_too() {
    stopped_clock();
    let (count, received) = mpsc::channel();
    let peer = RawPeer::new(move |wire| {
        wire.accept_upgrade();
        wire.read_rest();
        count.send(wire.received()).expect("the test waits");
    });
    let socket = WebSocket::new();
    let recorder = Recorder::new(&socket);
    let sum = sum_of_bytes(&socket);
    socket.open(peer.url());
    recorder.run_until("connected");
    socket.send_text_message("queued");
    drop(socket);
    assert_eq!(Ok(sum.get()), received.recv());
    peer.join();
}

#[test]
fn one_turn_makes_one_emission_and_sending_makes_none() {
    let peer = RawPeer::new(|wire| {
        wire.accept_upgrade();
        wire.expect_frame(TEXT, "one");
        wire.expect_frame(TEXT, "two");
        wire.expect_frame(PING, "");
        wire.expect_close(1000, "");
    });
    let (socket, _recorder) = connected_to(&peer);
    settle();
    let written = socket.bytes_written.collect();
    socket.send_text_message("one");
    socket.send_text_message("two");
    socket.ping("");
    assert_eq!(written.count(), 0);
    settle();
    let frame_size = |payload: u64| 2 + 4 + payload;
    assert_eq!(written.take_all(), [(2 * frame_size(3) + frame_size(0),)]);
    socket.close();
    assert_eq!(
        written.count(),
        0,
        "it was written, but is told from the loop"
    );
    settle();
    assert_eq!(written.take_all(), [(frame_size(2),)]);
    peer.join();
}

#[test]
fn flush_emits_before_it_returns() {
    let peer = RawPeer::new(|wire| {
        wire.accept_upgrade();
        wire.expect_frame(TEXT, "now");
        wire.expect_close(1000, "");
    });
    let (socket, _recorder) = connected_to(&peer);
    settle();
    let written = socket.bytes_written.collect();
    assert!(!socket.flush(), "there is nothing to write");
    assert_eq!(written.count(), 0);
    socket.send_text_message("now");
    assert_eq!(socket.bytes_to_write(), 9);
    assert!(socket.flush());
    assert_eq!(written.take_all(), [(9,)]);
    assert_eq!(socket.bytes_to_write(), 0);
    assert!(!socket.flush());
    settle();
    assert_eq!(written.count(), 0);
    socket.close();
    peer.join();
}
