//! A peer must have the key of the certificate it shows, whatever is made of its certificate afterwards.

use super::pki::{Identity, self_signed, version_1};
use super::{ScriptedServer, Side, VERSIONS, client_session, talk};
use crate::network::{PeerVerifyMode, SslConfiguration};

/// The signature in the handshake is checked by the certificate's own key also where webpki cannot read the certificate.
#[test]
fn a_server_with_another_key_than_its_certificates_fails() {
    for shown in [self_signed(&|_| {}), version_1()] {
        let thief = Identity {
            chain: shown.chain.clone(),
            key: self_signed(&|_| {}).key,
        };
        for version in VERSIONS {
            let mut configuration = SslConfiguration::new();
            configuration.set_peer_verify_mode(PeerVerifyMode::None);
            configuration.set_protocol(version);
            let outcome = |identity: &Identity| {
                let mut client = client_session(&configuration, "localhost").expect("a session");
                let mut server = ScriptedServer::new(identity).session();
                talk(&mut *client, &mut server)
            };
            outcome(&shown).expect("the owner of the key is let in");
            let (side, failure) = outcome(&thief).expect_err("the thief is not");
            assert_eq!(side, Side::Client, "{version:?}");
            let text = failure.text.replace(' ', "").to_lowercase();
            assert!(text.contains("badsignature"), "{}", failure.text);
        }
    }
}
