//! Servers that ask for their clients' certificates.

use super::pki::{Authority, Identity, root};
use super::{VERSIONS, client_session, lines, server_session, talk};
use crate::network::{PeerVerifyMode, SslConfiguration, SslProtocol};
use crate::transport::tls::TlsSession;
use rcgen::ExtendedKeyUsagePurpose;

struct World {
    root: Authority,
    server: Identity,
    client: Identity,
}

impl World {
    fn new() -> Self {
        let root = root("root");
        Self {
            server: root.server(),
            client: root.server_with(&|params| {
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
            }),
            root,
        }
    }

    /// The server's session after a handshake.
    fn connect(
        &self,
        mode: PeerVerifyMode,
        client: Option<&Identity>,
        version: SslProtocol,
    ) -> Box<dyn TlsSession> {
        let mut ours = SslConfiguration::new();
        ours.set_local_certificate_chain(self.server.chain.clone());
        ours.set_private_key(self.server.key.clone());
        ours.set_ca_certificates([self.root.certificate.clone()]);
        ours.set_peer_verify_mode(mode);
        let mut theirs = SslConfiguration::new();
        theirs.set_ca_certificates([self.root.certificate.clone()]);
        theirs.set_protocol(version);
        if let Some(client) = client {
            theirs.set_local_certificate_chain(client.chain.clone());
            theirs.set_private_key(client.key.clone());
        }
        let mut client = client_session(&theirs, "localhost").expect("a session");
        let mut server = server_session(&ours).expect("a session");
        talk(&mut *client, &mut *server).expect("a handshake");
        assert!(client.verdict().errors().is_empty());
        server
    }
}

#[test]
fn a_clients_certificate_reaches_the_server() {
    let world = World::new();
    for version in VERSIONS {
        let server = world.connect(PeerVerifyMode::Peer, Some(&world.client), version);
        assert!(server.verdict().errors().is_empty());
        assert_eq!(
            server.configuration().peer_certificate_chain(),
            world.client.chain
        );
    }
}

#[test]
fn a_server_tells_what_is_wrong_with_it() {
    let world = World::new();
    for version in VERSIONS {
        // A server's certificate, shown by a client.
        let server = world.connect(PeerVerifyMode::Peer, Some(&world.server), version);
        let verdict = server.verdict();
        assert_eq!(lines(&verdict.errors()), ["InvalidPurpose: localhost"]);
        assert!(verdict.refusal().is_some());
        let server = world.connect(PeerVerifyMode::Auto, Some(&world.server), version);
        let verdict = server.verdict();
        assert_eq!(lines(&verdict.errors()), ["InvalidPurpose: localhost"]);
        assert!(verdict.refusal().is_none());
    }
}

#[test]
fn a_client_without_certificate_matters_only_to_a_server_that_insists() {
    let world = World::new();
    for version in VERSIONS {
        let server = world.connect(PeerVerifyMode::Peer, None, version);
        let verdict = server.verdict();
        assert_eq!(lines(&verdict.errors()), ["NoPeerCertificate"]);
        assert!(verdict.refusal().is_some());
        for mode in [
            PeerVerifyMode::Query,
            PeerVerifyMode::Auto,
            PeerVerifyMode::None,
        ] {
            let server = world.connect(mode, None, version);
            assert!(server.verdict().errors().is_empty(), "{mode:?}");
        }
    }
}

#[test]
fn a_server_that_does_not_verify_does_not_ask() {
    let world = World::new();
    for version in VERSIONS {
        let server = world.connect(PeerVerifyMode::None, Some(&world.client), version);
        assert!(server.configuration().peer_certificate_chain().is_empty());
    }
}
