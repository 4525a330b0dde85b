//! What the members of the class promise one by one, where no other suite is about them.

mod support;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use qwebsocket::{
    CloseCode, HostAddress, MaskGenerator, NetworkRequest, PauseModes, SocketError, SocketState,
    Version, WebSocket,
};
use support::frames::*;
use support::pair::{FIXED_MASK, FixedMask, listening, next_connection};
use support::raw_peer::RawPeer;
use support::run_until;

/// A client and the accepted end, both in this loop.
fn both_ends(open: impl FnOnce(&WebSocket, u16)) -> (Rc<WebSocket>, Rc<WebSocket>) {
    let server = listening();
    let client = WebSocket::new();
    open(&client, server.server_port());
    let accepted = next_connection(&server);
    run_until(|| client.state() == SocketState::Connected);
    (client, accepted)
}

fn open_plainly(client: &WebSocket, port: u16) {
    client.open(format!("ws://127.0.0.1:{port}/chat?room=1"));
}

#[test]
fn a_new_socket_is_unconnected_and_without_error() {
    let socket = WebSocket::new();
    assert_eq!(socket.state(), SocketState::Unconnected);
    assert!(!socket.is_valid());
    assert_eq!(socket.error(), SocketError::Unknown);
    assert_eq!(socket.error_string(), "");
    assert_eq!(socket.close_code(), CloseCode::NORMAL);
    assert_eq!(socket.close_reason(), "");
    assert_eq!(socket.bytes_to_write(), 0);
    assert!(socket.flush());
    assert_eq!(socket.send_text_message("a"), 0);
    assert_eq!(socket.send_binary_message([1]), 0);
    socket.ping("nobody hears it");
    assert!(!socket.is_accepted());
    assert_eq!(socket.pause_mode(), PauseModes::NEVER);
    assert_eq!(socket.ssl_errors(), []);
}

#[test]
fn the_pause_mode_is_what_was_set() {
    let socket = WebSocket::new();
    for mode in [PauseModes::ON_SSL_ERRORS, PauseModes::NEVER] {
        socket.set_pause_mode(mode);
        assert_eq!(socket.pause_mode(), mode);
    }
}

#[test]
fn addresses_and_ports_are_there_while_the_connection_is() {
    let (client, accepted) = both_ends(open_plainly);
    for socket in [&client, &accepted] {
        assert_eq!(socket.local_address(), HostAddress::LOCAL_HOST);
        assert_eq!(socket.peer_address(), HostAddress::LOCAL_HOST);
    }
    assert_eq!(client.local_port(), accepted.peer_port());
    assert_eq!(client.peer_port(), accepted.local_port());
    assert_ne!(client.local_port(), 0);
    client.close();
    run_until(|| {
        [&client, &accepted]
            .iter()
            .all(|socket| socket.state() == SocketState::Unconnected)
    });
    for socket in [client, accepted] {
        assert_eq!(socket.local_address(), HostAddress::null());
        assert_eq!(socket.peer_address(), HostAddress::null());
        assert_eq!((socket.local_port(), socket.peer_port()), (0, 0));
    }
}

#[test]
fn the_peers_name_is_the_host_that_was_asked_for() {
    let (client, accepted) = both_ends(|client, port| {
        client.open(format!("ws://LOCALHOST:{port}/"));
        assert_eq!(client.peer_name(), "localhost");
    });
    assert_eq!(client.peer_name(), "localhost");
    assert_eq!(accepted.peer_name(), "");
    client.abort();
    assert_eq!(client.peer_name(), "localhost");
}

#[test]
fn the_request_and_its_parts_are_told_at_both_ends() {
    let mut sent = None;
    let (client, accepted) = both_ends(|client, port| {
        let url = format!("ws://127.0.0.1:{port}/a%20b?x=1");
        let mut request = NetworkRequest::new(url.parse().expect("a URL"));
        request.set_raw_header("X-Token", "1234");
        client.open(request.clone());
        sent = Some(request);
    });
    let sent = sent.expect("it was opened");
    assert_eq!(client.request(), sent);
    assert_eq!(client.request_url().as_ref(), sent.url());
    assert_eq!(client.resource_name(), "/a%20b?x=1");
    assert_eq!(accepted.request_url().as_ref(), sent.url());
    assert_eq!(accepted.resource_name(), "/a%20b?x=1");
    assert_eq!(accepted.request().raw_header("x-token"), Some("1234"));
}

#[test]
fn a_request_is_told_from_open_on() {
    let socket = WebSocket::new();
    assert_eq!(socket.request_url(), None);
    assert_eq!(socket.resource_name(), "");
    socket.open("ws://127.0.0.1:1/path?query");
    let url = socket.request_url().expect("a URL");
    assert_eq!(url.as_str(), "ws://127.0.0.1:1/path?query");
    assert_eq!(socket.resource_name(), "/path?query");
}

#[test]
fn an_origin_is_sent_and_told_at_both_ends() {
    let server = listening();
    let client = WebSocket::with_origin("https://example.com", Version::LATEST);
    assert_eq!(client.origin(), "https://example.com");
    open_plainly(&client, server.server_port());
    let accepted = next_connection(&server);
    assert_eq!(accepted.origin(), "https://example.com");
}

#[test]
fn without_an_origin_none_is_sent() {
    let (client, accepted) = both_ends(open_plainly);
    assert_eq!(client.origin(), "");
    assert_eq!(accepted.origin(), "");
    assert!(!accepted.request().has_raw_header("Origin"));
}

#[test]
fn whatever_the_version_13_is_sent() {
    let server = listening();
    let client = WebSocket::with_origin("", Version::V7);
    assert_eq!(client.version(), Version::V7);
    open_plainly(&client, server.server_port());
    let accepted = next_connection(&server);
    let request = accepted.request();
    assert_eq!(request.raw_header("Sec-WebSocket-Version"), Some("13"));
    assert_eq!(accepted.version(), Version::V13);
}

#[test]
fn valid_is_a_socket_that_can_read_and_write() {
    let socket = WebSocket::new();
    let seen = Rc::new(RefCell::new(Vec::new()));
    socket.state_changed.connect_to(&socket, {
        let seen = seen.clone();
        move |socket, state| seen.borrow_mut().push((state, socket.is_valid()))
    });
    let server = listening();
    open_plainly(&socket, server.server_port());
    let accepted = next_connection(&server);
    run_until(|| socket.is_valid());
    accepted.close();
    run_until(|| socket.state() == SocketState::Unconnected);
    assert_eq!(
        *seen.borrow(),
        [
            (SocketState::Connecting, false),
            (SocketState::Connected, true),
            (SocketState::Closing, false),
            (SocketState::Unconnected, false),
        ]
    );
}

#[test]
fn bytes_wait_to_be_written_until_the_loop_runs() {
    let (client, accepted) = both_ends(open_plainly);
    client.send_text_message("0123456789ab");
    assert_eq!(client.bytes_to_write(), 2 + 4 + 12);
    let echo = accepted.text_message_received.collect();
    run_until(|| echo.count() == 1);
    assert_eq!(client.bytes_to_write(), 0);
}

#[test]
fn messages_give_the_number_of_bytes_taken() {
    let (client, accepted) = both_ends(open_plainly);
    let texts = accepted.text_message_received.collect();
    let blobs = accepted.binary_message_received.collect();
    assert_eq!(client.send_text_message("hé"), 3);
    assert_eq!(client.send_binary_message([1, 2]), 2);
    client.set_outgoing_frame_size(1);
    assert_eq!(client.send_binary_message([3, 4, 5]), 3);
    run_until(|| texts.count() == 1 && blobs.count() == 2);
    assert_eq!(texts.try_next(), Some(("hé".to_owned(),)));
    assert_eq!(blobs.try_next(), Some((vec![1, 2],)));
    assert_eq!(blobs.try_next(), Some((vec![3, 4, 5],)));
}

#[test]
fn a_long_message_leaves_in_frames_of_the_set_size() {
    let peer = RawPeer::new(|wire| {
        wire.accept_upgrade();
        for (first, payload) in [
            (TEXT, "ab"),
            (CONTINUATION, "é"),
            (0x80 | CONTINUATION, "c"),
        ] {
            let frame = wire.read_frame();
            assert_eq!((frame.first, frame.payload), (first, payload.into()));
        }
    });
    let socket = WebSocket::new();
    assert_eq!(socket.outgoing_frame_size(), 512 * 1024);
    socket.set_outgoing_frame_size(2);
    assert_eq!(socket.outgoing_frame_size(), 2);
    socket
        .connected
        .connect_to(&socket, |socket| socket.send_text_message("abéc"));
    socket.open(peer.url());
    run_until(|| socket.state() == SocketState::Unconnected);
    peer.join();
}

#[test]
fn sizes_above_the_largest_are_ignored() {
    let socket = WebSocket::new();
    assert_eq!(WebSocket::max_incoming_frame_size(), 2_147_483_646);
    assert_eq!(WebSocket::max_incoming_message_size(), 2_147_483_646);
    assert_eq!(WebSocket::max_outgoing_frame_size(), 2_147_483_646);
    assert_eq!(socket.max_allowed_incoming_frame_size(), 16 << 20);
    assert_eq!(socket.max_allowed_incoming_message_size(), 64 << 20);
    for bytes in [5, 0, WebSocket::max_incoming_frame_size()] {
        socket.set_max_allowed_incoming_frame_size(bytes);
        socket.set_max_allowed_incoming_message_size(bytes);
        socket.set_outgoing_frame_size(bytes as usize);
        assert_eq!(socket.max_allowed_incoming_frame_size(), bytes);
        assert_eq!(socket.max_allowed_incoming_message_size(), bytes);
        assert_eq!(socket.outgoing_frame_size(), bytes as usize);
    }
    for bytes in [WebSocket::max_incoming_frame_size() + 1, u64::MAX] {
        socket.set_max_allowed_incoming_frame_size(bytes);
        socket.set_max_allowed_incoming_message_size(bytes);
        assert_eq!(socket.max_allowed_incoming_frame_size(), 2_147_483_646);
        assert_eq!(socket.max_allowed_incoming_message_size(), 2_147_483_646);
    }
}

#[test]
fn a_frame_above_the_limit_closes_with_1009() {
    let (client, accepted) = both_ends(open_plainly);
    accepted.set_max_allowed_incoming_frame_size(4);
    client.send_text_message("12345");
    run_until(|| client.state() == SocketState::Unconnected);
    assert_eq!(client.close_code(), CloseCode::TOO_MUCH_DATA);
}

#[test]
fn a_message_above_the_limit_closes_with_1009() {
    let (client, accepted) = both_ends(open_plainly);
    accepted.set_max_allowed_incoming_message_size(4);
    client.set_outgoing_frame_size(3);
    client.send_text_message("12345");
    run_until(|| client.state() == SocketState::Unconnected);
    assert_eq!(client.close_code(), CloseCode::TOO_MUCH_DATA);
}

#[test]
fn the_mask_generator_can_be_replaced_while_open() {
    struct Counting(Cell<u32>);
    impl MaskGenerator for Counting {
        fn next_mask(&self) -> u32 {
            self.0.set(self.0.get() + 1);
            self.0.get()
        }
    }
    let (client, accepted) = both_ends(open_plainly);
    let texts = accepted.text_message_received.collect();
    let counting = Rc::new(Counting(Cell::new(0)));
    client.set_mask_generator(Some(counting.clone()));
    assert_eq!(client.mask_generator().next_mask(), 1);
    client.send_text_message("a");
    assert_eq!(counting.0.get(), 2);
    client.set_mask_generator(Some(Rc::new(FixedMask)));
    assert_eq!(client.mask_generator().next_mask(), FIXED_MASK);
    client.set_mask_generator(None);
    assert_ne!(client.mask_generator().next_mask(), FIXED_MASK);
    client.send_text_message("b");
    assert_eq!(counting.0.get(), 2);
    run_until(|| texts.count() == 2);
}

#[test]
fn the_reason_of_a_close_reaches_the_peer() {
    let (client, accepted) = both_ends(open_plainly);
    client.close_with(CloseCode::GOING_AWAY, "going away");
    assert_eq!(client.close_code(), CloseCode::GOING_AWAY);
    assert_eq!(client.close_reason(), "going away");
    run_until(|| accepted.state() == SocketState::Unconnected);
    assert_eq!(accepted.close_code(), CloseCode::GOING_AWAY);
    assert_eq!(accepted.close_reason(), "going away");
}

#[test]
fn the_chosen_subprotocol_is_told_at_both_ends() {
    let server = listening();
    server.set_supported_subprotocols(["chat", "superchat"]);
    let client = WebSocket::new();
    let url = format!("ws://127.0.0.1:{}/", server.server_port());
    let mut request = NetworkRequest::new(url.parse().expect("a URL"));
    request.set_raw_header("Sec-WebSocket-Protocol", "other, superchat, chat");
    client.open(request);
    let accepted = next_connection(&server);
    run_until(|| client.state() == SocketState::Connected);
    assert_eq!(client.subprotocol(), "superchat");
    assert_eq!(accepted.subprotocol(), "superchat");
}
