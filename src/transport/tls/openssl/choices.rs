//! Which versions, ciphers, groups and application protocols may be used, in OpenSSL's words.

use openssl::ssl::{AlpnError, SslContextBuilder, SslVersion};

use super::errors::{text, unusable};
use crate::network::{SslCipher, SslConfiguration, SslProtocol};
use crate::transport::Failure;

/// Confines the context to the versions and ciphers that were chosen.
pub(super) fn set_versions_and_ciphers(
    context: &mut SslContextBuilder,
    configuration: &SslConfiguration,
) -> Result<(), Failure> {
    let protocol = configuration.protocol();
    if !protocol.includes_tls12() && !protocol.includes_tls13() {
        return Err(unusable(format!("{protocol:?} is not spoken")));
    }
    // A version for which there is no cipher must not be offered.
    let tls12 = names_of(configuration, SslProtocol::TlsV1_2);
    let tls13 = names_of(configuration, SslProtocol::TlsV1_3);
    let oldest = match protocol.includes_tls12() && !tls12.is_empty() {
        true => SslVersion::TLS1_2,
        false => SslVersion::TLS1_3,
    };
    let newest = match protocol.includes_tls13() && !tls13.is_empty() {
        true => SslVersion::TLS1_3,
        false => SslVersion::TLS1_2,
    };
    if oldest == SslVersion::TLS1_3 && newest == SslVersion::TLS1_2 {
        return Err(unusable(
            "the chosen TLS versions and ciphers do not go together",
        ));
    }
    let outcome = context
        .set_min_proto_version(Some(oldest))
        .and_then(|()| context.set_max_proto_version(Some(newest)))
        .and_then(|()| match oldest {
            SslVersion::TLS1_2 => context.set_cipher_list(&tls12),
            _ => Ok(()),
        })
        .and_then(|()| match newest {
            SslVersion::TLS1_3 => context.set_ciphersuites(&tls13),
            _ => Ok(()),
        });
    outcome.map_err(|error| {
        unusable(format!(
            "the chosen ciphers cannot be used: {}",
            text(&error)
        ))
    })
}

/// The suites of a version with colons between them.
fn names_of(configuration: &SslConfiguration, version: SslProtocol) -> String {
    let supported = SslCipher::supported();
    let suites = match configuration.ciphers() {
        [] => &supported[..],
        chosen => chosen,
    };
    let names: Vec<_> = suites
        .iter()
        .filter(|suite| suite.protocol() == version)
        .map(|suite| suite.name())
        .collect();
    names.join(":")
}

/// Confines the context to the groups that were chosen, as far as this OpenSSL has them.
pub(super) fn set_groups(
    context: &mut SslContextBuilder,
    configuration: &SslConfiguration,
) -> Result<(), Failure> {
    if configuration.groups().is_empty() {
        return Ok(());
    }
    let names = configuration.groups().iter().map(|group| group.name());
    let known: Vec<_> = names
        .filter(|name| context.set_groups_list(name).is_ok())
        .collect();
    context
        .set_groups_list(&known.join(":"))
        .map_err(|_| unusable("OpenSSL has none of the chosen groups"))
}

/// The application protocols of a client.
pub(super) fn offer_protocols(
    context: &mut SslContextBuilder,
    configuration: &SslConfiguration,
) -> Result<(), Failure> {
    let offered = on_the_wire(configuration.allowed_next_protocols())?;
    if offered.is_empty() {
        return Ok(());
    }
    let outcome = context.set_alpn_protos(&offered);
    outcome.map_err(|error| unusable(text(&error)))
}

/// The application protocols of a server: the first of its own that the client offers, or no connection.
pub(super) fn select_protocol(
    context: &mut SslContextBuilder,
    configuration: &SslConfiguration,
) -> Result<(), Failure> {
    let spoken = configuration.allowed_next_protocols().to_vec();
    on_the_wire(&spoken)?;
    if !spoken.is_empty() {
        context.set_alpn_select_callback(move |_, offered| {
            let mut ours = spoken.iter();
            let selected = ours.find_map(|own| names_in(offered).find(|name| name == own));
            selected.ok_or(AlpnError::ALERT_FATAL)
        });
    }
    Ok(())
}

/// The names in a list of application protocols, each behind its length.
fn names_in(mut list: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, rest) = list.split_first()?;
        let (name, rest) = rest.split_at_checked(usize::from(*length))?;
        list = rest;
        Some(name)
    })
}

/// Each name behind its length.
fn on_the_wire(names: &[Vec<u8>]) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    for name in names {
        let length = u8::try_from(name.len()).ok().filter(|length| *length > 0);
        let length = length
            .ok_or_else(|| unusable("an application protocol is empty or longer than 255 bytes"))?;
        bytes.push(length);
        bytes.extend(name);
    }
    Ok(bytes)
}
