//! Every way in which a server's certificate can be wrong, and the list of errors it gives.

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, KeyUsagePurpose, NameConstraints,
};

use super::pki::{
    Authority, Identity, expired, named, not_yet_valid, root, root_with, self_signed, version_1,
    with_bad_signature,
};
use super::{ScriptedServer, VERSIONS, connect, lines};
use crate::network::{PeerVerifyMode, SslCertificate, SslConfiguration, SslKey};

/// Connects to `host` with TLS 1.2 and with TLS 1.3, and compares the errors.
#[track_caller]
fn expect(server: &Identity, trusted: &[&SslCertificate], host: &str, expected: &[&str]) {
    let server = ScriptedServer::new(server);
    for version in VERSIONS {
        let mut configuration = SslConfiguration::new();
        let trusted: Vec<_> = trusted.iter().copied().cloned().collect();
        configuration.set_ca_certificates(trusted);
        configuration.set_protocol(version);
        let verdict = connect(&configuration, host, &server).verdict();
        assert_eq!(lines(&verdict.errors()), expected, "{version:?}");
        assert_eq!(verdict.refusal().is_some(), !expected.is_empty());
    }
}

#[track_caller]
fn expect_at_localhost(server: &Identity, root: &Authority, expected: &[&str]) {
    expect(server, &[&root.certificate], "localhost", expected);
}

#[test]
fn good_chains_have_no_errors() {
    let root = root("root");
    let ca = root.ca("ca");
    expect_at_localhost(&root.server(), &root, &[]);
    expect_at_localhost(&ca.server().and(&[&ca]), &root, &[]);
    expect_at_localhost(&ca.server().and(&[&ca, &root]), &root, &[]);
    expect(&root.server(), &[&root.certificate], "127.0.0.1", &[]);
    expect(&root.server(), &[&root.certificate], "::1", &[]);
}

#[test]
fn issuers_may_come_in_any_order_and_with_strangers() {
    let (root, stranger) = (root("root"), root_with("stranger", &|_| {}));
    let (upper, lower) = {
        let upper = root.ca("upper");
        let lower = upper.ca("lower");
        (upper, lower)
    };
    let server = lower.server().and(&[&root, &stranger, &upper, &lower]);
    expect_at_localhost(&server, &root, &[]);
}

#[test]
fn a_self_signed_certificate_is_good_only_if_it_is_trusted() {
    let root = root("root");
    let plain = self_signed(&|_| {});
    let as_ca = self_signed(&|params| {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages.clear();
        params.extended_key_usages.clear();
    });
    for server in [plain, as_ca, version_1()] {
        expect_at_localhost(&server, &root, &["SelfSignedCertificate: localhost"]);
    }
    for server in [
        self_signed(&|_| {}),
        self_signed(&|params| params.is_ca = IsCa::NoCa),
    ] {
        expect(&server, &[&server.chain[0]], "localhost", &[]);
    }
    let as_ca = self_signed(&|params| {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages.clear();
    });
    expect(&as_ca, &[&as_ca.chain[0]], "localhost", &[]);
}

#[test]
fn only_the_very_certificate_is_trusted_not_one_of_its_name() {
    // Nothing but names tells who issued whom.
    let without_ids = |params: &mut CertificateParams| {
        params.use_authority_key_identifier_extension = false;
    };
    let (own, other) = (self_signed(&without_ids), self_signed(&without_ids));
    expect(
        &own,
        &[&other.chain[0]],
        "localhost",
        &["SelfSignedCertificate: localhost"],
    );
    let (real, mimic) = (
        root_with("root", &without_ids),
        root_with("root", &without_ids),
    );
    let server = mimic.server_with(&without_ids).and(&[&mimic]);
    let expected: &[&str] = &["CertificateSignatureFailed: localhost"];
    expect_at_localhost(&server, &real, expected);
}

#[test]
fn of_two_issuers_with_one_key_the_one_that_is_valid_counts() {
    let root = root("root");
    let new = root.ca("ca");
    let old = new.reissued(&root, &|params| expired(params));
    expect_at_localhost(&new.server().and(&[&old, &new]), &root, &[]);
    let both = [&root.certificate, &old.certificate, &new.certificate];
    expect(&new.server(), &both, "localhost", &[]);
    let expected: &[&str] = &["CertificateExpired: ca"];
    expect_at_localhost(&new.server().and(&[&old]), &root, expected);
}

#[test]
fn an_unknown_root_is_named() {
    let (trusted, unknown) = (root("trusted"), root("unknown"));
    let ca = unknown.ca("ca");
    let in_chain: &[&str] = &["SelfSignedCertificateInChain: unknown"];
    expect_at_localhost(&unknown.server().and(&[&unknown]), &trusted, in_chain);
    expect_at_localhost(&ca.server().and(&[&ca, &unknown]), &trusted, in_chain);
}

#[test]
fn a_missing_issuer_is_named_by_whom_it_issued() {
    let (trusted, unknown) = (root("trusted"), root("unknown"));
    let (known_ca, unknown_ca) = (trusted.ca("known ca"), unknown.ca("unknown ca"));
    let alone: &[&str] = &[
        "UnableToGetLocalIssuerCertificate: localhost",
        "UnableToVerifyFirstCertificate: localhost",
    ];
    expect_at_localhost(&unknown.server(), &trusted, alone);
    expect_at_localhost(&known_ca.server(), &trusted, alone);
    expect(&known_ca.server(), &[], "localhost", alone);
    expect_at_localhost(
        &unknown_ca.server().and(&[&unknown_ca]),
        &trusted,
        &["UnableToGetLocalIssuerCertificate: unknown ca"],
    );
}

#[test]
fn a_trusted_certificate_that_is_no_root_vouches_for_nobody() {
    let root = root("root");
    let ca = root.ca("ca");
    let expected: &[&str] = &["UnableToGetIssuerCertificate: ca"];
    expect_at_localhost(&ca.server(), &ca, expected);
    expect_at_localhost(&ca.server().and(&[&ca]), &ca, expected);
    let both = [&root.certificate, &ca.certificate];
    expect(&ca.server(), &both, "localhost", &[]);
}

#[test]
fn dates_are_kept_all_the_way_up() {
    let root = root("root");
    let old = root.server_with(&|params| expired(params));
    expect_at_localhost(&old, &root, &["CertificateExpired: localhost"]);
    let early = root.server_with(&|params| not_yet_valid(params));
    expect_at_localhost(&early, &root, &["CertificateNotYetValid: localhost"]);
    let old_ca = root.ca_with("old ca", &|params| expired(params));
    let server = old_ca.server().and(&[&old_ca]);
    expect_at_localhost(&server, &root, &["CertificateExpired: old ca"]);
}

#[test]
fn an_expired_root_is_not_trusted() {
    let old = root_with("old root", &|params| expired(params));
    expect_at_localhost(
        &old.server().and(&[&old]),
        &old,
        &[
            "SelfSignedCertificateInChain: old root",
            "CertificateExpired: old root",
        ],
    );
}

#[test]
fn the_host_must_be_named() {
    let root = root("root");
    let other = root.server_with(&|params| named(params, &["other.example"]));
    expect_at_localhost(&other, &root, &["HostNameMismatch: localhost"]);
    expect(
        &root.server(),
        &[&root.certificate],
        "127.0.0.2",
        &["HostNameMismatch: localhost"],
    );
    let wild = root.server_with(&|params| named(params, &["*.example.com"]));
    expect(&wild, &[&root.certificate], "www.example.com", &[]);
}

#[test]
fn a_common_name_counts_only_without_other_names() {
    let root = root("root");
    let common = root.server_with(&|params| params.subject_alt_names.clear());
    expect_at_localhost(&common, &root, &[]);
    let other = root.server_with(&|params| named(params, &["other.example"]));
    expect_at_localhost(&other, &root, &["HostNameMismatch: localhost"]);
    let address = root.server_with(&|params| named(params, &["127.0.0.1"]));
    expect_at_localhost(&address, &root, &["HostNameMismatch: localhost"]);
    let mail = root.server_with(&|params| {
        let mail = "me@localhost".try_into().expect("ASCII");
        params.subject_alt_names = vec![rcgen::SanType::Rfc822Name(mail)];
    });
    expect_at_localhost(&mail, &root, &[]);
}

#[test]
fn a_host_that_rustls_would_not_name_is_judged_all_the_same() {
    let root = root("root");
    let named = root.server_with(&|params| {
        params.subject_alt_names.clear();
        let mut name = DistinguishedName::new();
        name.push(DnType::CommonName, "hyphen-.test");
        params.distinguished_name = name;
    });
    expect(&named, &[&root.certificate], "hyphen-.test", &[]);
    expect(
        &named,
        &[&root.certificate],
        "other-.test",
        &["HostNameMismatch: hyphen-.test"],
    );
}

#[test]
fn several_errors_come_with_the_host_name_first() {
    let root = root("root");
    let server = self_signed(&|params| {
        expired(params);
        named(params, &["other.example"]);
    });
    expect_at_localhost(
        &server,
        &root,
        &[
            "HostNameMismatch: localhost",
            "SelfSignedCertificate: localhost",
            "CertificateExpired: localhost",
        ],
    );
    let configuration = SslConfiguration::new();
    let verdict = connect(&configuration, "localhost", &ScriptedServer::new(&server)).verdict();
    let refusal = verdict.refusal().expect("a refusal");
    assert_eq!(
        refusal.text,
        "The host name did not match any of the valid hosts for this certificate"
    );
}

#[test]
fn a_certificate_is_good_for_its_purpose_only() {
    let root = root("root");
    let for_clients = |params: &mut CertificateParams| {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    };
    let server = root.server_with(&for_clients);
    expect_at_localhost(&server, &root, &["InvalidPurpose: localhost"]);
    let ca = root.ca_with("client ca", &for_clients);
    let server = ca.server().and(&[&ca]);
    expect_at_localhost(&server, &root, &["InvalidPurpose: client ca"]);
    let for_anything = root.server_with(&|params| {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::Any];
    });
    expect_at_localhost(&for_anything, &root, &["InvalidPurpose: localhost"]);
}

#[test]
fn only_a_ca_issues() {
    let root = root("root");
    let no_ca = root.ca_with("no ca", &|params| {
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages.clear();
    });
    expect_at_localhost(
        &no_ca.server().and(&[&no_ca]),
        &root,
        &["InvalidCaCertificate: no ca", "InvalidPurpose: no ca"],
    );
    let no_signer = root.ca_with("no signer", &|params| {
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    });
    expect_at_localhost(
        &no_signer.server().and(&[&no_signer]),
        &root,
        &[
            "InvalidCaCertificate: no signer",
            "InvalidPurpose: no signer",
            "Unspecified: no signer",
        ],
    );
}

#[test]
fn a_ca_limits_the_cas_below() {
    let root = root("root");
    let limited = root.ca_with("limited", &|params| {
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    });
    let below = limited.ca("below");
    expect_at_localhost(&limited.server().and(&[&limited]), &root, &[]);
    expect_at_localhost(
        &below.server().and(&[&below, &limited]),
        &root,
        &["PathLengthExceeded: limited"],
    );
}

#[test]
fn name_constraints_are_kept() {
    let root = root("root");
    let confined = root.ca_with("confined", &|params| {
        params.name_constraints = Some(NameConstraints {
            permitted_subtrees: vec![GeneralSubtree::DnsName("example.com".into())],
            excluded_subtrees: vec![],
        });
    });
    let inside = confined.server_with(&|params| named(params, &["www.example.com"]));
    let inside = inside.and(&[&confined]);
    expect(&inside, &[&root.certificate], "www.example.com", &[]);
    let outside = confined.server_with(&|params| named(params, &["localhost"]));
    expect_at_localhost(
        &outside.and(&[&confined]),
        &root,
        &["Unspecified: localhost"],
    );
    let old = confined.server_with(&|params| {
        expired(params);
        named(params, &["localhost"]);
    });
    expect_at_localhost(
        &old.and(&[&confined]),
        &root,
        &["CertificateExpired: localhost", "Unspecified: localhost"],
    );
    // A common name is no way around them.
    let common = confined.server_with(&|params| params.subject_alt_names.clear());
    expect_at_localhost(
        &common.and(&[&confined]),
        &root,
        &["HostNameMismatch: localhost"],
    );
}

#[test]
fn what_must_be_understood_is_refused_if_it_is_not() {
    let root = root("root");
    let server = root.server_with(&|params| {
        let mut extension = rcgen::CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0]);
        extension.set_criticality(true);
        params.custom_extensions = vec![extension];
    });
    expect_at_localhost(&server, &root, &["Unspecified: localhost"]);
}

#[test]
fn signatures_are_checked() {
    let root = root("root");
    let ca = root.ca("ca");
    let forged = with_bad_signature(root.server());
    expect_at_localhost(&forged, &root, &["CertificateSignatureFailed: localhost"]);
    let mut chain = ca.server().and(&[&ca]);
    let mut der = chain.chain[1].to_der().to_vec();
    *der.last_mut().expect("bytes") ^= 1;
    chain.chain[1] = SslCertificate::from_der(&der);
    expect_at_localhost(&chain, &root, &["CertificateSignatureFailed: ca"]);
}

#[test]
fn weak_digests_are_refused() {
    let root = include_bytes!("../../../../tests/certificates/root_of_the_weak.der");
    let server = Identity {
        chain: vec![SslCertificate::from_der(include_bytes!(
            "../../../../tests/certificates/sha1.der"
        ))],
        key: SslKey::from_der(include_bytes!(
            "../../../../tests/certificates/sha1.key.der"
        ))
        .expect("PKCS#8"),
    };
    let root = SslCertificate::from_der(root);
    expect(&server, &[&root], "localhost", &["Unspecified: sha1"]);
}

/// No handshake: a server with such a key gets none.
#[cfg(feature = "rustls")]
#[test]
fn weak_keys_are_refused() {
    use crate::transport::tls::verdict::{self, Case, Peer, TrustStore};

    let root = include_bytes!("../../../../tests/certificates/root_of_the_weak.der");
    let weak = include_bytes!("../../../../tests/certificates/rsa1024.der");
    let case = Case {
        chain: &[SslCertificate::from_der(weak)],
        peer: Peer::Server { host: "localhost" },
        trusted: &TrustStore::new([SslCertificate::from_der(root)]),
        now: 1_800_000_000,
        max_depth: verdict::DEFAULT_MAX_DEPTH,
        algorithms: rustls::crypto::ring::default_provider()
            .signature_verification_algorithms
            .all,
    };
    let errors = verdict::judge(&case).errors();
    assert_eq!(lines(&errors), ["Unspecified: rsa1024"]);
}

#[test]
fn the_depth_can_be_limited() {
    let root = root("root");
    let upper = root.ca("upper");
    let lower = upper.ca("lower");
    let server = ScriptedServer::new(&lower.server().and(&[&lower, &upper]));
    for (depth, expected) in [
        (0, vec![]),
        (2, vec![]),
        (
            1,
            vec![
                "Unspecified: upper",
                "UnableToGetLocalIssuerCertificate: upper",
            ],
        ),
    ] {
        let mut configuration = SslConfiguration::new();
        configuration.set_ca_certificates([root.certificate.clone()]);
        configuration.set_peer_verify_depth(depth);
        let verdict = connect(&configuration, "localhost", &server).verdict();
        assert_eq!(lines(&verdict.errors()), expected, "depth {depth}");
    }
}

#[test]
fn the_mode_decides_what_follows() {
    let server = self_signed(&|params| named(params, &["other.example"]));
    let server = ScriptedServer::new(&server);
    let host = "HostNameMismatch: localhost";
    let chain = "SelfSignedCertificate: localhost";
    for (mode, expected, is_binding) in [
        (PeerVerifyMode::None, vec![host], false),
        (PeerVerifyMode::Query, vec![host, chain], false),
        (PeerVerifyMode::Peer, vec![host, chain], true),
        (PeerVerifyMode::Auto, vec![host, chain], true),
    ] {
        let mut configuration = SslConfiguration::new();
        configuration.set_peer_verify_mode(mode);
        let verdict = connect(&configuration, "localhost", &server).verdict();
        assert_eq!(lines(&verdict.errors()), expected, "{mode:?}");
        assert_eq!(verdict.refusal().is_some(), is_binding, "{mode:?}");
    }
}
