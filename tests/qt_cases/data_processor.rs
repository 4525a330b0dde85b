//! Qt's tests of its frame parser, asked of a client whose server says these bytes.

use std::rc::Rc;
use std::time::Duration;

use qwebsocket::{CloseCode, EventLoop, SocketState, WebSocket};

use super::support::frames::*;
use super::support::pair::stopped_clock;
use super::support::raw_peer::{RawPeer, Script};
use super::support::{run_until, settle};

/// What a client tells about what it received, until the connection ends.
#[derive(Debug, Default, PartialEq, Eq)]
struct Heard {
    frames: Vec<(Vec<u8>, bool)>,
    messages: Vec<Vec<u8>>,
    pongs: Vec<Vec<u8>>,
    close_code: u16,
    close_reason: String,
}

/// What comes of each of these streams, on a connection of its own.
#[track_caller]
fn hear_each(streams: &[Vec<u8>]) -> Vec<Heard> {
    let scripts: Vec<Script> = streams
        .iter()
        .cloned()
        .map(|stream| -> Script {
            Box::new(move |wire| {
                wire.accept_upgrade();
                wire.send(stream);
                wire.fin(); // nothing more to wait for
                wire.read_rest();
            })
        })
        .collect();
    let peer = RawPeer::in_turn(scripts);
    let url = peer.url();
    let heard = streams.iter().map(|_| hear(&url)).collect();
    peer.join();
    heard
}

#[track_caller]
fn hear(url: &str) -> Heard {
    let socket = WebSocket::new();
    let texts = socket.text_frame_received.collect();
    let binaries = socket.binary_frame_received.collect();
    let text_messages = socket.text_message_received.collect();
    let binary_messages = socket.binary_message_received.collect();
    let pongs = socket.pong.collect();
    let errors = socket.error.collect();
    let ends = socket.disconnected.collect();
    socket.open(url);
    run_until(|| ends.count() > 0);
    assert_eq!(
        errors.count(),
        0,
        "a peer that breaks a rule makes none, as in Qt"
    );
    let text_frames = texts.take_all().into_iter();
    let text_frames = text_frames.map(|(text, is_last)| (text.into_bytes(), is_last));
    let text_messages = text_messages.take_all().into_iter();
    let binary_messages = binary_messages.take_all().into_iter();
    Heard {
        frames: text_frames.chain(binaries.take_all()).collect(),
        messages: text_messages
            .map(|(text,)| text.into_bytes())
            .chain(binary_messages.map(|(bytes,)| bytes))
            .collect(),
        pongs: pongs
            .take_all()
            .into_iter()
            .map(|(_, payload)| payload)
            .collect(),
        close_code: socket.close_code().0,
        close_reason: socket.close_reason(),
    }
}

/// All these payloads on one connection, each a frame and a message.
#[track_caller]
fn expect_messages(opcode: u8, payloads: &[Vec<u8>]) {
    let mut stream: Vec<u8> = payloads
        .iter()
        .flat_map(|payload| frame(opcode, payload))
        .collect();
    stream.extend(close(1000, ""));
    let heard = hear_each(&[stream]).remove(0);
    let frames: Vec<(Vec<u8>, bool)> = payloads.iter().cloned().map(|each| (each, true)).collect();
    assert!(heard.frames == frames, "{} of them", heard.frames.len());
    assert!(
        heard.messages == payloads,
        "{} of them",
        heard.messages.len()
    );
    assert_eq!(heard.close_code, 1000);
}

/// Each of these streams ends the connection with `code` before a message is complete.
#[track_caller]
fn expect_refused(code: u16, streams: &[Vec<u8>]) {
    for (heard, stream) in hear_each(streams).iter().zip(streams) {
        let start = &stream[..stream.len().min(16)];
        assert_eq!(heard.close_code, code, "{start:x?} {}", heard.close_reason);
        assert!(!heard.close_reason.is_empty(), "{start:x?}");
        assert!(heard.messages.is_empty(), "{start:x?}");
    }
}

#[test]
fn good_binary_frame() {
    let of_all_sizes = (0..65_792).step_by(128).map(|size| vec![b'a'; size]);
    let of_all_bytes = (0..=255).map(|byte| vec![byte]);
    expect_messages(
        BINARY,
        &of_all_sizes.chain(of_all_bytes).collect::<Vec<_>>(),
    );
}

#[test]
fn good_text_frame() {
    let of_all_sizes = (0..65_792).step_by(128).map(|size| vec![b'a'; size]);
    let of_all_characters = (0..128).map(|character| vec![character]);
    // 27 bytes of one to four each, 22 UTF-16 units.
    let sample = "abcdefghijklm \u{e9}\u{fc} \u{20ac} \u{1f980}"
        .as_bytes()
        .to_vec();
    assert_eq!(sample.len(), 27);
    let all = of_all_sizes.chain(of_all_characters).chain([sample]);
    expect_messages(TEXT, &all.collect::<Vec<_>>());
}

#[test]
fn good_control_frame() {
    let end = close(1000, "");
    let streams = [
        [frame(PING, b""), end.clone()].concat(),
        [frame(PONG, b""), end.clone()].concat(),
    ];
    let [ping, pong] = hear_each(&streams).try_into().expect("two");
    assert_eq!((ping.pongs.len(), ping.close_code), (0, 1000));
    assert_eq!((pong.pongs, pong.close_code), (vec![Vec::new()], 1000));
    assert!(ping.frames.is_empty() && pong.frames.is_empty());
}

#[test]
fn good_opcodes() {
    let streams: Vec<_> = [PING, PONG, TEXT, BINARY]
        .into_iter()
        .map(|opcode| [frame(opcode, b""), close(1000, "")].concat())
        .chain([close(1000, "")])
        .collect();
    for heard in hear_each(&streams) {
        assert_eq!(heard.close_code, 1000);
    }
}

#[test]
fn good_close_frame() {
    let mut closes: Vec<(u16, String)> = (0..=123).map(|size| (1000, "c".repeat(size))).collect();
    closes.extend((0..=125_u8).map(|character| (1000, char::from(character).to_string())));
    // Deviation 12: Qt refuses 1012 to 1014.
    let codes = [1000, 1001, 1002, 1003, 3000, 3999, 4000, 4999];
    for code in codes.into_iter().chain(1007..=1014) {
        closes.extend([(code, String::new()), (code, "reason".into())]);
    }
    let streams: Vec<_> = closes
        .iter()
        .map(|(code, reason)| close(*code, reason))
        .collect();
    for (heard, expected) in hear_each(&streams).into_iter().zip(closes) {
        assert_eq!((heard.close_code, heard.close_reason), expected);
    }
    // Deviation 10: Qt takes a close without a code for 1000.
    let heard = hear_each(&[frame(CLOSE, b"")]).remove(0);
    assert_eq!((heard.close_code, heard.close_reason.as_str()), (1005, ""));
}

#[test]
fn non_character_codes() {
    let all: Vec<Vec<u8>> = (0..=16)
        .flat_map(|plane| [0xFFFE, 0xFFFF].map(|last| plane << 16 | last))
        .map(|code| {
            char::from_u32(code)
                .expect("a character")
                .to_string()
                .into_bytes()
        })
        .collect();
    assert_eq!(all.len(), 34);
    expect_messages(TEXT, &all);
}

#[test]
fn frame_too_big() {
    let announced = [&[127][..], &2_147_483_647_u64.to_be_bytes()].concat();
    let header = |first: u8| [&[first][..], &announced].concat();
    expect_refused(
        1009,
        &[
            header(0x80 | TEXT),
            header(0x80 | BINARY),
            [part(TEXT, b""), header(0x80 | CONTINUATION)].concat(),
        ],
    );
}

/// Alone, and where a message is under way.
#[test]
fn invalid_header() {
    let reserved_bits = (1..8).map(|bits| 0x80 | bits << 4 | TEXT);
    let reserved_opcodes = (3..8).chain(11..16).map(|opcode| 0x80 | opcode);
    let streams: Vec<_> = reserved_bits
        .chain(reserved_opcodes)
        .map(|first| raw_frame(first, None, b""))
        .flat_map(|wrong| [wrong.clone(), [part(TEXT, b"abc"), wrong].concat()])
        .collect();
    expect_refused(1002, &streams);
}

#[test]
fn invalid_control_frame() {
    let streams: Vec<_> = [CLOSE, PING, PONG]
        .into_iter()
        .flat_map(|opcode| [frame(opcode, &[b'a'; 126]), part(opcode, b"abc")])
        .collect();
    expect_refused(1002, &streams);
}

#[test]
fn invalid_close_frame() {
    let mut streams = vec![frame(CLOSE, b"a")];
    // Deviation 12: Qt has 1012 to 1014 here too.
    let codes = [
        0, 999, 1004, 1005, 1006, 1015, 1100, 2000, 2999, 5000, 65_535,
    ];
    for code in codes {
        streams.extend([close(code, ""), close(code, "reason")]);
    }
    expect_refused(1002, &streams);
}

#[test]
fn minimum_size_requirement() {
    let in_16_bits = [0_u16, 64, 125].map(|size| [&[126][..], &size.to_be_bytes()].concat());
    let in_64_bits = [0_u64, 64, 125, 126, 256, 512, 1024, 32_768, 65_535]
        .map(|size| [&[127][..], &size.to_be_bytes()].concat());
    let lengths: Vec<_> = in_16_bits.into_iter().chain(in_64_bits).collect();
    let streams: Vec<_> = [TEXT, BINARY]
        .into_iter()
        .flat_map(|opcode| {
            lengths
                .iter()
                .map(move |length| [&[0x80 | opcode], &length[..]].concat())
        })
        .collect();
    expect_refused(1002, &streams);
}

/// One of each kind; the whole list is held against the reader itself, cut everywhere, in `protocol`.
const NOT_UTF8: [&[u8]; 16] = [
    b"\x80",
    b"\xBF\x80\xBF",
    b"\xC0 ",
    b"\xE0\xA0",
    b"\xF0\x90\x80",
    b"\xFE",
    b"\xFE\xFE\xFF\xFF",
    b"\xF8\x88\x80\x80\x80",
    b"\xFC\x84\x80\x80\x80\x80",
    b"\xC0\xAF",
    b"\xE0\x80\xAF",
    b"\xF0\x8F\xBF\xBF",
    b"\xED\xA0\x80",
    b"\xED\xBF\xBF",
    b"\xED\xA0\x80\xED\xB0\x80",
    b"\xF4\x90\x80\x80",
];

#[test]
fn invalid_payload() {
    let streams: Vec<_> = NOT_UTF8
        .into_iter()
        .flat_map(|text| {
            [
                frame(TEXT, text),
                [part(TEXT, b"abc"), frame(CONTINUATION, text)].concat(),
            ]
        })
        .collect();
    expect_refused(1007, &streams);
}

#[test]
fn invalid_payload_in_close_frame() {
    let streams: Vec<_> = NOT_UTF8
        .into_iter()
        .map(|reason| frame(CLOSE, &[&1000_u16.to_be_bytes(), reason].concat()))
        .collect();
    expect_refused(1007, &streams);
}

const IDLE: Duration = Duration::from_secs(5);

/// Deviation 4: nothing waits for a message in vain unless the application said for how long; here Qt's five seconds.
#[track_caller]
fn expect_timeout(beginning: &[u8], frames: usize) {
    let (socket, heard) = say_and_wait(beginning);
    assert_eq!(heard.count(), frames + 1);
    assert_eq!(socket.close_code(), CloseCode::GOING_AWAY);
    assert_eq!(
        socket.close_reason(),
        "Timeout when reading data from socket."
    );
}

/// A client that heard "before" and then `beginning`, which is all for more than [`IDLE`]; and the frames it heard.
#[track_caller]
fn say_and_wait(beginning: &[u8]) -> (Rc<WebSocket>, qwebsocket::Inbox<(String, bool)>) {
    let clock = stopped_clock();
    let stream = [&frame(TEXT, b"before"), beginning].concat();
    let peer = RawPeer::new(|wire| {
        wire.accept_upgrade();
        wire.send(stream);
        wire.read_rest();
    });
    let socket = WebSocket::new();
    socket.set_message_timeout(Some(IDLE));
    let frames = socket.text_frame_received.collect();
    socket.open(peer.url());
    run_until(|| frames.count() > 0);
    settle();
    clock.advance(IDLE - Duration::from_millis(1));
    settle();
    assert_eq!(socket.state(), SocketState::Connected);
    clock.advance(Duration::from_millis(1));
    settle();
    if socket.state() == SocketState::Connected {
        socket.abort(); // it will not end by itself
    }
    run_until(|| socket.state() == SocketState::Unconnected);
    peer.join();
    (socket, frames)
}

#[test]
fn frame_too_small() {
    expect_timeout(&[0x80 | TEXT], 0);
    expect_timeout(&part(TEXT, b""), 1);
    // Deviation 4: for Qt silence is a frame that is too small. Here no message has begun.
    let (socket, _) = say_and_wait(b"");
    assert_eq!(socket.close_code(), CloseCode::NORMAL);
}

#[test]
fn incomplete_payload() {
    for announced in [64, 125, 256, 128_000] {
        let whole = frame(BINARY, &vec![b'a'; announced]);
        let header = whole.len() - announced;
        for sent in [0, 1, 63] {
            expect_timeout(&whole[..header + sent], 0);
        }
    }
}

#[test]
fn incomplete_size_field() {
    for sent in 0..2 {
        expect_timeout(&[&[0x80 | BINARY, 126][..], &[0; 2][..sent]].concat(), 0);
    }
    for sent in 0..8 {
        expect_timeout(&[&[0x80 | BINARY, 127][..], &[0; 8][..sent]].concat(), 0);
    }
}

/// Deviation 31: a loop in the slot of a message brings no further message of that socket, and none twice.
#[test]
fn clear_data_buffers() {
    let peer = RawPeer::new(|wire| {
        wire.accept_upgrade();
        wire.send([frame(TEXT, b"one"), frame(TEXT, b"two"), close(1000, "")].concat());
        wire.fin();
        wire.read_rest();
    });
    let socket = WebSocket::new();
    let (tell, told) = std::sync::mpsc::channel();
    let _ = socket.text_message_received.connect(move |text| {
        let _ = tell.send(format!("[{text}"));
        let _ = EventLoop::new().process_events(Duration::from_millis(10));
        tell.send("]".into())
    });
    socket.open(peer.url());
    run_until(|| {
        socket.close_code() == CloseCode::NORMAL && socket.state() == SocketState::Unconnected
    });
    peer.join();
    assert_eq!(
        told.try_iter().collect::<Vec<_>>(),
        ["[one", "]", "[two", "]"]
    );
}
