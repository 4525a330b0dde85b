//! CAs that are confined to certain names.

use std::net::IpAddr;

use super::path::Path;
use super::{Certificate, Findings};
use crate::network::SslErrorKind;
use crate::network::x509::GeneralName;
use crate::network::x509::der::{self, Der, SEQUENCE, Value};

/// How often a name is compared with a constraint in one verdict. No honest chain comes near.
const COMPARISONS: u32 = 250_000;

/// Rule: every certificate has only names that all its issuers, near and far, may speak for. As with OpenSSL, each of
/// them that may not counts.
///
/// Host names and addresses are judged here. Constraints on other names are webpki's affair.
///
/// A stranger's certificate may have many names and his CA many constraints: what takes too many comparisons is not
/// permitted.
pub(super) fn every_name_is_permitted(path: &Path<'_>, findings: &mut Findings) {
    let mut budget = COMPARISONS;
    for (depth, certificate) in path.certificates().iter().enumerate().rev() {
        let is_peer = depth == 0;
        if certificate.is_self_issued() && !is_peer {
            continue; // the old and the new key of one CA
        }
        for issuer in path.certificates()[depth + 1..].iter().rev() {
            if let Some(constraints) = issuer.extensions.name_constraints
                && !permits(constraints, certificate, is_peer, &mut budget)
            {
                findings.add(SslErrorKind::Unspecified, certificate);
            }
        }
    }
}

fn permits(
    constraints: &[u8],
    certificate: &Certificate<'_>,
    is_peer: bool,
    budget: &mut u32,
) -> bool {
    let names = certificate.alternative_names();
    let has_dns_names = names.iter().any(|name| matches!(name, GeneralName::Dns(_)));
    let common_names = match is_peer && !has_dns_names {
        true => certificate.common_names(),
        false => Vec::new(),
    };
    // What has no dot is a name of something else.
    let host_names = common_names.iter().filter(|name| name.contains('.'));
    let mut names = names
        .into_iter()
        .chain(host_names.map(|name| GeneralName::Dns(name)));
    names.all(|name| permits_name(constraints, name, budget).unwrap_or(false))
}

/// `None` if the constraints are broken, or the budget is spent.
fn permits_name(constraints: &[u8], name: GeneralName<'_>, budget: &mut u32) -> Option<bool> {
    const PERMITTED: u8 = der::explicit(0);
    const EXCLUDED: u8 = der::explicit(1);
    let mut lists = Der::new(constraints);
    while !lists.is_empty() {
        let list = lists.next()?;
        let (names_kind, is_within) = compare(Der::new(list.content), name, budget)?;
        match list.tag {
            // Those who permit nothing of this kind permit all of it.
            PERMITTED if names_kind && !is_within => return Some(false),
            EXCLUDED if is_within => return Some(false),
            _ => {}
        }
    }
    Some(true)
}

/// Whether there is a subtree of the name's kind, and whether the name is in one of them.
fn compare(mut subtrees: Der<'_>, name: GeneralName<'_>, budget: &mut u32) -> Option<(bool, bool)> {
    let (mut names_kind, mut is_in_one) = (false, false);
    while !subtrees.is_empty() {
        *budget = budget.checked_sub(1)?;
        let base = subtrees.enter(SEQUENCE)?.next()?;
        if let Some(is_within) = is_within(name, base) {
            names_kind = true;
            is_in_one |= is_within;
        }
    }
    Some((names_kind, is_in_one))
}

fn is_within(name: GeneralName<'_>, base: Value<'_>) -> Option<bool> {
    const DNS: u8 = der::implicit(2);
    const IP: u8 = der::implicit(7);
    match (name, base.tag) {
        (GeneralName::Dns(name), DNS) => Some(is_in_domain(name.as_bytes(), base.content)),
        (GeneralName::Ip(IpAddr::V4(ip)), IP) => Some(is_in_network(&ip.octets(), base.content)),
        (GeneralName::Ip(IpAddr::V6(ip)), IP) => Some(is_in_network(&ip.octets(), base.content)),
        _ => None,
    }
}

fn is_in_domain(name: &[u8], domain: &[u8]) -> bool {
    let Some(start) = name.len().checked_sub(domain.len()) else {
        return false;
    };
    let (above, tail) = name.split_at(start);
    let ends_a_label = above.is_empty() || above.ends_with(b".") || domain.starts_with(b".");
    domain.is_empty() || (tail.eq_ignore_ascii_case(domain) && ends_a_label)
}

/// A network is an address and a mask.
fn is_in_network(ip: &[u8], network: &[u8]) -> bool {
    if network.len() != 2 * ip.len() {
        return false;
    }
    let (address, mask) = network.split_at(ip.len());
    ip.iter()
        .zip(address)
        .zip(mask)
        .all(|((ip, address), mask)| ip & mask == address & mask)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_includes_what_is_below() {
        assert!(is_in_domain(b"example.com", b"Example.com"));
        assert!(is_in_domain(b"www.example.com", b"example.com"));
        assert!(is_in_domain(b"www.example.com", b".example.com"));
        assert!(is_in_domain(b"anything", b""));
        assert!(!is_in_domain(b"badexample.com", b"example.com"));
        assert!(!is_in_domain(b"example.com", b".example.com"));
        assert!(!is_in_domain(b"com", b"example.com"));
    }

    #[test]
    fn a_network_has_a_mask() {
        let network = [10, 1, 0, 0, 255, 255, 0, 0];
        assert!(is_in_network(&[10, 1, 2, 3], &network));
        assert!(!is_in_network(&[10, 2, 2, 3], &network));
        assert!(!is_in_network(&[10, 1, 2, 3], &network[..4]));
    }

    #[test]
    fn broken_constraints_permit_nothing() {
        let name = GeneralName::Dns("a.test");
        for constraints in [&[0xA0][..], &[0xA0, 2, 1, 1], &[0xA0, 4, 0x30, 2, 0x82, 9]] {
            assert_eq!(permits_name(constraints, name, &mut 100), None);
        }
        assert_eq!(permits_name(&[], name, &mut 100), Some(true));
    }

    #[test]
    fn what_takes_too_long_is_not_permitted() {
        let subtree = [0x30, 8, 0x82, 6, b'b', b'.', b't', b'e', b's', b't'];
        let list = subtree.repeat(3);
        let constraints = [&[0xA1, list.len() as u8][..], &list].concat();
        let name = GeneralName::Dns("a.test");
        let mut budget = 5;
        assert_eq!(permits_name(&constraints, name, &mut budget), Some(true));
        assert_eq!(budget, 2);
        assert_eq!(permits_name(&constraints, name, &mut budget), None);
    }
}
