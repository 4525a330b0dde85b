//! The grammar of `Host` (RFC 9112, 3.2): a host and perhaps a port, never user information.

use std::net::Ipv6Addr;

/// Whether `text` is a host, with or without a port.
pub fn is_valid(text: &str) -> bool {
    let (host, port) = split(text);
    is_host(host) && port.is_none_or(is_port)
}

/// Splits off the port, if there is a colon behind the host.
fn split(text: &str) -> (&str, Option<&str>) {
    // The colons in brackets belong to the address.
    let end_of_host = text.rfind(']').map_or(0, |bracket| bracket + 1);
    match text[end_of_host..].split_once(':') {
        Some((rest, port)) => (&text[..end_of_host + rest.len()], Some(port)),
        None => (text, None),
    }
}

fn is_host(host: &str) -> bool {
    match host.strip_prefix('[') {
        Some(literal) => literal.strip_suffix(']').is_some_and(is_ip_literal),
        None => is_name(host),
    }
}

fn is_ip_literal(literal: &str) -> bool {
    literal.parse::<Ipv6Addr>().is_ok() || is_future_address(literal)
}

/// `IPvFuture` (RFC 3986, 3.2.2): a version in hexadecimal, a dot, the address.
fn is_future_address(literal: &str) -> bool {
    let Some((version, address)) = literal
        .strip_prefix(['v', 'V'])
        .and_then(|rest| rest.split_once('.'))
    else {
        return false;
    };
    !version.is_empty()
        && version.bytes().all(|byte| byte.is_ascii_hexdigit())
        && !address.is_empty()
        && address
            .bytes()
            .all(|byte| byte == b':' || is_name_byte(byte))
}

/// A registered name or an IPv4 address, which is one by its letters.
fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    while let Some(byte) = bytes.next() {
        let is_escape = byte == b'%';
        let is_good = match is_escape {
            true => (0..2).all(|_| bytes.next().is_some_and(|byte| byte.is_ascii_hexdigit())),
            false => is_name_byte(byte),
        };
        if !is_good {
            return false;
        }
    }
    !name.is_empty()
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(&byte)
}

/// An empty port means the default one.
fn is_port(port: &str) -> bool {
    port.is_empty() || port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_with_and_without_a_port() {
        for host in [
            "127.0.0.1",
            "localhost",
            "a_b.example",
            "xn--4ca.de",
            "%41b",
            "[::1]",
            "[v1.fe:80]",
        ] {
            for port in ["", ":", ":0", ":80", ":65535"] {
                assert!(is_valid(&format!("{host}{port}")), "{host}{port}");
            }
        }
    }

    #[test]
    fn everything_else() {
        for bad in [
            "",
            ":80",
            "h:65536",
            "h:-1",
            "h:+1",
            "h:8a",
            "h:1:2",
            "user@h",
            "user:pass@h",
            "h/",
            "h/x",
            "h?",
            "h h",
            " h",
            "[::1",
            "::1]",
            "::1",
            "[::1]]",
            "[[::1]]",
            "[]",
            "[::1]x",
            "[::1]x:80",
            "[h]",
            "[v.x]",
            "[v1.]",
            "[vg.x]",
            "[fe80::1%25lo]",
            "%4",
            "%zz",
            "h\r\n",
            "h\0",
            "hé",
            "h\\x",
            "a#b",
            "\"h\"",
        ] {
            assert!(!is_valid(bad), "{bad:?}");
        }
    }
}
