//! The proxy of the system, as the environment names it.

use url::Url;

use super::{NetworkProxy, is_local};

impl NetworkProxy {
    /// The proxy that the environment names for this URL; `ProxyType::None` where it names none. Nothing here reads the
    /// environment by itself: an application that wants this asks for it.
    ///
    /// The rules are Qt's. `wss` looks into the variable `https_proxy`, `ws` into `http_proxy`, all others into
    /// `all_proxy`, and all of them into `http_proxy` then. [How a value is read](#impl-FromStr-for-NetworkProxy); one
    /// that is no proxy counts as none. `no_proxy` holds a list with commas of hosts and ends of host names, with or
    /// without `*` and `.` in front, to which no proxy leads. As in Qt none leads to this machine.
    ///
    /// Beyond Qt, each name is then tried in capitals, but not `HTTP_PROXY` where `REQUEST_METHOD` is set: in a CGI
    /// program a client can set it. A `*` alone in `no_proxy` means every host.
    ///
    /// ```
    /// use qwebsocket::{NetworkProxy, Url, WebSocket};
    ///
    /// let url = Url::parse("wss://example.com/feed")?;
    /// let socket = WebSocket::new();
    /// socket.set_proxy(NetworkProxy::system_proxy_for(&url));
    /// # Ok::<(), url::ParseError>(())
    /// ```
    #[doc(alias = "systemProxyForQuery")]
    #[doc(alias = "QNetworkProxyFactory")]
    pub fn system_proxy_for(url: &Url) -> Self {
        named(url, |name| std::env::var(name).ok()).unwrap_or_else(Self::none)
    }
}

fn named(url: &Url, variable: impl Fn(&str) -> Option<String>) -> Option<NetworkProxy> {
    let value = |name: &str| {
        let of = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        let is_forgeable = name == "http_proxy" && variable("REQUEST_METHOD").is_some();
        of(name).or_else(|| of(&name.to_ascii_uppercase()).filter(|_| !is_forgeable))
    };
    let host = url.host_str()?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let is_excepted = value("no_proxy").is_some_and(|list| is_excepted(host, &list));
    if is_local(host) || is_excepted {
        return None;
    }
    let name = match url.scheme() {
        "wss" | "https" => "https_proxy",
        "ws" | "http" => "http_proxy",
        _ => "all_proxy",
    };
    value(name)
        .or_else(|| value("http_proxy"))?
        .trim()
        .parse()
        .ok()
}

/// Ends of names are compared from one dot to the next.
fn is_excepted(host: &str, list: &str) -> bool {
    let with_dots = |name: &str| format!(".{}.", name.trim_matches('.')).to_ascii_lowercase();
    let host = with_dots(host);
    list.split(',').map(str::trim).any(|entry| match entry {
        "" => false,
        "*" => true,
        _ => host.ends_with(&with_dots(entry.trim_start_matches('*'))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::ProxyType;

    fn port(url: &str, variables: &[(&str, &str)]) -> Option<u16> {
        let url = Url::parse(url).expect("a URL");
        let variable = |name: &str| {
            let found = variables.iter().find(|(other, _)| *other == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        named(&url, variable).map(|proxy| proxy.port())
    }

    #[test]
    fn each_scheme_has_its_variable() {
        let all = [
            ("http_proxy", "h:1"),
            ("https_proxy", "h:2"),
            ("all_proxy", "h:3"),
        ];
        assert_eq!(port("ws://x", &all), Some(1));
        assert_eq!(port("wss://x", &all), Some(2));
        assert_eq!(port("other://x", &all), Some(3));
        assert_eq!(port("wss://x", &all[..1]), Some(1));
        assert_eq!(port("ws://x", &all[1..]), None);
        assert_eq!(port("ws://x", &[("http_proxy", " ")]), None);
        assert_eq!(port("ws://x", &[("http_proxy", "what?://")]), None);
    }

    #[test]
    fn small_letters_come_first() {
        let both = [("http_proxy", "h:1"), ("HTTP_PROXY", "h:2")];
        assert_eq!(port("ws://x", &both), Some(1));
        assert_eq!(port("ws://x", &both[1..]), Some(2));
    }

    #[test]
    fn a_client_of_a_cgi_program_names_no_proxy() {
        let cgi = ("REQUEST_METHOD", "GET");
        assert_eq!(port("ws://x", &[cgi, ("HTTP_PROXY", "h:2")]), None);
        assert_eq!(port("ws://x", &[cgi, ("http_proxy", "h:1")]), Some(1));
        assert_eq!(port("wss://x", &[cgi, ("HTTPS_PROXY", "h:2")]), Some(2));
    }

    #[test]
    fn a_value_may_name_another_kind_of_proxy() {
        let url = Url::parse("ws://x").expect("a URL");
        let proxy = named(&url, |name| {
            (name == "http_proxy").then(|| "socks5h://u:p@h".into())
        });
        let proxy = proxy.expect("a proxy");
        assert_eq!(
            (proxy.proxy_type(), proxy.port()),
            (ProxyType::Socks5, 1080)
        );
        assert_eq!((proxy.user(), proxy.password()), ("u", "p"));
    }

    #[test]
    fn exceptions_are_ends_of_names() {
        let goes_direct = |host: &str, list: &str| {
            let variables = [("http_proxy", "h:1"), ("no_proxy", list)];
            port(&format!("ws://{host}"), &variables).is_none()
        };
        for list in [
            "example.com",
            ".example.com",
            "*.example.com",
            "a, Example.COM. ,b",
            "*",
        ] {
            assert!(goes_direct("example.com", list), "{list}");
            assert!(goes_direct("www.example.com", list), "{list}");
        }
        for list in [
            "ample.com",
            "www.example.com",
            ",",
            "example.co",
            "com.example",
        ] {
            assert!(!goes_direct("example.com", list), "{list}");
        }
        assert!(goes_direct("10.0.0.1", "10.0.0.1"));
        assert!(goes_direct("localhost", ""));
        assert!(goes_direct("[::1]", ""));
    }
}
