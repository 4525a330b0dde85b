//! What an application asks for when it opens a socket: a URL and headers of its own.

mod checked;
mod error;
mod into_request;

use std::fmt;

use url::Url;

pub(crate) use self::checked::{Checked, check};
pub use self::error::RequestError;
pub use self::into_request::IntoRequest;
use crate::handshake::field;
use crate::network::raw_headers::RawHeaders;
use crate::network::url_text;

/// A URL and the headers that go with it.
///
/// Headers are kept in the order in which they were set. They are checked when the request is opened:
/// [`IntoRequest`] says what may not be set.
///
/// ```
/// use qwebsocket::NetworkRequest;
/// use url::Url;
///
/// let mut request = NetworkRequest::new(Url::parse("wss://example.com/feed")?);
/// request.set_raw_header("Authorization", "Bearer 1234");
/// assert!(request.has_raw_header("authorization"));
/// # Ok::<(), url::ParseError>(())
/// ```
#[doc(alias = "QNetworkRequest")]
#[derive(Clone, Default, PartialEq, Eq)]
pub struct NetworkRequest {
    url: Option<Url>,
    /// The text of the URL named the default port, which a `Url` forgets.
    names_default_port: bool,
    headers: RawHeaders,
}

impl NetworkRequest {
    /// A request for this URL, without headers.
    #[doc(alias = "QNetworkRequest")]
    pub fn new(url: Url) -> Self {
        NetworkRequest {
            url: Some(url),
            ..Self::default()
        }
    }

    /// The URL; `None` for a default request, which cannot be opened.
    pub fn url(&self) -> Option<&Url> {
        self.url.as_ref()
    }

    /// Replaces the URL.
    #[doc(alias = "setUrl")]
    pub fn set_url(&mut self, url: Url) {
        self.url = Some(url);
        self.names_default_port = false;
    }

    /// Sets a header. One with the same name, in whatever case, is replaced and keeps its place.
    #[doc(alias = "setRawHeader")]
    pub fn set_raw_header(&mut self, name: &str, value: &str) {
        self.headers.set(name, value);
    }

    /// Removes a header, as Qt does when it is set to a null value.
    #[doc(alias = "setRawHeader")]
    pub fn remove_raw_header(&mut self, name: &str) {
        self.headers.remove(name);
    }

    /// The value of a header; the case of the name does not matter.
    #[doc(alias = "rawHeader")]
    pub fn raw_header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)
    }

    /// Whether a header is set.
    #[doc(alias = "hasRawHeader")]
    pub fn has_raw_header(&self, name: &str) -> bool {
        self.raw_header(name).is_some()
    }

    /// The names of all headers, in the order in which they were first set.
    #[doc(alias = "rawHeaderList")]
    pub fn raw_header_list(&self) -> Vec<&str> {
        self.headers.names()
    }

    /// Takes user and password out of the URL, without their encoding; `None` if there are none.
    pub(crate) fn take_credentials(&mut self) -> Option<(String, String)> {
        let url = self.url.as_mut()?;
        let user = url_text::percent_decoded(url.username());
        let password = url_text::percent_decoded(url.password().unwrap_or_default());
        // A URL that has credentials can go without.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        (!user.is_empty() || !password.is_empty()).then_some((user, password))
    }

    /// All headers as pairs of name and value, in the order in which they were first set.
    #[doc(alias = "headers")]
    pub fn raw_headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter()
    }
}

/// Shows neither the password of the URL nor the values of headers that carry secrets.
impl fmt::Debug for NetworkRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut url = self.url.clone();
        if let Some(url) = url.as_mut().filter(|url| url.password().is_some()) {
            // A URL that has a password can have another.
            let _ = url.set_password(Some("hidden"));
        }
        let shown = |(name, value)| (name, field::shown(name, value));
        f.debug_struct("NetworkRequest")
            .field("url", &url.as_ref().map(Url::as_str))
            .field(
                "headers",
                &self.raw_headers().map(shown).collect::<Vec<_>>(),
            )
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> NetworkRequest {
        NetworkRequest::new(Url::parse("ws://user:secret@h/").unwrap())
    }

    #[test]
    fn headers_keep_their_order_and_replace_in_place() {
        let mut request = request();
        request.set_raw_header("X-A", "1");
        request.set_raw_header("X-B", "");
        request.set_raw_header("x-a", "2");
        assert_eq!(request.raw_header_list(), ["X-A", "X-B"]);
        assert_eq!(request.raw_header("x-A"), Some("2"));
        assert_eq!(request.raw_header("X-B"), Some(""));
        request.remove_raw_header("x-a");
        assert!(!request.has_raw_header("X-A"));
        assert_eq!(request.raw_header_list(), ["X-B"]);
    }

    #[test]
    fn requests_compare_by_url_and_headers() {
        let mut other = request();
        assert_eq!(request(), other);
        other.set_raw_header("A", "1");
        assert_ne!(request(), other);
        assert_ne!(request(), NetworkRequest::default());
        assert_eq!(NetworkRequest::default().url(), None);
    }

    #[test]
    fn credentials_can_be_taken_once() {
        let mut request = request();
        let taken = |user: &str, password: &str| Some((user.to_owned(), password.to_owned()));
        assert_eq!(request.take_credentials(), taken("user", "secret"));
        assert_eq!(request.url().map(Url::as_str), Some("ws://h/"));
        assert_eq!(request.take_credentials(), None);
        request.set_url(Url::parse("ws://%C3%A9%3Ab%zz:p%25%FF@h/").unwrap());
        assert_eq!(request.take_credentials(), taken("é:b%zz", "p%ÿ"));
    }

    #[test]
    fn debug_hides_secrets() {
        let mut request = request();
        for name in ["authorization", "Proxy-Authorization", "COOKIE"] {
            request.set_raw_header(name, "secret");
        }
        request.set_raw_header("X-Seen", "seen");
        let shown = format!("{request:?}");
        assert!(!shown.contains("secret"), "{shown}");
        assert!(shown.contains("seen") && shown.contains("user"), "{shown}");
    }
}
