//! Codes and reasons.

use qwebsocket::{CloseCode, SocketError, WebSocket};

use super::support::frames::*;
use super::support::raw_peer::RawPeer;
use super::support::settle;
use super::support::transcript::Recorder;
use super::{connected_to, connected_with};

#[test]
fn a_new_socket_says_1000() {
    let socket = WebSocket::new();
    assert_eq!(socket.close_code(), CloseCode::NORMAL);
    assert_eq!(socket.close_reason(), "");
    assert_eq!(socket.error(), SocketError::Unknown);
    assert_eq!(socket.error_string(), "");
}

#[test]
fn illegal_codes_are_refused_and_the_connection_goes_on() {
    const ILLEGAL: [u16; 10] = [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535];
    let peer = RawPeer::new(|wire| {
        wire.accept_upgrade();
        wire.expect_frame(TEXT, "still here");
        wire.expect_close(1000, "");
    });
    let (socket, recorder) = connected_to(&peer);
    for code in ILLEGAL {
        recorder.call("close", |socket| socket.close_with(CloseCode(code), "why"));
        recorder.expect_and_clear(&format!(
            r#"
            [close
              error(Operation) {{Connected, valid | Operation "Close code {code} must not be sent." | 1000}}
            ]
            "#
        ));
    }
    assert_eq!(socket.send_text_message("still here"), 10);
    socket.close();
    peer.join();
}

#[test]
fn an_illegal_code_is_refused_in_every_state() {
    let socket = WebSocket::new();
    let recorder = Recorder::new(&socket);
    recorder.call("close", |socket| socket.close_with(CloseCode(1005), ""));
    socket.open("ws://127.0.0.1:1");
    recorder.call("close", |socket| socket.close_with(CloseCode(1006), ""));
    recorder.expect(
        r#"
        [close
          error(Operation)           {Unconnected | Operation "Close code 1005 must not be sent." | 1000}
        ]
        state_changed(Connecting)    {Connecting | no error | 1000}
        [close
          error(Operation)           {Connecting | Operation "Close code 1006 must not be sent." | 1000}
        ]
        "#,
    );
}

#[test]
fn legal_codes_reach_the_peer() {
    const LEGAL: [u16; 15] = [
        1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4999,
    ];
    for code in LEGAL {
        let peer = RawPeer::new(move |wire| {
            wire.accept_upgrade();
            wire.expect_close(code, "why");
            wire.send(close(code, "why"));
        });
        let (socket, recorder) = connected_to(&peer);
        socket.close_with(CloseCode(code), "why");
        recorder.run_until("read_channel_finished");
        assert_eq!(socket.close_code(), CloseCode(code));
        assert_eq!(recorder.count("error"), 0);
        peer.join();
    }
}

/// 123 bytes fit. What is told is what was sent.
#[test]
fn a_long_reason_is_cut_at_a_character() {
    for (reason, sent) in [
        ("x".repeat(123), "x".repeat(123)),
        ("x".repeat(124), "x".repeat(123)),
        ("\u{e9}".repeat(62), "\u{e9}".repeat(61)),
        (
            format!("x{}", "\u{1F980}".repeat(31)),
            format!("x{}", "\u{1F980}".repeat(30)),
        ),
    ] {
        let expected = sent.clone();
        let peer = RawPeer::new(move |wire| {
            wire.accept_upgrade();
            wire.expect_close(4000, &expected);
        });
        let (_socket, recorder) = connected_to(&peer);
        recorder.call("close", |socket| {
            socket.close_with(CloseCode(4000), &reason)
        });
        recorder.run_until("read_channel_finished");
        recorder.expect(&format!(
            r#"
            [close
              about_to_close             {{Connected, valid | no error | 4000 "{sent}"}}
              state_changed(Closing)     {{Closing | no error | 4000 "{sent}"}}
            ]
            state_changed(Unconnected)   {{Unconnected | no error | 4000 "{sent}"}}
            disconnected                 {{Unconnected | no error | 4000 "{sent}"}}
            read_channel_finished        {{Unconnected | no error | 4000 "{sent}"}}
            "#
        ));
        peer.join();
    }
}

#[test]
fn an_empty_close_gives_1005_and_is_answered_in_kind() {
    let peer = RawPeer::new(|wire| {
        wire.accept_upgrade();
        wire.send(frame(CLOSE, &[]));
        wire.expect_frame(CLOSE, []);
    });
    let (_socket, recorder) = connected_to(&peer);
    recorder.run_until("read_channel_finished");
    recorder.expect(
        "
        about_to_close               {Connected, valid | no error | 1005}
        state_changed(Closing)       {Closing | no error | 1005}
        state_changed(Unconnected)   {Unconnected | no error | 1005}
        disconnected                 {Unconnected | no error | 1005}
        read_channel_finished        {Unconnected | no error | 1005}
        ",
    );
    peer.join();
}

/// Of own close, peer's frame and local error the first counts: here the peer's frame, then here the local error.
#[test]
fn a_close_that_comes_later_explains_nothing() {
    type Case = (Vec<u8>, u16, &'static str);
    let cases: [Case; 2] = [
        (close(4001, "peer"), 4001, "peer"),
        (raw_frame(0x83, None, &[]), 1002, "Used reserved opcode"),
    ];
    for (input, code, reason) in cases {
        let peer = RawPeer::new(move |wire| {
            wire.accept_upgrade();
            wire.send(input);
            wire.expect_close(code, reason);
        });
        let (socket, recorder) = connected_with(&peer.url(), |socket, _| {
            socket.about_to_close.connect_to(socket, |socket| {
                socket.close_with(CloseCode(4444), "too late");
            });
        });
        recorder.run_until("read_channel_finished");
        peer.join();
        settle();
        assert_eq!(
            (socket.close_code(), socket.close_reason().as_str()),
            (CloseCode(code), reason)
        );
    }
}
