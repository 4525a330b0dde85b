//! Qt's own test case, `tst_preSharedKey` of `qwebsocketserver`.

use std::cell::Cell;
use std::rc::Rc;

use qwebsocket::{
    HostAddress, PeerVerifyMode, SslCipher, SslConfiguration, SslMode, SslProtocol, WebSocket,
    WebSocketServer,
};

use super::support::pair::next_connection;
use super::support::run_until;

const HINT: &[u8] = b"QtTestServerHint";
const IDENTITY: &[u8] = b"Client_identity";
const KEY: &[u8] = b"\x1a\x2b\x3c\x4d\x5e\x6f";

#[test]
fn pre_shared_key() {
    let mut configuration = SslConfiguration::new();
    configuration.set_ciphers(SslCipher::from_names("PSK-AES256-CBC-SHA").expect("known"));
    configuration.set_protocol(SslProtocol::TlsV1_2);
    configuration.set_peer_verify_mode(PeerVerifyMode::None);
    configuration.set_pre_shared_key_identity_hint(HINT);

    let server = WebSocketServer::new("", SslMode::Secure);
    server.set_ssl_configuration(configuration.clone());
    let asked = Rc::new(Cell::new((0, 0)));
    let count = asked.clone();
    server
        .pre_shared_key_authentication_required
        .connect(move |authenticator| {
            count.set((count.get().0, count.get().1 + 1));
            assert_eq!(authenticator.identity(), IDENTITY);
            assert_eq!(authenticator.maximum_identity_length(), 0);
            authenticator.set_pre_shared_key(KEY);
        });
    assert!(server.listen(HostAddress::LOCAL_HOST, 0));

    let socket = WebSocket::new();
    socket.set_ssl_configuration(configuration);
    let count = asked.clone();
    socket
        .pre_shared_key_authentication_required
        .connect(move |authenticator| {
            count.set((count.get().0 + 1, count.get().1));
            assert_eq!(authenticator.identity_hint(), HINT);
            assert!(authenticator.maximum_identity_length() > 0);
            authenticator.set_identity(IDENTITY);
            authenticator.set_pre_shared_key(KEY);
        });
    let connected = socket.connected.collect();
    socket.open(server.server_url().expect("it listens"));
    let accepted = next_connection(&server);
    run_until(|| connected.count() == 1);
    assert!(accepted.is_valid());
    assert_eq!(asked.get(), (1, 1));
    let cipher = socket.ssl_configuration().session_cipher();
    assert_eq!(cipher.map(SslCipher::name), Some("PSK-AES256-CBC-SHA"));
    socket.close();
    run_until(|| accepted.close_code() == qwebsocket::CloseCode::NORMAL);
}
