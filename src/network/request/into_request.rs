use url::Url;

use super::{NetworkRequest, RequestError};
use crate::network::raw_headers::RawHeaders;
use crate::network::url_text;

/// What can be opened: the text of a URL, a [`Url`], a [`NetworkRequest`].
///
/// Text is checked before it is parsed, because the parser drops line breaks without a word: a control
/// character anywhere, an encoded CR, LF or NUL before the query, a space at either end and a missing
/// host are errors. A `Url` is checked for what is left to see.
///
/// Of the headers of a request, `Host` replaces the one made from the URL, `Origin` counts if the socket
/// has none, and the names in `Sec-WebSocket-Protocol` join the offered subprotocols. `Connection`,
/// `Upgrade`, any other `Sec-WebSocket-*`, `Content-Length` and `Transfer-Encoding` are errors, and so is
/// any control character in a name or a value.
///
/// ```
/// use qwebsocket::{IntoRequest, RequestError};
///
/// let request = "ws://localhost:1234/chat?room=1".into_request()?;
/// assert_eq!(request.url().and_then(|url| url.port()), Some(1234));
/// assert_eq!("ws://localhost/a\r\nb".into_request(), Err(RequestError::InvalidResource));
/// # Ok::<(), RequestError>(())
/// ```
pub trait IntoRequest: sealed::Sealed {
    /// Makes the request. Its headers are checked later, when it is opened.
    ///
    /// # Errors
    /// Text that is no URL, or that could break out of the request line.
    fn into_request(self) -> Result<NetworkRequest, RequestError>;
}

impl IntoRequest for &str {
    fn into_request(self) -> Result<NetworkRequest, RequestError> {
        let text = url_text::check(self)?;
        let url = Url::parse(self).map_err(|_| RequestError::InvalidUrl)?;
        let names_default_port = text.has_port && url.port().is_none();
        Ok(NetworkRequest {
            url: Some(url),
            names_default_port,
            headers: RawHeaders::default(),
        })
    }
}

impl IntoRequest for &String {
    fn into_request(self) -> Result<NetworkRequest, RequestError> {
        self.as_str().into_request()
    }
}

impl IntoRequest for String {
    fn into_request(self) -> Result<NetworkRequest, RequestError> {
        self.as_str().into_request()
    }
}

impl IntoRequest for Url {
    fn into_request(self) -> Result<NetworkRequest, RequestError> {
        Ok(NetworkRequest::new(self))
    }
}

impl IntoRequest for &Url {
    fn into_request(self) -> Result<NetworkRequest, RequestError> {
        self.clone().into_request()
    }
}

impl IntoRequest for NetworkRequest {
    fn into_request(self) -> Result<NetworkRequest, RequestError> {
        Ok(self)
    }
}

impl IntoRequest for &NetworkRequest {
    fn into_request(self) -> Result<NetworkRequest, RequestError> {
        Ok(self.clone())
    }
}

mod sealed {
    use super::{NetworkRequest, Url};

    /// Keeps others from implementing [`IntoRequest`](super::IntoRequest).
    pub trait Sealed {}

    impl Sealed for &str {}
    impl Sealed for &String {}
    impl Sealed for String {}
    impl Sealed for Url {}
    impl Sealed for &Url {}
    impl Sealed for NetworkRequest {}
    impl Sealed for &NetworkRequest {}
}
