use qwebsocket::*;
fn main() {
    let event_loop = EventLoop::new();
    let server = WebSocketServer::new("echo", SslMode::NonSecure);
    server.new_connection.connect_to(&server, |server| {
        while let Some(s) = server.next_pending_connection() {
            s.text_message_received
                .connect_to(&s, |s, t| s.send_text_message(t));
            s.disconnected
                .connect(|| println!("server side disconnected"));
            keep_until_disconnected(&s);
        }
    });
    assert!(
        server.listen(HostAddress::LOCAL_HOST, 0),
        "{}",
        server.error_string()
    );
    let socket = WebSocket::new();
    socket
        .state_changed
        .connect(|s| println!("state_changed({s})"));
    socket.connected.connect_to(&socket, |s| {
        println!("connected");
        s.send_text_message("Hello");
        s.ping("x");
    });
    socket.pong.connect(|ms, p| println!("pong {ms} {p:?}"));
    socket
        .bytes_written
        .connect(|n| println!("bytes_written({n})"));
    socket
        .error
        .connect_to(&socket, |s, e| println!("error({e}) {}", s.error_string()));
    socket.text_message_received.connect_to(&socket, |s, t| {
        println!("text {t}");
        s.close();
    });
    socket.disconnected.connect(EventLoop::quit_current);
    socket.read_channel_finished.connect(|| println!("rcf"));
    socket.open(server.server_url().unwrap());
    event_loop.exec();
}
