//! A proxy written as a URL.

use std::fmt;
use std::str::FromStr;

use url::Url;

use super::{NetworkProxy, ProxyType};
use crate::network::SslConfiguration;
use crate::network::url_text::percent_decoded;

/// A text that names no proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidProxyUrl;

impl fmt::Display for InvalidProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a URL of an HTTP or SOCKS5 proxy")
    }
}

impl std::error::Error for InvalidProxyUrl {}

/// Reads `http://user:password@host:port`, `https://..` for one to which TLS is spoken, `socks5://..` and `socks5h://..`,
/// which mean the same. Without a scheme it is an HTTP proxy; the port is 8080 for HTTP, 443 with TLS and 1080 for SOCKS
/// unless it is named. A path says nothing.
impl FromStr for NetworkProxy {
    type Err = InvalidProxyUrl;

    fn from_str(text: &str) -> Result<Self, InvalidProxyUrl> {
        // The parser drops line breaks without a word.
        if text.contains(char::is_control) {
            return Err(InvalidProxyUrl);
        }
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        let (proxy_type, default_port) = match scheme.to_ascii_lowercase().as_str() {
            "http" => (ProxyType::Http, 8080),
            "https" => (ProxyType::Http, 443),
            "socks5" | "socks5h" => (ProxyType::Socks5, 1080),
            _ => return Err(InvalidProxyUrl),
        };
        let parsed = |scheme: &str| Url::parse(&format!("{scheme}://{rest}"));
        let url = parsed("http").map_err(|_| InvalidProxyUrl)?;
        // A URL forgets the default port of its scheme, and no port is that of both.
        let port = url.port().or_else(|| parsed("https").ok()?.port());
        let host = url.host_str().ok_or(InvalidProxyUrl)?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let mut proxy = Self::new(proxy_type, host, port.unwrap_or(default_port));
        if scheme.eq_ignore_ascii_case("https") {
            proxy.set_ssl_configuration(Some(SslConfiguration::new()));
        }
        proxy.user = percent_decoded(url.username());
        proxy.password = percent_decoded(url.password().unwrap_or_default());
        Ok(proxy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(ProxyType, String, u16, String, String)> {
        let proxy: NetworkProxy = text.parse().ok()?;
        let NetworkProxy {
            kind,
            host_name,
            port,
            user,
            password,
            ..
        } = proxy;
        Some((kind, host_name, port, user, password))
    }

    #[test]
    fn what_is_a_proxy() {
        let http = |host: &str, port| {
            Some((
                ProxyType::Http,
                host.into(),
                port,
                String::new(),
                String::new(),
            ))
        };
        assert_eq!(read("proxy"), http("proxy", 8080));
        assert_eq!(read("proxy:80"), http("proxy", 80));
        assert_eq!(read("HTTP://Proxy:3128/"), http("proxy", 3128));
        assert_eq!(read("http://[::1]:3128"), http("::1", 3128));
        let socks = |user: &str, password: &str| {
            Some((
                ProxyType::Socks5,
                "h".into(),
                1080,
                user.into(),
                password.into(),
            ))
        };
        assert_eq!(read("socks5://h"), socks("", ""));
        assert_eq!(read("socks5h://u:p%40%3A@h"), socks("u", "p@:"));
    }

    #[test]
    fn what_is_none() {
        for bad in [
            "",
            "://",
            "socks4://h",
            "http://",
            "h:99999",
            "h\r\n",
            "h h",
            "a b://h",
        ] {
            assert_eq!(read(bad), None, "{bad:?}");
        }
    }
}
