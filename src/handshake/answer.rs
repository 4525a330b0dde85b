use super::field;
use super::hello::ClientHello;
use super::key;
use super::request::push;
use super::scanner::HeadError;
use super::subprotocol;

/// How a server says no: an HTTP answer, after which it closes the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HttpRefusal {
    /// The status code.
    pub status: u16,
    /// Its reason phrase.
    pub reason: &'static str,
    /// Headers that belong to this status.
    pub headers: &'static [(&'static str, &'static str)],
    /// What is wrong, for people. It becomes the body.
    pub text: &'static str,
}

impl HttpRefusal {
    /// 400: the request breaks a rule.
    pub const fn bad_request(text: &'static str) -> Self {
        Self::new(400, "Bad Request", text)
    }

    /// 405: only `GET` upgrades.
    pub const fn method_not_allowed() -> Self {
        let refusal = Self::new(405, "Method Not Allowed", "the method must be GET");
        HttpRefusal {
            headers: &[("Allow", "GET")],
            ..refusal
        }
    }

    /// 426: no version of the protocol that the server speaks.
    pub const fn upgrade_required() -> Self {
        let refusal = Self::new(426, "Upgrade Required", "the WebSocket version must be 13");
        let headers = &[
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Version", "13"),
        ];
        HttpRefusal { headers, ..refusal }
    }

    /// 431: more head than the limits allow.
    pub const fn head_too_large(text: &'static str) -> Self {
        Self::new(431, "Request Header Fields Too Large", text)
    }

    /// 503: the server has no room for this client now.
    pub const fn unavailable(text: &'static str) -> Self {
        Self::new(503, "Service Unavailable", text)
    }

    /// 505: another version of HTTP.
    pub const fn http_version_not_supported() -> Self {
        Self::new(
            505,
            "HTTP Version Not Supported",
            "the HTTP version must be 1.1",
        )
    }

    pub(super) fn of_head(error: HeadError) -> Self {
        match error.is_limit() {
            true => Self::head_too_large(error.text()),
            false => Self::bad_request(error.text()),
        }
    }

    const fn new(status: u16, reason: &'static str, text: &'static str) -> Self {
        HttpRefusal {
            status,
            reason,
            headers: &[],
            text,
        }
    }
}

/// The bytes of a refusal.
pub fn write_refusal(refusal: &HttpRefusal) -> Vec<u8> {
    let mut answer = format!("HTTP/1.1 {} {}\r\n", refusal.status, refusal.reason);
    for (name, value) in refusal.headers {
        push(&mut answer, name, value);
    }
    push(&mut answer, "Connection", "close");
    push(&mut answer, "Content-Type", "text/plain; charset=utf-8");
    push(
        &mut answer,
        "Content-Length",
        &(refusal.text.len() + 1).to_string(),
    );
    answer.push_str("\r\n");
    answer.push_str(refusal.text);
    answer.push('\n');
    answer.into_bytes()
}

/// The bytes of the answer that makes the connection a WebSocket.
///
/// A subprotocol or a server name that may not stand in a header is left out whole.
pub fn write_accept(hello: &ClientHello, subprotocol: Option<&str>, server_name: &str) -> Vec<u8> {
    let mut answer = String::from("HTTP/1.1 101 Switching Protocols\r\n");
    push(&mut answer, "Upgrade", "websocket");
    push(&mut answer, "Connection", "Upgrade");
    push(
        &mut answer,
        "Sec-WebSocket-Accept",
        &key::accept_key(hello.key()),
    );
    if let Some(name) = subprotocol.filter(|name| subprotocol::is_valid(name)) {
        push(&mut answer, subprotocol::HEADER, name);
    }
    if !server_name.is_empty() && field::is_field_value(server_name) {
        push(&mut answer, "Server", server_name);
    }
    answer.push_str("\r\n");
    answer.into_bytes()
}
