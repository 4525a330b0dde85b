//! An authority of our own and a certificate for this machine.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
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
        Self::generate_with(|_| {})
    }

    /// The same, with something else about the certificate.
    pub fn generate_with(change: impl FnOnce(&mut CertificateParams)) -> Self {
        let ca_key = KeyPair::generate().expect("a key");
        let ca_params = authority();
        let ca_pem = ca_params.self_signed(&ca_key).expect("a CA").pem();
        let issuer = Issuer::new(ca_params, ca_key);

        let key = KeyPair::generate().expect("a key");
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let mut params = CertificateParams::new(names).expect("two valid names");
        params.use_authority_key_identifier_extension = true;
        change(&mut params);
        let certificate = params.signed_by(&key, &issuer).expect("a certificate");

        let this = Self::in_new_folder();
        write(&this.ca(), &ca_pem);
        write(&this.certificate(), &certificate.pem());
        write(&this.key(), &key.serialize_pem());
        this
    }

    /// A certificate for `localhost` that is signed by itself, with the kind of key that `openssl req -newkey` is told.
    pub fn self_signed_by_openssl(kind_of_key: &[&str]) -> Self {
        let this = Self::in_new_folder();
        let status = Command::new("openssl")
            .args(["req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=self"])
            .args(["-addext", "subjectAltName=DNS:localhost", "-newkey"])
            .args(kind_of_key)
            .args([OsStr::new("-keyout"), this.key().as_os_str()])
            .args([OsStr::new("-out"), this.certificate().as_os_str()])
            .stderr(Stdio::null())
            .status()
            .expect("openssl runs");
        assert!(status.success(), "openssl makes {kind_of_key:?}");
        fs::copy(this.certificate(), this.ca()).expect("a file is copied");
        this
    }

    fn in_new_folder() -> Self {
        let folder = new_folder();
        Self { folder }
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

    /// A file of this name beside them.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// What both our client and our server use: it trusts the authority and shows the certificate.
    pub fn configuration(&self) -> SslConfiguration {
        let mut configuration = self.trusting();
        self.be_shown_by(&mut configuration);
        configuration
    }

    /// Makes a configuration show the certificate, whatever it trusts.
    pub fn be_shown_by(&self, configuration: &mut SslConfiguration) {
        configuration.set_local_certificate_chain(certificates(self.certificate()));
        configuration.set_private_key(SslKey::from_pem(&read(self.key())).expect("a key"));
    }

    /// The certificate that is shown.
    pub fn first_certificate(&self) -> SslCertificate {
        certificates(self.certificate()).remove(0)
    }

    /// Trusts the authority and shows nothing.
    pub fn trusting(&self) -> SslConfiguration {
        let mut configuration = SslConfiguration::new();
        configuration.set_ca_certificates(certificates(self.ca()));
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

fn certificates(file: PathBuf) -> Vec<SslCertificate> {
    SslCertificate::from_pem(&read(file)).expect("certificates")
}

fn write(file: &Path, text: &str) {
    fs::write(file, text).expect("a file is written");
}

fn read(file: PathBuf) -> Vec<u8> {
    fs::read(file).expect("a file that was written")
}
