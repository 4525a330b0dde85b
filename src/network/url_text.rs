//! What only the text of a URL shows, and a parsed [`Url`](url::Url) no longer does.
//!
//! The parser drops line breaks and tabs without a word, trims white space, reads `ws:///p` as host `p`,
//! turns a backslash into a slash and forgets a port that is the default one. So text is looked at first:
//!
//! * a control character, raw or percent-encoded, or a backslash, before the path: `Invalid URL.`;
//! * a space at either end: `Invalid URL.`;
//! * a raw control character in path, query or fragment: `Invalid resource name.`;
//! * an encoded CR, LF or NUL in the path: `Invalid resource name.` (in the query it is data, as in Qt);
//! * no host after `ws:` or `wss:`: `Host not found`.

use url::Url;

use super::request::RequestError;

/// What the text says beyond the URL that is parsed from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UrlText {
    /// The text names a port, be it the default one.
    pub(crate) has_port: bool,
}

/// Checks the text of a URL before it is parsed.
pub(crate) fn check(text: &str) -> Result<UrlText, RequestError> {
    if text.starts_with(' ') || text.ends_with(' ') {
        return Err(RequestError::InvalidUrl);
    }
    let (scheme, rest) = match text.split_once(':') {
        _ if text.starts_with("//") => return Err(RequestError::UnsupportedScheme(String::new())),
        Some((scheme, rest)) => (scheme, rest),
        None => return Err(RequestError::InvalidUrl),
    };
    let hierarchy = rest.strip_prefix("//");
    let (authority, resource) = split_authority(hierarchy.unwrap_or(rest));
    if has_control(scheme) || !is_authority(authority) {
        return Err(RequestError::InvalidUrl);
    }
    if has_control(resource) || has_encoded_line_break(path_of(resource)) {
        return Err(RequestError::InvalidResource);
    }
    let host_and_port = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let is_websocket = ["ws", "wss"]
        .iter()
        .any(|known| scheme.eq_ignore_ascii_case(known));
    if is_websocket && (hierarchy.is_none() || host_and_port.is_empty()) {
        return Err(RequestError::HostNotFound);
    }
    Ok(UrlText {
        has_port: has_port(host_and_port),
    })
}

/// Whether the text contains a percent-encoded CR, LF or NUL.
pub(crate) fn has_encoded_line_break(text: &str) -> bool {
    text.as_bytes()
        .windows(3)
        .any(|window| matches!(window, b"%00" | [b'%', b'0', b'a' | b'A' | b'd' | b'D']))
}

/// Whether user and password are free of control characters once they are decoded.
pub(crate) fn has_clean_credentials(url: &Url) -> bool {
    let is_clean = |text: &str| !percent_decoded(text).contains(char::is_control);
    is_clean(url.username()) && is_clean(url.password().unwrap_or_default())
}

/// The text without its percent-encoding. Bytes that are not UTF-8 are read as Latin-1.
pub(crate) fn percent_decoded(text: &str) -> String {
    let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
    let mut bytes = text.bytes();
    let mut decoded = Vec::new();
    while let Some(byte) = bytes.next() {
        let mut ahead = bytes.clone();
        match (byte, digit(ahead.next()), digit(ahead.next())) {
            (b'%', Some(high), Some(low)) => {
                decoded.push((high * 16 + low) as u8);
                bytes = ahead;
            }
            _ => decoded.push(byte),
        }
    }
    String::from_utf8(decoded)
        .unwrap_or_else(|error| error.as_bytes().iter().copied().map(char::from).collect())
}

fn split_authority(text: &str) -> (&str, &str) {
    text.split_at(text.find(['/', '?', '#']).unwrap_or(text.len()))
}

fn path_of(resource: &str) -> &str {
    resource.split(['?', '#']).next().unwrap_or("")
}

fn is_authority(text: &str) -> bool {
    !has_control(text) && !has_encoded_line_break(text) && !text.contains('\\')
}

fn has_control(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_control())
}

/// The colons in brackets belong to the address; a colon without digits names no port.
fn has_port(host_and_port: &str) -> bool {
    let after_address = host_and_port.rsplit(']').next().unwrap_or("");
    after_address
        .split_once(':')
        .is_some_and(|(_, port)| !port.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_explicit_port_is_seen() {
        for text in [
            "ws://h:80/",
            "ws://h:81",
            "wss://[::1]:443?q",
            "ws://u:p@h:80#f",
        ] {
            assert_eq!(check(text), Ok(UrlText { has_port: true }), "{text}");
        }
        for text in [
            "ws://h/:80",
            "ws://h:/",
            "wss://[::1]/",
            "ws://u:1@h",
            "ws://h?a:1",
        ] {
            assert_eq!(check(text), Ok(UrlText { has_port: false }), "{text}");
        }
    }

    #[test]
    fn control_characters_are_refused_wherever_they_stand() {
        for control in ["\r\n", "\r", "\n", "\0", "\t", "\x1f", "\x7f"] {
            for (before, after) in [
                ("", "ws://h/"),
                ("w", "s://h/"),
                ("ws:", "//h/"),
                ("ws://h", "x/"),
                ("ws://u", "@h/"),
            ] {
                let text = format!("{before}{control}{after}");
                assert_eq!(check(&text), Err(RequestError::InvalidUrl), "{text:?}");
            }
            for resource in ["/a", "?q=", "/#f", "/a?q#f"] {
                let text = format!("ws://h{resource}{control}");
                assert_eq!(check(&text), Err(RequestError::InvalidResource), "{text:?}");
            }
        }
    }

    #[test]
    fn encoded_line_breaks_are_refused_before_the_query() {
        for code in ["%0d%0a", "%0D", "%0A", "%0a", "%00"] {
            let in_path = format!("ws://h/a{code}b");
            assert_eq!(
                check(&in_path),
                Err(RequestError::InvalidResource),
                "{in_path}"
            );
            let in_host = format!("ws://h{code}x/");
            assert_eq!(check(&in_host), Err(RequestError::InvalidUrl), "{in_host}");
            assert!(check(&format!("ws://h/a?q={code}")).is_ok());
        }
        assert!(check("ws://h/%0b%0").is_ok());
    }

    #[test]
    fn a_missing_host_is_not_taken_from_the_path() {
        for text in [
            "ws:",
            "ws:p",
            "ws:/p",
            "ws://",
            "ws:///p",
            "WSS://?q",
            "ws://u:p@/",
        ] {
            assert_eq!(check(text), Err(RequestError::HostNotFound), "{text}");
        }
    }

    #[test]
    fn what_is_no_url() {
        for text in ["", "h", " ws://h/", "ws://h/ ", "ws://h\\@evil/"] {
            assert_eq!(check(text), Err(RequestError::InvalidUrl), "{text}");
        }
        assert_eq!(
            check("//h/x"),
            Err(RequestError::UnsupportedScheme(String::new()))
        );
    }
}
