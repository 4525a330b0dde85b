//! Both machines at every cut of what a proxy sends, and with what no proxy should send.

use super::http_connect::HttpConnect;
use super::socks5::Socks5;
use super::*;

/// A machine, whatever it speaks.
trait Machine {
    fn receive(&mut self, received: &mut Vec<u8>) -> Result<Step, Failure>;
}

impl Machine for HttpConnect {
    fn receive(&mut self, received: &mut Vec<u8>) -> Result<Step, Failure> {
        HttpConnect::receive(self, received)
    }
}

impl Machine for Socks5 {
    fn receive(&mut self, received: &mut Vec<u8>) -> Result<Step, Failure> {
        Socks5::receive(self, received)
    }
}

/// All that a machine says to these bytes, until it needs more.
fn take(
    machine: &mut impl Machine,
    received: &mut Vec<u8>,
    said: &mut Vec<Step>,
) -> Result<(), Failure> {
    loop {
        match machine.receive(received)? {
            Step::Partial => return Ok(()),
            Step::Again => {}
            end @ (Step::Established | Step::Asked | Step::Reconnect) => {
                said.push(end);
                return Ok(());
            }
            Step::Send(bytes) => said.push(Step::Send(bytes)),
        }
    }
}

/// What a machine says to these bytes, which is the same wherever they are cut in two.
fn at_every_cut<M: Machine>(make: impl Fn() -> M, bytes: &[u8]) -> Result<Vec<Step>, Failure> {
    let whole = in_pieces(make(), &[bytes]);
    for cut in 0..=bytes.len() {
        let (one, two) = bytes.split_at(cut);
        assert_eq!(in_pieces(make(), &[one, two]), whole, "cut at {cut}");
    }
    let single: Vec<&[u8]> = bytes.chunks(1).collect();
    assert_eq!(in_pieces(make(), &single), whole, "byte by byte");
    whole
}

fn in_pieces(mut machine: impl Machine, pieces: &[&[u8]]) -> Result<Vec<Step>, Failure> {
    let (mut received, mut said) = (Vec::new(), Vec::new());
    for piece in [&[][..]].iter().chain(pieces) {
        received.extend_from_slice(piece);
        if !matches!(
            said.last(),
            Some(Step::Established | Step::Asked | Step::Reconnect)
        ) {
            take(&mut machine, &mut received, &mut said)?;
        }
    }
    Ok(said)
}

fn connect() -> HttpConnect {
    let mut http = HttpConnect::new(Vec::new());
    http.lead_to("example.com:80".into());
    let request = String::from_utf8(http.begin()).unwrap();
    assert_eq!(
        request,
        "CONNECT example.com:80 HTTP/1.1\r\nProxy-Connection: keep-alive\r\n\
         Host: example.com:80\r\nUser-Agent: Mozilla/5.0\r\n\r\n"
    );
    http
}

fn http(answer: &str) -> Result<Vec<Step>, (SocketError, String)> {
    at_every_cut(connect, answer.as_bytes()).map_err(|failure| (failure.error, failure.text))
}

const ASKS: &str = "HTTP/1.1 407 Who?\r\nProxy-Authenticate: Basic realm=\"lab\"\r\n";

#[test]
fn an_http_proxy_agrees() {
    for answer in [
        "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.0 200\r\n\r\n",
        "HTTP/1.1 204 Fine\r\nContent-Length: 7\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
    ] {
        assert_eq!(http(answer), Ok(vec![Step::Established]), "{answer}");
    }
    assert_eq!(http("HTTP/1.1 200 OK\r\nA: b\r\n"), Ok(vec![]));
}

#[test]
fn an_http_proxy_refuses() {
    for (status, error, text) in [
        (
            "403 Forbidden",
            SocketError::SocketAccess,
            "Proxy denied connection: 403 Forbidden",
        ),
        (
            "405 No",
            SocketError::SocketAccess,
            "Proxy denied connection: 405 No",
        ),
        (
            "404",
            SocketError::HostNotFound,
            "Proxy denied connection: 404",
        ),
        (
            "503 Busy",
            SocketError::ConnectionRefused,
            "Proxy denied connection: 503 Busy",
        ),
        (
            "500 Oh",
            SocketError::ProxyProtocol,
            "Error communicating with HTTP proxy",
        ),
        (
            "302 There",
            SocketError::ProxyProtocol,
            "Error communicating with HTTP proxy",
        ),
        (
            "101 Switching",
            SocketError::ProxyProtocol,
            "Error communicating with HTTP proxy",
        ),
        (
            "401 Who?",
            SocketError::ProxyProtocol,
            "Error communicating with HTTP proxy",
        ),
        (
            "407 Who?",
            SocketError::ProxyProtocol,
            "Error parsing authentication request from proxy",
        ),
    ] {
        let answer = format!("HTTP/1.1 {status}\r\n\r\n");
        assert_eq!(http(&answer), Err((error, text.to_owned())), "{status}");
    }
}

#[test]
fn what_is_no_http_is_refused_at_its_first_byte() {
    for (garbage, wrong_at) in [
        ("SSH-2.0", 0),
        ("HTTX", 3),
        ("HTTP/2 200 OK", 5),
        ("\0", 0),
        ("\r\n", 0),
    ] {
        let mut machine = connect();
        for length in 1..=garbage.len() {
            let mut received = garbage.as_bytes()[..length].to_vec();
            match machine.receive(&mut received) {
                Ok(step) => assert!(step == Step::Partial && length <= wrong_at, "{garbage:?}"),
                Err(failure) => {
                    assert_eq!(length, wrong_at + 1, "{garbage:?}");
                    assert_eq!(failure.text, "Did not receive HTTP response from proxy");
                    break;
                }
            }
        }
    }
}

#[test]
fn heads_and_their_number_are_bounded() {
    let error = |answer: &str| {
        let mut said = Vec::new();
        let refused = take(&mut connect(), &mut answer.as_bytes().to_vec(), &mut said);
        refused.expect_err("a refusal").error
    };
    let endless = "HTTP/1.1 200 OK\r\n".to_owned() + &"A: b\r\n".repeat(101);
    assert_eq!(error(&endless), SocketError::ProxyProtocol);
    let endless = "HTTP/1.1 200 ".to_owned() + &"O".repeat(9000);
    assert_eq!(error(&endless), SocketError::ProxyProtocol);
    assert_eq!(error("HTTP/1.1 200 OK\n\n"), SocketError::ProxyProtocol);
    assert_eq!(error("HTTP/1.1 2xx OK\r\n\r\n"), SocketError::ProxyProtocol);
    let interim = "HTTP/1.1 102 Wait\r\n\r\n";
    assert_eq!(error(&interim.repeat(9)), SocketError::ProxyProtocol);
    let patient = interim.repeat(8) + "HTTP/1.1 200 OK\r\n\r\n";
    assert_eq!(http(&patient), Ok(vec![Step::Established]));
    let mut machine = connect();
    let mut asked = format!("{}{ASKS}\r\n", interim.repeat(8)).into_bytes();
    assert_eq!(take(&mut machine, &mut asked, &mut Vec::new()), Ok(()));
    machine.answer("Basic abc".into());
    machine.begin();
    let mut said = Vec::new();
    let agrees = take(&mut machine, &mut patient.into_bytes(), &mut said);
    assert_eq!((agrees, &said[..]), (Ok(()), &[Step::Established][..]));
}

/// What is said to an answer that asks, once that is answered, and to `rest`.
fn after_answering(question: &str, rest: &str) -> Vec<Step> {
    let answered = || {
        let mut machine = connect();
        let mut received = question.as_bytes().to_vec();
        assert_eq!(machine.receive(&mut received), Ok(Step::Asked));
        assert_eq!(
            machine.receive(&mut received),
            Ok(Step::Asked),
            "until then"
        );
        assert_eq!(machine.question().expect("a question").realm(), "lab");
        machine.answer("Basic abc".into());
        assert!(machine.question().is_none());
        machine
    };
    at_every_cut(answered, rest.as_bytes()).expect("no failure")
}

#[test]
fn the_question_is_answered_on_the_connection_if_that_stays_open() {
    let answer = Step::Send(
        b"CONNECT example.com:80 HTTP/1.1\r\nProxy-Connection: keep-alive\r\n\
          Host: example.com:80\r\nUser-Agent: Mozilla/5.0\r\n\
          Proxy-Authorization: Basic abc\r\n\r\n"
            .to_vec(),
    );
    let kept = |headers: &str, body: &str| after_answering(&format!("{ASKS}{headers}\r\n"), body);
    assert_eq!(
        kept("Content-Length: 0\r\n", ""),
        std::slice::from_ref(&answer)
    );
    let and_then = |body: &str| format!("{body}HTTP/1.1 200 OK\r\n\r\n");
    let both = [answer, Step::Established];
    assert_eq!(kept("Content-Length: 4\r\n", &and_then("body")), both);
    let chunked = and_then("2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n");
    assert_eq!(kept("Transfer-Encoding: chunked\r\n", &chunked), both);
    for closing in [
        "Content-Length: 0\r\nConnection: close\r\n",
        "Content-Length: 0\r\nProxy-Connection: close\r\n",
        "Content-Length: 65537\r\n",
        "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
        "",
    ] {
        assert_eq!(kept(closing, "x"), [Step::Reconnect], "{closing}");
    }
    let broken = kept("Transfer-Encoding: chunked\r\n", "zz\r\n");
    assert_eq!(broken.last(), Some(&Step::Reconnect));
}

#[test]
fn a_body_without_an_end_is_not_read_for_ever() {
    let mut machine = connect();
    let mut received = format!("{ASKS}Transfer-Encoding: chunked\r\n\r\n").into_bytes();
    assert_eq!(machine.receive(&mut received), Ok(Step::Asked));
    machine.answer("Basic abc".into());
    received.extend(b"fffffff\r\n");
    let mut read = 0;
    while machine.receive(&mut received) == Ok(Step::Partial) {
        assert!(received.is_empty() && read <= 64 * 1024, "{read}");
        received.extend([b'x'; 1024]);
        read += 1024;
    }
    assert_eq!(machine.receive(&mut received), Ok(Step::Reconnect));
}

#[test]
fn a_kept_connection_may_have_been_given_up() {
    let mut machine = connect();
    assert_eq!(machine.lose(b""), None, "the first answer is owed");
    let mut received = format!("{ASKS}Content-Length: 0\r\n\r\n").into_bytes();
    assert_eq!(machine.receive(&mut received), Ok(Step::Asked));
    machine.answer("Basic abc".into());
    assert!(matches!(machine.receive(&mut received), Ok(Step::Send(_))));
    assert_eq!(machine.lose(b"HTTP"), None, "it was there");
    assert_eq!(machine.lose(b""), Some(Step::Reconnect));
    machine.begin();
    assert_eq!(machine.lose(b""), None, "twice is too often");
}

#[test]
fn a_question_may_be_broken_off() {
    let mut machine = connect();
    let mut received = format!("{ASKS}Content-Length: 4\r\n\r\nwh").into_bytes();
    assert_eq!(machine.receive(&mut received), Ok(Step::Asked));
    machine.answer("Basic abc".into());
    assert_eq!(machine.receive(&mut received), Ok(Step::Partial));
    assert_eq!(machine.lose(b""), Some(Step::Reconnect));
}

#[test]
fn headers_of_ones_own_go_out_once() {
    let headers = [
        ("User-Agent", "me"),
        ("proxy-authorization", "Mine"),
        ("A", "b"),
    ];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut http = HttpConnect::new(headers.into());
    http.lead_to("h:1".into());
    let begin =
        "CONNECT h:1 HTTP/1.1\r\nProxy-Connection: keep-alive\r\nHost: h:1\r\nUser-Agent: me\r\n";
    let first = String::from_utf8(http.begin()).unwrap();
    assert_eq!(
        first,
        format!("{begin}proxy-authorization: Mine\r\nA: b\r\n\r\n")
    );
    http.answer("Ours".into());
    let second = String::from_utf8(http.begin()).unwrap();
    assert_eq!(
        second,
        format!("{begin}A: b\r\nProxy-Authorization: Ours\r\n\r\n")
    );
}

fn socks() -> Socks5 {
    let mut socks = Socks5::new();
    socks.lead_to_name("h", 80).unwrap();
    assert_eq!(socks.begin(), [5, 1, 0]);
    socks
}

fn known() -> Socks5 {
    let mut socks = Socks5::new();
    socks.lead_to_address(([1, 2, 3, 4], 0x1122).into());
    socks.log_in("ab".into(), "c".into()).unwrap();
    assert_eq!(socks.begin(), [5, 2, 0, 2]);
    socks
}

#[test]
fn a_socks_proxy_agrees() {
    let request = Step::Send(vec![5, 1, 0, 3, 1, b'h', 0, 80]);
    for address in [
        &[1, 127, 0, 0, 1, 0, 80][..],
        &[[4; 17].as_slice(), &[0, 80]].concat(),
        &[3, 2, b'x', b'y', 0, 80],
        &[3, 0, 0, 80],
        &[&[3, 255][..], &[b'x'; 257]].concat(),
    ] {
        let answers = [&[5, 0, 5, 0, 0][..], address].concat();
        let said = at_every_cut(socks, &answers);
        assert_eq!(said, Ok(vec![request.clone(), Step::Established]));
        let short = at_every_cut(socks, &answers[..answers.len() - 1]);
        assert_eq!(short, Ok(vec![request.clone()]));
    }
}

#[test]
fn a_socks_proxy_lets_us_in() {
    let login = Step::Send(vec![1, 2, b'a', b'b', 1, b'c']);
    let request = Step::Send(vec![5, 1, 0, 1, 1, 2, 3, 4, 0x11, 0x22]);
    let answers = [5, 2, 1, 0, 5, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    let said = at_every_cut(known, &answers);
    assert_eq!(said, Ok(vec![login.clone(), request, Step::Established]));
    assert_eq!(
        at_every_cut(known, &[5, 2, 1, 1]),
        Ok(vec![login, Step::Asked])
    );
    for asks in [[5, 0xFF], [5, 2]] {
        assert_eq!(at_every_cut(socks, &asks), Ok(vec![Step::Asked]));
    }
    let mut asked = socks();
    assert_eq!(asked.receive(&mut vec![5, 0xFF]), Ok(Step::Asked));
    assert!(asked.is_asking());
    asked.log_in("a".into(), "b".into()).unwrap();
    assert_eq!(asked.receive(&mut vec![]), Ok(Step::Reconnect));
    assert_eq!(asked.begin(), [5, 2, 0, 2]);
}

#[test]
fn a_socks_proxy_refuses() {
    use SocketError::{ConnectionRefused, HostNotFound, Network, SocketAccess};
    use SocketError::{ProxyProtocol, UnsupportedSocketOperation};
    for (code, error) in [
        (1, Network),
        (2, SocketAccess),
        (3, Network),
        (4, HostNotFound),
        (5, ConnectionRefused),
        (6, Network),
        (7, UnsupportedSocketOperation),
        (8, UnsupportedSocketOperation),
        (9, ProxyProtocol),
        (255, ProxyProtocol),
    ] {
        let said = at_every_cut(socks, &[5, 0, 5, code]);
        assert_eq!(said.map_err(|failure| failure.error), Err(error), "{code}");
    }
}

#[test]
fn what_is_no_socks_is_refused() {
    for garbage in [
        &b"HTTP/1.1 400 Bad\r\n\r\n"[..],
        &[4, 0],
        &[5, 1],
        &[5, 3],
        &[5, 0x80],
        &[5, 0, 4],
        &[5, 0, 5, 0, 0, 2],
        &[5, 0, 5, 0, 0, 0],
    ] {
        let said = at_every_cut(socks, garbage).map_err(|failure| failure.error);
        assert_eq!(said, Err(SocketError::ProxyProtocol), "{garbage:?}");
    }
    let said = at_every_cut(known, &[5, 2, 5, 0]).map_err(|failure| failure.error);
    assert_eq!(said, Err(SocketError::ProxyProtocol));
}

#[test]
fn lengths_of_one_byte() {
    let mut socks = Socks5::new();
    assert!(socks.lead_to_name(&"h".repeat(255), 1).is_ok());
    let refused = socks.lead_to_name(&"h".repeat(256), 1);
    assert_eq!(
        refused.map_err(|failure| failure.error),
        Err(SocketError::HostNotFound)
    );
    let long = || "x".repeat(255);
    assert_eq!(socks.log_in(long(), long()), Ok(()));
    for bad in [&(long() + "x"), "a\0", "\r\n", "\u{7f}"] {
        for (user, password) in [(bad, ""), ("", bad)] {
            let refused = socks.log_in(user.into(), password.into());
            assert_eq!(
                refused.map_err(|failure| failure.error),
                Err(SocketError::ProxyAuthenticationRequired)
            );
        }
    }
}
