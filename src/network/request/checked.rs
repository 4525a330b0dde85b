use url::{Host, Url};

use super::{NetworkRequest, RequestError};
use crate::handshake::{field, host, subprotocol};
use crate::network::url_text;

/// A request that may be opened, taken apart into what connecting and the handshake need.
#[derive(Clone, Default, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))] // never in a log: it holds secrets
pub(crate) struct Checked {
    /// `wss`.
    pub(crate) secure: bool,
    /// The name or address to connect to; IPv6 without brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// The value of `Host`: with a port exactly where the URL has one.
    pub(crate) host_header: String,
    /// Path and query.
    pub(crate) resource: String,
    /// Empty: no origin is sent.
    pub(crate) origin: String,
    /// What to offer, the most wanted first.
    pub(crate) subprotocols: Vec<String>,
    /// The application's headers that go out as they are.
    pub(crate) headers: Vec<(String, String)>,
}

/// Checks all that a request would put on the wire, with the socket's origin and subprotocols.
pub(crate) fn check(
    request: &NetworkRequest,
    origin: &str,
    subprotocols: &[String],
) -> Result<Checked, RequestError> {
    let url = request.url().ok_or(RequestError::InvalidUrl)?;
    let secure = is_secure(url)?;
    let host = host_of(url)?;
    if !url_text::has_clean_credentials(url) {
        return Err(RequestError::InvalidUrl);
    }
    let resource = resource_of(url)?;
    let headers = own_headers(request)?;
    let origin = Some(origin).filter(|origin| !origin.is_empty());
    let origin = origin
        .or(request.raw_header("Origin"))
        .unwrap_or("")
        .to_owned();
    if !field::is_field_value(&origin) {
        return Err(RequestError::InvalidOrigin);
    }
    Ok(Checked {
        secure,
        host,
        port: url.port().unwrap_or(default_port(secure)),
        host_header: host_header(request, url, secure)?,
        resource,
        origin,
        subprotocols: subprotocol::merge(subprotocols, request.raw_header(subprotocol::HEADER))
            .map_err(RequestError::InvalidSubprotocol)?,
        headers,
    })
}

fn is_secure(url: &Url) -> Result<bool, RequestError> {
    match url.scheme() {
        "ws" => Ok(false),
        "wss" => Ok(true),
        other => Err(RequestError::UnsupportedScheme(other.to_owned())),
    }
}

fn default_port(secure: bool) -> u16 {
    if secure { 443 } else { 80 }
}

fn host_of(url: &Url) -> Result<String, RequestError> {
    match url.host() {
        Some(Host::Domain("")) | None => Err(RequestError::HostNotFound),
        Some(Host::Domain(name)) => Ok(name.to_owned()),
        Some(Host::Ipv4(address)) => Ok(address.to_string()),
        Some(Host::Ipv6(address)) => Ok(address.to_string()),
    }
}

fn resource_of(url: &Url) -> Result<String, RequestError> {
    let mut resource = url.path().to_owned();
    // An empty query is not sent, as in Qt.
    if let Some(query) = url.query().filter(|query| !query.is_empty()) {
        resource.push('?');
        resource.push_str(query);
    }
    let is_good =
        field::is_request_target(&resource) && !url_text::has_encoded_line_break(url.path());
    if is_good {
        Ok(resource)
    } else {
        Err(RequestError::InvalidResource)
    }
}

fn host_header(request: &NetworkRequest, url: &Url, secure: bool) -> Result<String, RequestError> {
    if let Some(host) = request.raw_header("Host") {
        let is_valid = host::is_valid(host);
        return is_valid
            .then(|| host.to_owned())
            .ok_or(RequestError::InvalidHeader("Host".into()));
    }
    let host = url.host_str().unwrap_or("");
    let forgotten = request.names_default_port.then_some(default_port(secure));
    let header = match url.port().or(forgotten) {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    if host::is_valid(&header) {
        Ok(header)
    } else {
        Err(RequestError::InvalidUrl)
    }
}

/// The headers that go out as they are: neither what was folded into the handshake nor what breaks it.
fn own_headers(request: &NetworkRequest) -> Result<Vec<(String, String)>, RequestError> {
    let mut headers = Vec::new();
    for (name, value) in request.raw_headers() {
        if !field::is_token(name) || !field::is_field_value(value) {
            return Err(RequestError::InvalidHeader(name.to_owned()));
        }
        match Use::of(name) {
            Use::Own => headers.push((name.to_owned(), value.to_owned())),
            Use::Folded => {}
            Use::Reserved => return Err(RequestError::ReservedHeader(name.to_owned())),
        }
    }
    Ok(headers)
}

/// What becomes of a header that the application set.
enum Use {
    Own,
    Folded,
    Reserved,
}

impl Use {
    fn of(name: &str) -> Self {
        match name.to_ascii_lowercase().as_str() {
            "host" | "origin" | "sec-websocket-protocol" => Use::Folded,
            "upgrade" | "connection" | "content-length" | "transfer-encoding" => Use::Reserved,
            other if other.starts_with("sec-websocket-") => Use::Reserved,
            _ => Use::Own,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handshake::{Progress, ServerHandshake, UpgradeRequest};
    use crate::network::request::IntoRequest;

    fn open(text: &str) -> Result<Checked, RequestError> {
        check(&text.into_request()?, "", &[])
    }

    fn with_header(name: &str, value: &str) -> Result<Checked, RequestError> {
        let mut request = "ws://h/".into_request().unwrap();
        request.set_raw_header(name, value);
        check(&request, "", &[])
    }

    #[track_caller]
    fn fails(text: &str, error: &str) {
        assert_eq!(open(text).unwrap_err().to_string(), error, "{text:?}");
    }

    #[test]
    fn a_url_is_taken_apart() {
        for (text, secure, host, port, host_header, resource) in [
            ("ws://h", false, "h", 80, "h", "/"),
            ("wss://h", true, "h", 443, "h", "/"),
            ("WS://H:80/", false, "h", 80, "h:80", "/"),
            ("wss://h:443/", true, "h", 443, "h:443", "/"),
            ("wss://h:80/", true, "h", 80, "h:80", "/"),
            ("ws://h:/x", false, "h", 80, "h", "/x"),
            ("ws://h:0/", false, "h", 0, "h:0", "/"),
            ("ws://[::1]:8/six", false, "::1", 8, "[::1]:8", "/six"),
            ("ws://user:pass@h/p?q=1#f", false, "h", 80, "h", "/p?q=1"),
            ("ws://h?x=1", false, "h", 80, "h", "/?x=1"),
            ("ws://h/a?", false, "h", 80, "h", "/a"),
            ("ws://h/a b?c d", false, "h", 80, "h", "/a%20b?c%20d"),
            (r"ws://h/a\b/../c", false, "h", 80, "h", "/a/c"),
            (
                "ws://h/汉?é=ü",
                false,
                "h",
                80,
                "h",
                "/%E6%B1%89?%C3%A9=%C3%BC",
            ),
            (
                "ws://h/a%2Fb%20c?d%26e",
                false,
                "h",
                80,
                "h",
                "/a%2Fb%20c?d%26e",
            ),
            (
                "ws://h/a?q=%0D%0AX:1",
                false,
                "h",
                80,
                "h",
                "/a?q=%0D%0AX:1",
            ),
            ("ws://ä.de/", false, "xn--4ca.de", 80, "xn--4ca.de", "/"),
            ("ws://a_b/", false, "a_b", 80, "a_b", "/"),
            ("ws://0x7f.1/", false, "127.0.0.1", 80, "127.0.0.1", "/"),
        ] {
            let request = open(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            let seen = (request.secure, request.host.as_str(), request.port);
            assert_eq!(seen, (secure, host, port), "{text}");
            assert_eq!(
                (&*request.host_header, &*request.resource),
                (host_header, resource),
                "{text}"
            );
        }
    }

    #[test]
    fn bad_urls_have_qts_texts() {
        fails("", "Invalid URL.");
        fails("127.0.0.1:80/x", "Invalid URL.");
        fails("ws://h:99999/", "Invalid URL.");
        fails("ws://h:-1/", "Invalid URL.");
        fails("ws://::1/", "Invalid URL.");
        fails("ws://h h/", "Invalid URL.");
        fails("ws://h\r\nX: 1/", "Invalid URL.");
        fails("ws://h/a\r\nX: 1", "Invalid resource name.");
        fails("ws://h/a%0D%0aX: 1", "Invalid resource name.");
        fails("http://h/", "Unsupported WebSocket scheme: http");
        fails("h:80", "Unsupported WebSocket scheme: h");
        fails("//127.0.0.1:80/x", "Unsupported WebSocket scheme: ");
        fails("ws:///p", "Host not found");
    }

    #[test]
    fn a_url_that_is_no_text_any_more_is_checked_as_well() {
        let check_url = |text| check(&NetworkRequest::new(Url::parse(text).unwrap()), "", &[]);
        assert_eq!(
            check_url("ws://h/a%0db"),
            Err(RequestError::InvalidResource)
        );
        assert_eq!(
            check_url("http://h/"),
            Err(RequestError::UnsupportedScheme("http".into()))
        );
        assert_eq!(check_url("ws://h:80/").unwrap().host_header, "h");
        assert_eq!(
            check(&NetworkRequest::default(), "", &[]),
            Err(RequestError::InvalidUrl)
        );
    }

    #[test]
    fn a_new_url_forgets_the_old_ones_port() {
        let mut request = "ws://h:80/".into_request().unwrap();
        request.set_url(Url::parse("ws://other/").unwrap());
        assert_eq!(check(&request, "", &[]).unwrap().host_header, "other");
    }

    #[test]
    fn errors_have_qts_numbers() {
        let number = |text| open(text).unwrap_err().socket_error() as i8;
        assert_eq!(number("ws://h h/"), 0);
        assert_eq!(number("ws://h/\r\n"), 0);
        assert_eq!(number("http://h/"), 10);
        assert_eq!(number("ws://"), 2);
    }

    #[test]
    fn own_headers_follow_in_order() {
        let mut request = "ws://h/".into_request().unwrap();
        for (name, value) in [
            ("X-B", "é"),
            ("host", "other:1"),
            ("Cookie", "a=b"),
            ("X-A", ""),
        ] {
            request.set_raw_header(name, value);
        }
        let checked = check(&request, "", &[]).unwrap();
        let names: Vec<_> = checked
            .headers
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(names, ["X-B", "Cookie", "X-A"]);
        assert_eq!((&*checked.host, &*checked.host_header), ("h", "other:1"));
    }

    #[test]
    fn no_header_can_break_the_request() {
        for evil in ["\r\n", "\r", "\n", "\0", "\x1b", "\x7f"] {
            let value = format!("a{evil}b");
            for name in ["X", "Host", "Origin", "Sec-WebSocket-Protocol"] {
                let expected = RequestError::InvalidHeader(name.to_owned());
                assert_eq!(with_header(name, &value), Err(expected), "{name} {evil:?}");
            }
            assert_eq!(
                with_header(&value, "x"),
                Err(RequestError::InvalidHeader(value.clone()))
            );
            let request = "ws://h/".into_request().unwrap();
            assert_eq!(
                check(&request, &value, &[]),
                Err(RequestError::InvalidOrigin)
            );
            let expected = RequestError::InvalidSubprotocol(value.clone());
            assert_eq!(check(&request, "", &[value]), Err(expected));
        }
        for name in ["", "a b", "a:", "é"] {
            assert_eq!(
                with_header(name, "x"),
                Err(RequestError::InvalidHeader(name.to_owned()))
            );
        }
        for host in ["", "u@h", "h/", "h h"] {
            assert_eq!(
                with_header("Host", host),
                Err(RequestError::InvalidHeader("Host".into()))
            );
        }
    }

    #[test]
    fn the_handshakes_headers_are_its_own() {
        for name in [
            "Upgrade",
            "connection",
            "Content-Length",
            "transfer-encoding",
            "Sec-WebSocket-Key",
            "sec-websocket-version",
            "Sec-WebSocket-Extensions",
            "Sec-WebSocket-Accept",
        ] {
            let error = with_header(name, "1").unwrap_err();
            assert_eq!(error, RequestError::ReservedHeader(name.to_owned()));
            assert_eq!(
                error.to_string(),
                format!("Header {name} belongs to the handshake.")
            );
        }
    }

    #[test]
    fn the_sockets_origin_outranks_a_header() {
        let mut request = "ws://h/".into_request().unwrap();
        assert_eq!(check(&request, "", &[]).unwrap().origin, "");
        request.set_raw_header("origin", "http://header");
        assert_eq!(check(&request, "", &[]).unwrap().origin, "http://header");
        assert_eq!(
            check(&request, "http://own", &[]).unwrap().origin,
            "http://own"
        );
    }

    #[test]
    fn subprotocols_from_the_header_join_the_offers() {
        let mut request = "ws://h/".into_request().unwrap();
        request.set_raw_header("Sec-WebSocket-Protocol", "a, b");
        let checked = check(&request, "", &["b".into(), "c".into()]).unwrap();
        assert_eq!(checked.subprotocols, ["b", "c", "a"]);
        assert!(checked.headers.is_empty());
        request.set_raw_header("Sec-WebSocket-Protocol", "a, {}");
        let error = check(&request, "", &[]).unwrap_err();
        assert_eq!(error.to_string(), "Invalid subprotocol name: \"{}\".");
    }

    /// Whatever text a URL is made of: what passes the check can be written, and a server takes it.
    #[test]
    fn what_passes_can_be_sent() {
        const PIECES: [&str; 30] = [
            "ws",
            "wss",
            ":",
            "//",
            "/",
            "?",
            "#",
            "@",
            "[",
            "]",
            "::1",
            "h",
            "example.com",
            "80",
            "65536",
            "%",
            "%0d",
            "%00",
            "%41",
            "\\",
            "\r\n",
            "\n",
            "\0",
            "\t",
            " ",
            "ä",
            "汉",
            "..",
            "ws://h",
            "ws://h/",
        ];
        let (mut state, mut passed) = (1_u32, 0);
        for _ in 0..50_000 {
            let mut text = String::new();
            for _ in 0..=state % 7 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                text.push_str(PIECES[(state >> 16) as usize % PIECES.len()]);
            }
            let Ok(checked) = open(&text) else { continue };
            passed += 1;
            let request = UpgradeRequest {
                resource: &checked.resource,
                host: &checked.host_header,
                key: "dGhlIHNhbXBsZSBub25jZQ==",
                origin: &checked.origin,
                subprotocols: &checked.subprotocols,
                headers: &checked.headers,
            };
            let bytes = request
                .write()
                .unwrap_or_else(|error| panic!("{text:?}: {error}"));
            let outcome = ServerHandshake::new().receive(&bytes);
            assert!(
                matches!(outcome, Progress::Complete(_)),
                "{text:?}: {outcome:?}"
            );
        }
        assert!(passed > 1000, "{passed}");
    }
}
