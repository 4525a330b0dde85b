use std::fmt;

use super::field;

/// The headers of a received head, in the order in which they came. Names are compared without regard to case.
///
/// ```
/// use qwebsocket::WebSocket;
///
/// let socket = WebSocket::new();
/// socket.handshake_failed.connect(|status, headers, _body| {
///     println!("{status} from {:?}", headers.get("Server"));
///     for cookie in headers.get_all("Set-Cookie") {
///         println!("with {cookie}");
///     }
/// });
/// ```
// The head is kept as it was received, in one allocation, and walked on demand: a connected socket holds its peer's
// headers for as long as it lives.
#[doc(alias = "QHttpHeaders")]
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers {
    /// The head, start line included, blank line not. Parsing has seen a name and a colon in each line.
    head: Box<str>,
}

impl Headers {
    /// Takes a head without the end of its last line. Bytes that are not UTF-8 are read as Latin-1, as HTTP once had it.
    pub(super) fn new(head: &[u8]) -> Self {
        let head = match str::from_utf8(head) {
            Ok(text) => text.into(),
            Err(_) => head
                .iter()
                .map(|&byte| char::from(byte))
                .collect::<String>()
                .into(),
        };
        Headers { head }
    }

    /// The first line of the head.
    pub(super) fn start_line(&self) -> &str {
        self.head.split("\r\n").next().unwrap_or("")
    }

    /// All lines but the first.
    pub(super) fn lines(&self) -> impl Iterator<Item = &str> {
        self.head.split("\r\n").skip(1)
    }

    /// All headers as pairs of name and value.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.lines()
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name, field::trim(value)))
    }

    /// The value of the first header with this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// The values of all headers with this name.
    pub fn get_all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.iter()
            .filter(move |(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// The value of the only header with this name: `None` if there is none, or more than one.
    pub(crate) fn get_only<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        let mut values = self.get_all(name);
        let first = values.next()?;
        values.next().is_none().then_some(first)
    }

    /// The elements of the lists in all headers with this name.
    pub(crate) fn elements<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.get_all(name).flat_map(field::list_elements)
    }

    /// Whether the lists in the headers with this name contain `token`, in whatever case.
    pub(crate) fn has_token(&self, name: &str, token: &str) -> bool {
        self.elements(name)
            .any(|element| element.eq_ignore_ascii_case(token))
    }

    /// The values of all headers with this name, joined with commas: one list, as HTTP sees it.
    pub(super) fn joined(&self, name: &str) -> String {
        self.get_all(name).collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |(name, value)| (name, field::shown(name, value));
        f.debug_map().entries(self.iter().map(shown)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers() -> Headers {
        Headers::new(b"GET / HTTP/1.1\r\nA: 1\r\nb:\t2, x \r\na: 3\r\nCookie: id=7\r\nEmpty:")
    }

    #[test]
    fn keeps_order_and_ignores_case() {
        let headers = headers();
        let names: Vec<_> = headers.iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["A", "b", "a", "Cookie", "Empty"]);
        assert_eq!(headers.get("B"), Some("2, x"));
        assert_eq!(headers.get("a"), Some("1"));
        assert_eq!(headers.get_all("A").collect::<Vec<_>>(), ["1", "3"]);
        assert_eq!(headers.get("empty"), Some(""));
        assert_eq!(headers.get("c"), None);
        assert_eq!(headers.start_line(), "GET / HTTP/1.1");
    }

    #[test]
    fn an_only_header_comes_once() {
        assert_eq!(headers().get_only("b"), Some("2, x"));
        assert_eq!(headers().get_only("a"), None);
        assert_eq!(headers().get_only("c"), None);
    }

    #[test]
    fn lists_span_headers() {
        assert_eq!(headers().joined("a"), "1, 3");
        assert!(headers().has_token("B", "X"));
        assert!(headers().has_token("a", "3"));
        assert!(!headers().has_token("b", "2, x"));
    }

    #[test]
    fn bytes_beyond_utf8_are_latin1() {
        let headers = Headers::new(b"GET / HTTP/1.1\r\nA: caf\xe9");
        assert_eq!(headers.get("a"), Some("caf\u{e9}"));
        let headers = Headers::new("GET / HTTP/1.1\r\nA: café".as_bytes());
        assert_eq!(headers.get("a"), Some("café"));
    }

    #[test]
    fn debug_hides_secrets() {
        let shown = format!("{:?}", headers());
        assert!(
            shown.contains("\"A\": \"1\"") && !shown.contains("id=7"),
            "{shown}"
        );
    }
}
