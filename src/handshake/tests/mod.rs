//! Handshakes as transcripts. Every head of up to 4 KiB that a test judges is judged in one piece, byte by
//! byte and cut at every position, and must give the same outcome each time.

mod answers;
mod bytes;
mod fuzz;
mod hosts;
mod limits;
mod qt_rows;
mod requests;

use super::*;

const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

type ClientOutcome = Progress<(Accepted, ResponseHead, usize), Refusal>;
type ServerOutcome = Progress<(ClientHello, usize), HttpRefusal>;

/// What a client that offered these subprotocols makes of an answer.
#[track_caller]
fn client_sees(answer: &[u8], offered: &[&str]) -> ClientOutcome {
    let offered: Vec<String> = offered.iter().map(|&name| name.to_owned()).collect();
    judge(answer, || {
        let mut handshake = ClientHandshake::new(KEY.to_owned(), offered.clone());
        move |bytes: &[u8]| handshake.receive(bytes)
    })
}

/// What a server makes of a request.
#[track_caller]
fn server_sees(request: &[u8]) -> ServerOutcome {
    judge(request, || {
        let mut handshake = ServerHandshake::new();
        move |bytes: &[u8]| handshake.receive(bytes)
    })
}

/// Feeds `bytes` to fresh receivers in every way they can be cut.
#[track_caller]
fn judge<T, R, F>(bytes: &[u8], receiver: impl Fn() -> F) -> Progress<T, R>
where
    T: PartialEq + std::fmt::Debug,
    R: PartialEq + std::fmt::Debug,
    F: FnMut(&[u8]) -> Progress<T, R>,
{
    let whole = receiver()(bytes);
    if bytes.len() > 4096 {
        return whole;
    }
    let mut slow = receiver();
    let by_bytes = (0..=bytes.len()).map(|end| slow(&bytes[..end]));
    assert_eq!(first_verdict(by_bytes), whole, "byte by byte");
    for cut in 0..bytes.len() {
        let mut cut_once = receiver();
        let in_two = [&bytes[..cut], bytes].into_iter().map(&mut cut_once);
        assert_eq!(first_verdict(in_two), whole, "cut at {cut}");
    }
    whole
}

/// What a caller acts on: it asks no further once the handshake is over.
fn first_verdict<T, R>(outcomes: impl Iterator<Item = Progress<T, R>>) -> Progress<T, R> {
    outcomes
        .into_iter()
        .find(|seen| !matches!(seen, Progress::Partial))
        .unwrap_or(Progress::Partial)
}

/// The error string of a refused answer.
#[track_caller]
fn refusal(outcome: ClientOutcome) -> String {
    match outcome {
        Progress::Refused(refusal) => refusal.text,
        other => panic!("not refused: {other:?}"),
    }
}

#[track_caller]
fn accepted(outcome: ClientOutcome) -> (Accepted, ResponseHead, usize) {
    match outcome {
        Progress::Complete(accepted) => accepted,
        other => panic!("not accepted: {other:?}"),
    }
}

/// The status with which a request is refused.
#[track_caller]
fn status(outcome: ServerOutcome) -> u16 {
    match outcome {
        Progress::Refused(refusal) => refusal.status,
        other => panic!("not refused: {other:?}"),
    }
}

#[track_caller]
fn hello(outcome: ServerOutcome) -> ClientHello {
    match outcome {
        Progress::Complete((hello, _)) => hello,
        other => panic!("not accepted: {other:?}"),
    }
}

/// A head of these lines.
fn head(lines: &[&str]) -> Vec<u8> {
    let mut head = lines.join("\r\n").into_bytes();
    head.extend_from_slice(b"\r\n\r\n");
    head
}

/// A good answer, with this line in the place of the one that begins like it, up to the colon.
fn answer_with(line: &str) -> Vec<u8> {
    let accept = format!("Sec-WebSocket-Accept: {ACCEPT}");
    with_line(
        vec![
            "HTTP/1.1 101 Switching Protocols",
            "Upgrade: websocket",
            "Connection: Upgrade",
            &accept,
        ],
        line,
    )
}

/// A good request, with this line in the place of the one that begins like it, up to the colon.
fn request_with(line: &str) -> Vec<u8> {
    with_line(GOOD_REQUEST.to_vec(), line)
}

const GOOD_REQUEST: [&str; 6] = [
    "GET /p?q=1 HTTP/1.1",
    "Host: example.com:8080",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
];

/// A line without a colon, or one that names HTTP, replaces the first; a header with a new name is appended.
fn with_line<'a>(mut lines: Vec<&'a str>, line: &'a str) -> Vec<u8> {
    let name = |line: &'a str| match line.split_once(':') {
        Some((name, _)) if !line.contains("HTTP/") => Some(name),
        _ => None,
    };
    match lines.iter().position(|old| name(old) == name(line)) {
        Some(place) => lines[place] = line,
        None => lines.push(line),
    }
    head(&lines)
}

/// A good head without the header of this name.
fn without(head: &[u8], name: &str) -> Vec<u8> {
    let text = str::from_utf8(head).unwrap();
    let kept = text.split("\r\n").filter(|line| !line.starts_with(name));
    kept.collect::<Vec<_>>().join("\r\n").into_bytes()
}
