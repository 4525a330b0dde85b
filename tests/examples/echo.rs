//! The echo client and the echo server.

use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use qwebsocket::{
    CloseCode, EventLoop, PeerVerifyMode, SocketState, SslCertificate, SslConfiguration, SslKey,
    WebSocket,
};

use super::program::{Program, drain};
use super::support;
use super::support::frames::*;
use super::support::raw_peer::{RawPeer, header};

#[test]
fn the_client_alone_prints_a_whole_conversation() {
    let mut client = Program::start("echo_client", &[]);
    let mut lines = client.rest();
    let before = lines.len();
    // How the network cuts what is written is its own business, and so is how long it takes.
    lines.retain(|line| !line.starts_with("bytes_written("));
    assert!(lines.len() < before, "something was written");
    for line in &mut lines {
        if let Some(rest) = line.strip_prefix("pong(")
            && let Some((_, payload)) = rest.split_once(" ms, ")
        {
            *line = format!("pong(.., {payload}");
        }
    }
    assert_eq!(
        lines,
        [
            "state_changed(Connecting)",
            "state_changed(Connected)",
            "connected()",
            r#"text_frame_received("Hello, world!", true)"#,
            r#"text_message_received("Hello, world!")"#,
            "binary_frame_received(16 bytes: 66 6f 72 74 79 20 62 79 74 65 73 20 6f 66 20 64, false)",
            "binary_frame_received(16 bytes: 61 74 61 20 69 6e 20 66 72 61 6d 65 73 20 6f 66, false)",
            "binary_frame_received(8 bytes: 20 73 69 78 74 65 65 6e, true)",
            "binary_message_received(40 bytes: 66 6f 72 74 79 20 62 79 74 65 73 20 6f 66 20 64 ..)",
            r#"pong(.., "still there?")"#,
            "about_to_close()",
            "state_changed(Closing)",
            "state_changed(Unconnected)",
            r#"disconnected(): code 1000, reason "good bye""#,
            "read_channel_finished()",
        ]
    );
    client.expect_exit(0, "");
}

#[test]
fn lines_go_out_and_come_back() {
    let (mut server, url) = start_server(&[]);
    let mut client = Program::start("echo_client", &[&url]);
    let peer = server.line();
    client.write("hello\n");
    assert_eq!(client.line(), "hello");
    client.write("grüße 👋\n\n");
    assert_eq!(
        (client.line(), client.line()),
        ("grüße 👋".into(), "".into())
    );
    client.end_of_input();
    client.expect_exit(0, "");
    let peer = peer.strip_suffix(" connected").expect("a log line");
    assert_eq!(server.line(), format!("{peer} closed with code 1000, \"\""));
}

#[test]
fn a_pipe_that_ends_at_once_gets_its_answers() {
    let (_server, url) = start_server(&[]);
    let mut client = Program::start("echo_client", &[&url]);
    let lines: Vec<String> = (0..2000).map(|number| format!("line {number}")).collect();
    client.write(&lines.join("\n"));
    client.end_of_input();
    assert_eq!(client.rest(), lines);
    client.expect_exit(0, "");
}

#[test]
fn over_tls_with_an_authority_of_our_own() {
    let (certificate, key) = write_identity();
    let (_server, url) = start_server(&["--tls", &certificate, &key]);
    assert!(url.starts_with("wss://"), "{url}");

    let mut client = Program::start("echo_client", &["--ca", &certificate, &url]);
    client.write("secret\n");
    assert_eq!(client.line(), "secret");
    client.end_of_input();
    client.expect_exit(0, "");

    let trusts_others = Program::start("echo_client", &[&url]);
    trusts_others.expect_exit(
        1,
        "echo_client: The certificate is self-signed, and untrusted",
    );
}

#[test]
fn what_is_wrong_with_a_certificate_is_shown_and_the_user_decides() {
    let (certificate, key) = write_identity();
    let (_server, url) = start_server(&["--tls", &certificate, &key]);
    let start = || Program::start("echo_client", &["--insecure", &url]);

    let mut yes = start();
    yes.write("y\nin spite of that\n");
    assert_eq!(yes.line(), "in spite of that");
    yes.end_of_input();
    let said = drain(&yes.stderr);
    assert_eq!(
        said,
        [
            "The certificate is self-signed, and untrusted (certificate of \"rcgen self signed cert\")",
            "Go on all the same? [y/N] ",
        ]
    );

    for answer in ["n\n", "\n", ""] {
        let mut no = start();
        no.write(answer);
        no.end_of_input();
        let said = drain(&no.stderr);
        assert_eq!(
            said.last().expect("a reason"),
            "Go on all the same? [y/N] echo_client: The certificate is self-signed, and untrusted"
        );
        assert_eq!(no.child.wait().expect("a child").code(), Some(1));
    }
}

#[test]
fn a_certificate_of_ones_own_is_shown() {
    let (certificate, key) = write_identity();
    let read = |file: &str| std::fs::read(file).expect("a file");
    let chain = SslCertificate::from_pem(&read(&certificate)).expect("certificates");
    let mut configuration = SslConfiguration::new();
    configuration.set_local_certificate_chain(chain.clone());
    configuration.set_private_key(SslKey::from_pem(&read(&key)).expect("a key"));
    configuration.set_peer_verify_mode(PeerVerifyMode::Query);
    let server = support::tls::listening(configuration);
    let url = server.server_url().expect("it listens").to_string();
    let arguments = [
        "--ca",
        &certificate,
        "--client-cert",
        &certificate,
        &key,
        &url,
    ];
    let mut client = Program::start("echo_client", &arguments);
    let socket = support::pair::next_connection(&server);
    let shown = socket.ssl_configuration();
    assert_eq!(shown.peer_certificate(), chain.first());
    client.end_of_input();
    drop(socket);
}

#[cfg(feature = "openssl")]
#[test]
fn a_key_that_both_know_stands_for_a_certificate() {
    let (_server, url) = start_server(&["--psk", "device:7:1a2B"]);
    assert!(url.starts_with("wss://"), "{url}");

    let mut client = Program::start("echo_client", &["--psk", "device:7:1a2b", &url]);
    client.write("sesame\n");
    assert_eq!(client.line(), "sesame");
    client.end_of_input();
    client.expect_exit(0, "");

    for stranger in ["device:7:00", "device:8:1a2b"] {
        let client = Program::start("echo_client", &["--psk", stranger, &url]);
        client.expect_exit(1, "echo_client: Error during SSL handshake: ");
    }
    let knows_none = Program::start("echo_client", &[&url]);
    knows_none.expect_exit(1, "echo_client: ");
}

#[cfg(not(feature = "openssl"))]
#[test]
fn a_key_without_the_library_for_it_is_refused() {
    Program::start("echo_client", &["--psk", "me:00", "wss://localhost"]).expect_exit(
        1,
        "echo_client: A pre-shared key is not available: \
         qwebsocket was built without the feature `openssl`",
    );
}

#[test]
fn a_connection_goes_through_a_proxy() {
    let proxy = RawPeer::new(|wire| {
        let request = wire.read_head();
        assert!(
            request.starts_with("CONNECT nowhere.test:80 HTTP/1.1\r\n"),
            "{request}"
        );
        wire.send("HTTP/1.1 200 OK\r\n\r\n");
        wire.accept_upgrade();
        wire.send(frame(TEXT, b"through"));
        wire.send(close(1000, ""));
        wire.expect_close(1000, "");
    });
    let url = format!("http://127.0.0.1:{}", proxy.port());
    let mut client = Program::start("echo_client", &["--proxy", &url, "ws://nowhere.test"]);
    assert_eq!(client.line(), "through");
    client.expect_exit(0, "");
    proxy.join();
}

/// The server is no proxy, but it knows TLS and says no.
#[test]
fn a_proxy_may_have_an_authority_of_our_own_too() {
    let (certificate, key) = write_identity();
    let (_server, url) = start_server(&["--tls", &certificate, &key]);
    let proxy = url.replace("wss://", "https://");
    let through = ["--proxy", &proxy, "ws://nowhere.test"];
    let trusts = Program::start(
        "echo_client",
        &[&["--ca", &certificate], &through[..]].concat(),
    );
    trusts.expect_exit(
        1,
        "echo_client: Proxy denied connection: 405 Method Not Allowed",
    );
    let trusts_others = Program::start("echo_client", &through);
    trusts_others.expect_exit(
        1,
        "echo_client: The certificate is self-signed, and untrusted",
    );
}

#[test]
fn the_peer_sees_origin_and_headers_and_the_user_sees_data() {
    let peer = RawPeer::new(|wire| {
        let request = wire.accept_upgrade();
        assert_eq!(header(&request, "Origin"), Some("https://example.com"));
        assert_eq!(header(&request, "X-One"), Some("1"));
        assert_eq!(header(&request, "X-Two"), Some("a: b"));
        wire.send(frame(BINARY, &[0, 255]));
        wire.send(frame(BINARY, &[7; 17]));
        wire.send(close(1000, ""));
        wire.expect_close(1000, "");
    });
    let arguments = ["--origin", "https://example.com", "--header", "X-One: 1"];
    let more = ["--header", "X-Two:a: b", &peer.url()];
    let mut client = Program::start("echo_client", &[&arguments[..], &more[..]].concat());
    assert_eq!(
        client.rest(),
        [
            "2 bytes: 00 ff",
            "17 bytes: 07 07 07 07 07 07 07 07 07 07 07 07 07 07 07 07 ..",
        ]
    );
    client.expect_exit(0, "");
    peer.join();
}

#[test]
fn an_abnormal_end_is_a_readable_line_and_an_exit_code() {
    let cases = [
        (
            close(1011, "out of \n order"),
            r#"the peer closed with code 1011, "out of \n order""#,
        ),
        (
            raw_frame(0x83, None, b""),
            "The peer used the reserved opcode 3.",
        ),
        (
            frame(TEXT, b"\xff"),
            "The peer sent text that is not valid UTF-8.",
        ),
        (Vec::new(), "The remote host closed the connection"),
    ];
    for (last_words, expected) in cases {
        let peer = RawPeer::new(move |wire| {
            wire.accept_upgrade();
            wire.send(last_words);
            wire.fin();
            wire.read_rest();
        });
        let client = Program::start("echo_client", &[&peer.url()]);
        client.expect_exit(1, &format!("echo_client: {expected}"));
        peer.join();
    }
}

#[test]
fn what_cannot_be_opened_is_a_readable_line_and_an_exit_code() {
    let refusing = format!("ws://127.0.0.1:{}", free_port());
    let cases: [(&[&str], i32, &str); 17] = [
        (&[&refusing], 1, "Connection refused"),
        (
            &["http://localhost"],
            1,
            "Unsupported WebSocket scheme: http",
        ),
        (&["localhost"], 1, "Invalid URL."),
        (&["ws://"], 1, "Host not found"),
        (
            &["--origin", "a\nb", &refusing],
            1,
            "The origin contains newlines. Possible attack detected.",
        ),
        (
            &["--header", "Upgrade: h2c", &refusing],
            1,
            "Header Upgrade belongs to the handshake.",
        ),
        (
            &["--header", "A: b\r\nC: d", &refusing],
            1,
            r#"Invalid header: "A"."#,
        ),
        (
            &["--ca", "/nowhere/ca.pem", "wss://localhost"],
            1,
            "/nowhere/ca.pem: ",
        ),
        (
            &["--header", "nothing", &refusing],
            2,
            "--header \"nothing\" is not of the form 'Name: value'; --help says more",
        ),
        (&["--header"], 2, "--header needs a value; --help says more"),
        (
            &["--origin", "x"],
            2,
            "--origin needs a URL to go with; --help says more",
        ),
        (
            &["--client-cert", "cert.pem"],
            2,
            "--client-cert CERT needs a value; --help says more",
        ),
        (
            &[
                "--client-cert",
                "/nowhere/cert.pem",
                "key.pem",
                "wss://localhost",
            ],
            1,
            "/nowhere/cert.pem: ",
        ),
        (
            &["--proxy", "ftp://localhost", &refusing],
            2,
            "--proxy: not a URL of an HTTP or SOCKS5 proxy; --help says more",
        ),
        (
            &["--psk", "me", &refusing],
            2,
            "--psk: not of the form identity:hexkey; --help says more",
        ),
        (
            &["--psk", "me:123", &refusing],
            2,
            "--psk: the key is not a number of bytes in hexadecimal digits; --help says more",
        ),
        (
            &["--trusting", &refusing],
            2,
            "unknown option --trusting; --help says more",
        ),
    ];
    for (arguments, code, expected) in cases {
        Program::start("echo_client", arguments)
            .expect_exit(code, &format!("echo_client: {expected}"));
    }
}

#[test]
fn the_server_says_why_it_cannot_serve() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let cases: [(&[&str], i32, &str); 5] = [
        (&["--port", &port], 1, "The bound address is already in use"),
        (
            &["--port", "65536"],
            2,
            "\"65536\" is not a port number; --help says more",
        ),
        (
            &["--tls", "cert.pem"],
            2,
            "--tls CERT needs a value; --help says more",
        ),
        (
            &["--tls", "/nowhere/cert.pem", "key.pem"],
            1,
            "/nowhere/cert.pem: ",
        ),
        (
            &["ws://localhost"],
            2,
            "unknown argument ws://localhost; --help says more",
        ),
    ];
    for (arguments, code, expected) in cases {
        Program::start("echo_server", arguments)
            .expect_exit(code, &format!("echo_server: {expected}"));
    }
}

#[test]
fn the_server_echoes_64_mib_and_no_more() {
    const LONGEST: usize = 64 * 1024 * 1024;
    let (_server, url) = start_server(&[]);
    let event_loop = EventLoop::new();
    let socket = WebSocket::new();
    socket.set_outgoing_frame_size(0);
    let echoed = socket.binary_message_received.collect();
    socket.connected.connect_to(&socket, |socket| {
        socket.send_binary_message(vec![7; LONGEST])
    });
    socket
        .binary_message_received
        .connect_to(&socket, |socket, _| {
            socket.send_binary_message(vec![8; LONGEST + 1])
        });
    socket.disconnected.connect(EventLoop::quit_current);
    socket.open(&url);
    event_loop.exec();
    assert_eq!(socket.state(), SocketState::Unconnected);
    assert_eq!(socket.close_code(), CloseCode::TOO_MUCH_DATA);
    // The server's words. This end would have refused the echo as a message that is too big.
    assert_eq!(socket.close_reason(), "Maximum framesize exceeded.");
    let messages = echoed.take_all();
    assert_eq!(messages.len(), 1);
    assert!(messages[0].0 == vec![7; LONGEST], "it came back unchanged");
}

#[test]
fn both_say_how_they_are_used() {
    for program in ["echo_client", "echo_server"] {
        let mut asked = Program::start(program, &["--help"]);
        assert!(asked.line().starts_with(&format!("Usage: {program}")));
        asked.expect_exit(0, "");
    }
}

/// Starts an echo server on a port of its own; gives its URL too.
fn start_server(arguments: &[&str]) -> (Program, String) {
    let mut server = Program::start("echo_server", &[&["--port", "0"], arguments].concat());
    let url = server.url();
    (server, url)
}

/// A certificate for the address of the server, and its key, as PEM files.
fn write_identity() -> (String, String) {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let write = |name: &str, pem: String| {
        let path = directory.join(name);
        std::fs::write(&path, pem).expect("a file");
        path.into_os_string()
            .into_string()
            .expect("a path that is text")
    };
    (
        write(&format!("examples-{number}.pem"), made.cert.pem()),
        write(
            &format!("examples-{number}-key.pem"),
            made.signing_key.serialize_pem(),
        ),
    )
}

/// A port on which nobody listens.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}
