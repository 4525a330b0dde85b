//! A random chain, with what is sent of it and what is trusted.

use std::fmt;

use crate::certificate::{AuthorityId, Constraints, KeyKind, Keys, Made, Purpose, Spec, Usage};
use crate::random::Random;
use openssl::pkey::{PKey, Private};
use openssl::x509::X509;

/// What a server shows and a client trusts.
pub struct Chain {
    pub sent: Vec<X509>,
    pub trusted: Vec<X509>,
    pub key: PKey<Private>,
    /// 0 for no limit.
    pub depth_limit: u32,
    specs: Vec<Spec>,
}

impl Chain {
    /// A quarter of them have no fault.
    pub fn random(random: &mut Random, keys: &Keys, now: i64) -> Self {
        let is_faulty = random.percent(75);
        let mut maker = Maker {
            is_faulty,
            is_weak: is_faulty && random.percent(20),
            random,
        };
        let made = maker.chain(keys, now);
        let sent = maker.sent(&made);
        let trusted = maker.trusted(&made);
        let depth_limit = match maker.fault(4) {
            true => 1 + maker.random.below(2) as u32,
            false => 0,
        };
        Self {
            sent,
            trusted,
            key: keys.get(made[0].spec.key).clone(),
            depth_limit,
            specs: made.into_iter().map(|made| made.spec).collect(),
        }
    }
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |certificates: &[X509]| {
            let name = |certificate: &X509| format!("{:?}", certificate.subject_name());
            certificates.iter().map(name).collect::<Vec<_>>()
        };
        f.debug_struct("Chain")
            .field("sent", &names(&self.sent))
            .field("trusted", &names(&self.trusted))
            .field("depth_limit", &self.depth_limit)
            .field("specs", &self.specs)
            .finish()
    }
}

struct Maker<'a> {
    is_faulty: bool,
    /// Has signatures that our crypto library does not do. It cannot tell which of them are wrong, so none are.
    is_weak: bool,
    random: &'a mut Random,
}

impl Maker<'_> {
    fn fault(&mut self, percent: usize) -> bool {
        self.is_faulty && self.random.percent(percent)
    }

    /// The server's certificate first, the root last.
    fn chain(&mut self, keys: &Keys, now: i64) -> Vec<Made> {
        let mut made: Vec<Made> = Vec::new();
        let is_self_signed = self.random.percent(8);
        let issuers = if is_self_signed {
            0
        } else {
            1 + self.random.below(4)
        };
        for index in 0..=issuers {
            let is_leaf = index == issuers;
            let issuer = made.last();
            let spec = self.spec(index, is_leaf, issuer.map(|issuer| &issuer.spec));
            let serial = 1 + self.random.below(1 << 30) as u32;
            made.push(Made::new(spec, issuer, keys, serial, now));
        }
        made.reverse();
        made
    }

    fn spec(&mut self, index: usize, is_leaf: bool, issuer: Option<&Spec>) -> Spec {
        let name = match (is_leaf, index) {
            (true, _) => "localhost".to_owned(),
            (false, 0) => "root".to_owned(),
            (false, _) => match issuer.filter(|_| !self.is_weak && self.fault(4)) {
                Some(issuer) => issuer.name.clone(), // issued to itself, with another key
                None => format!("ca {index}"),
            },
        };
        let key = self.key(index, is_leaf);
        Spec {
            name,
            is_leaf,
            key,
            validity: self.validity(),
            basic_constraints: self.basic_constraints(is_leaf),
            key_usage: self.key_usage(is_leaf),
            extended_key_usage: self.extended_key_usage(is_leaf),
            subject_key_id: self.random.percent(60),
            authority_key_id: self.authority_key_id(issuer.is_none()),
            is_version_1: index == 0 && self.fault(4),
            is_forged: !self.is_weak && issuer.is_some() && self.fault(6),
            uses_sha1: self.is_weak && self.fault(20),
            unknown_critical: self.fault(3),
            confined_to_example_com: !is_leaf && issuer.is_some() && self.fault(3),
        }
    }

    fn key(&mut self, index: usize, is_leaf: bool) -> KeyKind {
        match self.random.below(100) {
            0..5 => KeyKind::Rsa2048,
            // Our crypto library fails the handshake of a server with such a key.
            5..20 if self.is_weak && !is_leaf => KeyKind::Rsa1024,
            _ => KeyKind::Ec(index),
        }
    }

    fn validity(&mut self) -> (i64, i64) {
        const HOUR: i64 = 3600;
        if self.fault(12) {
            (-5 * HOUR, -3 * HOUR)
        } else if self.fault(10) {
            (5 * HOUR, 9 * HOUR)
        } else {
            (-HOUR, 1000 * HOUR)
        }
    }

    fn basic_constraints(&mut self, is_leaf: bool) -> Option<Constraints> {
        if self.fault(9) {
            return None;
        }
        let is_ca = is_leaf == self.fault(8);
        let path_length =
            (!is_leaf && is_ca && self.fault(15)).then(|| self.random.below(2) as u32);
        Some(Constraints { is_ca, path_length })
    }

    fn key_usage(&mut self, is_leaf: bool) -> Option<Usage> {
        if self.random.percent(30) {
            return None;
        }
        Some(match (is_leaf, self.fault(9), self.random.percent(50)) {
            (true, false, true) | (false, true, true) => Usage::DigitalSignature,
            (true, false, false) => Usage::KeyAgreement,
            (true, true, true) | (false, false, _) => Usage::CertSign,
            (_, true, false) => Usage::CrlSign,
        })
    }

    fn extended_key_usage(&mut self, is_leaf: bool) -> Option<Purpose> {
        let is_there = if is_leaf {
            self.random.percent(70)
        } else {
            self.fault(8)
        };
        is_there.then(|| match self.fault(20) {
            true if self.random.percent(30) => Purpose::Any,
            true => Purpose::Client,
            false if self.random.percent(30) => Purpose::Both,
            false => Purpose::Server,
        })
    }

    fn authority_key_id(&mut self, is_root: bool) -> AuthorityId {
        match self.random.below(100) {
            _ if self.fault(3) => AuthorityId::Wrong,
            0..40 => AuthorityId::None,
            // A root's serial number is not known yet when its extensions are made.
            40..50 if !is_root => AuthorityId::IssuerAndSerial,
            _ if is_root => AuthorityId::None,
            _ => AuthorityId::KeyId,
        }
    }

    /// The leaf, mostly all issuers, sometimes the root, sometimes in disorder.
    fn sent(&mut self, made: &[Made]) -> Vec<X509> {
        let last = made.len() - 1;
        let mut sent = vec![made[0].x509.clone()];
        for (index, certificate) in made.iter().enumerate().skip(1) {
            let is_sent = if index == last {
                self.random.percent(40)
            } else {
                !self.fault(10)
            };
            if is_sent {
                sent.push(certificate.x509.clone());
            }
        }
        if self.random.percent(20) {
            sent[1..].reverse();
        }
        sent
    }

    /// The root, mostly; sometimes another one besides. Expired ones are not: Qt leaves them out of its store.
    fn trusted(&mut self, made: &[Made]) -> Vec<X509> {
        let mut trusted = Vec::new();
        if !self.fault(25) {
            trusted.push(&made[made.len() - 1]);
        }
        if self.fault(6) {
            trusted.push(&made[self.random.below(made.len())]);
        }
        trusted.retain(|made| made.spec.validity.1 > 0);
        trusted.into_iter().map(|made| made.x509.clone()).collect()
    }
}
