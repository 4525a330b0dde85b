//! OpenSSL's own contexts, made from our configurations once and then shared.

use std::ffi::CString;
use std::sync::{Arc, OnceLock};

use openssl::asn1::Asn1Time;
use openssl::error::ErrorStack;
use openssl::pkey::PKey;
use openssl::ssl::{
    SslContext, SslContextBuilder, SslMethod, SslMode, SslOptions, SslSessionCacheMode,
    SslVerifyMode,
};
use openssl::x509::X509;
use openssl::x509::store::{X509Store, X509StoreBuilder};
use qwebsocket_openssl_extras::{
    choose_dh_parameters, keep_sessions, observe_alerts, set_psk_identity_hint,
};

use super::alerts::Alerts;
use super::conversation::Conversation;
use super::errors::{text, unusable};
use super::tickets::Tickets;
use super::{choices, findings, pre_shared_key};
use crate::network::{PeerVerifyMode, SslCertificate, SslConfiguration};
use crate::transport::Failure;

/// A server keeps as many for clients that take no tickets.
const MOST_SESSIONS: i32 = 256;

/// What the sessions of a client share. With `ASKS`, those in which somebody is asked for a pre-shared key: only these
/// offer it.
pub(super) struct ClientSide<const ASKS: bool> {
    pub(super) context: SslContext,
    pub(super) tickets: Arc<Tickets>,
}

/// What the sessions of a server share; `ASKS` as for a client.
pub(super) struct ServerSide<const ASKS: bool> {
    pub(super) context: SslContext,
}

/// The client side of `configuration`.
pub(super) fn client<const ASKS: bool>(
    configuration: &SslConfiguration,
) -> Result<Arc<ClientSide<ASKS>>, Failure> {
    configuration.backend_cache().get_or_make(|| {
        let mut context = context(SslMethod::tls_client(), configuration)?;
        set_local_identity(&mut context, configuration)?;
        choices::offer_protocols(&mut context, configuration)?;
        // Also where nobody verifies: the callback lets all pass.
        context.set_verify_callback(SslVerifyMode::PEER, findings::note);
        if resumes::<ASKS>(configuration) {
            keep_tickets(&mut context);
        }
        if ASKS {
            let in_tls13 = configuration.uses_pre_shared_keys_in_tls13();
            context.set_psk_client_callback(move |ssl, hint, identity, key| {
                pre_shared_key::of_client(ssl, in_tls13, hint, identity, key)
            });
        }
        Ok(ClientSide {
            context: context.build(),
            tickets: Arc::default(),
        })
    })
}

/// The server side of `configuration`.
pub(super) fn server<const ASKS: bool>(
    configuration: &SslConfiguration,
) -> Result<Arc<ServerSide<ASKS>>, Failure> {
    configuration.backend_cache().get_or_make(|| {
        let mut context = context(SslMethod::tls_server(), configuration)?;
        let has_certificate = set_local_identity(&mut context, configuration)?;
        if !has_certificate && !ASKS {
            return Err(unusable("a secure server needs a certificate and its key"));
        }
        choices::select_protocol(&mut context, configuration)?;
        context.set_verify_callback(wanted_of_clients(configuration), findings::note);
        choose_dh_parameters(&mut context);
        // Without one a server that may want certificates refuses whatever looks like a session: in TLS 1.3 keys do too.
        context
            .set_session_id_context(b"qwebsocket")
            .map_err(|error| unusable(text(&error)))?;
        if resumes::<ASKS>(configuration) {
            context.set_session_cache_mode(SslSessionCacheMode::SERVER);
            context.set_session_cache_size(MOST_SESSIONS);
        } else {
            context.set_options(SslOptions::NO_TICKET);
            context
                .set_num_tickets(0)
                .map_err(|error| unusable(text(&error)))?;
            context.set_session_cache_mode(SslSessionCacheMode::OFF);
        }
        if ASKS {
            set_identity_hint(&mut context, configuration)?;
            let in_tls13 = configuration.uses_pre_shared_keys_in_tls13();
            context.set_psk_server_callback(move |ssl, identity, key| {
                pre_shared_key::of_server(ssl, in_tls13, identity, key)
            });
        }
        Ok(ServerSide {
            context: context.build(),
        })
    })
}

/// What both ends have in common.
fn context(
    method: SslMethod,
    configuration: &SslConfiguration,
) -> Result<SslContextBuilder, Failure> {
    let mut context = SslContextBuilder::new(method).map_err(|error| unusable(text(&error)))?;
    context.set_mode(
        SslMode::ENABLE_PARTIAL_WRITE
            | SslMode::ACCEPT_MOVING_WRITE_BUFFER
            | SslMode::AUTO_RETRY
            | SslMode::RELEASE_BUFFERS,
    );
    context.set_options(SslOptions::NO_RENEGOTIATION | SslOptions::NO_COMPRESSION);
    choices::set_versions_and_ciphers(&mut context, configuration)?;
    choices::set_groups(&mut context, configuration)?;
    // Not the context's own store: OpenSSL would look there for issuers of our certificate, and send them.
    context
        .set_verify_cert_store(trusted(configuration)?)
        .map_err(|error| unusable(text(&error)))?;
    match configuration.peer_verify_depth() {
        0 => {}
        depth => context.set_verify_depth(depth),
    }
    observe_alerts::<Alerts>(&mut context);
    if let Some(log) = configuration.key_log() {
        context.set_keylog_callback(move |_, line| {
            if let Some(conversation) = Conversation::current() {
                conversation.guard(|| log.log(line));
            }
        });
    }
    Ok(context)
}

/// Who is asked for a key is asked in every connection, so none is resumed.
fn resumes<const ASKS: bool>(configuration: &SslConfiguration) -> bool {
    configuration.uses_session_tickets() && !ASKS
}

fn keep_tickets(context: &mut SslContextBuilder) {
    context.set_session_cache_mode(SslSessionCacheMode::CLIENT | SslSessionCacheMode::NO_INTERNAL);
    keep_sessions(context, |session| {
        if let Some(conversation) = Conversation::current() {
            conversation.tickets.with(|tickets| tickets.push(session));
        }
    });
}

fn wanted_of_clients(configuration: &SslConfiguration) -> SslVerifyMode {
    match configuration.peer_verify_mode() {
        PeerVerifyMode::None => SslVerifyMode::NONE,
        PeerVerifyMode::Peer if configuration.missing_certificate_is_fatal() => {
            SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT
        }
        _ => SslVerifyMode::PEER,
    }
}

fn set_identity_hint(
    context: &mut SslContextBuilder,
    configuration: &SslConfiguration,
) -> Result<(), Failure> {
    let hint = configuration.pre_shared_key_identity_hint();
    if hint.is_empty() {
        return Ok(());
    }
    let hint = CString::new(hint)
        .map_err(|_| unusable("the identity hint for pre-shared keys has a zero byte in it"))?;
    set_psk_identity_hint(context, &hint)
        .map_err(|_| unusable("the identity hint for pre-shared keys is too long"))
}

/// `false` when the configuration names neither certificate nor key; an error when it names one without the other.
fn set_local_identity(
    context: &mut SslContextBuilder,
    configuration: &SslConfiguration,
) -> Result<bool, Failure> {
    let chain = configuration.local_certificate_chain();
    let (own, issuers, key) = match (chain, configuration.private_key()) {
        ([], None) => return Ok(false),
        ([own, issuers @ ..], Some(key)) => (own, issuers, key),
        ([], Some(_)) => return Err(unusable("there is a private key but no certificate for it")),
        (_, None) => return Err(unusable("there is a certificate but no private key for it")),
    };
    let mut set = || -> Result<(), ErrorStack> {
        context.set_certificate(&*X509::from_der(own.to_der())?)?;
        for issuer in issuers {
            context.add_extra_chain_cert(X509::from_der(issuer.to_der())?)?;
        }
        context.set_private_key(&*PKey::private_key_from_der(key.to_der())?)
    };
    let unusable_identity = |error: ErrorStack| {
        let reason = text(&error);
        unusable(format!(
            "the local certificate or its key cannot be used: {reason}"
        ))
    };
    set().map_err(unusable_identity)?;
    Ok(true)
}

/// The trusted certificates; the system's are read once for all configurations.
fn trusted(configuration: &SslConfiguration) -> Result<X509Store, Failure> {
    static SYSTEM: OnceLock<Vec<X509>> = OnceLock::new();
    match configuration.ca_certificates() {
        Some(certificates) if certificates.iter().any(SslCertificate::is_null) => Err(unusable(
            "a CA certificate cannot be used: it is no X.509 certificate",
        )),
        Some(certificates) => store(&readable(certificates)),
        None => store(SYSTEM.get_or_init(|| readable(SslConfiguration::system_ca_certificates()))),
    }
}

/// What cannot be read is left out: it could vouch for nobody.
fn readable(certificates: &[SslCertificate]) -> Vec<X509> {
    let read = certificates
        .iter()
        .map(|certificate| X509::from_der(certificate.to_der()));
    read.filter_map(Result::ok).collect()
}

/// As in Qt, certificates that have expired vouch for nobody.
fn store(certificates: &[X509]) -> Result<X509Store, Failure> {
    let make = || -> Result<X509Store, ErrorStack> {
        let now = Asn1Time::days_from_now(0)?;
        let mut store = X509StoreBuilder::new()?;
        for certificate in certificates {
            if certificate.not_after() >= &*now {
                store.add_cert(certificate.clone())?;
            }
        }
        Ok(store.build())
    };
    make().map_err(|error| unusable(text(&error)))
}
