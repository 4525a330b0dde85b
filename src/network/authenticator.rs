//! Who one is, for servers and proxies that ask.

use std::collections::BTreeMap;
use std::fmt;

use super::fillable::Fillable;

/// What a server asks for and what a slot answers: see
/// [`authentication_required`](crate::WebSocket::authentication_required).
///
/// A slot is lent one, with the [`realm`](Self::realm) that the server named, and fills in user and password before it
/// returns. So its setters take `&self`. A copy is independent of what it was copied from.
/// Equal are those with the same user, password, realm and options.
///
/// ```
/// use qwebsocket::WebSocket;
///
/// let socket = WebSocket::new();
/// socket.authentication_required.connect(|authenticator| {
///     println!("{} wants to know who you are", authenticator.realm());
///     authenticator.set_user("ada");
///     authenticator.set_password("lovelace");
/// });
/// ```
#[doc(alias = "QAuthenticator")]
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Authenticator(Fillable<Answer>);

#[derive(Clone, Default, PartialEq, Eq)]
struct Answer {
    is_set: bool,
    user: String,
    password: String,
    realm: String,
    options: BTreeMap<String, String>,
}

impl Authenticator {
    /// One that nobody has filled in.
    #[doc(alias = "QAuthenticator")]
    pub fn new() -> Self {
        Self::default()
    }

    /// The user's name.
    pub fn user(&self) -> String {
        self.0.look(|answer| answer.user.clone())
    }

    /// Sets the user's name. A name with a control character in it, or one with a colon where the server wants Basic
    /// credentials, is never sent: the connection fails.
    #[doc(alias = "setUser")]
    pub fn set_user(&self, user: impl Into<String>) {
        let user = user.into();
        self.change(|answer| answer.user = user);
    }

    /// The password.
    pub fn password(&self) -> String {
        self.0.look(|answer| answer.password.clone())
    }

    /// Sets the password. One with a control character in it is never sent: the connection fails.
    #[doc(alias = "setPassword")]
    pub fn set_password(&self, password: impl Into<String>) {
        let password = password.into();
        self.change(|answer| answer.password = password);
    }

    /// What the credentials are for, in the server's words.
    pub fn realm(&self) -> String {
        self.0.look(|answer| answer.realm.clone())
    }

    /// Sets the realm. The answer to a server names the server's, whatever is set here.
    #[doc(alias = "setRealm")]
    pub fn set_realm(&self, realm: impl Into<String>) {
        let realm = realm.into();
        self.change(|answer| answer.realm = realm);
    }

    /// The value of an option; `None` if it is not set. A server's challenge sets `realm`.
    pub fn option(&self, name: &str) -> Option<String> {
        self.0.look(|answer| answer.options.get(name).cloned())
    }

    /// Sets an option. Basic and Digest use none.
    #[doc(alias = "setOption")]
    pub fn set_option(&self, name: impl Into<String>, value: impl Into<String>) {
        let (name, value) = (name.into(), value.into());
        self.change(|answer| {
            answer.options.insert(name, value);
        });
    }

    /// All options.
    pub fn options(&self) -> BTreeMap<String, String> {
        self.0.look(|answer| answer.options.clone())
    }

    /// Whether nothing was set so far, not even to an empty text.
    #[doc(alias = "isNull")]
    pub fn is_null(&self) -> bool {
        self.0.look(|answer| !answer.is_set)
    }

    /// What a challenge says; nobody has answered it by that.
    pub(crate) fn challenge(&self, realm: &str) {
        self.0.change(|answer| {
            realm.clone_into(&mut answer.realm);
            answer.options.insert("realm".into(), realm.into());
        });
    }

    fn change(&self, change: impl FnOnce(&mut Answer)) {
        self.0.change(|answer| {
            answer.is_set = true;
            change(answer);
        });
    }
}

/// Does not show the password, nor options, which may hold secrets.
impl fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authenticator")
            .field("user", &self.user())
            .field("realm", &self.realm())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_null_until_something_is_set() {
        let authenticator = Authenticator::new();
        assert!(authenticator.is_null());
        authenticator.challenge("lab");
        assert!(authenticator.is_null());
        assert_eq!(authenticator.realm(), "lab");
        assert_eq!(authenticator.option("realm").as_deref(), Some("lab"));
        authenticator.set_user("");
        assert!(!authenticator.is_null());
    }

    #[test]
    fn gives_back_what_was_set() {
        let authenticator = Authenticator::new();
        authenticator.set_user("ada");
        authenticator.set_password("lovelace");
        authenticator.set_realm("engine");
        authenticator.set_option("a", "1");
        authenticator.set_option("a", "2");
        assert_eq!(authenticator.user(), "ada");
        assert_eq!(authenticator.password(), "lovelace");
        assert_eq!(authenticator.realm(), "engine");
        assert_eq!(authenticator.option("b"), None);
        assert_eq!(
            authenticator.options(),
            BTreeMap::from([("a".into(), "2".into())])
        );
    }

    #[test]
    fn a_copy_is_independent() {
        let authenticator = Authenticator::new();
        authenticator.set_user("ada");
        let copy = authenticator.clone();
        assert_eq!(copy, authenticator);
        copy.set_user("grace");
        assert_eq!(authenticator.user(), "ada");
        assert_ne!(copy, authenticator);
    }

    #[test]
    fn debug_hides_the_password() {
        let authenticator = Authenticator::new();
        authenticator.set_user("ada");
        authenticator.set_password("secret");
        authenticator.set_option("token", "secret");
        let shown = format!("{authenticator:?}");
        assert!(
            shown.contains("ada") && !shown.contains("secret"),
            "{shown}"
        );
    }
}
