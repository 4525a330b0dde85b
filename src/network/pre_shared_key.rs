//! Who we are, for a peer that has a key in common with us.

use std::fmt;

use super::fillable::Fillable;

/// What a TLS peer asks for and what a slot answers: see
/// [`WebSocket::pre_shared_key_authentication_required`](crate::WebSocket::pre_shared_key_authentication_required).
///
/// A slot is lent one and fills in the key, and on the client's end the identity, before it returns. So its setters
/// take `&self`. A copy is independent of what it was copied from. Equal are those with the same
/// hint, identity, key and lengths.
///
/// ```
/// use qwebsocket::WebSocket;
///
/// let socket = WebSocket::new();
/// socket.pre_shared_key_authentication_required.connect(|authenticator| {
///     println!("the server hints: {}", authenticator.identity_hint().escape_ascii());
///     authenticator.set_identity("device 7");
///     authenticator.set_pre_shared_key([0x1a, 0x2b, 0x3c, 0x4d]);
/// });
/// ```
#[doc(alias = "QSslPreSharedKeyAuthenticator")]
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SslPreSharedKeyAuthenticator(Fillable<Answer>);

#[derive(Clone, Default, PartialEq, Eq)]
struct Answer {
    identity_hint: Vec<u8>,
    identity: Vec<u8>,
    maximum_identity_length: usize,
    pre_shared_key: Vec<u8>,
    maximum_pre_shared_key_length: usize,
}

impl SslPreSharedKeyAuthenticator {
    /// One that nobody asks for: everything is empty.
    #[doc(alias = "QSslPreSharedKeyAuthenticator")]
    pub fn new() -> Self {
        Self::default()
    }

    /// For a client: what the server said before it asked.
    #[cfg(feature = "openssl")]
    pub(crate) fn of_client(hint: &[u8], longest_identity: usize, longest_key: usize) -> Self {
        Self(Fillable::new(Answer {
            identity_hint: hint.to_vec(),
            maximum_identity_length: longest_identity,
            maximum_pre_shared_key_length: longest_key,
            ..Answer::default()
        }))
    }

    /// For a server: who the client says it is.
    #[cfg(feature = "openssl")]
    pub(crate) fn of_server(identity: &[u8], longest_key: usize) -> Self {
        Self(Fillable::new(Answer {
            identity: identity.to_vec(),
            maximum_pre_shared_key_length: longest_key,
            ..Answer::default()
        }))
    }

    /// What the server says about which identity it wants; empty if it says nothing, in TLS 1.3, and on the server's own
    /// end.
    #[doc(alias = "identityHint")]
    pub fn identity_hint(&self) -> Vec<u8> {
        self.0.look(|answer| answer.identity_hint.clone())
    }

    /// Who the client is: what was set, and on the server's end what the client said.
    pub fn identity(&self) -> Vec<u8> {
        self.0.look(|answer| answer.identity.clone())
    }

    /// Sets who the client is. The handshake fails if it is longer than
    /// [`maximum_identity_length`](Self::maximum_identity_length) or has a zero byte in it; nothing is cut. An empty
    /// identity is sent as it is in TLS 1.2; there is none in TLS 1.3. Makes no difference on the server's end.
    #[doc(alias = "setIdentity")]
    pub fn set_identity(&self, identity: impl Into<Vec<u8>>) {
        let identity = identity.into();
        self.0.change(|answer| answer.identity = identity);
    }

    /// How many bytes an identity may have; 0 on the server's end.
    #[doc(alias = "maximumIdentityLength")]
    pub fn maximum_identity_length(&self) -> usize {
        self.0.look(|answer| answer.maximum_identity_length)
    }

    /// The key.
    #[doc(alias = "preSharedKey")]
    pub fn pre_shared_key(&self) -> Vec<u8> {
        self.0.look(|answer| answer.pre_shared_key.clone())
    }

    /// Sets the key. The handshake fails while it is empty, and if it is longer than
    /// [`maximum_pre_shared_key_length`](Self::maximum_pre_shared_key_length); nothing is cut.
    #[doc(alias = "setPreSharedKey")]
    pub fn set_pre_shared_key(&self, key: impl Into<Vec<u8>>) {
        let key = key.into();
        self.0.change(|answer| answer.pre_shared_key = key);
    }

    /// How many bytes a key may have.
    #[doc(alias = "maximumPreSharedKeyLength")]
    pub fn maximum_pre_shared_key_length(&self) -> usize {
        self.0.look(|answer| answer.maximum_pre_shared_key_length)
    }
}

/// Does not show the key.
impl fmt::Debug for SslPreSharedKeyAuthenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SslPreSharedKeyAuthenticator")
            .field("identity_hint", &self.identity_hint())
            .field("identity", &self.identity())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_back_what_was_set_and_cuts_nothing() {
        let authenticator = SslPreSharedKeyAuthenticator::new();
        assert_eq!(authenticator.maximum_identity_length(), 0);
        assert_eq!(authenticator.maximum_pre_shared_key_length(), 0);
        assert_eq!(authenticator.identity_hint(), b"");
        authenticator.set_identity("ada");
        authenticator.set_pre_shared_key([7; 600]);
        assert_eq!(authenticator.identity(), b"ada");
        assert_eq!(authenticator.pre_shared_key(), [7; 600]);
    }

    #[test]
    fn a_copy_is_independent() {
        let authenticator = SslPreSharedKeyAuthenticator::new();
        authenticator.set_identity("ada");
        let copy = authenticator.clone();
        assert_eq!(copy, authenticator);
        copy.set_identity("grace");
        assert_eq!(authenticator.identity(), b"ada");
        assert_ne!(copy, authenticator);
    }

    #[test]
    fn debug_hides_the_key() {
        let authenticator = SslPreSharedKeyAuthenticator::new();
        authenticator.set_pre_shared_key("secret");
        let shown = format!("{authenticator:?}");
        assert!(!shown.contains("115"), "{shown}"); // an `s`, as bytes are shown
    }
}
