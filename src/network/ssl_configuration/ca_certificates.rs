//! Whom a configuration trusts.

use std::path::Path;
use std::sync::OnceLock;

use super::SslConfiguration;
use crate::network::{SslCertificate, SslDataError};

impl SslConfiguration {
    /// The certificates that are trusted; `None` while these are the system's.
    #[doc(alias = "caCertificates")]
    pub fn ca_certificates(&self) -> Option<&[SslCertificate]> {
        self.settings.ca_certificates.as_deref()
    }

    /// Trusts exactly these certificates, and no longer the system's.
    #[doc(alias = "setCaCertificates")]
    pub fn set_ca_certificates(&mut self, certificates: impl Into<Vec<SslCertificate>>) {
        let certificates = certificates.into().into();
        self.change(|settings| settings.ca_certificates = Some(certificates));
    }

    /// Trusts this certificate as well.
    #[doc(alias = "addCaCertificate")]
    pub fn add_ca_certificate(&mut self, certificate: SslCertificate) {
        self.add_ca_certificates([certificate]);
    }

    /// Trusts these certificates as well: beside the system's, if no others were set.
    #[doc(alias = "addCaCertificates")]
    pub fn add_ca_certificates(&mut self, certificates: impl IntoIterator<Item = SslCertificate>) {
        let trusted = self
            .ca_certificates()
            .unwrap_or_else(|| Self::system_ca_certificates());
        let all = trusted.iter().cloned().chain(certificates).collect();
        self.change(|settings| settings.ca_certificates = Some(all));
    }

    /// Trusts the certificates in a file as well, PEM or DER.
    ///
    /// # Errors
    /// When the file cannot be read or holds no certificate; nothing is changed then.
    #[doc(alias = "addCaCertificates")]
    pub fn add_ca_certificates_from_file(
        &mut self,
        path: impl AsRef<Path>,
    ) -> Result<(), SslDataError> {
        self.add_ca_certificates(SslCertificate::from_path(path)?);
        Ok(())
    }

    /// Trusts the certificates in all files of a directory as well; files that hold none are skipped. Gives the number
    /// of certificates.
    ///
    /// # Errors
    /// When the directory cannot be read; nothing is changed then.
    #[doc(alias = "addCaCertificates")]
    pub fn add_ca_certificates_from_dir(
        &mut self,
        path: impl AsRef<Path>,
    ) -> Result<usize, SslDataError> {
        let path = path.as_ref();
        let unreadable =
            |error: std::io::Error| SslDataError(format!("{}: {error}", path.display()));
        let mut files = std::fs::read_dir(path)
            .and_then(|entries| {
                entries
                    .map(|entry| Ok(entry?.path()))
                    .collect::<Result<Vec<_>, _>>()
            })
            .map_err(unreadable)?;
        files.sort();
        let certificates: Vec<_> = files
            .iter()
            .filter_map(|file| SslCertificate::from_path(file).ok())
            .flatten()
            .collect();
        let count = certificates.len();
        self.add_ca_certificates(certificates);
        Ok(count)
    }

    /// The certificates of the system's store, or Mozilla's where the system has none. Read once: the store is on disk.
    #[doc(alias = "systemCaCertificates")]
    pub fn system_ca_certificates() -> &'static [SslCertificate] {
        static SYSTEM: OnceLock<Vec<SslCertificate>> = OnceLock::new();
        SYSTEM.get_or_init(load_system_certificates)
    }
}

fn load_system_certificates() -> Vec<SslCertificate> {
    #[allow(unused_mut)]
    let mut certificates = Vec::new();
    #[cfg(feature = "native-roots")]
    {
        let native = rustls_native_certs::load_native_certs().certs;
        certificates.extend(native.iter().map(|der| SslCertificate::from_der(der)));
    }
    #[cfg(feature = "webpki-roots")]
    if certificates.is_empty() {
        let mozilla = webpki_root_certs::TLS_SERVER_ROOT_CERTS;
        certificates.extend(mozilla.iter().map(|der| SslCertificate::from_der(der)));
    }
    certificates
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    fn certificate(name: &str) -> SslCertificate {
        let params = CertificateParams::new([name.to_owned()]).expect("a name");
        let key = KeyPair::generate().expect("a key");
        SslCertificate::from_der(params.self_signed(&key).expect("a certificate").der())
    }

    #[test]
    fn adding_keeps_what_is_trusted() {
        let mut configuration = SslConfiguration::new();
        assert_eq!(configuration.ca_certificates(), None);
        configuration.set_ca_certificates([certificate("a")]);
        configuration.add_ca_certificate(certificate("b"));
        assert_eq!(configuration.ca_certificates().map(<[_]>::len), Some(2));
        let mut with_system = SslConfiguration::new();
        with_system.add_ca_certificate(certificate("c"));
        assert_eq!(
            with_system.ca_certificates().map(<[_]>::len),
            Some(SslConfiguration::system_ca_certificates().len() + 1)
        );
    }

    #[test]
    fn files_and_directories_are_read() {
        let dir = std::env::temp_dir().join(format!("qwebsocket-ca-{}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("a directory");
        let (a, b) = (certificate("a"), certificate("b"));
        std::fs::write(dir.join("a.der"), a.to_der()).expect("written");
        std::fs::write(dir.join("ab.pem"), a.to_pem() + &b.to_pem()).expect("written");
        std::fs::write(dir.join("readme"), "no certificate").expect("written");
        let mut configuration = SslConfiguration::new();
        configuration.set_ca_certificates([]);
        assert_eq!(configuration.add_ca_certificates_from_dir(&dir), Ok(3));
        let pem = dir.join("ab.pem");
        assert_eq!(configuration.add_ca_certificates_from_file(&pem), Ok(()));
        assert!(
            configuration
                .add_ca_certificates_from_file(dir.join("readme"))
                .is_err()
        );
        assert!(
            configuration
                .add_ca_certificates_from_dir(dir.join("none"))
                .is_err()
        );
        let expected = [&a, &a, &b, &a, &b].map(Clone::clone);
        assert_eq!(configuration.ca_certificates(), Some(&expected[..]));
        std::fs::remove_dir_all(&dir).expect("removed");
    }

    #[cfg(any(feature = "native-roots", feature = "webpki-roots"))]
    #[test]
    fn the_system_trusts_someone() {
        let certificates = SslConfiguration::system_ca_certificates();
        let readable = certificates
            .iter()
            .filter(|certificate| !certificate.is_null());
        assert_eq!(readable.count(), certificates.len());
        #[cfg(feature = "webpki-roots")]
        assert!(certificates.len() > 50);
    }
}
