//! What may stand in a header: the check that every byte passes on its way to the wire.

/// Whether `text` is a token (RFC 9110, 5.6.2): a header name, a method, a subprotocol.
pub fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_token_byte)
}

/// Whether `text` may be the value of a header: no control character except the tab.
pub fn is_field_value(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte == b'\t' || !byte.is_ascii_control())
}

/// Whether `text` may be the target of a request: visible ASCII only, and no fragment.
pub fn is_request_target(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'#')
}

/// Whether the value of this header is nobody's business, so that `Debug` hides it.
fn is_secret(name: &str) -> bool {
    [
        "authorization",
        "cookie",
        "proxy-authorization",
        "set-cookie",
    ]
    .iter()
    .any(|secret| name.eq_ignore_ascii_case(secret))
}

/// A header's value as a log may show it.
pub fn shown<'a>(name: &str, value: &'a str) -> &'a str {
    if is_secret(name) { "<hidden>" } else { value }
}

/// The elements of a comma-separated list, in order, empty ones left out (RFC 9110, 5.6.1).
///
/// Knows nothing of quoted strings: no list that a handshake understands has any.
pub fn list_elements(value: &str) -> impl Iterator<Item = &str> {
    value
        .split(',')
        .map(trim)
        .filter(|element| !element.is_empty())
}

/// Cuts off the optional white space around a value.
pub(super) fn trim(value: &str) -> &str {
    value.trim_matches([' ', '\t'])
}

pub(super) fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_no_separators() {
        assert!(is_token("Sec-WebSocket-Key"));
        assert!(is_token("!#$%&'*+-.^_`|~09azAZ"));
        for bad in [
            "", "a b", "a:b", "a,b", "a\r\nb", "a\0", "é", "{}", "a/b", "\"a\"", "a=b", "a@b",
        ] {
            assert!(!is_token(bad), "{bad:?}");
        }
    }

    #[test]
    fn a_value_has_no_control_characters() {
        assert!(is_field_value(""));
        assert!(is_field_value("a\tb é \u{85}"));
        for bad in ["\r", "\n", "\0", "\x1b", "\x7f", "a\r\nb"] {
            assert!(!is_field_value(bad), "{bad:?}");
        }
    }

    #[test]
    fn a_target_is_visible_ascii() {
        assert!(is_request_target("/a?b=%20"));
        for bad in ["", "/a b", "/\u{e4}", "/a#b", "/\r\n", "/\0"] {
            assert!(!is_request_target(bad), "{bad:?}");
        }
    }

    #[test]
    fn lists_lose_white_space_and_empty_elements() {
        let elements: Vec<_> = list_elements(" ,a,\t b ,, c d,").collect();
        assert_eq!(elements, ["a", "b", "c d"]);
        assert_eq!(list_elements("").count(), 0);
    }
}
