//! Calls, getters and arguments that have to do with TLS.

use qwebsocket::{
    PeerVerifyMode, SslCertificate, SslCipher, SslConfiguration, SslError, SslErrorKind,
    SslPreSharedKeyAuthenticator, SslProtocol, SubjectInfo,
};
use serde_json::{Value, json};

use crate::tls::certificates::{Certificates, Leaf};

/// `{"ca": "certs/ca.pem", "cert": "certs/client.pem", "protocol": "1.2", "verify": "none"}`
pub fn configuration(op: &Value, certificates: &Certificates) -> SslConfiguration {
    let mut configuration = SslConfiguration::new();
    for (setting, value) in op.as_object().into_iter().flatten() {
        let text = value.as_str().unwrap_or_default();
        match setting.as_str() {
            "op" | "key" => {} // the key comes with its certificate
            "ca" if value.is_null() => {}
            "ca" => configuration.set_ca_certificates(certificates.anchors(stem(text))),
            "cert" => {
                let identity = certificates.identity(&Leaf::named(stem(text)));
                configuration.set_local_certificate_chain(identity.chain);
                configuration.set_private_key(identity.key);
            }
            "ciphers" => {
                configuration.set_ciphers(SslCipher::from_names(text).expect("names"));
            }
            "protocol" => configuration.set_protocol(match text {
                "1.2" => SslProtocol::TlsV1_2,
                "1.3" => SslProtocol::TlsV1_3,
                other => panic!("nobody knows protocol {other}"),
            }),
            "verify" => configuration.set_peer_verify_mode(match text {
                "none" => PeerVerifyMode::None,
                "query" => PeerVerifyMode::Query,
                "peer" => PeerVerifyMode::Peer,
                "auto" => PeerVerifyMode::Auto,
                other => panic!("nobody knows mode {other}"),
            }),
            other if other.to_lowercase().contains("interrupt") => {
                configuration.set_handshake_must_interrupt_on_error(*value == true);
            }
            other => panic!("nobody knows setting {other}"),
        }
    }
    configuration
}

/// `[{"cert": "certs/self.pem", "error": 9}]`
pub fn errors(list: &Value, certificates: &Certificates) -> Vec<SslError> {
    let list = list.as_array().into_iter().flatten();
    list.map(|entry| {
        let kind = kind(entry["error"].as_i64().expect("a number"));
        match entry["cert"].as_str() {
            None => SslError::new(kind),
            Some(file) => {
                let identity = certificates.identity(&Leaf::named(stem(file)));
                SslError::with_certificate(kind, identity.chain[0].clone())
            }
        }
    })
    .collect()
}

pub fn shown_error(error: &SslError) -> Value {
    let name = error.certificate().map(common_name);
    json!({"cert_subject_cn": name, "error": error.kind() as i64, "string": error.error_string()})
}

pub fn shown_question(authenticator: &SslPreSharedKeyAuthenticator) -> Value {
    json!({
        "hint": String::from_utf8_lossy(&authenticator.identity_hint()),
        "max_identity": authenticator.maximum_identity_length(),
        "max_psk": authenticator.maximum_pre_shared_key_length(),
    })
}

pub fn shown_configuration(configuration: &SslConfiguration) -> Value {
    let peer = configuration.peer_certificate();
    let cipher = configuration.session_cipher();
    json!({
        "ca_count": configuration.ca_certificates().map(<[SslCertificate]>::len),
        "peer_cert_null": peer.is_none(),
        "peer_cn": peer.map_or(String::new(), common_name),
        "protocol": configuration.protocol() as i64,
        "session_cipher": cipher.map_or("", |cipher| cipher.name()),
        "session_protocol": configuration.session_protocol() as i64,
        "verify_depth": configuration.peer_verify_depth(),
        "verify_mode": configuration.peer_verify_mode() as i64,
    })
}

fn common_name(certificate: &SslCertificate) -> String {
    certificate
        .subject_info(SubjectInfo::CommonName)
        .pop()
        .unwrap_or_default()
}

/// `self` of `certs/self.pem`
fn stem(file: &str) -> &str {
    let name = file.rsplit('/').next().unwrap_or(file);
    name.split('.').next().unwrap_or(name)
}

fn kind(number: i64) -> SslErrorKind {
    use SslErrorKind::*;
    let kinds = [
        UnableToGetIssuerCertificate,
        CertificateSignatureFailed,
        CertificateNotYetValid,
        CertificateExpired,
        SelfSignedCertificate,
        SelfSignedCertificateInChain,
        UnableToGetLocalIssuerCertificate,
        UnableToVerifyFirstCertificate,
        InvalidCaCertificate,
        InvalidPurpose,
        NoPeerCertificate,
        HostNameMismatch,
    ];
    let kind = kinds.into_iter().find(|kind| *kind as i64 == number);
    kind.unwrap_or_else(|| panic!("nobody knows error {number}"))
}
