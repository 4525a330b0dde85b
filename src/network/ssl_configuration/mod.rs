//! How a socket or server does TLS.

#[cfg(any(feature = "rustls", feature = "openssl"))]
mod backend_cache;
mod backend_choice;
mod ca_certificates;
mod cipher;
mod group;
mod key_log;
mod pre_shared_keys;
mod protocol;
mod session;
mod verification;

use std::fmt;
use std::sync::{Arc, OnceLock, RwLock};

#[cfg(any(feature = "rustls", feature = "openssl"))]
pub(crate) use self::backend_cache::BackendCache;
pub use self::backend_choice::SslBackend;
pub use self::cipher::SslCipher;
pub use self::group::SslGroup;
pub(crate) use self::key_log::KeyLog;
pub use self::protocol::SslProtocol;
pub(crate) use self::session::Session;
pub use self::verification::PeerVerifyMode;
use super::{SslCertificate, SslKey};

/// The TLS settings of a socket or a server: whom it trusts, and who it is.
///
/// A value: cloning is cheap, and a changed clone leaves the original alone. The default trusts the
/// certificates of the system's store, or Mozilla's where the system has none, and has no certificate of its own.
/// Sockets with clones of one configuration share its sessions, so that later connections are quicker.
///
/// What a connected socket gives back has, besides, what came out of the handshake: see
/// [`peer_certificate`](Self::peer_certificate).
///
/// ```
/// use qwebsocket::{SslCertificate, SslConfiguration, SslProtocol};
///
/// # fn run(ca_pem: &[u8]) -> Result<(), Box<dyn std::error::Error>> {
/// let mut configuration = SslConfiguration::new();
/// configuration.add_ca_certificates(SslCertificate::from_pem(ca_pem)?);
/// configuration.set_protocol(SslProtocol::TlsV1_3OrLater);
/// # Ok(())
/// # }
/// ```
#[doc(alias = "QSslConfiguration")]
#[derive(Clone)]
pub struct SslConfiguration {
    settings: Arc<Settings>,
    /// What came out of the handshake, in the configuration of a socket that is connected.
    session: Option<Arc<Session>>,
    /// What the TLS backend built from these settings, made at first use and shared by all clones: sockets that
    /// share a configuration share its sessions and its parsed roots.
    #[cfg(any(feature = "rustls", feature = "openssl"))]
    cache: BackendCache,
}

#[derive(Clone, Default, PartialEq, Eq)]
struct Settings {
    ca_certificates: Option<Arc<[SslCertificate]>>,
    local_certificate_chain: Arc<[SslCertificate]>,
    private_key: Option<SslKey>,
    verification: verification::Settings,
    protocol: SslProtocol,
    ciphers: Vec<SslCipher>,
    groups: Vec<SslGroup>,
    allowed_next_protocols: Vec<Vec<u8>>,
    withholds_server_name: bool,
    withholds_session_tickets: bool,
    key_log: Option<KeyLog>,
    backend: SslBackend,
    pre_shared_keys: pre_shared_keys::Settings,
}

impl SslConfiguration {
    /// The default settings.
    #[doc(alias = "defaultConfiguration")]
    pub fn new() -> Self {
        let changed = changed_default()
            .read()
            .unwrap_or_else(|lock| lock.into_inner());
        changed.clone().unwrap_or_else(Self::factory_default)
    }

    /// Sets what [`new`](Self::new) gives from now on, and so what new sockets use, on all threads. Sockets that are
    /// there already keep what they have.
    #[doc(alias = "setDefaultConfiguration")]
    pub fn set_default_configuration(configuration: Self) {
        let old = changed_default()
            .write()
            .unwrap_or_else(|lock| lock.into_inner())
            .replace(configuration);
        drop(old); // the destructor of a key log is the application's code
    }

    /// The certificate this end shows to the peer, followed by its issuers; empty for none.
    #[doc(alias = "localCertificateChain")]
    #[doc(alias = "localCertificate")]
    pub fn local_certificate_chain(&self) -> &[SslCertificate] {
        &self.settings.local_certificate_chain
    }

    /// Sets the certificate this end shows to the peer: itself first, then its issuers.
    ///
    /// A client shows it to a server that asks for one: in TLS 1.3 when the server is trusted, but in TLS 1.2 before its
    /// certificate is judged, and in the clear. Who minds that
    /// [demands TLS 1.3](SslProtocol::TlsV1_3OrLater).
    #[doc(alias = "setLocalCertificateChain")]
    #[doc(alias = "setLocalCertificate")]
    pub fn set_local_certificate_chain(&mut self, chain: impl Into<Vec<SslCertificate>>) {
        let chain = chain.into().into();
        self.change(|settings| settings.local_certificate_chain = chain);
    }

    /// The key of the local certificate.
    #[doc(alias = "privateKey")]
    pub fn private_key(&self) -> Option<&SslKey> {
        self.settings.private_key.as_ref()
    }

    /// Sets the key that belongs to the local certificate.
    #[doc(alias = "setPrivateKey")]
    pub fn set_private_key(&mut self, key: SslKey) {
        self.change(|settings| settings.private_key = Some(key));
    }

    /// The versions of TLS that may be spoken.
    pub fn protocol(&self) -> SslProtocol {
        self.settings.protocol
    }

    /// Sets the versions of TLS that may be spoken. A connection with versions that this library does not speak fails
    /// with `SslInvalidUserData`.
    #[doc(alias = "setProtocol")]
    pub fn set_protocol(&mut self, protocol: SslProtocol) {
        self.change(|settings| settings.protocol = protocol);
    }

    /// The cipher suites that may be used, the preferred one first; empty for all.
    pub fn ciphers(&self) -> &[SslCipher] {
        &self.settings.ciphers
    }

    /// Sets the cipher suites that may be used, the preferred one first; an empty list means all.
    ///
    /// ```
    /// use qwebsocket::{SslCipher, SslConfiguration};
    ///
    /// let mut configuration = SslConfiguration::new();
    /// configuration.set_ciphers(SslCipher::from_names("TLS_AES_256_GCM_SHA384:ECDHE-RSA-AES256-GCM-SHA384")?);
    /// # Ok::<(), qwebsocket::SslDataError>(())
    /// ```
    #[doc(alias = "setCiphers")]
    pub fn set_ciphers(&mut self, ciphers: impl Into<Vec<SslCipher>>) {
        let ciphers = ciphers.into();
        self.change(|settings| settings.ciphers = ciphers);
    }

    /// The groups that keys may be exchanged in, the preferred one first; empty for all.
    #[doc(alias = "ellipticCurves")]
    pub fn groups(&self) -> &[SslGroup] {
        &self.settings.groups
    }

    /// Sets the groups that keys may be exchanged in, the preferred one first; an empty list means all.
    #[doc(alias = "setEllipticCurves")]
    pub fn set_groups(&mut self, groups: impl Into<Vec<SslGroup>>) {
        let groups = groups.into();
        self.change(|settings| settings.groups = groups);
    }

    /// The application protocols that are offered (ALPN), the preferred one first.
    #[doc(alias = "allowedNextProtocols")]
    pub fn allowed_next_protocols(&self) -> &[Vec<u8>] {
        &self.settings.allowed_next_protocols
    }

    /// Sets the application protocols that are offered (ALPN), the preferred one first. None are by default, and none
    /// need be: most servers take that as HTTP/1.1.
    #[doc(alias = "setAllowedNextProtocols")]
    pub fn set_allowed_next_protocols(&mut self, protocols: impl Into<Vec<Vec<u8>>>) {
        let protocols = protocols.into();
        self.change(|settings| settings.allowed_next_protocols = protocols);
    }

    /// Whether the server is told, in the clear, which name is asked for (SNI).
    #[doc(alias = "testSslOption")]
    #[doc(alias = "SslOptionDisableServerNameIndication")]
    pub fn sends_server_name(&self) -> bool {
        !self.settings.withholds_server_name
    }

    /// Sets whether the server is told which name is asked for (SNI); it is by default. Servers with several
    /// certificates need it.
    #[doc(alias = "setSslOption")]
    #[doc(alias = "SslOptionDisableServerNameIndication")]
    pub fn set_sends_server_name(&mut self, sends: bool) {
        self.change(|settings| settings.withholds_server_name = !sends);
    }

    /// Whether sessions are resumed.
    #[doc(alias = "testSslOption")]
    #[doc(alias = "SslOptionDisableSessionTickets")]
    #[doc(alias = "SslOptionDisableSessionSharing")]
    pub fn uses_session_tickets(&self) -> bool {
        !self.settings.withholds_session_tickets
    }

    /// Sets whether sessions are resumed; they are by default. A resumed session spares the handshake its costly part.
    #[doc(alias = "setSslOption")]
    #[doc(alias = "SslOptionDisableSessionTickets")]
    #[doc(alias = "SslOptionDisableSessionSharing")]
    pub fn set_uses_session_tickets(&mut self, uses: bool) {
        self.change(|settings| settings.withholds_session_tickets = !uses);
    }

    fn change(&mut self, change: impl FnOnce(&mut Settings)) {
        change(Arc::make_mut(&mut self.settings));
        #[cfg(any(feature = "rustls", feature = "openssl"))]
        {
            self.cache = BackendCache::default();
        }
    }

    /// One for all, so that sockets that never heard of TLS settings share roots and sessions too.
    fn factory_default() -> Self {
        static DEFAULT: OnceLock<SslConfiguration> = OnceLock::new();
        let default = DEFAULT.get_or_init(|| Self {
            settings: Arc::default(),
            session: None,
            #[cfg(any(feature = "rustls", feature = "openssl"))]
            cache: BackendCache::default(),
        });
        default.clone()
    }
}

fn changed_default() -> &'static RwLock<Option<SslConfiguration>> {
    static CHANGED: RwLock<Option<SslConfiguration>> = RwLock::new(None);
    &CHANGED
}

impl Default for SslConfiguration {
    fn default() -> Self {
        Self::new()
    }
}

/// What a handshake gave does not count.
impl PartialEq for SslConfiguration {
    fn eq(&self, other: &Self) -> bool {
        self.settings == other.settings
    }
}

impl Eq for SslConfiguration {}

impl fmt::Debug for SslConfiguration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let settings = &*self.settings;
        let ca_count = settings.ca_certificates.as_ref().map(|list| list.len());
        f.debug_struct("SslConfiguration")
            .field("ca_certificates", &ca_count)
            .field("local_certificate_chain", &settings.local_certificate_chain)
            .field("private_key", &settings.private_key)
            .field("verification", &settings.verification)
            .field("protocol", &settings.protocol)
            .field("ciphers", &settings.ciphers)
            .field("groups", &settings.groups)
            .field("backend", &settings.backend)
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_clone_leaves_the_original_alone() {
        let original = SslConfiguration::new();
        let mut clone = original.clone();
        clone.set_protocol(SslProtocol::TlsV1_2);
        assert_eq!(original.protocol(), SslProtocol::SecureProtocols);
        assert_ne!(original, clone);
        clone.set_protocol(SslProtocol::SecureProtocols);
        assert_eq!(original, clone);
    }

    #[cfg(any(feature = "rustls", feature = "openssl"))]
    #[test]
    fn clones_share_the_backend_until_one_changes() {
        let mut original = SslConfiguration::new();
        original.set_uses_session_tickets(false);
        let mut clone = original.clone();
        let form = |configuration: &SslConfiguration, made: u8| {
            let form = configuration
                .backend_cache()
                .get_or_make(|| Ok::<u8, ()>(made));
            form.map(|form| *form)
        };
        assert_eq!((form(&original, 1), form(&clone, 2)), (Ok(1), Ok(1)));
        clone.set_sends_server_name(false);
        assert_eq!((form(&original, 3), form(&clone, 4)), (Ok(1), Ok(4)));
    }
}
