//! The subprotocols that a client offers and of which a server picks one.

use super::field;
use super::headers::Headers;

/// The header that carries them.
pub const HEADER: &str = "Sec-WebSocket-Protocol";

/// Whether `name` may be offered: a token, compared with regard to case.
pub fn is_valid(name: &str) -> bool {
    field::is_token(name)
}

/// What a client offers: the names from its options, then those from a header it set itself, each once.
///
/// Fails with the first name that is not valid.
pub fn merge(options: &[String], header: Option<&str>) -> Result<Vec<String>, String> {
    let from_header = header.into_iter().flat_map(field::list_elements);
    let mut offers: Vec<String> = Vec::new();
    for name in options.iter().map(String::as_str).chain(from_header) {
        if !is_valid(name) {
            return Err(name.to_owned());
        }
        add_new(&mut offers, name);
    }
    Ok(offers)
}

/// What the client at the other end offers: the valid names in its order of preference, as often as it names them. They
/// are walked one by one, since a stranger's list may be long.
pub fn offered(headers: &Headers) -> impl Iterator<Item = &str> {
    headers.elements(HEADER).filter(|name| is_valid(name))
}

/// The first of the offered names that the server supports.
pub fn choose<'a>(
    mut offered: impl Iterator<Item = &'a str>,
    supported: &[String],
) -> Option<&'a str> {
    offered.find(|name| supported.iter().any(|other| other == name))
}

fn add_new(names: &mut Vec<String>, name: &str) {
    if !names.iter().any(|other| other == name) {
        names.push(name.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn options_come_before_the_header_and_nothing_comes_twice() {
        assert_eq!(
            merge(&owned(&["b", "c", "b"]), Some("a, b")),
            Ok(owned(&["b", "c", "a"]))
        );
        assert_eq!(merge(&[], Some(" , ")), Ok(vec![]));
        assert_eq!(merge(&[], None), Ok(vec![]));
    }

    #[test]
    fn a_bad_name_is_named() {
        for bad in ["", "a b", "a\r\nX: 1", "a\n", "\0", "{}", "a,b"] {
            assert_eq!(merge(&owned(&["ok", bad]), None), Err(bad.to_owned()));
        }
        assert_eq!(merge(&[], Some("ok, a b")), Err("a b".to_owned()));
    }

    #[test]
    fn a_server_reads_valid_names() {
        let headers = Headers::new(
            b"GET / HTTP/1.1\r\nSec-WebSocket-Protocol: x, {}, a\r\nsec-websocket-protocol: a,,b",
        );
        assert!(offered(&headers).eq(["x", "a", "a", "b"]));
    }

    #[test]
    fn the_clients_preference_wins() {
        let offered = || ["foo", "protocol2", "protocol1"].into_iter();
        assert_eq!(
            choose(offered(), &owned(&["protocol1", "protocol2"])),
            Some("protocol2")
        );
        assert_eq!(choose(offered(), &owned(&["FOO"])), None);
        assert_eq!(choose(offered(), &[]), None);
    }

    #[test]
    fn a_long_list_is_walked_no_further_than_needed() {
        let walked = std::cell::Cell::new(0);
        let endless = std::iter::repeat_with(|| {
            walked.set(walked.get() + 1);
            "chat"
        });
        assert_eq!(choose(endless, &owned(&["chat"])), Some("chat"));
        assert_eq!(walked.get(), 1);
    }
}
