//! OpenSSL's questions for a pre-shared key.

use openssl::error::ErrorStack;
use openssl::ssl::{SslRef, SslVersion};

use super::conversation::Conversation;
use crate::network::SslPreSharedKeyAuthenticator;

/// A length of 0 means that there is no key.
type Length = Result<usize, ErrorStack>;

const NO_KEY: Length = Ok(0);

/// The callback of a client. `in_tls13`: whether to answer when OpenSSL asks before it says hello.
pub(super) fn of_client(
    ssl: &SslRef,
    in_tls13: bool,
    hint: Option<&[u8]>,
    identity: &mut [u8],
    key: &mut [u8],
) -> Length {
    let is_before_hello = ssl.state_string_long() == "SSLv3/TLS write client hello";
    let Some(conversation) = Conversation::current() else {
        return NO_KEY;
    };
    if is_before_hello && !in_tls13 {
        return NO_KEY;
    }
    // A zero byte stands behind the identity.
    let longest_identity = identity.len().saturating_sub(1);
    let hint = hint.unwrap_or_default();
    let question = SslPreSharedKeyAuthenticator::of_client(hint, longest_identity, key.len());
    let Some((answer, length)) = answer(&conversation, question, key) else {
        return NO_KEY;
    };
    let name = answer.identity();
    if let Some(refusal) = refusal(&name, longest_identity, is_before_hello) {
        conversation.key_refusal.set(Some(refusal));
        return NO_KEY;
    }
    identity[..name.len()].copy_from_slice(&name);
    identity[name.len()] = 0;
    conversation.has_used_key.set(true);
    Ok(length)
}

/// Why a client cannot call itself so.
fn refusal(identity: &[u8], longest: usize, is_tls13: bool) -> Option<&'static str> {
    if identity.len() > longest || identity.contains(&0) {
        Some("the identity for the pre-shared key is too long or has a zero byte in it")
    } else if identity.is_empty() && is_tls13 {
        Some("the identity for the pre-shared key is empty, which TLS 1.3 does not allow")
    } else {
        None
    }
}

/// The callback of a server.
pub(super) fn of_server(
    ssl: &SslRef,
    in_tls13: bool,
    identity: Option<&[u8]>,
    key: &mut [u8],
) -> Length {
    let Some(conversation) = Conversation::current() else {
        return NO_KEY;
    };
    if ssl.version2() == Some(SslVersion::TLS1_3) && !in_tls13 {
        return NO_KEY;
    }
    let identity = identity.unwrap_or_default();
    let question = SslPreSharedKeyAuthenticator::of_server(identity, key.len());
    let Some((_, length)) = answer(&conversation, question, key) else {
        return NO_KEY;
    };
    conversation.has_used_key.set(true);
    Ok(length)
}

/// Asks the slots; gives what they filled in, and the length of the key.
fn answer(
    conversation: &Conversation,
    question: SslPreSharedKeyAuthenticator,
    key: &mut [u8],
) -> Option<(SslPreSharedKeyAuthenticator, usize)> {
    let answer = conversation.ask(question)?;
    let filled_in = answer.pre_shared_key();
    if filled_in.is_empty() {
        return None;
    }
    if filled_in.len() > key.len() {
        conversation
            .key_refusal
            .set(Some("the pre-shared key is too long"));
        return None;
    }
    key[..filled_in.len()].copy_from_slice(&filled_in);
    Some((answer, filled_in.len()))
}
