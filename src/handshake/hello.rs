use super::answer::HttpRefusal;
use super::head::{HttpVersion, RequestHead};
use super::headers::Headers;
use super::{host, key, subprotocol};

/// A client's request for a WebSocket that a server may accept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientHello {
    head: RequestHead,
}

impl ClientHello {
    /// Judges a request: one that is not beyond doubt is refused.
    pub fn new(head: RequestHead) -> Result<Self, HttpRefusal> {
        check_request_line(&head)?;
        check_host(&head)?;
        check_no_body(&head.headers)?;
        check_upgrade(&head.headers)?;
        if head.headers.get_all("Origin").nth(1).is_some() {
            return Err(HttpRefusal::bad_request("there is more than one Origin"));
        }
        Ok(ClientHello { head })
    }

    /// What the request line asks for, as sent: a path and a query, or a whole URL.
    pub fn target(&self) -> &str {
        self.head.target()
    }

    /// Path and query of the target.
    pub fn resource(&self) -> &str {
        let target = self.target();
        match target.split_once("://") {
            Some((_, rest)) if !target.starts_with('/') => {
                rest.find(['/', '?']).map_or("/", |start| &rest[start..])
            }
            _ => target,
        }
    }

    /// The host and perhaps the port that the client thinks it talks to.
    pub fn host(&self) -> &str {
        self.headers().get("Host").unwrap_or("")
    }

    /// The origin of the page that opened the connection. Clients that are no browsers send none.
    pub fn origin(&self) -> Option<&str> {
        self.headers().get("Origin")
    }

    /// The key to be answered.
    pub fn key(&self) -> &str {
        self.headers().get("Sec-WebSocket-Key").unwrap_or("")
    }

    /// The subprotocols that the client offers, the most wanted first.
    pub fn subprotocols(&self) -> impl Iterator<Item = &str> {
        subprotocol::offered(self.headers())
    }

    /// All headers of the request.
    pub fn headers(&self) -> &Headers {
        &self.head.headers
    }
}

fn check_request_line(head: &RequestHead) -> Result<(), HttpRefusal> {
    if head.version != HttpVersion::HTTP_1_1 {
        return Err(HttpRefusal::http_version_not_supported());
    }
    if head.method() != "GET" {
        return Err(HttpRefusal::method_not_allowed());
    }
    Ok(())
}

/// A target that is a whole URL names a host too; if the two differ, one of them lies.
fn check_host(head: &RequestHead) -> Result<(), HttpRefusal> {
    let host = head
        .headers
        .get_only("Host")
        .filter(|host| host::is_valid(host))
        .ok_or(HttpRefusal::bad_request("there must be one valid Host"))?;
    if head.target().starts_with('/') {
        return Ok(());
    }
    let (scheme, rest) = head
        .target()
        .split_once("://")
        .ok_or(HttpRefusal::bad_request(
            "the target must be a path or a URL",
        ))?;
    if !["ws", "wss", "http", "https"]
        .iter()
        .any(|known| scheme.eq_ignore_ascii_case(known))
    {
        return Err(HttpRefusal::bad_request("the target has an unknown scheme"));
    }
    let authority = rest.split(['/', '?']).next().unwrap_or("");
    if !authority.eq_ignore_ascii_case(host) {
        return Err(HttpRefusal::bad_request(
            "target and Host name different hosts",
        ));
    }
    Ok(())
}

/// Bytes behind the head are frames. A request that announces a body could smuggle some in.
fn check_no_body(headers: &Headers) -> Result<(), HttpRefusal> {
    let is_zero = |length: &str| !length.is_empty() && length.bytes().all(|byte| byte == b'0');
    if headers.get_all("Content-Length").all(is_zero)
        && headers.get_all("Transfer-Encoding").next().is_none()
    {
        return Ok(());
    }
    Err(HttpRefusal::bad_request("the request must not have a body"))
}

fn check_upgrade(headers: &Headers) -> Result<(), HttpRefusal> {
    if !headers.has_token("Upgrade", "websocket") {
        return Err(HttpRefusal::bad_request("Upgrade must contain websocket"));
    }
    if !headers.has_token("Connection", "upgrade") {
        return Err(HttpRefusal::bad_request("Connection must contain Upgrade"));
    }
    if !headers.has_token("Sec-WebSocket-Version", "13") {
        return Err(HttpRefusal::upgrade_required());
    }
    if !headers
        .get_only("Sec-WebSocket-Key")
        .is_some_and(key::is_valid_client_key)
    {
        return Err(HttpRefusal::bad_request(
            "there must be one Sec-WebSocket-Key of sixteen bytes",
        ));
    }
    Ok(())
}
