//! Certificates for tests, made on the spot.

use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};

use rcgen::{CertificateParams, DnType, KeyPair};

use qwebsocket::{HostAddress, SslCertificate, SslConfiguration, SslKey, SslMode, WebSocketServer};

/// A server's certificate for `localhost`, signed by itself: who trusts it trusts the server.
pub struct Identity {
    certificate: SslCertificate,
    key: SslKey,
}

impl Identity {
    /// Each one is its own issuer, with a name of its own.
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    /// As [`new`](Self::new), with something else about the certificate.
    pub fn with(change: impl FnOnce(&mut CertificateParams)) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("test {}", COUNT.fetch_add(1, Ordering::Relaxed));
        let mut params = CertificateParams::new(["localhost".to_owned()]).expect("a name");
        params.distinguished_name.push(DnType::CommonName, name);
        change(&mut params);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate");
        Self {
            certificate: SslCertificate::from_der(certificate.der()),
            key: SslKey::from_der(&key.serialize_der()).expect("a key"),
        }
    }

    pub fn certificate(&self) -> SslCertificate {
        self.certificate.clone()
    }

    /// The settings of somebody who has this certificate.
    pub fn showing(&self) -> SslConfiguration {
        let mut configuration = SslConfiguration::new();
        configuration.set_local_certificate_chain([self.certificate.clone()]);
        configuration.set_private_key(self.key.clone());
        configuration
    }

    /// A server with this certificate, on a port of its own.
    pub fn listening(&self) -> Rc<WebSocketServer> {
        listening(self.showing())
    }

    /// The settings of a client that trusts this certificate and no other.
    pub fn trusting(&self) -> SslConfiguration {
        let mut configuration = SslConfiguration::new();
        configuration.set_ca_certificates([self.certificate.clone()]);
        configuration
    }
}

/// A secure server, on a port of its own.
pub fn listening(configuration: SslConfiguration) -> Rc<WebSocketServer> {
    let server = WebSocketServer::new("", SslMode::Secure);
    server.set_ssl_configuration(configuration);
    assert!(
        server.listen(HostAddress::LOCAL_HOST, 0),
        "{}",
        server.error_string()
    );
    server
}

/// Where the libraries that do TLS differ: in the words of an error, and in whether they say why they end. Tests run
/// once per library; the one of the build is rustls, if it is there.
pub fn by_library<T>(rustls: T, openssl: T) -> T {
    match cfg!(feature = "rustls") {
        true => rustls,
        false => openssl,
    }
}

/// The URL of a secure server of ours by the name its certificate is for.
pub fn secure_url(server: &WebSocketServer) -> String {
    format!("wss://localhost:{}", server.server_port())
}
