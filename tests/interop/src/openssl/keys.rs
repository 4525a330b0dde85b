//! Pre-shared keys, for both of our ends.

use std::cell::RefCell;
use std::rc::Rc;

use qwebsocket::{
    PeerVerifyMode, SslConfiguration, SslPreSharedKeyAuthenticator, WebSocket, WebSocketServer,
};

use super::Version;
use super::watched::Watched;

pub const IDENTITY: &str = "device 7";
pub const KEY: [u8; 16] = [
    0x1a, 0x2b, 0x3c, 0x4d, 0x5e, 0x6f, 0x70, 0x81, 0x92, 0xa3, 0xb4, 0xc5, 0xd6, 0xe7, 0xf8, 0x09,
];
/// The key as an argument of the tools.
pub const DIGITS: &str = "1a2b3c4d5e6f708192a3b4c5d6e7f809";

/// The settings of an end with a key and nothing else.
pub fn keys_alone(version: Version) -> SslConfiguration {
    let mut configuration = SslConfiguration::new();
    configuration.set_protocol(version.protocol());
    configuration.set_peer_verify_mode(PeerVerifyMode::None);
    configuration.set_uses_pre_shared_keys_in_tls13(true);
    configuration
}

/// What our slots were asked.
#[derive(Clone, Default)]
pub struct Questions(Rc<RefCell<Vec<SslPreSharedKeyAuthenticator>>>);

impl Questions {
    /// The one that there was.
    #[track_caller]
    pub fn only(&self) -> SslPreSharedKeyAuthenticator {
        let mut asked = self.0.take();
        assert_eq!(asked.len(), 1, "asked once");
        asked.remove(0)
    }

    fn note(&self, question: &SslPreSharedKeyAuthenticator) {
        self.0.borrow_mut().push(question.clone());
    }
}

/// A client whose slot fills in these.
pub fn open(
    port: u16,
    configuration: &SslConfiguration,
    identity: &'static str,
    key: &'static [u8],
) -> (Watched, Questions) {
    let socket = WebSocket::new();
    let questions = Questions::default();
    let asked = questions.clone();
    socket
        .pre_shared_key_authentication_required
        .connect(move |question| {
            asked.note(question);
            question.set_identity(identity);
            question.set_pre_shared_key(key);
        });
    let client = Watched::of(socket);
    client.open_again(port, configuration);
    (client, questions)
}

/// Makes the server give this key to whoever comes.
pub fn answer_for(server: &WebSocketServer, key: &'static [u8]) -> Questions {
    let questions = Questions::default();
    let asked = questions.clone();
    server
        .pre_shared_key_authentication_required
        .connect(move |question| {
            asked.note(question);
            question.set_pre_shared_key(key);
        });
    questions
}
