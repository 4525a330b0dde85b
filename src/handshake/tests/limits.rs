//! The limits of a head, met exactly and exceeded by one.

use super::*;

const LIMITS: HeadLimits = HeadLimits {
    total: 64 * 1024,
    line: 8 * 1024,
    lines: 100,
};

/// `good` with a header of its own whose line is `length` bytes long, put in `count` times.
fn with_lines(good: &[u8], count: usize, length: usize) -> Vec<u8> {
    let line = format!("X: {}\r\n", "x".repeat(length - 3));
    let end = good.len() - 2;
    [&good[..end], line.repeat(count).as_bytes(), b"\r\n"].concat()
}

/// `good` filled up to exactly `total` bytes with lines of allowed length.
fn with_total(good: &[u8], total: usize) -> Vec<u8> {
    let filled = with_lines(good, 8, 8000);
    let rest = total - filled.len() - 2;
    with_lines(&filled, 1, rest)
}

fn good_answer() -> Vec<u8> {
    answer_with("X: 1")
}

fn good_request() -> Vec<u8> {
    head(&GOOD_REQUEST)
}

#[test]
fn the_limits_are_the_documented_ones() {
    assert_eq!(HeadLimits::default(), LIMITS);
}

#[test]
fn the_whole_head() {
    assert_eq!(with_total(&good_answer(), LIMITS.total).len(), LIMITS.total);
    accepted(client_sees(&with_total(&good_answer(), LIMITS.total), &[]));
    let over = with_total(&good_answer(), LIMITS.total + 1);
    assert_eq!(refusal(client_sees(&over, &[])), "Header is too large");
    hello(server_sees(&with_total(&good_request(), LIMITS.total)));
    assert_eq!(
        status(server_sees(&with_total(&good_request(), LIMITS.total + 1))),
        431
    );
}

#[test]
fn what_follows_the_head_does_not_count() {
    let bytes = [
        with_total(&good_answer(), LIMITS.total),
        vec![b'x'; 1 << 20],
    ]
    .concat();
    assert_eq!(accepted(client_sees(&bytes, &[])).2, LIMITS.total);
}

#[test]
fn a_head_that_never_ends_is_refused_at_its_first_byte_too_many() {
    let endless = with_total(&good_answer(), LIMITS.total + 2);
    let mut handshake = ClientHandshake::new(KEY.to_owned(), Vec::new());
    assert_eq!(
        handshake.receive(&endless[..LIMITS.total]),
        Progress::Partial
    );
    let outcome = handshake.receive(&endless[..LIMITS.total + 1]);
    assert_eq!(refusal(outcome), "Header is too large");
    assert_eq!(
        refusal(handshake.receive(&endless)),
        "Header is too large",
        "and it stays so"
    );
}

#[test]
fn one_line() {
    accepted(client_sees(
        &with_lines(&good_answer(), 1, LIMITS.line),
        &[],
    ));
    let over = with_lines(&good_answer(), 1, LIMITS.line + 1);
    assert_eq!(
        refusal(client_sees(&over, &[])),
        "Parsing handshake request header failed: a line of the head is too long"
    );
    hello(server_sees(&with_lines(&good_request(), 1, LIMITS.line)));
    assert_eq!(
        status(server_sees(&with_lines(
            &good_request(),
            1,
            LIMITS.line + 1
        ))),
        431
    );
}

#[test]
fn the_start_line_is_a_line() {
    let target = |length| {
        format!(
            "GET /{} HTTP/1.1",
            "x".repeat(length - "GET / HTTP/1.1".len())
        )
    };
    hello(server_sees(&request_with(&target(LIMITS.line))));
    assert_eq!(
        status(server_sees(&request_with(&target(LIMITS.line + 1)))),
        431
    );
}

#[test]
fn the_number_of_header_lines() {
    let own = GOOD_REQUEST.len() - 1;
    hello(server_sees(&with_lines(
        &good_request(),
        LIMITS.lines - own,
        4,
    )));
    assert_eq!(
        status(server_sees(&with_lines(
            &good_request(),
            LIMITS.lines - own + 1,
            4
        ))),
        431
    );
    let own = 4;
    let (_, head, _) = accepted(client_sees(
        &with_lines(&good_answer(), LIMITS.lines - own, 4),
        &[],
    ));
    assert_eq!(head.headers.iter().count(), LIMITS.lines);
    let over = with_lines(&good_answer(), LIMITS.lines - own + 1, 4);
    assert_eq!(
        refusal(client_sees(&over, &[])),
        "Parsing handshake request header failed"
    );
}

#[test]
fn limits_can_be_set() {
    let small = HeadLimits {
        total: 40,
        line: 20,
        lines: 1,
    };
    let scan = |bytes: &[u8]| HeadScanner::new(small).scan(bytes);
    assert_eq!(
        scan(b"12345678901234567890\r\n12345\r\n\r\nrest"),
        Ok(Some(31))
    );
    assert_eq!(scan(b"123456789012345678901"), Err(HeadError::LineTooLong));
    assert_eq!(scan(b"1\r\n2\r\n\r\n"), Ok(Some(8)));
    assert_eq!(scan(b"1\r\n2\r\n3"), Err(HeadError::TooManyLines));
    assert_eq!(
        scan(b"12345678901234567890\r\n12345678901234\r\n\r\n"),
        Ok(Some(40))
    );
    assert_eq!(
        scan(b"12345678901234567890\r\n123456789012345\r\n\r\n"),
        Err(HeadError::TooLarge)
    );
}

#[test]
fn no_byte_is_looked_at_twice() {
    let bytes = with_total(&good_answer(), LIMITS.total);
    let mut scanner = HeadScanner::new(LIMITS);
    for end in 1..bytes.len() {
        assert_eq!(scanner.scan(&bytes[..end]), Ok(None));
    }
    assert_eq!(scanner.scan(&bytes), Ok(Some(bytes.len())));
    assert_eq!(scanner.looked_at, bytes.len());
}
