//! Qt's tests of the client.

use std::rc::Rc;
use std::sync::mpsc;

use qwebsocket::{
    CloseCode, EventLoop, HostAddress, NetworkProxy, NetworkRequest, Next, PauseModes, ProxyType,
    SocketError, SocketState, Url, Version, WebSocket,
};

use super::echo::EchoServer;
use super::support::raw_peer::{RawPeer, accepting};
use super::support::{PATIENCE, run_until, settle};

#[test]
fn initialisation() {
    for (socket, origin, version) in [
        (WebSocket::new(), "", Version::V13),
        (
            WebSocket::with_origin("My Origin", Version::V13),
            "My Origin",
            Version::V13,
        ),
        (
            WebSocket::with_origin("My Origin", Version::V7),
            "My Origin",
            Version::V7,
        ),
    ] {
        assert_eq!(
            (socket.origin().as_str(), socket.version()),
            (origin, version)
        );
        assert_eq!(socket.state(), SocketState::Unconnected);
        assert!(!socket.is_valid());
        assert_eq!(socket.error(), SocketError::Unknown);
        assert_eq!(socket.error_string(), "");
        assert_eq!(socket.close_code(), CloseCode::NORMAL);
        assert_eq!(socket.close_reason(), "");
        let ends = [socket.local_address(), socket.peer_address()];
        assert_eq!(ends, [HostAddress::null(), HostAddress::null()]);
        assert_eq!([socket.local_port(), socket.peer_port()], [0, 0]);
        assert_eq!([socket.peer_name(), socket.resource_name()], ["", ""]);
        assert_eq!(socket.request_url(), None);
        assert_eq!(socket.request(), NetworkRequest::default());
        assert_eq!(socket.subprotocol(), "");
        assert_eq!(socket.read_buffer_size(), 0);
        assert_eq!(socket.pause_mode(), PauseModes::NEVER);
        assert_eq!(socket.outgoing_frame_size(), 512 * 1024);
        // Deviation 26: Qt accepts 2 GiB of either.
        assert_eq!(socket.max_allowed_incoming_frame_size(), 16 << 20);
        assert_eq!(socket.max_allowed_incoming_message_size(), 64 << 20);
        assert_eq!(socket.bytes_to_write(), 0);
        assert!(socket.flush());
        assert_eq!(socket.send_text_message("A text message"), 0);
        assert_eq!(socket.send_binary_message("A binary message"), 0);
    }
}

/// Deviation 2: a size cannot be negative here.
#[test]
fn setters_and_getters() {
    let socket = WebSocket::new();
    for size in [0, 128, u64::MAX] {
        socket.set_read_buffer_size(size);
        assert_eq!(socket.read_buffer_size(), size);
    }
    for mode in [PauseModes::ON_SSL_ERRORS, PauseModes::NEVER] {
        socket.set_pause_mode(mode);
        assert_eq!(socket.pause_mode(), mode);
    }
}

/// Counts what Qt counts in its tests of `open`.
struct Counts {
    error: qwebsocket::Inbox<(SocketError,)>,
    about_to_close: qwebsocket::Inbox<()>,
    disconnected: qwebsocket::Inbox<()>,
    state_changed: qwebsocket::Inbox<(SocketState,)>,
    read_channel_finished: qwebsocket::Inbox<()>,
    bytes_written: qwebsocket::Inbox<(u64,)>,
}

impl Counts {
    fn of(socket: &WebSocket) -> Self {
        Self {
            error: socket.error.collect(),
            about_to_close: socket.about_to_close.collect(),
            disconnected: socket.disconnected.collect(),
            state_changed: socket.state_changed.collect(),
            read_channel_finished: socket.read_channel_finished.collect(),
            bytes_written: socket.bytes_written.collect(),
        }
    }

    /// So many errors, ends and states; nothing of what needs a connection.
    #[track_caller]
    fn expect(&self, error: usize, disconnected: usize, state_changed: usize) {
        let counts = [
            self.error.count(),
            self.disconnected.count(),
            self.state_changed.count(),
        ];
        assert_eq!(counts, [error, disconnected, state_changed]);
        let others = [
            self.about_to_close.count(),
            self.read_channel_finished.count(),
            self.bytes_written.count(),
        ];
        assert_eq!(others, [0; 3]);
    }
}

#[test]
fn invalid_open() {
    let socket = WebSocket::new();
    let counts = Counts::of(&socket);
    socket.open("ws://127.0.0.1:1/");
    assert_eq!(socket.state(), SocketState::Connecting);
    // Deviation 9: Qt says "Unknown error" here.
    assert_eq!(
        (socket.error(), socket.error_string().as_str()),
        (SocketError::Unknown, "")
    );
    assert_eq!(
        [socket.peer_name(), socket.resource_name()],
        ["127.0.0.1", "/"]
    );
    run_until(|| counts.disconnected.count() > 0);
    settle();
    counts.expect(1, 1, 2);
    assert_eq!(
        counts.error.try_next(),
        Some((SocketError::ConnectionRefused,))
    );
    assert_eq!(socket.state(), SocketState::Unconnected);

    for url in [
        "ws://127.0.0.1:1\r\nX-Injected: 1/",
        "ws://127.0.0.1:1/tricky/path\r\nX-Injected: 1",
    ] {
        let socket = WebSocket::new();
        let counts = Counts::of(&socket);
        socket.open(url);
        counts.expect(1, 0, 0);
        assert_eq!(
            counts.error.try_next(),
            Some((SocketError::ConnectionRefused,))
        );
        // Deviation 9: in Qt `error()` still is unknown.
        assert_eq!(socket.error(), SocketError::ConnectionRefused);
        assert_ne!(socket.error_string(), "");
        assert_eq!([socket.peer_name(), socket.resource_name()], ["", ""]);
        assert_eq!(socket.request_url(), None);
        settle();
        counts.expect(0, 0, 0);
        assert_eq!(socket.state(), SocketState::Unconnected);
    }
}

#[test]
fn invalid_origin() {
    let socket = WebSocket::with_origin("My Origin\r\nin a trap", Version::LATEST);
    let counts = Counts::of(&socket);
    socket.open("ws://127.0.0.1:1/");
    assert_eq!(socket.state(), SocketState::Connecting);
    run_until(|| counts.disconnected.count() > 0);
    settle();
    counts.expect(1, 1, 2);
    assert_eq!(
        counts.error.try_next(),
        Some((SocketError::ConnectionRefused,))
    );
}

#[test]
fn send_text_message() {
    let echo = EchoServer::new();
    let socket = WebSocket::new();
    assert_eq!(socket.send_text_message("too early"), 0);
    let frames = socket.text_frame_received.collect();
    let messages = socket.text_message_received.collect();
    let others = socket.binary_message_received.collect();
    let url = format!("{}/segment/with spaces?query=with spaces", echo.url());

    for count in 1..=3 {
        open_and_wait(&socket, &url);
        let accepted = echo.connection(count);
        assert_eq!(accepted.request_url(), Url::parse(&url).ok());
        let resource = "/segment/with%20spaces?query=with%20spaces";
        // Deviation 37: to Qt's accepted end this is the whole URL.
        assert_eq!(
            [socket.resource_name(), accepted.resource_name()],
            [resource; 2]
        );
        assert_eq!(socket.bytes_to_write(), 0);
        assert_eq!(socket.send_text_message("Hello world!"), 12);
        assert!(socket.bytes_to_write() > 12, "with the frame's header");
        assert!(messages.wait(PATIENCE));
        settle();
        assert_eq!(socket.bytes_to_write(), 0);
        assert_eq!(frames.take_all(), [("Hello world!".to_owned(), true)]);
        assert_eq!(messages.take_all(), [("Hello world!".to_owned(),)]);
        close_and_wait(&socket);
    }

    open_and_wait(&socket, &url);
    let large = "a".repeat(1024 * 1024);
    assert_eq!(socket.send_text_message(&large), large.len());
    assert!(messages.wait(PATIENCE));
    assert_eq!(messages.take_all(), [(large,)]);
    assert_eq!(others.count(), 0);
    expect_going_away(&socket);
}

#[test]
fn send_binary_message() {
    let echo = EchoServer::new();
    let socket = WebSocket::new();
    assert_eq!(socket.send_binary_message("too early"), 0);
    let frames = socket.binary_frame_received.collect();
    let messages = socket.binary_message_received.collect();
    let others = socket.text_message_received.collect();

    for _ in 1..=3 {
        open_and_wait(&socket, &echo.url());
        assert_eq!(socket.bytes_to_write(), 0);
        assert_eq!(socket.send_binary_message("Hello world!"), 12);
        assert!(socket.bytes_to_write() > 12, "with the frame's header");
        assert!(messages.wait(PATIENCE));
        settle();
        assert_eq!(socket.bytes_to_write(), 0);
        assert_eq!(frames.take_all(), [(b"Hello world!".to_vec(), true)]);
        assert_eq!(messages.take_all(), [(b"Hello world!".to_vec(),)]);
        close_and_wait(&socket);
    }
    assert_eq!(others.count(), 0);
    open_and_wait(&socket, &echo.url());
    expect_going_away(&socket);
}

#[test]
fn error_string() {
    let socket = WebSocket::new();
    assert_eq!(socket.error_string(), "");
    let errors = socket.error.collect();
    socket.open("ws://someserver.on.mars.invalid:9999");
    assert!(errors.wait(PATIENCE));
    assert_eq!(errors.take_all(), [(SocketError::HostNotFound,)]);
    assert_eq!(socket.error(), SocketError::HostNotFound);
    assert_eq!(socket.error_string(), "Host not found");

    let peer = RawPeer::new(|wire| {
        wire.read_head();
        wire.send("HTTP/1.1 403 Access Forbidden\r\nConnection: close\r\n\r\n");
    });
    let socket = WebSocket::new();
    let errors = socket.error.collect();
    socket.open(peer.url());
    assert!(errors.wait(PATIENCE));
    assert_eq!(errors.take_all(), [(SocketError::ConnectionRefused,)]);
    assert_eq!(
        socket.error_string(),
        "QWebSocketPrivate::processHandshake: Unhandled http status code: 403 (Access Forbidden)."
    );
    peer.join();
}

/// Here no socket moves: it is made on the thread where it is to live, and all calls reach it there.
#[test]
fn move_to_thread() {
    let echo = EchoServer::new();
    let (tell_handle, handle) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        let event_loop = EventLoop::new();
        tell_handle.send(event_loop.handle()).expect("it waits");
        event_loop.exec();
    });
    let handle = handle.recv().expect("a loop");
    let (tell, told) = mpsc::channel();
    let socket = handle
        .create(move || {
            let socket = WebSocket::new();
            let (connected, disconnected) = (tell.clone(), tell.clone());
            let _ = socket
                .connected
                .connect(move || connected.send("connected".to_owned()));
            let _ = socket
                .text_message_received
                .connect(move |text| tell.send(text.to_owned()));
            let _ = socket
                .disconnected
                .connect(move || disconnected.send("disconnected".to_owned()));
            socket
        })
        .expect("the loop runs");
    let next = || {
        let mut heard = None;
        run_until(|| {
            heard = told.try_recv().ok();
            heard.is_some()
        });
        heard
    };

    let url = echo.url();
    socket
        .invoke(move |socket| socket.open(url))
        .expect("the loop runs");
    assert_eq!(next().as_deref(), Some("connected"));
    socket
        .invoke(|socket| {
            socket.send_text_message("Hello thread!");
        })
        .expect("the loop runs");
    assert_eq!(next().as_deref(), Some("Hello thread!"));
    socket.invoke(WebSocket::close).expect("the loop runs");
    assert_eq!(next().as_deref(), Some("disconnected"));
    drop(socket);
    handle.quit().expect("the loop runs");
    thread.join().expect("it ends");
}

/// The same, and not a word about it: a thread that ends tells of what is wrong with it on standard error.
#[test]
fn move_to_thread_no_warning() {
    let program = std::env::current_exe().expect("a program");
    let output = std::process::Command::new(program)
        .args(["web_socket::move_to_thread", "--exact", "--nocapture"])
        .output()
        .expect("it runs");
    let (said, warned) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}"
    );
    assert_eq!(warned, "");
}

#[test]
fn overlong_close_reason() {
    let echo = EchoServer::new();
    let socket = WebSocket::new();
    open_and_wait(&socket, &echo.url());
    socket.close_with(CloseCode::GOING_AWAY, &"a".repeat(200));
    assert_eq!(socket.close_reason(), "a".repeat(123));
    let accepted = echo.connection(1);
    run_until(|| accepted.state() == SocketState::Unconnected);
    assert_eq!(accepted.close_reason(), "a".repeat(123));
}

#[test]
fn incoming_message_too_long() {
    expect_too_much(|socket| socket.set_max_allowed_incoming_message_size(1024));
}

#[test]
fn incoming_frame_too_long() {
    expect_too_much(|socket| socket.set_max_allowed_incoming_frame_size(1024));
}

/// 1024 bytes come back, one more ends the connection.
#[track_caller]
fn expect_too_much(limit: fn(&WebSocket)) {
    let echo = EchoServer::with(limit);
    let socket = WebSocket::new();
    let messages = socket.text_message_received.collect();
    let ends = socket.disconnected.collect();
    open_and_wait(&socket, &echo.url());
    socket.send_text_message("b".repeat(1024));
    assert!(messages.wait(PATIENCE));
    socket.send_text_message("b".repeat(1025));
    assert!(ends.wait(PATIENCE));
    assert_eq!(socket.close_code(), CloseCode::TOO_MUCH_DATA);
    assert_eq!((messages.count(), ends.count()), (1, 1));
}

#[test]
fn testing_frame_and_message_size_api() {
    let socket = WebSocket::new();
    socket.set_outgoing_frame_size(5);
    assert_eq!(socket.outgoing_frame_size(), 5);
    socket.set_max_allowed_incoming_frame_size(9);
    assert_eq!(socket.max_allowed_incoming_frame_size(), 9);
    socket.set_max_allowed_incoming_message_size(889);
    assert_eq!(socket.max_allowed_incoming_message_size(), 889);
}

/// The answer comes without its blank line first: the client waits for that, and does not spin meanwhile.
#[test]
fn custom_header() {
    let (sent, has_sent) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel();
    let peer = RawPeer::new(move |wire| {
        let request = wire.read_head();
        let answer = accepting(&request).replace("\r\n\r\n", "\r\nX-Custom: yes\r\n\r\n");
        let (most, blank_line) = answer.split_at(answer.len() - 2);
        wire.send(most);
        sent.send(()).expect("the test waits");
        may_go_on.recv().expect("the test says so");
        wire.send(blank_line);
        wire.expect_close(1000, "");
    });
    let socket = WebSocket::new();
    let connected = socket.connected.collect();
    socket.open(peer.url());
    run_until(|| has_sent.try_recv().is_ok());
    let next = EventLoop::new().process_events(PATIENCE);
    assert!(matches!(next, Next::At(_) | Next::WhenWoken), "{next:?}");
    assert_eq!(
        (socket.state(), connected.count()),
        (SocketState::Connecting, 0)
    );
    go_on.send(()).expect("the peer waits");
    assert!(connected.wait(PATIENCE));
    socket.close();
    peer.join();
}

#[track_caller]
fn open_and_wait(socket: &Rc<WebSocket>, url: &str) {
    let connected = socket.connected.collect();
    socket.open(url);
    assert!(connected.wait(PATIENCE), "{}", socket.error_string());
}

#[track_caller]
fn close_and_wait(socket: &Rc<WebSocket>) {
    let disconnected = socket.disconnected.collect();
    socket.close();
    assert!(disconnected.wait(PATIENCE));
}

/// Code and reason are known before the loop runs again.
#[track_caller]
fn expect_going_away(socket: &Rc<WebSocket>) {
    socket.close_with(CloseCode::GOING_AWAY, "going away");
    assert_eq!(socket.close_code(), CloseCode::GOING_AWAY);
    assert_eq!(socket.close_reason(), "going away");
}

#[test]
fn set_proxy() {
    let socket = WebSocket::new();
    assert_eq!(socket.proxy(), NetworkProxy::default());
    assert_eq!(socket.proxy().proxy_type(), ProxyType::Default);
    let mut proxy = NetworkProxy::new(ProxyType::Http, "localhost", 3128);
    socket.set_proxy(proxy.clone());
    assert_eq!(socket.proxy(), proxy);
    proxy.set_port(80);
    assert_eq!(socket.proxy().port(), 3128);
}
