//! Recordings with pre-shared keys. Their peer was OpenSSL's own server, which tells less than the others: what is
//! missing is put in, in the notation of the others.

use serde_json::{Value, json};

use super::setup::Versions;
use crate::recording::events;
use crate::wire::{SET_KEY, request_of};

/// What a server knows that has a key.
#[derive(Clone, Debug, PartialEq)]
pub struct Keys {
    pub key: Vec<u8>,
    pub hint: Option<String>,
    pub has_certificate: bool,
    pub versions: Versions,
}

/// Stands for what became of the handshake, of which the recordings do not tell.
pub const ACCOUNT: &str = "tls with a pre-shared key";

/// The same of a server that the client did not trust, which was told so by Qt.
pub const GOODBYE: &str = "tls with a pre-shared key, and a good-bye";

/// The server's arguments, in a recording that has them.
fn arguments(json: &Value) -> Option<&str> {
    json["notes"]["s_server_args"].as_str()
}

impl Keys {
    pub fn read(json: &Value) -> Option<Self> {
        let arguments = arguments(json)?;
        let mut words = arguments.split(' ');
        let behind = |word: &str| {
            let mut words = arguments.split(' ').skip_while(|other| *other != word);
            words.nth(1).map(str::to_owned)
        };
        let digits = behind("-psk").expect("a key");
        Some(Self {
            key: crate::peer_script::from_hex(&digits).expect("pairs of digits"),
            hint: behind("-psk_hint"),
            has_certificate: words.any(|word| word == "-cert"),
            versions: match arguments {
                _ if arguments.contains("-tls1_2") => Versions::Only12,
                _ if arguments.contains("-tls1_3") => Versions::Only13,
                _ => Versions::Both,
            },
        })
    }
}

/// Puts in what the server's console did not show: that it answered, what it sent, and what it received.
pub fn complete(json: &mut Value) {
    if arguments(json).is_none() {
        return;
    }
    let tells = |signal: &str| events(json).iter().any(|event| event["signal"] == signal);
    let is_refused = tells("sslErrors") && !tells("connected");
    json["notes"]["peer_tls"] = json!([if is_refused { GOODBYE } else { ACCOUNT }]);
    json["wire_sent_by_qt"] = json!({});
    let signals = json["events"].as_array_mut().expect("events");
    let connects = signals
        .iter()
        .position(|event| event["args"] == json!(["Connected"]));
    let Some(connects) = connects else { return };
    let answer = "peer: sent HTTP 'HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\n\
                  Connection: Upgrade\\r\\nSec-WebSocket-Accept: <ACCEPT>\\r\\n\\r\\n'";
    let greeting = "peer: sent frame op=1  len=9 payload=psk-hello";
    signals.insert(connects, json!({"peer": answer}));
    signals.insert(connects + 1, json!({"peer": greeting}));

    let results = json["return_values"].as_object_mut().expect("results");
    results.remove("request");
    let mut frames = results
        .remove("frames_seen_by_s_server")
        .expect("frames that the server showed");
    // What came last it had no time to show.
    let close = json!({"fin": 1, "rsv": 0, "opcode": 8, "masked": true, "len": 2, "lenform": "7bit",
        "mask": "01020304", "payload_hex": "03e8"});
    frames.as_array_mut().expect("a list").push(close);
    let request = request_of("wss://localhost:<PORT>/psk", SET_KEY).join("\r\n");
    json["wire_sent_by_qt"] = json!({"handshake_text": request, "frames": frames});
}
