//! The conversations. Each runs on a connection of its own, which is closed normally afterwards.

use qwebsocket::{CloseCode, SocketState};

use crate::message::Message;
use crate::session::Session;
use crate::wait::wait_until;

pub struct Case {
    pub name: String,
    /// What the peer does with the connection.
    pub path: &'static str,
    pub run: Box<dyn Fn(&Session<'_>)>,
}

pub fn all() -> Vec<Case> {
    let mut cases: Vec<_> = SIZES
        .iter()
        .flat_map(|&(name, size)| echoes(name, size))
        .collect();
    cases.extend([
        case(
            "16 MiB in one frame from us",
            "/echo",
            sixteen_mib_in_one_frame,
        ),
        case(
            "messages in frames of 7 bytes from us",
            "/echo",
            small_frames_from_us,
        ),
        case(
            "text in frames of 7 bytes from it",
            "/fragments",
            text_in_small_frames_from_it,
        ),
        case(
            "binary in frames of 7 bytes from it",
            "/fragments",
            binary_in_small_frames_from_it,
        ),
        case("200 messages in flight", "/echo", two_hundred_in_flight),
        case("pings from us", "/echo", pings_from_us),
        case("pings from it", "/ping", pings_from_it),
        case("the common subprotocol", "/subprotocol", |session| {
            session.echo(&Message::text(10))
        }),
        case("close from us without a reason", "/echo", |session| {
            session.close()
        }),
        case(
            "close after messages from us",
            "/echo",
            close_behind_messages,
        ),
        case("abort from us", "/echo", abort_from_us),
    ]);
    for code in [CloseCode::GOING_AWAY, CloseCode(4001)] {
        cases.push(case(
            format!("close {code} from us"),
            "/echo",
            move |session| {
                session.socket.close_with(code, REASON);
                session.expect_close(code, REASON);
            },
        ));
        cases.push(case(
            format!("close {code} from it"),
            "/close",
            move |session| {
                session.socket.send_text_message(format!("{code} {REASON}"));
                session.expect_close(code, REASON);
            },
        ));
    }
    cases
}

/// Around every change of the frame header's form, and up to the longest frame that is accepted by default.
const SIZES: [(&str, usize); 9] = [
    ("0 bytes", 0),
    ("1 byte", 1),
    ("125 bytes", 125),
    ("126 bytes", 126),
    ("127 bytes", 127),
    ("65535 bytes", 65_535),
    ("65536 bytes", 65_536),
    ("1 MiB", 1024 * 1024),
    ("16 MiB", SIXTEEN_MIB),
];
const SIXTEEN_MIB: usize = 16 * 1024 * 1024;

const REASON: &str = "bis später, 再见 👋";

fn case(name: impl Into<String>, path: &'static str, run: impl Fn(&Session<'_>) + 'static) -> Case {
    Case {
        name: name.into(),
        path,
        run: Box::new(run),
    }
}

fn echoes(name: &str, size: usize) -> [Case; 2] {
    [
        case(format!("text of {name}"), "/echo", move |session| {
            session.echo(&Message::text(size));
        }),
        case(format!("binary of {name}"), "/echo", move |session| {
            session.echo(&Message::binary(size));
        }),
    ]
}

fn sixteen_mib_in_one_frame(session: &Session<'_>) {
    session.socket.set_outgoing_frame_size(0);
    session.echo(&Message::text(SIXTEEN_MIB));
    session.echo(&Message::binary(SIXTEEN_MIB));
}

fn small_frames_from_us(session: &Session<'_>) {
    session.socket.set_outgoing_frame_size(7);
    session.echo(&Message::text(5000));
    session.echo(&Message::binary(5000));
}

fn text_in_small_frames_from_it(session: &Session<'_>) {
    let frames = session.socket.text_frame_received.collect();
    let message = Message::text(5000);
    session.echo(&message);
    session.peer.expect("pong in between");
    let frames = frames.take_all();
    let (parts, are_last): (Vec<_>, Vec<_>) = frames.into_iter().unzip();
    assert_eq!(parts.concat().as_bytes(), message.as_bytes());
    assert_one_message_of_small_frames(&are_last);
}

fn binary_in_small_frames_from_it(session: &Session<'_>) {
    let frames = session.socket.binary_frame_received.collect();
    let message = Message::binary(5000);
    session.echo(&message);
    session.peer.expect("pong in between");
    let frames = frames.take_all();
    let (parts, are_last): (Vec<_>, Vec<_>) = frames.into_iter().unzip();
    assert_eq!(parts.concat(), message.as_bytes());
    assert_one_message_of_small_frames(&are_last);
}

fn assert_one_message_of_small_frames(are_last: &[bool]) {
    assert!(are_last.len() >= 5000 / 7, "only {} frames", are_last.len());
    let last = are_last.iter().position(|is_last| *is_last);
    assert_eq!(last, Some(are_last.len() - 1));
}

fn two_hundred_in_flight(session: &Session<'_>) {
    let messages: Vec<_> = (0..200)
        .map(|at| match at % 2 {
            0 => Message::text(at * 37),
            _ => Message::binary(at * 91),
        })
        .collect();
    for message in &messages {
        message.send_over(&session.socket);
    }
    for message in &messages {
        session.expect(message);
    }
}

fn pings_from_us(session: &Session<'_>) {
    let pongs = session.socket.pong.collect();
    let payloads: [&[u8]; 3] = [b"", "später 👋".as_bytes(), &[0xFF; 125]];
    for payload in payloads {
        session.socket.ping(payload);
        wait_until("the pong arrives", || !pongs.is_empty());
        assert_eq!(
            pongs.try_next().map(|(_, payload)| payload).as_deref(),
            Some(payload)
        );
    }
    for payload in payloads {
        session.socket.ping(payload);
    }
    // The protocol lets a peer answer only the latest of several pings.
    wait_until("the last pong arrives", || {
        let pongs = pongs.take_all();
        pongs.last().is_some_and(|(_, pong)| pong == payloads[2])
    });
}

fn pings_from_it(session: &Session<'_>) {
    for payload in ["there?", "still there? 👋"] {
        session.socket.send_text_message(payload);
        session.peer.expect(&format!("pong {payload}"));
    }
}

/// Everything that was sent before the close arrives before it.
fn close_behind_messages(session: &Session<'_>) {
    let message = Message::binary(1024 * 1024);
    message.send_over(&session.socket);
    session.socket.send_text_message("last");
    session.socket.close();
    assert_eq!(session.socket.state(), SocketState::Closing);
    session.expect_close(CloseCode::NORMAL, "");
}

fn abort_from_us(session: &Session<'_>) {
    session.echo(&Message::text(10));
    session.socket.abort();
    assert_eq!(session.socket.state(), SocketState::Unconnected);
    session.peer.expect("closed 1006 ");
}
