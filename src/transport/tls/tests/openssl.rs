//! What concerns OpenSSL alone.

use std::rc::Rc;

use openssl::x509::X509;

use super::pki::{root, self_signed};
use super::{End, ScriptedServer, VERSIONS, lines, talk};
use crate::network::{
    PeerVerifyMode, SslBackend, SslCertificate, SslConfiguration, SslPreSharedKeyAuthenticator,
    SslProtocol,
};
use crate::transport::Failure;
use crate::transport::tls::{KeyAsker, TlsSession, client_session, server_session};

fn settings() -> SslConfiguration {
    let mut configuration = SslConfiguration::new();
    configuration.set_backend(SslBackend::OpenSsl);
    configuration
}

/// The settings of an end with a key and nothing else.
fn keys_alone(protocol: SslProtocol) -> SslConfiguration {
    let mut configuration = settings();
    configuration.set_protocol(protocol);
    configuration.set_peer_verify_mode(PeerVerifyMode::None);
    configuration.set_uses_pre_shared_keys_in_tls13(true);
    configuration
}

fn fill_in(question: &SslPreSharedKeyAuthenticator) {
    question.set_identity("ada");
    question.set_pre_shared_key([1; 16]);
}

/// Somebody else on this thread uses OpenSSL and does not look at the errors.
fn leave_errors() {
    let error = X509::from_der(b"none").expect_err("no certificate");
    error.put();
}

#[test]
fn errors_of_others_are_not_blamed_on_a_session() {
    let server = ScriptedServer::new(&self_signed(&|_| {}));
    let mut client = client_session(&settings(), "localhost", None).expect("a session");
    let mut server = server.session();
    leave_errors();
    assert_eq!(talk(&mut *client, &mut server), Ok(()));
    leave_errors();
    assert_eq!(End::receive(&mut *client, &[]), Ok(()));
    leave_errors();
    assert_eq!(client.write_plaintext(b"hello"), 5);
}

#[test]
fn errors_that_slots_leave_are_not_either() {
    for version in VERSIONS {
        let configuration = keys_alone(version);
        let asker: KeyAsker = Rc::new(|question: &SslPreSharedKeyAuthenticator| {
            fill_in(question);
            leave_errors();
            true
        });
        let asker = Some(asker);
        let mut client = client_session(&configuration, "localhost", asker.clone()).expect("one");
        let mut server = server_session(&configuration, asker).expect("a session");
        assert_eq!(talk(&mut *client, &mut *server), Ok(()));
    }
}

/// One byte at a time, so that each step has to wait for the next.
struct ByteByByte<'a>(&'a mut dyn TlsSession);

impl End for ByteByByte<'_> {
    fn receive(&mut self, ciphertext: &[u8]) -> Result<(), Failure> {
        let mut bytes = ciphertext.chunks(1);
        bytes.try_for_each(|byte| End::receive(self.0, byte))
    }

    fn take_ciphertext(&mut self) -> Vec<u8> {
        End::take_ciphertext(self.0)
    }
}

/// The verification leaves errors of its own behind.
#[test]
fn a_clients_certificate_that_is_forged_is_a_matter_of_the_verdict() {
    let root = root("root");
    let (shown, mut forged) = (root.server(), root.server());
    let mut bytes = forged.chain[0].to_der().to_vec();
    *bytes.last_mut().expect("a signature") ^= 1;
    forged.chain = vec![SslCertificate::from_der(&bytes)];
    for version in VERSIONS {
        let mut ours = settings();
        ours.set_local_certificate_chain(shown.chain.clone());
        ours.set_private_key(shown.key.clone());
        ours.set_ca_certificates([root.certificate.clone()]);
        ours.set_peer_verify_mode(PeerVerifyMode::Query);
        let mut theirs = settings();
        theirs.set_protocol(version);
        theirs.set_local_certificate_chain(forged.chain.clone());
        theirs.set_private_key(forged.key.clone());
        let mut client = client_session(&theirs, "localhost", None).expect("a session");
        let mut server = server_session(&ours, None).expect("a session");
        assert_eq!(talk(&mut *client, &mut ByteByByte(&mut *server)), Ok(()));
        assert_eq!(
            lines(&server.verdict().errors()),
            [
                "InvalidPurpose: localhost",
                "CertificateSignatureFailed: localhost"
            ]
        );
    }
}

/// Each new key of a server that asks for ours is answered with one.
#[test]
fn a_server_that_takes_no_answers_is_left() {
    let server = ScriptedServer::new(&self_signed(&|_| {}));
    let mut client = client_session(&settings(), "localhost", None).expect("a session");
    let mut server = server.session();
    assert_eq!(talk(&mut *client, &mut server), Ok(()));
    let failure = (0..20_000).find_map(|_| {
        server.change_keys();
        let failure = End::receive(&mut *client, &server.take_ciphertext());
        failure.err()
    });
    let text = failure.expect("an end").text;
    assert!(text.ends_with("takes no answer"), "{text}");
    assert!(client.take_ciphertext().len() < 512 * 1024);
}

/// OpenSSL would say hello without the key, and perhaps be content with a certificate.
#[test]
fn a_client_whose_key_cannot_be_used_says_nothing() {
    for (identity, key_length) in [("ada", 513), ("a\0da", 16), ("", 16)] {
        let asker: KeyAsker = Rc::new(move |question: &SslPreSharedKeyAuthenticator| {
            question.set_identity(identity);
            question.set_pre_shared_key(vec![1; key_length]);
            true
        });
        let configuration = keys_alone(SslProtocol::TlsV1_3);
        let client = client_session(&configuration, "localhost", Some(asker));
        let mut client = client.expect("a session");
        assert!(End::receive(&mut *client, &[]).is_err());
        assert!(client.take_ciphertext().is_empty());
    }
}
