//! `CONNECT` (RFC 9110, section 9.3.6): the client's side, without I/O.

use super::{Failure, Step};
use crate::handshake::challenge::Challenge;
use crate::handshake::{HeadLimits, HeadScanner, ResponseHead, Skipped, UnwantedBody};
use crate::network::SocketError;

/// What is said to an HTTP proxy until there is a tunnel.
pub(super) struct HttpConnect {
    /// `host:port`, with brackets around what needs them.
    authority: String,
    headers: Vec<(String, String)>,
    authorization: Option<String>,
    stage: Stage,
    /// The connection carried an answer before: the proxy may have given it up since.
    is_reused: bool,
    /// Answers that announce another one.
    interim: u32,
}

enum Stage {
    Answer(HeadScanner),
    /// This was asked; if the connection can be used again, this follows the question on it.
    Asked(Challenge, Option<UnwantedBody>),
    /// What follows the question is skipped.
    Skipping(UnwantedBody),
    Reconnecting,
}

/// How many answers may announce another one.
const INTERIM_AT_MOST: u32 = 8;
/// What every answer begins with.
const START: &[u8] = b"HTTP/1.";

const NO_HTTP: &str = "Did not receive HTTP response from proxy";
const AUTHORIZATION: &str = "Proxy-Authorization";

impl HttpConnect {
    /// The headers may stand in a request.
    pub(super) fn new(headers: Vec<(String, String)>) -> Self {
        Self {
            authority: String::new(),
            headers,
            authorization: None,
            stage: Stage::Reconnecting,
            is_reused: false,
            interim: 0,
        }
    }

    /// Where the tunnel is to lead.
    pub(super) fn lead_to(&mut self, authority: String) {
        self.authority = authority;
    }

    pub(super) fn authority(&self) -> &str {
        &self.authority
    }

    /// Begins on a new connection, with these bytes.
    pub(super) fn begin(&mut self) -> Vec<u8> {
        self.is_reused = false;
        self.request()
    }

    /// The question that was asked, and not answered.
    pub(super) fn question(&self) -> Option<&Challenge> {
        match &self.stage {
            Stage::Asked(challenge, _) => Some(challenge),
            _ => None,
        }
    }

    /// Answers it with the value of a header.
    pub(super) fn answer(&mut self, authorization: String) {
        self.authorization = Some(authorization);
        if let Stage::Asked(_, body) = &mut self.stage {
            self.stage = match body.take() {
                Some(body) => Stage::Skipping(body),
                None => Stage::Reconnecting,
            };
        }
    }

    /// Takes what it understands from the front of `received`.
    ///
    /// # Errors
    /// The proxy refuses, or does not speak HTTP.
    pub(super) fn receive(&mut self, received: &mut Vec<u8>) -> Result<Step, Failure> {
        match &mut self.stage {
            Stage::Asked(..) => Ok(Step::Asked),
            Stage::Reconnecting => Ok(Step::Reconnect),
            Stage::Skipping(body) => match body.skip(received) {
                Skipped::Partial => Ok(Step::Partial),
                Skipped::Complete => {
                    self.is_reused = true;
                    Ok(Step::Send(self.request()))
                }
                Skipped::TooMuch => Ok(Step::Reconnect),
            },
            Stage::Answer(scanner) => {
                let start = received.len().min(START.len());
                if received[..start] != START[..start] {
                    return Err(Failure::of_proxy_protocol(NO_HTTP));
                }
                let malformed = |error| Failure::of_proxy_protocol(format!("{NO_HTTP}: {error}"));
                let Some(length) = scanner.scan(received).map_err(malformed)? else {
                    return Ok(Step::Partial);
                };
                let head = ResponseHead::parse(&received[..length]).map_err(malformed)?;
                received.drain(..length);
                self.judge(&head)
            }
        }
    }

    /// What to do about the end of the connection.
    pub(super) fn lose(&self, received: &[u8]) -> Option<Step> {
        let may_begin_anew = match self.stage {
            // A proxy need not keep a connection open while somebody looks for a password.
            Stage::Answer(_) => self.is_reused && received.is_empty(),
            _ => true,
        };
        may_begin_anew.then_some(Step::Reconnect)
    }

    fn judge(&mut self, head: &ResponseHead) -> Result<Step, Failure> {
        let refusal = |error| {
            let text = format!("Proxy denied connection: {} {}", head.status, head.reason());
            Failure::new(error, text.trim_end())
        };
        match head.status {
            200..300 => Ok(Step::Established),
            100 | 102..200 if self.interim < INTERIM_AT_MOST => {
                self.interim += 1;
                self.stage = Stage::Answer(HeadScanner::new(HeadLimits::default()));
                Ok(Step::Again)
            }
            407 => {
                let challenges = head.headers.get_all("Proxy-Authenticate");
                let challenge = Challenge::strongest(challenges).ok_or_else(|| {
                    let text = "Error parsing authentication request from proxy";
                    Failure::of_proxy_protocol(text)
                })?;
                self.stage = Stage::Asked(challenge, body_to_skip(head));
                Ok(Step::Asked)
            }
            403 | 405 => Err(refusal(SocketError::SocketAccess)),
            404 => Err(refusal(SocketError::HostNotFound)),
            503 => Err(refusal(SocketError::ConnectionRefused)),
            _ => Err(Failure::of_proxy_protocol(
                "Error communicating with HTTP proxy",
            )),
        }
    }

    fn request(&mut self) -> Vec<u8> {
        self.stage = Stage::Answer(HeadScanner::new(HeadLimits::default()));
        self.interim = 0;
        let mut request = format!("CONNECT {} HTTP/1.1\r\n", self.authority);
        let mut push = |name: &str, value: &str| {
            request.extend([name, ": ", value, "\r\n"]);
        };
        push("Proxy-Connection", "keep-alive");
        push("Host", &self.authority);
        let mut names = self.headers.iter().map(|(name, _)| name);
        if !names.any(|name| name.eq_ignore_ascii_case("User-Agent")) {
            // Some proxies let nobody pass who has none.
            push("User-Agent", "Mozilla/5.0");
        }
        for (name, value) in &self.headers {
            // The proxy did not like the application's own.
            if self.authorization.is_none() || !name.eq_ignore_ascii_case(AUTHORIZATION) {
                push(name, value);
            }
        }
        if let Some(authorization) = &self.authorization {
            push(AUTHORIZATION, authorization);
        }
        request.push_str("\r\n");
        request.into_bytes()
    }
}

/// What has to be read before the connection can carry another request; `None` if it cannot.
fn body_to_skip(head: &ResponseHead) -> Option<UnwantedBody> {
    let closes = head.headers.has_token("Proxy-Connection", "close");
    UnwantedBody::behind(head).filter(|_| !closes)
}
