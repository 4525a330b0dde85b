//! The certificates of the recordings, made anew from what their names say: `expired_wronghost`.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use qwebsocket::{SslCertificate, SslKey};
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, PKCS_RSA_SHA256, date_time_ymd,
};
use rustls::pki_types::PrivatePkcs8KeyDer;

/// What a certificate is like. The default is one without fault.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Leaf {
    pub issuer: By,
    /// The issuer's certificate is sent too.
    pub shows_issuer: bool,
    pub expired: bool,
    pub not_yet_valid: bool,
    pub wrong_host: bool,
    pub for_clients: bool,
    pub names: Names,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum By {
    #[default]
    Ca,
    Intermediate,
    /// A CA that nobody trusts.
    Stranger,
    Itself,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Names {
    #[default]
    HostAndAddress,
    Host,
    CommonName,
}

impl Leaf {
    /// The certificate of this name.
    pub fn named(name: &str) -> Self {
        let says = |words: &[&str]| words.iter().any(|word| name.contains(word));
        let issuer = if says(&["self"]) {
            By::Itself
        } else if says(&["inter"]) {
            By::Intermediate
        } else if says(&["other", "unknown", "untrusted"]) {
            By::Stranger
        } else {
            By::Ca
        };
        Self {
            issuer,
            shows_issuer: says(&["full", "root"]),
            expired: says(&["expired"]),
            not_yet_valid: says(&["notyet", "future"]),
            wrong_host: says(&["wronghost"]),
            for_clients: says(&["client"]),
            names: if says(&["cn", "nosan"]) {
                Names::CommonName
            } else if says(&["dns", "noip"]) {
                Names::Host
            } else {
                Names::HostAndAddress
            },
        }
    }

    /// The same with what brings these errors, by their numbers.
    pub fn with_errors(mut self, errors: &[i64]) -> Self {
        let has = |number: i64| errors.contains(&number);
        if self.issuer == By::Ca && has(9) {
            self.issuer = By::Itself;
        } else if self.issuer == By::Ca && (has(10) || has(11)) {
            self.issuer = By::Stranger;
        }
        self.shows_issuer |= has(10);
        self.expired |= has(6);
        self.not_yet_valid |= has(5);
        self.wrong_host |= has(22);
        self.for_clients |= has(16);
        self
    }

    pub fn common_name(&self) -> &'static str {
        if self.wrong_host {
            "other.example"
        } else {
            "localhost"
        }
    }

    fn params(&self) -> CertificateParams {
        let name = self.common_name();
        let mut names = vec![name.to_owned()];
        match self.names {
            Names::HostAndAddress if !self.wrong_host => names.push("127.0.0.1".into()),
            Names::CommonName => names.clear(),
            _ => {}
        }
        let mut params = CertificateParams::new(names).expect("names");
        params.distinguished_name.push(DnType::CommonName, name);
        let year_of_end = if self.expired { 2021 } else { 2049 };
        let year_of_begin = if self.not_yet_valid { 2048 } else { 2020 };
        params.not_before = date_time_ymd(year_of_begin, 1, 1);
        params.not_after = date_time_ymd(year_of_end, 1, 1);
        params.extended_key_usages = vec![match self.for_clients {
            true => ExtendedKeyUsagePurpose::ClientAuth,
            false => ExtendedKeyUsagePurpose::ServerAuth,
        }];
        params
    }
}

/// A certificate, what is sent behind it, and its key.
#[derive(Clone)]
pub struct Identity {
    pub chain: Vec<SslCertificate>,
    pub key: SslKey,
}

/// All certificates of a scenario: the same name always means the same certificate.
#[derive(Default)]
pub struct Certificates {
    authorities: RefCell<HashMap<By, Rc<Authority>>>,
    identities: RefCell<HashMap<Leaf, Identity>>,
    stranger: RefCell<Option<String>>,
}

struct Authority {
    params: CertificateParams,
    key: KeyPair,
    certificate: SslCertificate,
}

impl Certificates {
    /// What trusts the file of this name.
    pub fn anchors(&self, name: &str) -> Vec<SslCertificate> {
        let issuer = match name {
            "ca" => By::Ca,
            "inter" => By::Intermediate,
            name if name.ends_with("ca") => By::Stranger,
            name => return self.identity(&Leaf::named(name)).chain[..1].to_vec(),
        };
        vec![self.authority(issuer).certificate.clone()]
    }

    /// Says what the CA is called that nobody trusts.
    pub fn name_stranger(&self, name: &str) {
        self.stranger.replace(Some(name.to_owned()));
    }

    pub fn identity(&self, leaf: &Leaf) -> Identity {
        if let Some(identity) = self.identities.borrow().get(leaf) {
            return identity.clone();
        }
        let identity = self.make(leaf);
        self.identities
            .borrow_mut()
            .insert(leaf.clone(), identity.clone());
        identity
    }

    fn make(&self, leaf: &Leaf) -> Identity {
        let (params, key) = (leaf.params(), rsa_key());
        let mut chain = Vec::new();
        if leaf.issuer == By::Itself {
            chain.push(ours(&params.self_signed(&key).expect("a certificate")));
        } else {
            let authority = self.authority(leaf.issuer);
            chain.push(authority.sign(&params, &key));
            chain.extend(leaf.shows_issuer.then(|| authority.certificate.clone()));
        }
        Identity {
            chain,
            key: SslKey::from_der(&key.serialize_der()).expect("a key"),
        }
    }

    fn authority(&self, which: By) -> Rc<Authority> {
        if let Some(authority) = self.authorities.borrow().get(&which) {
            return authority.clone();
        }
        let mut params = CertificateParams::default();
        let stranger = self.stranger.borrow().clone();
        let name = stranger
            .filter(|_| which == By::Stranger)
            .unwrap_or(format!("Test {which:?}"));
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate().expect("a key");
        let certificate = match which {
            By::Intermediate => self.authority(By::Ca).sign(&params, &key),
            _ => ours(&params.self_signed(&key).expect("a certificate")),
        };
        let authority = Rc::new(Authority {
            params,
            key,
            certificate,
        });
        self.authorities
            .borrow_mut()
            .insert(which, authority.clone());
        authority
    }
}

impl Authority {
    fn sign(&self, params: &CertificateParams, key: &KeyPair) -> SslCertificate {
        let issuer = Issuer::from_params(&self.params, &self.key);
        ours(&params.signed_by(key, &issuer).expect("a certificate"))
    }
}

fn ours(certificate: &Certificate) -> SslCertificate {
    SslCertificate::from_der(certificate.der())
}

/// The recordings were made with RSA, which shows in the names of ciphers. The key cannot be made here.
fn rsa_key() -> KeyPair {
    let der = include_bytes!("../../certificates/rsa2048.key.der");
    let der = PrivatePkcs8KeyDer::from(&der[..]);
    KeyPair::from_pkcs8_der_and_sign_algo(&der, &PKCS_RSA_SHA256).expect("an RSA key")
}
