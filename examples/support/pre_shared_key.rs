//! A key that client and server both know: a server that proves it with the key needs no certificate.

use std::rc::Rc;
use std::str::FromStr;

use qwebsocket::{SslConfiguration, SslError, SslErrorKind, WebSocket, WebSocketServer};

/// `identity:hexkey`, as in `device 7:1a2b3c4d`. An identity may have colons in it, a key has none.
pub struct PreSharedKey {
    identity: String,
    key: Vec<u8>,
}

impl FromStr for PreSharedKey {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // The text is not shown: it is a secret, or nearly one.
        let (identity, key) = text
            .rsplit_once(':')
            .ok_or("not of the form identity:hexkey")?;
        let key =
            bytes_of_hex(key).ok_or("the key is not a number of bytes in hexadecimal digits")?;
        Ok(Self {
            identity: identity.to_owned(),
            key,
        })
    }
}

impl PreSharedKey {
    /// Has `configuration` use keys in every version of TLS.
    pub fn allow_in(&self, configuration: &mut SslConfiguration) {
        configuration.set_uses_pre_shared_keys_in_tls13(true);
    }

    /// Has `server` expect this key of its clients.
    pub fn demand_by(self: Rc<Self>, server: &WebSocketServer) {
        server
            .pre_shared_key_authentication_required
            .connect(move |authenticator| {
                if authenticator.identity() == self.identity.as_bytes() {
                    authenticator.set_pre_shared_key(self.key.as_slice());
                }
            });
    }

    /// Has `socket` present this key to a server that asks for one.
    pub fn present_by(self: Rc<Self>, socket: &Rc<WebSocket>) {
        socket
            .pre_shared_key_authentication_required
            .connect(move |authenticator| {
                authenticator.set_identity(self.identity.as_str());
                authenticator.set_pre_shared_key(self.key.as_slice());
            });
        // The key vouches for a server that shows no certificate. One that does show one is judged by it.
        let missing = SslError::new(SslErrorKind::NoPeerCertificate);
        socket.ignore_these_ssl_errors(&[missing]);
    }
}

fn bytes_of_hex(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    let bytes: Option<Vec<u8>> = pairs.map(byte_of_hex).collect();
    bytes.filter(|bytes| !bytes.is_empty())
}

fn byte_of_hex(pair: &[u8]) -> Option<u8> {
    let digit = |at: usize| char::from(*pair.get(at)?).to_digit(16);
    u8::try_from(digit(0)? * 16 + digit(1)?).ok()
}
