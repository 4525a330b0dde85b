//! FIN and RST, in every state.

use qwebsocket::SocketError::RemoteHostClosed;

use super::row::{Outcome, REMOTE_HOST_CLOSED, Situation, closed, failed, lost, rows};
use super::support::frames::*;
use super::support::raw_peer::{Wire, accepting};

rows! {
    fin_before_the_head: "FIN before the head", waiting(|wire, _| wire.fin()) => failed(RemoteHostClosed, REMOTE_HOST_CLOSED);
    rst_before_the_head: "RST before the head", waiting(|wire, _| wire.reset()) => failed(RemoteHostClosed, REMOTE_HOST_CLOSED);
    fin_inside_the_head: "FIN inside the head", waiting(|wire, head| {
        wire.send(&head[..head.len() - 1]);
        wire.fin();
    }) => failed(RemoteHostClosed, REMOTE_HOST_CLOSED);
    rst_inside_the_head: "RST inside the head", waiting(|wire, head| {
        wire.send(&head[..head.len() - 1]);
        wire.reset();
    }) => failed(RemoteHostClosed, REMOTE_HOST_CLOSED);
    fin_right_behind_the_head: "FIN right behind the head", waiting(|wire, head| {
        wire.send(head);
        wire.fin();
    }) => Outcome {
        signals: "[Connecting] · Connected · connected · ".to_owned() + &lost().signals,
        ..lost()
    };

    fin_when_connected: "FIN when connected", connected(|wire| wire.fin()) => lost();
    rst_when_connected: "RST when connected", connected(|wire| wire.reset()) => lost();
    fin_inside_a_header: "FIN inside a frame's header", connected(|wire| {
        wire.send([0x82, 126, 1]);
        wire.fin();
    }) => lost();
    rst_inside_a_header: "RST inside a frame's header", connected(|wire| {
        wire.send([0x82, 126, 1]);
        wire.reset();
    }) => lost();
    fin_inside_a_frame: "FIN inside a frame", connected(|wire| {
        wire.send(&frame(TEXT, b"cut off")[..5]);
        wire.fin();
    }) => lost();
    rst_inside_a_frame: "RST inside a frame", connected(|wire| {
        wire.send(&frame(BINARY, b"cut off")[..5]);
        wire.reset();
    }) => lost();
    fin_inside_a_message: "FIN between two frames of a message", connected(|wire| {
        wire.send(part(TEXT, b"cut off"));
        wire.fin();
    }) => behind("text_frame_received", lost());
    fin_inside_a_close: "FIN inside a close frame", connected(|wire| {
        wire.send(&close(1000, "cut off")[..5]);
        wire.fin();
    }) => lost();

    fin_in_closing: "FIN in Closing", Situation::Closing(Box::new(|wire| wire.fin())) => closed();
    rst_in_closing: "RST in Closing", Situation::Closing(Box::new(|wire| wire.reset())) => closed();
    fin_inside_a_frame_in_closing: "FIN inside a frame, in Closing", Situation::Closing(Box::new(|wire| {
        wire.send(&frame(TEXT, b"cut off")[..5]);
        wire.fin();
    })) => closed();
    rst_inside_a_close_in_closing: "RST inside the close frame, in Closing", Situation::Closing(Box::new(|wire| {
        wire.send(&close(1000, "")[..3]);
        wire.reset();
    })) => closed();
    garbage_in_closing: "a broken rule in Closing", Situation::Closing(Box::new(|wire| {
        wire.send(raw_frame(0xFF, None, b"?"));
    })) => closed();
    other_code_in_closing: "another code than ours, in Closing", Situation::Closing(Box::new(|wire| {
        wire.send(close(4000, "no, mine"));
        wire.fin();
    })) => closed();

    client_fin: "to the accepted end: FIN when connected", accepted(|wire| wire.fin()) => lost();
    client_rst: "to the accepted end: RST when connected", accepted(|wire| wire.reset()) => lost();
    client_fin_inside_a_frame: "to the accepted end: FIN inside a frame", accepted(|wire| {
        wire.send(&masked(TEXT, b"cut off")[..8]);
        wire.fin();
    }) => lost();
    client_rst_inside_a_frame: "to the accepted end: RST inside a frame", accepted(|wire| {
        wire.send(&masked(TEXT, b"cut off")[..8]);
        wire.reset();
    }) => lost();
}

fn waiting(script: fn(&mut Wire, &str)) -> Situation {
    Situation::Waiting(Box::new(move |wire| {
        let request = wire.read_head();
        script(wire, &accepting(&request));
    }))
}

fn connected(script: fn(&mut Wire)) -> Situation {
    Situation::Connected(|_| {}, Box::new(script))
}

fn accepted(script: fn(&mut Wire)) -> Situation {
    Situation::Accepted(|_| {}, Box::new(script))
}

fn behind(signals: &str, outcome: Outcome) -> Outcome {
    Outcome {
        signals: format!("{signals} · {}", outcome.signals),
        ..outcome
    }
}
