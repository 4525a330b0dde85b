//! Certificates for tests, made on the spot.

use std::rc::Rc;

use qwebsocket::{HostAddress, SslCertificate, SslConfiguration, SslKey, SslMode, WebSocketServer};

/// A server's certificate for `localhost`, signed by itself: who trusts it trusts the server.
pub struct Identity {
    certificate: SslCertificate,
    key: SslKey,
}

impl Identity {
    pub fn new() -> Self {
        let made =
            rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        Self {
            certificate: SslCertificate::from_der(made.cert.der()),
            key: SslKey::from_der(&made.signing_key.serialize_der()).expect("a key"),
        }
    }

    /// A server with this certificate, on a port of its own.
    pub fn listening(&self) -> Rc<WebSocketServer> {
        let mut configuration = SslConfiguration::new();
        configuration.set_local_certificate_chain([self.certificate.clone()]);
        configuration.set_private_key(self.key.clone());
        let server = WebSocketServer::new("", SslMode::Secure);
        server.set_ssl_configuration(configuration);
        assert!(
            server.listen(HostAddress::LOCAL_HOST, 0),
            "{}",
            server.error_string()
        );
        server
    }

    /// The settings of a client that trusts this certificate and no other.
    pub fn trusting(&self) -> SslConfiguration {
        let mut configuration = SslConfiguration::new();
        configuration.set_ca_certificates([self.certificate.clone()]);
        configuration
    }
}

/// The URL of a secure server of ours by the name its certificate is for.
pub fn secure_url(server: &WebSocketServer) -> String {
    format!("wss://localhost:{}", server.server_port())
}
