//! Random input from fixed seeds: nothing panics, cuts do not matter, and another parser agrees.

use super::*;

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// `seed` with a few bytes changed, taken out or put in, mostly ones that mean something in HTTP.
    fn mutate(&mut self, seed: &[u8]) -> Vec<u8> {
        const MEANINGFUL: &[u8] = b"\r\n\r\n :,;\t\0/?#%[]@\"=13HTPX\x7f\x80\xc3\xff";
        let mut bytes = seed.to_vec();
        for _ in 0..self.below(6) {
            let place = self.below(bytes.len());
            let byte = MEANINGFUL[self.below(MEANINGFUL.len())];
            match self.below(4) {
                0 => bytes[place] = byte,
                1 => bytes.insert(place, byte),
                2 => bytes[place] = self.next() as u8,
                _ => drop(bytes.remove(place)),
            }
        }
        bytes
    }
}

#[test]
fn mutated_answers() {
    let seed = answer_with("Sec-WebSocket-Protocol: a\r\nX: y, z");
    let mut random = Random(1);
    let mut seen = [0; 3];
    for _ in 0..20_000 {
        let bytes = random.mutate(&seed);
        let receive = |pieces: &[&[u8]]| {
            let mut handshake = ClientHandshake::new(KEY.to_owned(), vec!["a".to_owned()]);
            first_verdict(pieces.iter().map(|piece| handshake.receive(piece)))
        };
        let outcome = receive(&[&bytes]);
        let cut = random.below(bytes.len());
        assert_eq!(receive(&[&bytes[..cut], &bytes]), outcome);
        match outcome {
            Progress::Complete((_, head, length)) => {
                seen[0] += 1;
                assert_eq!(
                    head.headers.iter().count(),
                    agreeing(&bytes[..length], &head.headers)
                );
            }
            Progress::Partial => seen[1] += 1,
            Progress::Refused(refusal) => {
                seen[2] += 1;
                assert!(
                    !refusal
                        .text
                        .contains(|char: char| char.is_ascii_control() && char != '\t')
                );
            }
        }
    }
    assert!(seen.iter().all(|&count| count > 20), "{seen:?}");
}

#[test]
fn mutated_requests() {
    let seed = request_with("Sec-WebSocket-Protocol: a, b\r\nOrigin: http://o");
    let mut random = Random(2);
    let mut seen = [0; 3];
    for _ in 0..20_000 {
        let bytes = random.mutate(&seed);
        match ServerHandshake::new().receive(&bytes) {
            Progress::Complete((hello, length)) => {
                seen[0] += 1;
                let headers = hello.headers();
                assert_eq!(headers.iter().count(), agreeing(&bytes[..length], headers));
                assert!(hello.subprotocols().count() <= 3);
                let answer = write_accept(&hello, hello.subprotocols().next(), "");
                let offered = hello.subprotocols().map(String::from).collect();
                let mut client = ClientHandshake::new(hello.key().to_owned(), offered);
                assert!(matches!(client.receive(&answer), Progress::Complete(_)));
            }
            Progress::Partial => seen[1] += 1,
            Progress::Refused(refusal) => {
                seen[2] += 1;
                write_refusal(&refusal);
            }
        }
    }
    assert!(seen.iter().all(|&count| count > 20), "{seen:?}");
}

/// How many headers `httparse` reads from a head we took, each of them the same as ours.
fn agreeing(head: &[u8], ours: &Headers) -> usize {
    let start = head.windows(2).position(|end| end == b"\r\n").unwrap() + 2;
    let mut headers = [httparse::EMPTY_HEADER; 100];
    let parsed = httparse::parse_headers(&head[start..], &mut headers);
    let Ok(httparse::Status::Complete((length, theirs))) = parsed else {
        panic!("{parsed:?}")
    };
    assert_eq!(length, head.len() - start);
    let as_text = |value: &[u8]| match str::from_utf8(head) {
        Ok(_) => str::from_utf8(value).unwrap().to_owned(),
        Err(_) => value.iter().map(|&byte| char::from(byte)).collect(),
    };
    for ((name, value), theirs) in ours.iter().zip(theirs.iter()) {
        assert_eq!((name, value), (theirs.name, &*as_text(theirs.value)));
    }
    theirs.len()
}

#[test]
fn noise() {
    let mut random = Random(3);
    for _ in 0..20_000 {
        let mut bytes: Vec<u8> = (0..random.below(64))
            .map(|_| random.next() as u8 & 0x7f)
            .collect();
        bytes.extend_from_slice(b"\r\n\r\n");
        let _ = ClientHandshake::new(KEY.to_owned(), Vec::new()).receive(&bytes);
        let _ = ServerHandshake::new().receive(&bytes);
        // Heads may also come without having been scanned, as a proxy's might.
        let _ = RequestHead::parse(&bytes);
        let _ = ResponseHead::parse(&bytes);
        if let Ok(text) = str::from_utf8(&bytes) {
            let _ = host::is_valid(text);
        }
    }
}

#[test]
fn an_unscanned_head_cannot_smuggle_line_ends() {
    for bad in [
        "X: 1\nY: 2",
        "X: 1\rY: 2",
        "X: \0",
        "X: 1\r\n\r\nY: 2",
        " X: 1",
    ] {
        let request = head(&["GET / HTTP/1.1", bad]);
        assert_eq!(
            RequestHead::parse(&request),
            Err(HeadError::HeaderLine),
            "{bad:?}"
        );
        let answer = head(&["HTTP/1.1 200 OK", bad]);
        assert_eq!(
            ResponseHead::parse(&answer),
            Err(HeadError::HeaderLine),
            "{bad:?}"
        );
    }
    assert_eq!(
        ResponseHead::parse(&head(&["HTTP/1.1 200 O\nK"])),
        Err(HeadError::StartLine)
    );
    assert_eq!(
        RequestHead::parse(b"GET / HTTP/1.1\r\n"),
        Err(HeadError::StartLine)
    );
}
