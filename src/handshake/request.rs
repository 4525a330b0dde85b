use std::fmt;

use super::{field, host, subprotocol};

/// The request with which a client asks for a WebSocket.
#[derive(Clone, Copy)]
pub struct UpgradeRequest<'a> {
    /// Path and query, such as `/p?q`.
    pub resource: &'a str,
    /// The value of `Host`.
    pub host: &'a str,
    /// The value of `Sec-WebSocket-Key`.
    pub key: &'a str,
    /// The value of `Origin`; empty: the header is left out.
    pub origin: &'a str,
    /// The subprotocols to offer, the most wanted first.
    pub subprotocols: &'a [String],
    /// The application's own headers, which follow the handshake's.
    pub headers: &'a [(String, String)],
}

/// A part of a request that must not reach the wire. Its text is fit for an error string.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidRequest {
    /// The resource is no request target.
    Resource,
    /// The host is no host.
    Host,
    /// The key is no header value.
    Key,
    /// The origin is no header value.
    Origin,
    /// This is no subprotocol.
    Subprotocol(String),
    /// Name or value of the header with this name are none.
    Header(String),
}

impl fmt::Display for InvalidRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resource => f.write_str("Invalid resource name."),
            Self::Host => f.write_str("Invalid URL."),
            Self::Key => f.write_str("Invalid key."),
            Self::Origin => f.write_str("The origin contains newlines. Possible attack detected."),
            Self::Subprotocol(name) => write!(f, "Invalid subprotocol name: {name:?}."),
            Self::Header(name) => write!(f, "Invalid header: {name:?}."),
        }
    }
}

impl std::error::Error for InvalidRequest {}

impl UpgradeRequest<'_> {
    /// The bytes to send, headers in Qt's order.
    ///
    /// This is the one way to the wire, so every part is checked here, whoever checked it before.
    pub fn write(&self) -> Result<Vec<u8>, InvalidRequest> {
        self.check()?;
        let mut head = format!("GET {} HTTP/1.1\r\n", self.resource);
        push(&mut head, "Host", self.host);
        push(&mut head, "Upgrade", "websocket");
        push(&mut head, "Connection", "Upgrade");
        push(&mut head, "Sec-WebSocket-Key", self.key);
        if !self.origin.is_empty() {
            push(&mut head, "Origin", self.origin);
        }
        push(&mut head, "Sec-WebSocket-Version", "13");
        if !self.subprotocols.is_empty() {
            push(
                &mut head,
                subprotocol::HEADER,
                &self.subprotocols.join(", "),
            );
        }
        for (name, value) in self.headers {
            push(&mut head, name, value);
        }
        head.push_str("\r\n");
        Ok(head.into_bytes())
    }

    fn check(&self) -> Result<(), InvalidRequest> {
        let bad_subprotocol = self
            .subprotocols
            .iter()
            .find(|name| !subprotocol::is_valid(name));
        let bad_header = self
            .headers
            .iter()
            .find(|(name, value)| !field::is_token(name) || !field::is_field_value(value));
        if !field::is_request_target(self.resource) {
            Err(InvalidRequest::Resource)
        } else if !host::is_valid(self.host) {
            Err(InvalidRequest::Host)
        } else if !field::is_field_value(self.key) {
            Err(InvalidRequest::Key)
        } else if !field::is_field_value(self.origin) {
            Err(InvalidRequest::Origin)
        } else if let Some(name) = bad_subprotocol {
            Err(InvalidRequest::Subprotocol(name.clone()))
        } else if let Some((name, _)) = bad_header {
            Err(InvalidRequest::Header(name.clone()))
        } else {
            Ok(())
        }
    }
}

/// Leaves the headers out: some of them are secrets.
impl fmt::Debug for UpgradeRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UpgradeRequest")
            .field("resource", &self.resource)
            .field("host", &self.host)
            .field("origin", &self.origin)
            .field("subprotocols", &self.subprotocols)
            .finish_non_exhaustive()
    }
}

/// Appends one header line.
pub(super) fn push(head: &mut String, name: &str, value: &str) {
    head.push_str(name);
    head.push_str(": ");
    head.push_str(value);
    head.push_str("\r\n");
}
