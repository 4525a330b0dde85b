//! The body behind the head of an answer: where it ends, and what is in it (RFC 9112, section 6.3).

use super::head::{HttpVersion, ResponseHead};

/// Takes a body apart as it comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyReader {
    framing: Framing,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Framing {
    /// So many bytes are left.
    Length(u64),
    /// The length of the next piece is to come, and what is here of its line.
    ChunkSize(Vec<u8>),
    /// So many bytes of a piece are left.
    Chunk(u64),
    /// The line end behind a piece: so many bytes of it are left.
    ChunkEnd(u8),
    /// The lines behind the last piece; the length of the current one.
    Trailer(usize),
    /// Whatever comes until the end of the stream.
    UntilEnd,
    /// It makes no sense any more.
    Broken,
}

/// How long the line with the length of a piece may be.
const CHUNK_LINE: usize = 256;
/// How long a line behind the last piece may be.
const TRAILER_LINE: usize = 8 * 1024;

impl BodyReader {
    /// The body that follows this head.
    pub fn new(head: &ResponseHead) -> Self {
        let headers = &head.headers;
        let framing = if matches!(head.status, 100..200 | 204 | 304) {
            Framing::Length(0)
        } else if headers.get("Transfer-Encoding").is_some() {
            match headers.elements("Transfer-Encoding").collect::<Vec<_>>()[..] {
                [only] if only.eq_ignore_ascii_case("chunked") => Framing::ChunkSize(Vec::new()),
                _ => Framing::UntilEnd,
            }
        } else {
            let length = headers.get_only("Content-Length").and_then(decimal);
            length.map_or(Framing::UntilEnd, Framing::Length)
        };
        BodyReader { framing }
    }

    /// Takes from the front of `bytes` what belongs to the body, and shows its content to `take`. Gives how much that
    /// was: all of `bytes`, unless the body ends before.
    pub fn receive(&mut self, bytes: &[u8], mut take: impl FnMut(&[u8])) -> usize {
        let mut rest = bytes;
        while !rest.is_empty() && !self.is_complete() {
            rest = self.step(rest, &mut take);
        }
        bytes.len() - rest.len()
    }

    /// Whether nothing more belongs to it. A body without a length is never complete, a broken one always.
    pub fn is_complete(&self) -> bool {
        matches!(self.framing, Framing::Length(0) | Framing::Broken)
    }

    /// Whether what follows it on the connection is the next answer.
    pub fn has_an_end(&self) -> bool {
        !matches!(self.framing, Framing::UntilEnd | Framing::Broken)
    }

    /// How long it is at least, as far as that is known.
    pub fn known_length(&self) -> u64 {
        match self.framing {
            Framing::Length(left) | Framing::Chunk(left) => left,
            _ => 0,
        }
    }

    fn step<'b>(&mut self, bytes: &'b [u8], take: &mut impl FnMut(&[u8])) -> &'b [u8] {
        match &mut self.framing {
            Framing::Length(left) => take_piece(left, bytes, take),
            Framing::Chunk(left) => {
                let rest = take_piece(left, bytes, take);
                if *left == 0 {
                    self.framing = Framing::ChunkEnd(2);
                }
                rest
            }
            Framing::ChunkEnd(left) => {
                let expected = if *left == 2 { b'\r' } else { b'\n' };
                *left -= 1;
                let is_over = *left == 0;
                if bytes[0] != expected {
                    self.framing = Framing::Broken;
                } else if is_over {
                    self.framing = Framing::ChunkSize(Vec::new());
                }
                &bytes[1..]
            }
            Framing::ChunkSize(line) => {
                line.push(bytes[0]);
                if bytes[0] == b'\n' {
                    self.framing = after_size(line);
                } else if line.len() > CHUNK_LINE {
                    self.framing = Framing::Broken;
                }
                &bytes[1..]
            }
            Framing::Trailer(length) => {
                match bytes[0] {
                    b'\n' if *length == 0 => self.framing = Framing::Length(0),
                    b'\n' => *length = 0,
                    b'\r' => {}
                    _ if *length == TRAILER_LINE => self.framing = Framing::Broken,
                    _ => *length += 1,
                }
                &bytes[1..]
            }
            Framing::UntilEnd => {
                take(bytes);
                &[]
            }
            Framing::Broken => bytes,
        }
    }
}

/// Whether the connection on which this answer came can carry another request.
pub fn stays_open(head: &ResponseHead) -> bool {
    let headers = &head.headers;
    // Who sends both a length and pieces may mean two different ends.
    let is_ambiguous =
        headers.get("Transfer-Encoding").is_some() && headers.get("Content-Length").is_some();
    head.version == HttpVersion::HTTP_1_1
        && !headers.has_token("Connection", "close")
        && !is_ambiguous
}

fn take_piece<'b>(left: &mut u64, bytes: &'b [u8], take: &mut impl FnMut(&[u8])) -> &'b [u8] {
    let length = usize::try_from(*left).map_or(bytes.len(), |left| left.min(bytes.len()));
    let (piece, rest) = bytes.split_at(length);
    *left -= length as u64;
    take(piece);
    rest
}

/// What follows the line with the length of a piece.
fn after_size(line: &[u8]) -> Framing {
    let line = line.strip_suffix(b"\r\n").unwrap_or_default();
    let line = str::from_utf8(line).unwrap_or_default();
    let digits = line.split(';').next().unwrap_or_default().trim();
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    match u64::from_str_radix(digits, 16) {
        Ok(0) if is_hex => Framing::Trailer(0),
        Ok(length) if is_hex => Framing::Chunk(length),
        _ => Framing::Broken,
    }
}

fn decimal(text: &str) -> Option<u64> {
    let is_decimal = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_decimal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(lines: &str) -> ResponseHead {
        head_of(&format!("HTTP/1.1 401 No\r\n{lines}"))
    }

    fn head_of(text: &str) -> ResponseHead {
        ResponseHead::parse(format!("{text}\r\n").as_bytes()).unwrap()
    }

    /// The content, how much was taken, and whether it is complete; the same however it is cut.
    #[track_caller]
    fn read(head: &ResponseHead, bytes: &[u8]) -> (String, usize, bool) {
        let in_pieces = |size: usize| {
            let mut body = BodyReader::new(head);
            let (mut content, mut taken) = (Vec::new(), 0);
            for piece in bytes.chunks(size) {
                taken += body.receive(piece, |part| content.extend_from_slice(part));
            }
            let content = String::from_utf8(content).unwrap();
            (content, taken, body.is_complete())
        };
        let outcome = in_pieces(bytes.len().max(1));
        assert_eq!(in_pieces(1), outcome);
        assert_eq!(in_pieces(3), outcome);
        outcome
    }

    fn is(content: &str, taken: usize, complete: bool) -> (String, usize, bool) {
        (content.to_owned(), taken, complete)
    }

    #[test]
    fn a_length_is_counted() {
        let head = head("Content-Length: 5\r\n");
        assert_eq!(read(&head, b"abc"), is("abc", 3, false));
        assert_eq!(read(&head, b"abcdeHTTP"), is("abcde", 5, true));
        let empty = self::head("content-length: 0\r\n");
        assert!(BodyReader::new(&empty).is_complete());
    }

    #[test]
    fn chunks_are_put_together() {
        let head = head("Transfer-Encoding: Chunked\r\n");
        let whole = b"4;x=y\r\nWiki\r\n00A\r\n0123456789\r\n0\r\nA: b\r\n\r\nHTTP";
        assert_eq!(
            read(&head, whole),
            is("Wiki0123456789", whole.len() - 4, true)
        );
        assert_eq!(read(&head, b"4\r\nWi"), is("Wi", 5, false));
    }

    #[test]
    fn what_makes_no_sense_ends_it() {
        let head = head("Transfer-Encoding: chunked\r\n");
        for bad in [
            "x\r\n",
            "-1\r\n",
            "+1\r\n",
            "\r\n",
            "1\n",
            "11111111111111111\r\n",
        ] {
            let (content, _, complete) = read(&head, bad.as_bytes());
            assert_eq!((content.as_str(), complete), ("", true), "{bad:?}");
        }
        assert_eq!(read(&head, b"1\r\naXY"), is("a", 5, true));
        let (_, taken, complete) = read(&head, &[b'0'; 10_000]);
        assert!(complete && taken < 300);
        let endless = ["0\r\n", &"a".repeat(10_000)].concat();
        assert!(read(&head, endless.as_bytes()).2);
        let mut body = BodyReader::new(&head);
        body.receive(b"x\r\n", |_| {});
        assert!(!body.has_an_end());
    }

    #[test]
    fn without_a_length_it_goes_on_to_the_end() {
        for lines in [
            "",
            "Content-Length: x\r\n",
            "Content-Length: +1\r\n",
            "Content-Length: \r\n",
            "Content-Length: 1\r\nContent-Length: 1\r\n",
            "Content-Length: 99999999999999999999\r\n",
            "Transfer-Encoding: gzip, chunked\r\n",
            "Transfer-Encoding:\r\n",
        ] {
            let head = head(lines);
            assert_eq!(read(&head, b"abc"), is("abc", 3, false), "{lines:?}");
            assert!(!BodyReader::new(&head).has_an_end(), "{lines:?}");
        }
    }

    #[test]
    fn some_answers_have_none() {
        for status in [100, 101, 204, 304] {
            let head = head_of(&format!("HTTP/1.1 {status}\r\nContent-Length: 5\r\n"));
            assert!(BodyReader::new(&head).is_complete(), "{status}");
        }
    }

    #[test]
    fn some_connections_stay_open() {
        assert!(stays_open(&head("Connection: keep-alive\r\n")));
        assert!(!stays_open(&head("Connection: x, Close\r\n")));
        assert!(!stays_open(&head_of("HTTP/1.0 401\r\n")));
        assert!(!stays_open(&head(
            "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"
        )));
    }
}
