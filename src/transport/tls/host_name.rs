//! Whether a certificate is made out for the host that was asked for.

use std::net::IpAddr;

use crate::network::x509::{GeneralName, ParsedCertificate};

/// Whether the certificate names the host. `is_confined` if a CA above it may speak for certain names only.
pub(super) fn is_named(certificate: &ParsedCertificate<'_>, is_confined: bool, host: &str) -> bool {
    Names::of(certificate, is_confined).include(host)
}

/// The names that a certificate is made out for.
#[derive(Debug, Default)]
struct Names {
    dns: Vec<String>,
    ip: Vec<IpAddr>,
    common: Vec<String>,
}

impl Names {
    /// Common names count only where there are no others, as everywhere today, and not below a CA that is confined to
    /// certain names: it could escape by them.
    fn of(certificate: &ParsedCertificate<'_>, is_confined: bool) -> Self {
        let mut names = Self::default();
        for name in certificate.alternative_names() {
            match name {
                GeneralName::Dns(dns) => names.dns.push(dns.to_owned()),
                GeneralName::Ip(ip) => names.ip.push(ip),
                GeneralName::Email(_) => {}
            }
        }
        if names.dns.is_empty() && names.ip.is_empty() && !is_confined {
            names.common = certificate.common_names();
        }
        names
    }

    fn include(&self, host: &str) -> bool {
        let bare = |host: &str| host.strip_prefix('[')?.strip_suffix(']').map(String::from);
        let host = bare(host).unwrap_or_else(|| host.to_owned());
        let host = host.as_str();
        if host.is_empty() {
            return false;
        }
        match host.parse::<IpAddr>() {
            Ok(ip) => self.ip.contains(&ip) || self.common.iter().any(|name| name == host),
            Err(_) => {
                let mut names = self.dns.iter().chain(&self.common);
                names.any(|name| covers(name, host))
            }
        }
    }
}

/// Whether a name, perhaps one with a wildcard, is that of the host; case does not matter.
///
/// One `*` may stand at the end of the first of at least three labels, and stands for a part of one label.
fn covers(name: &str, host: &str) -> bool {
    let (name, host) = (name.to_ascii_lowercase(), host.to_ascii_lowercase());
    let Some((start, rest)) = name.split_once('*') else {
        return name == host;
    };
    let Some(domain) = rest.strip_prefix('.') else {
        return false;
    };
    let has_two_labels = domain
        .split_once('.')
        .is_some_and(|(label, top)| !label.is_empty() && !top.is_empty());
    if start.contains('.') || start.starts_with("xn--") || domain.contains('*') || !has_two_labels {
        return false;
    }
    host.split_once('.').is_some_and(|(label, rest)| {
        // Nothing is no part of a label, and what an ACE label says is not what it shows.
        let part = label.strip_prefix(start);
        let is_covered = part.is_some_and(|part| !part.is_empty() || !start.is_empty());
        rest == domain && is_covered && (start.is_empty() || !label.starts_with("xn--"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(dns: &[&str], ip: &[&str], common: &[&str]) -> Names {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Names {
            dns: owned(dns),
            ip: ip
                .iter()
                .map(|ip| ip.parse().expect("an address"))
                .collect(),
            common: owned(common),
        }
    }

    #[test]
    fn an_empty_host_is_nobodys() {
        for host in ["", "[", "]", "[]"] {
            assert!(!names(&[""], &[], &[""]).include(host), "{host:?}");
        }
    }

    #[test]
    fn names_are_compared_without_case() {
        assert!(covers("Example.COM", "example.com"));
        assert!(!covers("example.com", "www.example.com"));
    }

    #[test]
    fn a_wildcard_stands_for_one_label() {
        assert!(covers("*.example.com", "www.example.com"));
        assert!(covers("*.example.com", "xn--bcher-kva.example.com"));
        assert!(covers("w*.example.com", "www.example.com"));
        assert!(!covers("*.example.com", "example.com"));
        assert!(!covers("*.example.com", ".example.com"));
        assert!(!covers("*.example.com", "a.b.example.com"));
        assert!(!covers("w*.example.com", "ftp.example.com"));
    }

    #[test]
    fn wildcards_elsewhere_mean_nothing() {
        for name in [
            "*",
            "*.com",
            "*.",
            "*.com.",
            "*..com",
            "w*w.example.com",
            "www.*.com",
            "*.*.com",
            "**.example.com",
            "xn--*.example.com",
            "a.*.example.com",
            "*example.com",
        ] {
            assert!(!covers(name, "www.example.com"), "{name}");
            assert!(!covers(name, "com"), "{name}");
            assert!(!covers(name, "www.com"), "{name}");
        }
    }

    #[test]
    fn addresses_match_addresses_only() {
        let names = names(&["10.0.0.1", "*.0.0.1"], &["127.0.0.1", "::1"], &[]);
        assert!(names.include("127.0.0.1") && names.include("[::1]") && names.include("0:0::1"));
        assert!(!names.include("10.0.0.1") && !names.include("localhost"));
    }

    #[test]
    fn a_common_name_can_be_an_address() {
        let names = names(&[], &[], &["10.0.0.1"]);
        assert!(names.include("10.0.0.1") && !names.include("10.0.0.2"));
    }
}
