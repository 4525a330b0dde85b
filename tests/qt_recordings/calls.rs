//! The recorded calls, as calls of ours.

use std::cell::Cell;
use std::rc::{Rc, Weak};

use qwebsocket::{CloseCode, NetworkRequest, Url, Version, WebSocket, delete_later};
use serde_json::{Value, json};
use sha1::{Digest, Sha1};

use crate::peer_script::{from_hex, to_hex};
use crate::player::{ConstantMask, Player, no_such_object};
use crate::transcript::Call;

/// Makes `call`; gives what it returned.
pub fn make(player: &Rc<Player>, call: &Call) -> Value {
    let (op, who) = (&call.op, call.who.as_str());
    if call.name() == "new" {
        let origin = op["origin"].as_str().unwrap_or_default();
        player.add_object(who, new_socket(player, who, origin));
        return Value::Null;
    }
    if call.name() == "delete" {
        return player
            .take_object(who)
            .map_or_else(no_such_object, |_| Value::Null);
    }
    let Some(socket) = player.object(who) else {
        return no_such_object();
    };
    let number = op["n"].as_u64().unwrap_or_default();
    match call.name() {
        "open" => open(player, &socket, op),
        "close" => match op["code"].as_u64() {
            None => socket.close(),
            Some(code) => {
                let code = CloseCode::from(u16::try_from(code).expect("a code of 16 bits"));
                socket.close_with(code, &text(&op["reason"]));
            }
        },
        "abort" => socket.abort(),
        "deleteLater" => {
            drop(socket);
            if let Some(socket) = player.take_object(who) {
                delete_later(socket);
            }
        }
        "sendText" => return json!(socket.send_text_message(text(&op["text"]))),
        "sendBinary" => return json!(socket.send_binary_message(bytes(&op["data"]))),
        "ping" => socket.ping(bytes(&op["data"])),
        "flush" => return json!(socket.flush()),
        "bytesToWrite" => return json!(socket.bytes_to_write()),
        "setMask" => {
            let mask = op["v"].as_u64().unwrap_or_default() as u32;
            let generator = Rc::new(ConstantMask {
                mask,
                calls: Cell::default(),
            });
            player.masks.replace(Some(generator.clone()));
            socket.set_mask_generator(Some(generator));
            return json!(true);
        }
        "resetMask" => {
            socket.set_mask_generator(None);
            return json!(true);
        }
        "maskInfo" => {
            let calls = player
                .masks
                .borrow()
                .as_ref()
                .map_or(0, |mask| mask.calls.get());
            return json!({"calls": calls, "is_custom": true, "seeded": 0});
        }
        "setMaxFrame" => {
            socket.set_max_allowed_incoming_frame_size(number);
            return json!(socket.max_allowed_incoming_frame_size());
        }
        "setMaxMsg" => {
            socket.set_max_allowed_incoming_message_size(number);
            return json!(socket.max_allowed_incoming_message_size());
        }
        "setOutFrame" => {
            socket.set_outgoing_frame_size(number as usize);
            return json!(socket.outgoing_frame_size());
        }
        "setReadBufferSize" => {
            socket.set_read_buffer_size(number);
            return json!(socket.read_buffer_size());
        }
        other => panic!("nobody knows how to call {other}"),
    }
    Value::Null
}

fn open(player: &Player, socket: &WebSocket, op: &Value) {
    let url = player.network.url(op);
    let Some(headers) = op["headers"].as_object() else {
        return socket.open(&url);
    };
    let mut request = NetworkRequest::new(Url::parse(&url).expect("a URL"));
    for (name, value) in headers {
        request.set_raw_header(name, value.as_str().unwrap_or_default());
    }
    socket.open(request);
}

/// `"text"` or `{"ch": "x", "repeat": 5}`
fn text(value: &Value) -> String {
    match value.as_str() {
        Some(text) => text.to_owned(),
        None => value["ch"].as_str().unwrap_or("x").repeat(repeats(value)),
    }
}

/// Hexadecimal digits or `{"byte": 112, "repeat": 5}`
fn bytes(value: &Value) -> Vec<u8> {
    match value.as_str() {
        Some(digits) => from_hex(digits).expect("pairs of digits"),
        None => vec![value["byte"].as_u64().unwrap_or(u64::from(b'x')) as u8; repeats(value)],
    }
}

fn repeats(value: &Value) -> usize {
    value["repeat"].as_u64().unwrap_or_default() as usize
}

/// A socket all of whose signals are written down.
fn new_socket(player: &Rc<Player>, who: &str, origin: &str) -> Rc<WebSocket> {
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
    written!(bytes_written, "bytesWritten", (bytes), vec![json!(bytes)]);
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
