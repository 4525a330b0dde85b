//! What a server may answer to an upgrade request, and is refused for.

use super::row::{Outcome, Situation, answer, refused_answer, rows};
use super::support::pair::FIXED_KEY;
use super::support::raw_peer::accept_key;

const PARSING: &str = "Parsing handshake request header failed";
const STATUS: &str = "Read handshake request status failed";

rows! {
    garbage: "garbage instead of HTTP", answer("garbage\r\n\r\n") => refused_answer(STATUS);
    another_protocol: "another protocol", answer("220 ESMTP ready\r\n\r\n") => refused_answer(STATUS);
    binary_garbage: "binary garbage", answer([0x15, 0x03, 0x01, 0x00, 0x02]) => refused_answer(&parsing("the head contains a control character"));
    status_without_a_number: "status that is no number", changed(STATUS_LINE, "HTTP/1.1 OK Fine") => refused_answer(STATUS);
    status_of_two_digits: "status of two digits", changed(STATUS_LINE, "HTTP/1.1 10 x") => refused_answer(STATUS);
    not_http: "version that is no HTTP", changed("HTTP/1.1", "HTTQ/1.1") => refused_answer(STATUS);

    http_1_0: "HTTP/1.0", changed("HTTP/1.1", "HTTP/1.0") => upgrade(28, "1.0", "websocket", "Upgrade");
    http_2_0: "HTTP/2.0", changed("HTTP/1.1", "HTTP/2.0") => upgrade(28, "2.0", "websocket", "Upgrade");
    no_upgrade: "no Upgrade", changed("Upgrade: websocket\r\n", "") => upgrade(28, "1.1", "", "Upgrade");
    wrong_upgrade: "Upgrade: h2c", changed("Upgrade: websocket", "Upgrade: h2c") => upgrade(28, "1.1", "h2c", "Upgrade");
    no_connection: "no Connection", changed("Connection: Upgrade\r\n", "") => upgrade(28, "1.1", "websocket", "");
    wrong_connection: "Connection: close", changed("Connection: Upgrade", "Connection: close") => upgrade(28, "1.1", "websocket", "close");
    no_accept: "no Sec-WebSocket-Accept", changed(&accept_line(), "") => upgrade(0, "1.1", "websocket", "Upgrade");
    wrong_accept: "wrong Sec-WebSocket-Accept", changed(&accept(), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") => wrong_accept("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    lower_case_accept: "Sec-WebSocket-Accept in lower case", changed(&accept(), &accept().to_lowercase()) => wrong_accept(&accept().to_lowercase());
    two_accepts: "Sec-WebSocket-Accept twice", with(&accept_line()) => wrong_accept(&format!("{0}, {0}", accept()));
    unrequested_extension: "unrequested extension", with("Sec-WebSocket-Extensions: permessage-deflate\r\n") => refused_answer("WebSocket server has chosen extension permessage-deflate which has not been requested");
    unrequested_subprotocol: "unrequested subprotocol", with("Sec-WebSocket-Protocol: chat\r\n") => refused_answer("WebSocket server has chosen protocol chat which has not been requested");

    status_200: "status 200", status("200 OK") => unhandled("200 (OK)");
    status_204: "status 204", status("204 No Content") => unhandled("204 (No Content)");
    status_100: "status 100", status("100 Continue") => unhandled("100 (Continue)");
    status_301: "status 301", status("301 Moved Permanently") => unhandled("301 (Moved Permanently)");
    status_302: "status 302 with a Location", status("302 Found\r\nLocation: ws://localhost/other") => unhandled("302 (Found)");
    status_307: "status 307", status("307 Temporary Redirect") => unhandled("307 (Temporary Redirect)");
    status_308: "status 308", status("308 Permanent Redirect") => unhandled("308 (Permanent Redirect)");
    status_400: "status 400", status("400 Bad Request") => handshake("Unknown error condition encountered. Aborting connection.");
    status_400_version: "status 400, asks for another version", status("400 Bad Request\r\nSec-WebSocket-Version: 8, 7") => refused_answer("Handshake: Server requests a version that we don't support: 8, 7.");
    status_401: "status 401", status("401 Unauthorized") => handshake("Unsupported WWW-Authenticate challenges encountered.");
    status_401_challenge: "status 401 with a challenge", status("401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"") => nobody_answers();
    status_401_broken: "status 401 with an unterminated challenge", status("401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x") => handshake("Unsupported WWW-Authenticate challenge encountered.");
    status_401_many: "status 401 with 1 000 challenges that nobody knows", status(&format!("401 Unauthorized\r\nWWW-Authenticate: {}", "x, ".repeat(1000))) => handshake("Unsupported WWW-Authenticate challenge encountered.");
    status_401_huge: "status 401 with a nonce of 8 000 bytes", status(&format!("401 Unauthorized\r\nWWW-Authenticate: Digest realm=r, nonce={}", "n".repeat(8000))) => nobody_answers();
    status_403: "status 403", status("403 Forbidden") => unhandled("403 (Forbidden)");
    status_404: "status 404 without a reason phrase", status("404") => unhandled("404 ()");
    status_407: "status 407", status("407 Proxy Authentication Required") => unhandled("407 (Proxy Authentication Required)");
    status_418: "status 418", status("418 I'm a teapot") => unhandled("418 (I'm a teapot)");
    status_426: "status 426", status("426 Upgrade Required") => unhandled("426 (Upgrade Required)");
    status_500: "status 500", status("500 Internal Server Error") => unhandled("500 (Internal Server Error)");
    status_502: "status 502", status("502 Bad Gateway") => unhandled("502 (Bad Gateway)");
    status_503: "status 503", status("503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy") => unhandled("503 (Service Unavailable)");

    large_head: "64 KiB and one byte of head", answer(large_head(64 * 1024 + 1)) => refused_answer("Header is too large");
    endless_head: "64 KiB and one byte of head without an end", answer(&large_head(70_000)[..64 * 1024 + 1]) => refused_answer("Header is too large");
    long_line: "8 KiB and one byte in a line", with(&format!("X: {}\r\n", "x".repeat(8 * 1024 - 2))) => refused_answer(&parsing("a line of the head is too long"));
    many_lines: "101 header lines", with(&"X: y\r\n".repeat(98)) => refused_answer(PARSING);
    bare_lf: "a line that ends with a bare LF", changed("websocket\r\n", "websocket\n") => refused_answer(&parsing("a line ends with a bare line feed"));
    bare_cr: "a bare CR inside a line", changed("websocket\r\n", "web\rsocket\r\n") => refused_answer(&parsing("a carriage return stands alone"));
    folded: "a folded header", with("X: y\r\n z\r\n") => refused_answer(&parsing("a line begins with white space"));
    nul: "NUL in a header", with("X: \0\r\n") => refused_answer(&parsing("the head contains a control character"));
    no_colon: "a header line without a colon", with("X\r\n") => refused_answer(PARSING);
    space_before_colon: "a space before the colon", with("X : y\r\n") => refused_answer(PARSING);
    empty_name: "a header without a name", with(": y\r\n") => refused_answer(PARSING);
}

const STATUS_LINE: &str = "HTTP/1.1 101 Switching Protocols";

fn good() -> String {
    super::support::raw_peer::accepting(&format!("Sec-WebSocket-Key: {FIXED_KEY}\r\n"))
}

fn accept() -> String {
    accept_key(&format!("Sec-WebSocket-Key: {FIXED_KEY}\r\n"))
}

fn accept_line() -> String {
    format!("Sec-WebSocket-Accept: {}\r\n", accept())
}

/// The good answer with something else in the place of `part`.
fn changed(part: &str, other: &str) -> Situation {
    assert!(good().contains(part), "{part}");
    answer(good().replacen(part, other, 1))
}

/// The good answer with a line more.
fn with(line: &str) -> Situation {
    changed("\r\n\r\n", &format!("\r\n{line}\r\n"))
}

/// All is well but the status.
fn status(status: &str) -> Situation {
    changed("101 Switching Protocols", status)
}

/// The good answer, so many bytes long.
fn large_head(size: usize) -> String {
    let line = format!("X: {}\r\n", "x".repeat(995));
    let rest = size - good().len();
    let last = format!("Y: {}\r\n", "y".repeat(rest % 1000 + 1000 - 5));
    let lines = [line.repeat(rest / 1000 - 1), last].concat();
    let head = good().replacen("\r\n\r\n", &format!("\r\n{lines}\r\n"), 1);
    assert_eq!(head.len(), size);
    head
}

fn parsing(detail: &str) -> String {
    format!("{PARSING}: {detail}")
}

fn upgrade(accept_size: usize, version: &str, upgrade: &str, connection: &str) -> Outcome {
    refused_answer(&format!(
        "Invalid parameter encountered during protocol upgrade: Accept-key size: {accept_size}, \
         version: {version}, upgrade: {upgrade}, connection: {connection}"
    ))
}

fn wrong_accept(received: &str) -> Outcome {
    refused_answer(&format!(
        "Accept-Key received from server {received} does not match the client key {}.",
        accept()
    ))
}

fn handshake(text: &str) -> Outcome {
    refused_answer(&format!("QWebSocketPrivate::processHandshake: {text}"))
}

fn nobody_answers() -> Outcome {
    let text = "QWebSocket::processHandshake: Host requires authentication";
    let outcome = refused_answer(text);
    Outcome {
        signals: outcome
            .signals
            .replace("error", "authentication_required · error"),
        ..outcome
    }
}

fn unhandled(status: &str) -> Outcome {
    handshake(&format!("Unhandled http status code: {status}."))
}
