//! Printing what a socket tells.

use std::rc::Rc;

use qwebsocket::WebSocket;

/// Prints every signal of `socket` as it fires: its name and its arguments.
pub fn print_signals(socket: &Rc<WebSocket>) {
    socket
        .state_changed
        .connect(|state| println!("state_changed({state})"));
    socket.connected.connect(|| println!("connected()"));
    socket.error.connect_to(socket, |socket, error| {
        println!("error({error}): {}", socket.error_string());
    });
    print_data_signals(socket);
    socket
        .about_to_close
        .connect(|| println!("about_to_close()"));
    socket.disconnected.connect_to(socket, |socket| {
        println!(
            "disconnected(): code {}, reason {:?}",
            socket.close_code(),
            socket.close_reason()
        );
    });
    socket
        .read_channel_finished
        .connect(|| println!("read_channel_finished()"));
}

fn print_data_signals(socket: &WebSocket) {
    socket.text_frame_received.connect(|frame, is_last_frame| {
        println!("text_frame_received({frame:?}, {is_last_frame})")
    });
    socket
        .text_message_received
        .connect(|message| println!("text_message_received({message:?})"));
    socket
        .binary_frame_received
        .connect(|frame, is_last_frame| {
            println!("binary_frame_received({}, {is_last_frame})", summary(frame));
        });
    socket
        .binary_message_received
        .connect(|message| println!("binary_message_received({})", summary(message)));
    socket.pong.connect(|elapsed_ms, payload| {
        println!(
            "pong({elapsed_ms} ms, {:?})",
            payload.escape_ascii().to_string()
        );
    });
    socket
        .bytes_written
        .connect(|bytes| println!("bytes_written({bytes})"));
}

/// How many bytes there are, and what the first of them look like: `3 bytes: 00 ff 10`.
pub fn summary(bytes: &[u8]) -> String {
    const SHOWN: usize = 16;
    let unit = if bytes.len() == 1 { "byte" } else { "bytes" };
    let mut text = format!("{} {unit}", bytes.len());
    for (index, byte) in bytes.iter().take(SHOWN).enumerate() {
        let separator = if index == 0 { ":" } else { "" };
        text += &format!("{separator} {byte:02x}");
    }
    if bytes.len() > SHOWN {
        text += " ..";
    }
    text
}
