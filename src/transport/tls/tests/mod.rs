//! Real handshakes, over memory instead of a network.

mod certificate_cases;
mod client_certificates;
mod foreign_keys;
#[cfg(feature = "openssl")]
mod openssl;
mod pki;
mod scripted;
mod sessions;
mod settings;

use self::scripted::ScriptedServer;
use super::{TlsSession, backend};
use crate::network::{SslConfiguration, SslError, SslProtocol};
use crate::transport::Failure;

/// One end of a handshake.
trait End {
    fn receive(&mut self, ciphertext: &[u8]) -> Result<(), Failure>;
    fn take_ciphertext(&mut self) -> Vec<u8>;
}

impl End for dyn TlsSession + '_ {
    fn receive(&mut self, ciphertext: &[u8]) -> Result<(), Failure> {
        self.receive(ciphertext, &mut |_| {})
    }

    fn take_ciphertext(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        while self.wants_write() {
            self.write_ciphertext(&mut bytes).expect("memory takes all");
        }
        bytes
    }
}

/// Lets both talk until both are done or one fails; gives who failed, with its reason.
fn talk<C, S>(client: &mut C, server: &mut S) -> Result<(), (Side, Failure)>
where
    C: End + ?Sized,
    S: End + ?Sized,
{
    let mut downwards = Vec::new();
    loop {
        client
            .receive(&downwards)
            .map_err(|failure| (Side::Client, failure))?;
        let upwards = client.take_ciphertext();
        server
            .receive(&upwards)
            .map_err(|failure| (Side::Server, failure))?;
        downwards = server.take_ciphertext();
        if upwards.is_empty() && downwards.is_empty() {
            return Ok(());
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Client,
    Server,
}

/// A client that nobody can ask for a key.
fn client_session(
    configuration: &SslConfiguration,
    host: &str,
) -> Result<Box<dyn TlsSession>, Failure> {
    backend::client_session(configuration, host, None)
}

/// A server that nobody can ask for a key.
fn server_session(configuration: &SslConfiguration) -> Result<Box<dyn TlsSession>, Failure> {
    backend::server_session(configuration, None)
}

/// A client's session after its handshake with the server.
fn connect(
    configuration: &SslConfiguration,
    host: &str,
    server: &ScriptedServer,
) -> Box<dyn TlsSession> {
    let mut client = client_session(configuration, host).expect("a session");
    talk(&mut *client, &mut server.session()).expect("a handshake");
    assert!(!client.is_handshaking());
    client
}

/// Both versions, by the protocol to set.
const VERSIONS: [SslProtocol; 2] = [SslProtocol::TlsV1_2, SslProtocol::TlsV1_3];

/// Errors as `Kind: subject`.
fn lines(errors: &[SslError]) -> Vec<String> {
    let line = |error: &SslError| match error.certificate() {
        Some(certificate) => format!("{:?}: {}", error.kind(), certificate.subject_display_name()),
        None => format!("{:?}", error.kind()),
    };
    errors.iter().map(line).collect()
}
