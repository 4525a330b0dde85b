//! An authority of our own and a certificate for this machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use qwebsocket::{SslCertificate, SslConfiguration, SslKey};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};

/// As files for the peer, and as the settings of our own ends. The files go when this goes.
pub struct Certificates {
    folder: PathBuf,
}

impl Certificates {
    /// A new authority, and a certificate by it for `localhost` and `127.0.0.1`.
    pub fn generate() -> Self {
        let ca_key = KeyPair::generate().expect("a key");
        let ca_params = authority();
        let ca_pem = ca_params.self_signed(&ca_key).expect("a CA").pem();
        let issuer = Issuer::new(ca_params, ca_key);

        let key = KeyPair::generate().expect("a key");
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let mut params = CertificateParams::new(names).expect("two valid names");
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&key, &issuer).expect("a certificate");

        let folder = new_folder();
        let this = Self { folder };
        write(&this.ca(), &ca_pem);
        write(&this.certificate(), &certificate.pem());
        write(&this.key(), &key.serialize_pem());
        this
    }

    pub fn ca(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    pub fn certificate(&self) -> PathBuf {
        self.folder.join("certificate.pem")
    }

    pub fn key(&self) -> PathBuf {
        self.folder.join("key.pem")
    }

    /// What both our client and our server use.
    pub fn configuration(&self) -> SslConfiguration {
        let certificates = |file| SslCertificate::from_pem(&read(file)).expect("certificates");
        let mut configuration = SslConfiguration::new();
        configuration.set_ca_certificates(certificates(self.ca()));
        configuration.set_local_certificate_chain(certificates(self.certificate()));
        configuration.set_private_key(SslKey::from_pem(&read(self.key())).expect("a key"));
        configuration
    }
}

impl Drop for Certificates {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn authority() -> CertificateParams {
    let mut params = CertificateParams::default();
    params
        .distinguished_name
        .push(DnType::CommonName, "interop CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn new_folder() -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("qwebsocket-interop-{}-{count}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    fs::create_dir_all(&folder).expect("a folder for certificates");
    folder
}

fn write(file: &Path, text: &str) {
    fs::write(file, text).expect("a file is written");
}

fn read(file: PathBuf) -> Vec<u8> {
    fs::read(file).expect("a file that was written")
}
