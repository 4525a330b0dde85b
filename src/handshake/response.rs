use super::head::{HttpVersion, ResponseHead};
use super::headers::Headers;
use super::key;
use super::scanner::HeadError;
use super::subprotocol;

/// What a server agreed to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accepted {
    /// The subprotocol it picked from those offered.
    pub subprotocol: Option<String>,
}

/// Why a client does not take a server's answer for a WebSocket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The reason, fit for `error_string`: Qt 6.8's words where Qt has any.
    pub text: String,
    /// The head of the answer, and how long it is; `None` if the answer was no HTTP.
    pub head: Option<(ResponseHead, usize)>,
}

impl Refusal {
    /// The refusal of something that is no HTTP head at all.
    pub(super) fn of_head(error: HeadError) -> Self {
        let text = match error {
            HeadError::TooLarge => "Header is too large".to_owned(),
            HeadError::StartLine => "Read handshake request status failed".to_owned(),
            HeadError::HeaderLine | HeadError::TooManyLines => {
                "Parsing handshake request header failed".to_owned()
            }
            other => format!("Parsing handshake request header failed: {other}"),
        };
        Refusal { text, head: None }
    }
}

/// Judges a server's answer to the request with this key and these offered subprotocols. The error is fit for
/// `error_string`.
pub fn check_response(
    head: &ResponseHead,
    key: &str,
    offered: &[String],
) -> Result<Accepted, String> {
    check_status(head)
        .and_then(|()| check_upgrade(head))
        .and_then(|()| check_accept_key(&head.headers, key))
        .and_then(|()| check_extensions(&head.headers))
        .and_then(|()| check_subprotocol(&head.headers, offered))
        .map(|subprotocol| Accepted { subprotocol })
}

fn check_status(head: &ResponseHead) -> Result<(), String> {
    const PREFIX: &str = "QWebSocketPrivate::processHandshake:";
    match head.status {
        101 => Ok(()),
        400 => match unsupported_versions(&head.headers) {
            Some(versions) => Err(format!(
                "Handshake: Server requests a version that we don't support: {versions}."
            )),
            None => Err(format!(
                "{PREFIX} Unknown error condition encountered. Aborting connection."
            )),
        },
        401 => {
            let plural = if head.headers.get_only("WWW-Authenticate").is_some() {
                ""
            } else {
                "s"
            };
            Err(format!(
                "{PREFIX} Unsupported WWW-Authenticate challenge{plural} encountered."
            ))
        }
        code => Err(format!(
            "{PREFIX} Unhandled http status code: {code} ({}).",
            head.reason()
        )),
    }
}

/// The versions that the server asks for, if it says so and ours is not among them.
fn unsupported_versions(headers: &Headers) -> Option<String> {
    let versions: Vec<_> = headers.elements("Sec-WebSocket-Version").collect();
    (!versions.is_empty() && !versions.contains(&"13")).then(|| versions.join(", "))
}

fn check_upgrade(head: &ResponseHead) -> Result<(), String> {
    let headers = &head.headers;
    let accept_key = headers.joined("Sec-WebSocket-Accept");
    if !accept_key.is_empty()
        && head.version == HttpVersion::HTTP_1_1
        && headers.has_token("Upgrade", "websocket")
        && headers.has_token("Connection", "upgrade")
    {
        return Ok(());
    }
    Err(format!(
        "Invalid parameter encountered during protocol upgrade: \
         Accept-key size: {}, version: {}.{}, upgrade: {}, connection: {}",
        accept_key.len(),
        head.version.major,
        head.version.minor,
        headers.joined("Upgrade"),
        headers.joined("Connection"),
    ))
}

/// Two headers with the right key are joined to one wrong key, and refused as such.
fn check_accept_key(headers: &Headers, key: &str) -> Result<(), String> {
    let expected = key::accept_key(key);
    let received = headers.joined("Sec-WebSocket-Accept");
    if received == expected {
        return Ok(());
    }
    Err(format!(
        "Accept-Key received from server {received} does not match the client key {expected}."
    ))
}

/// None is ever offered. An empty header names none.
fn check_extensions(headers: &Headers) -> Result<(), String> {
    match headers.joined("Sec-WebSocket-Extensions") {
        extensions if extensions.is_empty() => Ok(()),
        extensions => Err(format!(
            "WebSocket server has chosen extension {extensions} which has not been requested"
        )),
    }
}

/// The server may pick one of those offered, or none; an empty header picks none.
fn check_subprotocol(headers: &Headers, offered: &[String]) -> Result<Option<String>, String> {
    match headers.joined(subprotocol::HEADER) {
        chosen if chosen.is_empty() => Ok(None),
        chosen if offered.contains(&chosen) => Ok(Some(chosen)),
        chosen => Err(format!(
            "WebSocket server has chosen protocol {chosen} which has not been requested"
        )),
    }
}
