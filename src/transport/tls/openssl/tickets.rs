//! Sessions of a client that can be resumed, and what was known of the server.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard};

use openssl::ssl::SslVersion;
use qwebsocket_openssl_extras::Resumable;

use super::conversation::Findings;
use crate::network::SslCertificate;

/// The sessions that the connections of one configuration share.
#[derive(Default)]
pub(super) struct Tickets(Mutex<HashMap<String, VecDeque<Ticket>>>);

/// A session, with what a resumption of it would not find out again: OpenSSL verifies nothing then, and the errors of a
/// server would be forgotten by the second connection.
#[derive(Clone)]
pub(super) struct Ticket {
    pub(super) session: Resumable,
    pub(super) findings: Findings,
    pub(super) chain: Vec<SslCertificate>,
}

const MOST_HOSTS: usize = 256;
const MOST_OF_A_HOST: usize = 8;

impl Tickets {
    pub(super) fn add(&self, host: &str, ticket: Ticket) {
        let mut hosts = self.lock();
        if hosts.len() == MOST_HOSTS && !hosts.contains_key(host) {
            hosts.clear(); // resumption saves time and is no more than that
        }
        let tickets = hosts.entry(host.to_owned()).or_default();
        if tickets.len() == MOST_OF_A_HOST {
            tickets.pop_front();
        }
        tickets.push_back(ticket);
    }

    /// The newest. Those of TLS 1.3 are good for one connection.
    pub(super) fn take(&self, host: &str, now: i64) -> Option<Ticket> {
        let mut hosts = self.lock();
        let tickets = hosts.get_mut(host)?;
        tickets.retain(|ticket| ticket.is_as_good_as_it_was(now));
        let ticket = tickets.back()?.clone();
        if ticket.session.session().protocol_version() == SslVersion::TLS1_3 {
            tickets.pop_back();
        }
        Some(ticket)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, VecDeque<Ticket>>> {
        self.0.lock().unwrap_or_else(|lock| lock.into_inner())
    }
}

impl Ticket {
    /// Whether no certificate expired since, so that a verification would find the same.
    fn is_as_good_as_it_was(&self, now: i64) -> bool {
        // The type is that of C's time_t.
        #[allow(clippy::useless_conversion)]
        let made = i64::from(self.session.session().time());
        let mut ends = self.findings.path.iter().filter_map(end);
        !ends.any(|end| made < end && end <= now)
    }
}

fn end(certificate: &SslCertificate) -> Option<i64> {
    certificate.parsed()?.not_after
}
