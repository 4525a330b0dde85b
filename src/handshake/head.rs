use super::field;
use super::headers::Headers;
use super::scanner::HeadError;

/// The version in a start line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct HttpVersion {
    /// The digit before the dot.
    pub major: u8,
    /// The digit after it.
    pub minor: u8,
}

impl HttpVersion {
    /// The version that upgrades: HTTP/1.1.
    pub const HTTP_1_1: HttpVersion = HttpVersion { major: 1, minor: 1 };

    fn parse(text: &str) -> Option<Self> {
        match *text.strip_prefix("HTTP/")?.as_bytes() {
            [major @ b'0'..=b'9', b'.', minor @ b'0'..=b'9'] => Some(HttpVersion {
                major: major - b'0',
                minor: minor - b'0',
            }),
            _ => None,
        }
    }
}

/// The head of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestHead {
    /// The version in the request line.
    pub version: HttpVersion,
    /// The headers. They also hold the request line, so that the head is one allocation.
    pub headers: Headers,
}

impl RequestHead {
    /// Parses a head that [`HeadScanner`](super::HeadScanner) has found, blank line included.
    pub fn parse(head: &[u8]) -> Result<Self, HeadError> {
        let headers = lines_of(head)?;
        let [method, target, version] = request_line(&headers).ok_or(HeadError::StartLine)?;
        if !field::is_token(method) || !field::is_request_target(target) {
            return Err(HeadError::StartLine);
        }
        let version = HttpVersion::parse(version).ok_or(HeadError::StartLine)?;
        check_lines(&headers)?;
        Ok(RequestHead { version, headers })
    }

    /// The method, such as `GET`.
    pub fn method(&self) -> &str {
        request_line(&self.headers).map_or("", |[method, ..]| method)
    }

    /// What the request line asks for, as it was sent.
    pub fn target(&self) -> &str {
        request_line(&self.headers).map_or("", |[_, target, _]| target)
    }
}

/// The head of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponseHead {
    /// The version in the status line.
    pub version: HttpVersion,
    /// The status code, 100 to 999.
    pub status: u16,
    /// The headers. They also hold the status line, so that the head is one allocation.
    pub headers: Headers,
}

impl ResponseHead {
    /// Parses a head that [`HeadScanner`](super::HeadScanner) has found, blank line included.
    pub fn parse(head: &[u8]) -> Result<Self, HeadError> {
        let headers = lines_of(head)?;
        let [version, status, reason] = status_line(&headers).ok_or(HeadError::StartLine)?;
        let version = HttpVersion::parse(version).ok_or(HeadError::StartLine)?;
        let status = parse_status(status).ok_or(HeadError::StartLine)?;
        if !field::is_field_value(reason) {
            return Err(HeadError::StartLine);
        }
        check_lines(&headers)?;
        Ok(ResponseHead {
            version,
            status,
            headers,
        })
    }

    /// The reason phrase; may be empty.
    pub fn reason(&self) -> &str {
        status_line(&self.headers).map_or("", |[_, _, reason]| reason)
    }
}

/// Takes the text of a head. What does not end with a blank line is no head.
fn lines_of(head: &[u8]) -> Result<Headers, HeadError> {
    head.strip_suffix(b"\r\n\r\n")
        .map(Headers::new)
        .ok_or(HeadError::StartLine)
}

/// Checks every header line; the start line is the caller's. The scanner has seen to the control
/// characters, but a head may have come here without it.
fn check_lines(headers: &Headers) -> Result<(), HeadError> {
    for line in headers.lines() {
        let (name, _) = line.split_once(':').ok_or(HeadError::HeaderLine)?;
        if !field::is_token(name) || !field::is_field_value(line) {
            return Err(HeadError::HeaderLine);
        }
    }
    Ok(())
}

fn parse_status(text: &str) -> Option<u16> {
    match text.as_bytes() {
        [b'1'..=b'9', b'0'..=b'9', b'0'..=b'9'] => text.parse().ok(),
        _ => None,
    }
}

fn request_line(headers: &Headers) -> Option<[&str; 3]> {
    let (method, rest) = headers.start_line().split_once(' ')?;
    let (target, version) = rest.split_once(' ')?;
    Some([method, target, version])
}

/// The reason phrase may be missing, with or without the space before it.
fn status_line(headers: &Headers) -> Option<[&str; 3]> {
    let (version, rest) = headers.start_line().split_once(' ')?;
    let (status, reason) = rest.split_once(' ').unwrap_or((rest, ""));
    Some([version, status, reason])
}
