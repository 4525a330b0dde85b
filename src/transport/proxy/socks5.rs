//! SOCKS 5 (RFC 1928) and its logging in by user and password (RFC 1929): the client's side, without I/O.

use std::net::{IpAddr, SocketAddr};

use super::{Failure, Step};
use crate::network::SocketError;

/// What is said to a SOCKS proxy until there is a tunnel.
pub(super) struct Socks5 {
    /// The end of the request: type, address and port.
    destination: Vec<u8>,
    credentials: Option<Credentials>,
    stage: Stage,
}

/// Each not longer than a length of one byte can say.
struct Credentials {
    user: String,
    password: String,
}

enum Stage {
    Method,
    Login,
    Asked,
    Reconnecting,
    Reply,
}

const VERSION: u8 = 5;
const LOGIN_VERSION: u8 = 1;
const CONNECT: u8 = 1;
const NO_LOGIN: u8 = 0;
const LOGIN: u8 = 2;
const NO_METHOD: u8 = 0xFF;
const IPV4: u8 = 1;
const NAME: u8 = 3;
const IPV6: u8 = 4;

impl Socks5 {
    pub(super) fn new() -> Self {
        Self {
            destination: Vec::new(),
            credentials: None,
            stage: Stage::Reconnecting,
        }
    }

    /// The tunnel is to lead to a name.
    ///
    /// # Errors
    /// It is too long.
    pub(super) fn lead_to_name(&mut self, name: &str, port: u16) -> Result<(), Failure> {
        let length = u8::try_from(name.len()).map_err(|_| {
            let text = "The host name is too long for a SOCKS proxy.";
            Failure::new(SocketError::HostNotFound, text)
        })?;
        self.destination = vec![NAME, length];
        self.destination.extend(name.bytes());
        self.destination.extend(port.to_be_bytes());
        Ok(())
    }

    /// The tunnel is to lead to an address.
    pub(super) fn lead_to_address(&mut self, address: SocketAddr) {
        self.destination = match address.ip() {
            IpAddr::V4(ip) => [&[IPV4], &ip.octets()[..]].concat(),
            IpAddr::V6(ip) => [&[IPV6], &ip.octets()[..]].concat(),
        };
        self.destination.extend(address.port().to_be_bytes());
    }

    /// Begins on a new connection, with these bytes.
    pub(super) fn begin(&mut self) -> Vec<u8> {
        self.stage = Stage::Method;
        match self.credentials {
            None => vec![VERSION, 1, NO_LOGIN],
            Some(_) => vec![VERSION, 2, NO_LOGIN, LOGIN],
        }
    }

    pub(super) fn is_asking(&self) -> bool {
        matches!(self.stage, Stage::Asked)
    }

    /// Who we are, if the proxy wants to know.
    ///
    /// # Errors
    /// That cannot be sent.
    pub(super) fn log_in(&mut self, user: String, password: String) -> Result<(), Failure> {
        let fits =
            |text: &str| text.len() <= usize::from(u8::MAX) && !text.contains(char::is_control);
        if !fits(&user) || !fits(&password) {
            let text = "The credentials for the proxy must not be sent: too long, or with control characters.";
            return Err(Failure::new(SocketError::ProxyAuthenticationRequired, text));
        }
        self.credentials = Some(Credentials { user, password });
        self.stage = Stage::Reconnecting;
        Ok(())
    }

    /// Takes what it understands from the front of `received`.
    ///
    /// # Errors
    /// The proxy refuses, or does not speak SOCKS 5.
    pub(super) fn receive(&mut self, received: &mut Vec<u8>) -> Result<Step, Failure> {
        match self.stage {
            Stage::Asked => Ok(Step::Asked),
            Stage::Reconnecting => Ok(Step::Reconnect),
            Stage::Method => self.receive_method(received),
            Stage::Login => self.receive_login(received),
            Stage::Reply => receive_reply(received),
        }
    }

    fn receive_method(&mut self, received: &mut Vec<u8>) -> Result<Step, Failure> {
        let Some(method) = take_pair(received, VERSION)? else {
            return Ok(Step::Partial);
        };
        match (method, &self.credentials) {
            (NO_LOGIN, _) => Ok(self.request()),
            (LOGIN, Some(credentials)) => {
                let Credentials { user, password } = credentials;
                let mut login = vec![LOGIN_VERSION];
                for text in [user, password] {
                    login.push(text.len() as u8); // invariant: `log_in` takes nothing longer
                    login.extend(text.bytes());
                }
                self.stage = Stage::Login;
                Ok(Step::Send(login))
            }
            // One that wants a login although none was offered can still have one.
            (LOGIN | NO_METHOD, _) => Ok(self.ask()),
            _ => Err(broken()),
        }
    }

    fn receive_login(&mut self, received: &mut Vec<u8>) -> Result<Step, Failure> {
        match take_pair(received, LOGIN_VERSION)? {
            None => Ok(Step::Partial),
            Some(0) => Ok(self.request()),
            Some(_) => Ok(self.ask()),
        }
    }

    fn ask(&mut self) -> Step {
        self.stage = Stage::Asked;
        Step::Asked
    }

    fn request(&mut self) -> Step {
        self.stage = Stage::Reply;
        Step::Send([&[VERSION, CONNECT, 0], &self.destination[..]].concat())
    }
}

/// A version, and what is said in it.
fn take_pair(received: &mut Vec<u8>, version: u8) -> Result<Option<u8>, Failure> {
    match received[..] {
        [other, ..] if other != version => Err(broken()),
        [_, value, ..] => {
            received.drain(..2);
            Ok(Some(value))
        }
        _ => Ok(None),
    }
}

/// A refusal counts as soon as it is here: not every proxy sends the rest of it.
fn receive_reply(received: &mut Vec<u8>) -> Result<Step, Failure> {
    match received[..] {
        [version, ..] if version != VERSION => return Err(broken()),
        [_, code, ..] if code != 0 => return Err(refusal(code)),
        _ => {}
    }
    // Which address the proxy uses is of no interest, only how long it is.
    let length = match received[..] {
        [_, _, _, IPV4, ..] => 4 + 4 + 2,
        [_, _, _, IPV6, ..] => 4 + 16 + 2,
        [_, _, _, NAME, length, ..] => 5 + usize::from(length) + 2,
        [_, _, _, NAME] | [] | [_] | [_, _] | [_, _, _] => return Ok(Step::Partial),
        _ => return Err(broken()),
    };
    if received.len() < length {
        return Ok(Step::Partial);
    }
    received.drain(..length);
    Ok(Step::Established)
}

fn broken() -> Failure {
    Failure::of_proxy_protocol("SOCKS version 5 protocol error")
}

fn refusal(code: u8) -> Failure {
    let (error, text) = match code {
        1 => (SocketError::Network, "General SOCKSv5 server failure"),
        2 => (
            SocketError::SocketAccess,
            "Connection not allowed by SOCKSv5 server",
        ),
        3 => (SocketError::Network, "Network unreachable"),
        4 => (SocketError::HostNotFound, "Host not found"),
        5 => (SocketError::ConnectionRefused, "Connection refused"),
        6 => (SocketError::Network, "TTL expired"),
        7 => (
            SocketError::UnsupportedSocketOperation,
            "SOCKSv5 command not supported",
        ),
        8 => (
            SocketError::UnsupportedSocketOperation,
            "Address type not supported",
        ),
        _ => {
            let text = format!("Unknown SOCKSv5 proxy error code 0x{code:02x}");
            return Failure::of_proxy_protocol(text);
        }
    };
    Failure::new(error, text)
}
