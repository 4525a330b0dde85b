//! The signals of our socket, written down in the form of the recordings.

use std::rc::{Rc, Weak};

use qwebsocket::{Version, WebSocket};
use serde_json::{Value, json};
use sha1::{Digest, Sha1};

use crate::peer_script::to_hex;
use crate::player::Player;
use crate::secure;

/// A socket all of whose signals are written down.
pub fn new_socket(player: &Rc<Player>, who: &str, origin: &str) -> Rc<WebSocket> {
    let socket = match origin {
        "" => WebSocket::new(),
        origin => WebSocket::with_origin(origin, Version::LATEST),
    };
    let writer = Writer {
        player: player.clone(),
        socket: Rc::downgrade(&socket),
        who: who.to_owned(),
    };
    // Held by one slot alone: it goes when the socket goes.
    let notice = Notice(Writer { ..writer.clone() });
    let write = Rc::new(writer);
    macro_rules! written {
        ($signal:ident, $name:literal, ($($arg:ident),*), $args:expr) => {{
            let write = write.clone();
            socket.$signal.connect(move |$($arg),*| write.signal($name, $args));
        }};
    }
    written!(connected, "connected", (), vec![]);
    written!(disconnected, "disconnected", (), vec![]);
    written!(about_to_close, "aboutToClose", (), vec![]);
    written!(
        state_changed,
        "stateChanged",
        (state),
        vec![json!(format!("{state:?}"))]
    );
    written!(
        error_occurred,
        "errorOccurred",
        (error),
        vec![json!(error as i8)]
    );
    written!(error, "error", (error), vec![json!(error as i8)]);
    written!(
        text_frame_received,
        "textFrameReceived",
        (text, last),
        vec![shown_text(text), json!(last)]
    );
    written!(
        text_message_received,
        "textMessageReceived",
        (text),
        vec![shown_text(text)]
    );
    written!(
        binary_frame_received,
        "binaryFrameReceived",
        (data, last),
        vec![shown_bytes(data), json!(last)]
    );
    written!(
        binary_message_received,
        "binaryMessageReceived",
        (data),
        vec![shown_bytes(data)]
    );
    written!(
        pong,
        "pong",
        (elapsed, data),
        vec![shown_time(elapsed), shown_bytes(data)]
    );
    written!(
        peer_verify_error,
        "peerVerifyError",
        (error),
        vec![secure::shown_error(error)]
    );
    written!(
        ssl_errors,
        "sslErrors",
        (errors),
        errors.iter().map(secure::shown_error).collect()
    );
    written!(
        handshake_interrupted_on_error,
        "handshakeInterruptedOnError",
        (error),
        vec![secure::shown_error(error)]
    );
    written!(
        alert_sent,
        "alertSent",
        (level, alert, text),
        vec![json!(level as u8), json!(alert as u8), json!(text)]
    );
    written!(
        alert_received,
        "alertReceived",
        (level, alert, text),
        vec![json!(level as u8), json!(alert as u8), json!(text)]
    );
    let count = write.clone();
    socket.bytes_written.connect(move |bytes| {
        let bytes = count.player.bytes_told.shown(&count.who, bytes);
        count.signal("bytesWritten", vec![bytes]);
    });
    let asked = write.clone();
    socket
        .authentication_required
        .connect(move |authenticator| {
            let question = json!({"realm": authenticator.realm(), "user": authenticator.user()});
            asked.signal("authenticationRequired", vec![question]);
            if let Some((user, password)) = asked.player.answer.take() {
                authenticator.set_user(user);
                authenticator.set_password(password);
            }
        });
    let asked = write.clone();
    socket
        .proxy_authentication_required
        .connect(move |proxy, authenticator| {
            let question = json!({
                "host": proxy.host_name(), "proxy_type": proxy.proxy_type() as u8,
                "realm": authenticator.realm(), "user": authenticator.user(),
            });
            asked.signal("proxyAuthenticationRequired", vec![question]);
            if let Some((user, password)) = asked.player.answer.take() {
                authenticator.set_user(user);
                authenticator.set_password(password);
            }
        });
    if player.answers_for_keys {
        let asked = write.clone();
        socket
            .pre_shared_key_authentication_required
            .connect(move |authenticator| {
                asked.signal(
                    "preSharedKeyAuthenticationRequired",
                    vec![secure::shown_question(authenticator)],
                );
                if let Some((identity, key)) = asked.player.key.take() {
                    authenticator.set_identity(identity.unwrap_or_default());
                    authenticator.set_pre_shared_key(key);
                }
            });
    }
    socket.read_channel_finished.connect(move || {
        let _held = &notice;
        write.signal("readChannelFinished", vec![]);
    });
    socket
}

#[derive(Clone)]
struct Writer {
    player: Rc<Player>,
    socket: Weak<WebSocket>,
    who: String,
}

impl Writer {
    fn signal(&self, name: &str, args: Vec<Value>) {
        self.player.on_signal(&self.who, &self.socket, name, args);
    }
}

/// Tells that the socket is gone.
struct Notice(Writer);

impl Drop for Notice {
    fn drop(&mut self) {
        self.0.player.on_destroyed(&self.0.who);
    }
}

const SHOWN_AT_MOST: usize = 1000;

pub fn shown_text(text: &str) -> Value {
    match text.len() > SHOWN_AT_MOST {
        false => json!(text),
        true => json!({
            "head": text.chars().take(16).collect::<String>(),
            "utf16_len": text.encode_utf16().count(),
            "utf8_len": text.len(),
        }),
    }
}

pub fn shown_bytes(bytes: &[u8]) -> Value {
    match bytes.len() > SHOWN_AT_MOST {
        false => json!(format!("hex:{}", to_hex(bytes))),
        true => json!({
            "head_hex": to_hex(&bytes[..16]),
            "len": bytes.len(),
            "sha1": to_hex(&Sha1::digest(bytes)),
        }),
    }
}

fn shown_time(milliseconds: u64) -> Value {
    match milliseconds {
        0..5000 => json!("elapsed_ms<5000"),
        other => json!(other),
    }
}
