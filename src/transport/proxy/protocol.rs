//! What is spoken with a proxy, and whether it can be.

use super::Failure;
use super::http_connect::HttpConnect;
use super::socks5::Socks5;
use crate::handshake::{field, host};
use crate::network::{NetworkProxy, ProxyType, SocketError};

pub(super) enum Protocol {
    Http(HttpConnect),
    Socks5(Socks5),
}

impl Protocol {
    pub(super) fn new(proxy: &NetworkProxy) -> Result<Self, Failure> {
        match proxy.proxy_type() {
            ProxyType::Http => Ok(Self::Http(HttpConnect::new(checked_headers(proxy)?))),
            ProxyType::Socks5 => {
                let mut socks = Socks5::new();
                if !proxy.user().is_empty() || !proxy.password().is_empty() {
                    let (user, password) = (proxy.user().into(), proxy.password().into());
                    socks.log_in(user, password)?;
                }
                Ok(Self::Socks5(socks))
            }
            _ => Err(unsupported()),
        }
    }

    pub(super) fn lead_to_name(&mut self, name: &str, port: u16) -> Result<(), Failure> {
        let authority = format!("{name}:{port}");
        if !host::is_valid(&authority) {
            return Err(Failure::host_not_found());
        }
        match self {
            Self::Http(http) => http.lead_to(authority),
            Self::Socks5(socks) => socks.lead_to_name(name, port)?,
        }
        Ok(())
    }
}

pub(super) fn unsupported() -> Failure {
    let error = SocketError::UnsupportedSocketOperation;
    Failure::new(error, "Operation on socket is not supported")
}

fn checked_headers(proxy: &NetworkProxy) -> Result<Vec<(String, String)>, Failure> {
    let mut headers = Vec::new();
    for (name, value) in proxy.raw_headers() {
        let is_ours = [
            "Host",
            "Proxy-Connection",
            "Content-Length",
            "Transfer-Encoding",
        ]
        .iter()
        .any(|ours| name.eq_ignore_ascii_case(ours));
        if is_ours || !field::is_token(name) || !field::is_field_value(value) {
            let text = format!("Invalid proxy header: {name:?}");
            return Err(Failure::new(SocketError::ConnectionRefused, text));
        }
        headers.push((name.to_owned(), value.to_owned()));
    }
    Ok(headers)
}
