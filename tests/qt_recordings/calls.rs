//! The recorded calls, as calls of ours.

use std::cell::Cell;
use std::rc::Rc;

use qwebsocket::{
    CloseCode, NetworkProxy, NetworkRequest, PauseModes, ProxyType, Url, WebSocket,
    WebSocketHandshakeOptions, delete_later,
};
use serde_json::{Value, json};

use crate::peer_script::from_hex;
use crate::player::{ConstantMask, Player, no_such_object};
use crate::secure;
use crate::signals::new_socket;
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
        "open" => open(player, &socket, call),
        "setProxy" => socket.set_proxy(proxy(player, op)),
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
        "fillAuth" => {
            player
                .answer
                .replace(Some((text(&op["user"]), text(&op["password"]))));
            return json!(true);
        }
        "fillPsk" => {
            let identity = op["identity"].as_str().map(str::to_owned);
            player.key.replace(Some((identity, bytes(&op["psk"]))));
            return json!(true);
        }
        "flush" => return json!(socket.flush()),
        "bytesToWrite" => return json!(socket.bytes_to_write()),
        "setSslConfig" => {
            let configuration = secure::configuration(op, &player.network.certificates);
            socket.set_ssl_configuration(configuration);
        }
        "ignoreSslErrors" => socket.ignore_ssl_errors(),
        "ignoreSslErrorsList" => {
            let errors = secure::errors(&op["list"], &player.network.certificates);
            socket.ignore_these_ssl_errors(&errors);
            return json!(errors.len());
        }
        "ignoreLastSslErrors" => {
            let errors = socket.ssl_errors();
            socket.ignore_these_ssl_errors(&errors);
            return json!(errors.len());
        }
        "setPauseMode" => socket.set_pause_mode(match op["on"] == true {
            true => PauseModes::ON_SSL_ERRORS,
            false => PauseModes::NEVER,
        }),
        "resume" => socket.resume(),
        "continueInterruptedHandshake" | "continueHandshake" => {
            socket.continue_interrupted_handshake()
        }
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

fn proxy(player: &Player, op: &Value) -> NetworkProxy {
    let kind = match op["type"].as_u64() {
        Some(1) => ProxyType::Socks5,
        Some(2) => ProxyType::None,
        Some(3) => ProxyType::Http,
        Some(4) => ProxyType::HttpCaching,
        Some(5) => ProxyType::FtpCaching,
        other => panic!("nobody knows the proxy type {other:?}"),
    };
    let port = op["port"].as_u64().map(|port| port as u16);
    let host = op["host"].as_str().unwrap_or("127.0.0.1");
    let port = port.unwrap_or_else(|| player.network.proxy_port());
    let mut proxy = NetworkProxy::new(kind, host, port);
    proxy.set_user(text(&op["user"]));
    proxy.set_password(text(&op["password"]));
    proxy
}

fn open(player: &Player, socket: &WebSocket, call: &Call) {
    let op = &call.op;
    let url = player.network.url(op);
    let peer = op["reaches"].as_u64().map(|peer| peer as usize);
    player
        .bytes_told
        .goes_to(&call.who, peer, url.starts_with("wss:"));
    let Some(headers) = op["headers"].as_object() else {
        return socket.open(&url);
    };
    let mut request = NetworkRequest::new(Url::parse(&url).expect("a URL"));
    for (name, value) in headers {
        request.set_raw_header(name, value.as_str().unwrap_or_default());
    }
    let Some(names) = op["subprotocols"].as_array() else {
        return socket.open(request);
    };
    let mut options = WebSocketHandshakeOptions::new();
    options.set_subprotocols(names.iter().filter_map(Value::as_str));
    socket.open_with_options(request, &options);
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
