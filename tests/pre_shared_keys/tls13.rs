//! Keys in TLS 1.3, which are used only where that is asked for.

use qwebsocket::{SocketError, SocketState, SslCipher, SslConfiguration, SslGroup, SslProtocol};

use super::pair::{KEY, client, keys_alone, knowing_ada};
use super::support::pair::next_connection;
use super::support::tls::{Identity, secure_url};
use super::support::{run_until, settle};

fn tls13() -> SslConfiguration {
    let mut configuration = keys_alone(SslProtocol::TlsV1_3);
    configuration.set_uses_pre_shared_keys_in_tls13(true);
    configuration
}

#[test]
fn both_ends_are_asked_once() {
    let (server, of_server) = knowing_ada(tls13());
    let (socket, of_client) = client(tls13(), "ada", KEY);
    socket.open(secure_url(&server));
    let accepted = next_connection(&server);
    run_until(|| socket.state() == SocketState::Connected);
    let question = of_client.only();
    assert_eq!(question.identity_hint(), b"", "there is none in TLS 1.3");
    assert_eq!(of_server.only().identity(), b"ada");
    for end in [&socket, &accepted] {
        let configuration = end.ssl_configuration();
        assert_eq!(configuration.session_protocol(), SslProtocol::TlsV1_3);
        let cipher = configuration.session_cipher().map(SslCipher::name);
        assert_eq!(
            cipher,
            Some("TLS_AES_128_GCM_SHA256"),
            "the digest of a key"
        );
        assert!(!configuration.is_resumed());
    }
    let texts = accepted.text_message_received.collect();
    socket.send_text_message("hello");
    run_until(|| texts.count() == 1);
}

/// The slot runs in the loop, when there is a connection, though the client speaks first.
#[test]
fn open_asks_nobody_before_it_returns() {
    let (server, _) = knowing_ada(tls13());
    let (socket, seen) = client(tls13(), "ada", KEY);
    socket.open(secure_url(&server));
    assert_eq!(seen.count(), 0);
    run_until(|| socket.state() == SocketState::Connected);
}

#[test]
fn what_is_not_asked_for_is_not_used() {
    let either = |uses| {
        let mut configuration = keys_alone(SslProtocol::SecureProtocols);
        configuration.set_uses_pre_shared_keys_in_tls13(uses);
        configuration
    };
    for (at_client, asked) in [(false, 0), (true, 1)] {
        let (server, of_server) = knowing_ada(either(!at_client));
        let (socket, of_client) = client(either(at_client), "ada", KEY);
        socket.open(secure_url(&server));
        run_until(|| socket.state() == SocketState::Unconnected);
        settle();
        assert_eq!(socket.error(), SocketError::SslHandshakeFailed);
        assert!(socket.error_string().ends_with("alert handshake failure"));
        assert_eq!((of_client.count(), of_server.count()), (asked, 0));
    }
}

/// In front of it the client cannot know which one it gets.
#[test]
fn a_server_with_a_certificate_is_offered_a_key_too() {
    let identity = Identity::new();
    let server = identity.listening();
    let mut configuration = identity.trusting();
    configuration.set_uses_pre_shared_keys_in_tls13(true);
    let (socket, seen) = client(configuration, "ada", KEY);
    socket.open(secure_url(&server));
    run_until(|| socket.state() != SocketState::Connecting);
    assert_eq!(socket.error_string(), "");
    assert_eq!(seen.count(), 1);
    let configuration = socket.ssl_configuration();
    assert_eq!(
        configuration.peer_certificate(),
        Some(&identity.certificate())
    );
}

/// Opens to a server that knows `ada`, and gives what the client says of the failure.
#[track_caller]
fn failure(identity: &str, key: &[u8]) -> String {
    let (server, _) = knowing_ada(tls13());
    let (socket, seen) = client(tls13(), identity, key);
    socket.open(secure_url(&server));
    run_until(|| socket.state() == SocketState::Unconnected);
    assert_eq!(socket.error(), SocketError::SslHandshakeFailed);
    assert_eq!(seen.count(), 1);
    socket.error_string()
}

#[test]
fn bad_answers_fail() {
    for (identity, key, text) in [
        ("ada", &b""[..], "alert handshake failure"),
        ("grace", &KEY, "alert handshake failure"),
        ("ada", &[1; 513], "the pre-shared key is too long"),
        ("a\0da", &KEY, "is too long or has a zero byte in it"),
        ("", &KEY, "is empty, which TLS 1.3 does not allow"),
    ] {
        let said = failure(identity, key);
        assert!(said.ends_with(text), "{identity}: {said}");
    }
}

#[test]
fn a_wrong_key_fails_with_an_alert() {
    let said = failure("ada", b"another");
    // Servers of OpenSSL 3.0 say the first, later ones the second.
    let texts = ["alert illegal parameter", "alert decrypt error"];
    assert!(texts.iter().any(|text| said.ends_with(text)), "{said}");
}

/// The server wants another group, and so another hello, with the same key.
#[test]
fn a_second_hello_asks_nobody_again() {
    let groups = |names: &[&str]| {
        let mut configuration = tls13();
        let groups = names.iter().map(|name| SslGroup::from_name(name));
        configuration.set_groups(groups.collect::<Option<Vec<_>>>().expect("known"));
        configuration
    };
    let (server, of_server) = knowing_ada(groups(&["P-384"]));
    let (socket, of_client) = client(groups(&["X25519", "P-384"]), "ada", KEY);
    socket.open(secure_url(&server));
    run_until(|| socket.state() == SocketState::Connected);
    assert_eq!((of_client.count(), of_server.count()), (1, 1));
}

/// Without a hint there is nothing new to ask when TLS 1.2 is agreed upon after the hello of TLS 1.3.
#[test]
fn a_server_of_tls12_makes_them_ask_again_if_it_gives_a_hint() {
    for (hint, count) in [("", 1), ("who are you?", 2)] {
        let mut tls12 = keys_alone(SslProtocol::TlsV1_2);
        tls12.set_pre_shared_key_identity_hint(hint);
        let (server, _) = knowing_ada(tls12);
        let mut configuration = tls13();
        configuration.set_protocol(SslProtocol::SecureProtocols);
        let (socket, seen) = client(configuration, "ada", KEY);
        socket.open(secure_url(&server));
        run_until(|| socket.state() == SocketState::Connected);
        assert_eq!(seen.count(), count, "{hint}");
    }
}
