//! What the getters of our socket give, in the form of the recordings.

use qwebsocket::WebSocket;
use serde_json::{Map, Value, json};

use crate::peer_script::to_hex;
use crate::player::{Player, no_such_object};
use crate::secure;
use crate::transcript::{Look, Seen};
use crate::wire::{WireLog, requests};

/// What a slot sees.
pub fn seen(socket: &WebSocket) -> Seen {
    Seen {
        state: format!("{:?}", socket.state()),
        valid: socket.is_valid(),
        error: socket.error() as i64,
        error_string: socket.error_string(),
        close_code: u16::from(socket.close_code()).into(),
        close_reason: socket.close_reason(),
    }
}

/// Looks again at what `look` gave.
pub fn look(player: &Player, look: &Look) -> Value {
    match look.name.as_str() {
        "peer_saw_eof" | "peer_eof" | "first_peer_eof" => player.network.with_peers(|peers| {
            peers[0].read();
            if peers[0].saw_end {
                json!("FIN")
            } else {
                Value::Null
            }
        }),
        "peer_bytes" | "peer_bytes_received" => player.network.with_peers(|peers| {
            peers[0].read();
            json!(peers[0].received.len())
        }),
        "requests" => player.network.with_peers(|peers| {
            peers.iter_mut().for_each(|peer| {
                peer.read();
            });
            let received = peers.iter().map(|peer| &peer.received[..]);
            json!(received.flat_map(requests).collect::<Vec<_>>())
        }),
        "first_peer_frames" => json!(frames(player).len()),
        "frames_received" => json!(frames(player).len()),
        "last_frame_opcode" => json!(frames(player).last().map(|frame| frame.opcode)),
        "payload_bytes" => {
            let data = frames(player).into_iter().filter(|frame| frame.opcode < 8);
            json!(data.map(|frame| frame.len).sum::<u64>())
        }
        "bytes_after_request_hex" | "bytes_after_request_hex_2" => {
            player.network.with_peers(|peers| {
                peers[0].read();
                let received = &peers[0].received;
                let end = received.windows(4).position(|bytes| bytes == b"\r\n\r\n");
                json!(to_hex(
                    &received[end.map_or(received.len(), |end| end + 4)..]
                ))
            })
        }
        "events_while_paused" => json!(player.signals_while_paused()),
        name => match player
            .network
            .said_to_proxy(name)
            .or_else(|| dump_of_c(player))
        {
            None => no_such_object(),
            Some(shown) => shown,
        },
    }
}

fn dump_of_c(player: &Player) -> Option<Value> {
    let socket = player.object("c")?;
    Some(dump(player, &socket))
}

fn frames(player: &Player) -> Vec<crate::wire::Frame> {
    player.network.with_peers(|peers| {
        peers[0].read();
        WireLog::of(&peers[0].received, peers[0].port()).frames
    })
}

/// All getters that exist.
fn dump(player: &Player, socket: &WebSocket) -> Value {
    let seen = seen(socket);
    let url = socket.request_url();
    let mut dump = Map::new();
    let mut add = |name: &str, value: Value| dump.insert(name.to_owned(), value);
    add("bytes_to_write", json!(socket.bytes_to_write()));
    add("close_code", json!(seen.close_code));
    add("close_reason", json!(seen.close_reason));
    add("error", json!(seen.error));
    add("error_string", json!(seen.error_string));
    let options = socket.handshake_options();
    add("handshake_subprotocols", json!(options.subprotocols()));
    add("local_address", json!(address(socket.local_address())));
    add("local_port_nonzero", json!(socket.local_port() != 0));
    add(
        "max_in_frame",
        json!(socket.max_allowed_incoming_frame_size()),
    );
    add(
        "max_in_msg",
        json!(socket.max_allowed_incoming_message_size()),
    );
    add("origin", json!(socket.origin()));
    add("out_frame", json!(socket.outgoing_frame_size()));
    add("pause_mode", json!(socket.pause_mode().bits()));
    add("peer_address", json!(address(socket.peer_address())));
    add("peer_name", json!(socket.peer_name()));
    add("peer_port_nonzero", json!(socket.peer_port() != 0));
    add("proxy_type", json!(socket.proxy().proxy_type() as u8));
    add("read_buffer_size", json!(socket.read_buffer_size()));
    add("request_raw_headers", json!(raw_headers(socket)));
    let shown = url.as_ref().map_or(String::new(), |url| {
        player.network.without_port(url.as_str())
    });
    add("request_url", json!(shown));
    add("request_url_valid", json!(url.is_some()));
    add("resource_name", json!(socket.resource_name()));
    add(
        "ssl",
        secure::shown_configuration(&socket.ssl_configuration()),
    );
    add("state", json!(seen.state));
    add(
        "static_max_in_frame",
        json!(WebSocket::max_incoming_frame_size()),
    );
    add(
        "static_max_in_msg",
        json!(WebSocket::max_incoming_message_size()),
    );
    add(
        "static_max_out_frame",
        json!(WebSocket::max_outgoing_frame_size()),
    );
    add("subprotocol", json!(socket.subprotocol()));
    add("valid", json!(seen.valid));
    add("version", json!(socket.version() as u64));
    Value::Object(dump)
}

fn address(address: qwebsocket::HostAddress) -> String {
    address.to_string()
}

fn raw_headers(socket: &WebSocket) -> Vec<String> {
    let request = socket.request();
    request
        .raw_headers()
        .map(|(name, value)| format!("{name}: {value}"))
        .collect()
}
