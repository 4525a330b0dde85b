//! From addresses to a TCP connection: a race of them (RFC 8305, "Happy Eyeballs"), or each in turn.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use qeventloop::reactor::{Alarm, Interest, Registration};

use super::{Failure, tcp};

/// Tries the addresses of a name. All attempts are registered under the source's own token: an edge only says that
/// some of them may have got on, and each is asked then.
#[derive(Debug)]
pub(super) struct Connector {
    remaining: VecDeque<SocketAddr>,
    /// Under way, in the order in which they began.
    attempts: Vec<Attempt>,
    begun: usize,
    /// For how long the latest attempt is alone before the next one joins it; `None` for one at a time.
    delay: Option<Duration>,
    /// Rings when the next address has its turn though the latest attempt is still under way.
    alarm: Option<Alarm>,
    /// Of the failed attempt that began last.
    error: Option<(usize, io::Error)>,
}

#[derive(Debug)]
struct Attempt {
    number: usize,
    stream: TcpStream,
}

/// What an address may take where addresses are tried one at a time and nothing bounds the whole: as in Qt.
const LONGEST_SHARE: Duration = Duration::from_secs(30);

impl Connector {
    /// With a `delay` the addresses are raced, the families by turns: each next one begins `delay` after the one
    /// before, or at once when that has failed. Without it they are tried one at a time in the order given, and each
    /// may take its share of the time that is left to the source's deadline.
    pub(super) fn new(addresses: Vec<SocketAddr>, delay: Option<Duration>) -> Self {
        let remaining = match delay {
            Some(_) => by_turns(addresses),
            None => addresses.into(),
        };
        Self {
            remaining,
            attempts: Vec::new(),
            begun: 0,
            delay,
            alarm: None,
            error: None,
        }
    }

    /// Goes as far as possible without waiting: the first connection that stands, or `None` while there is none. The
    /// attempts beside it are closed.
    ///
    /// # Errors
    /// Once all addresses have failed: the error of the one that was begun last, whichever failed last.
    pub(super) fn advance(
        &mut self,
        registration: &Registration,
    ) -> Result<Option<TcpStream>, Failure> {
        loop {
            if let Some(stream) = self.take_winner() {
                tcp::configure(&stream);
                self.attempts.clear();
                self.alarm = None;
                return Ok(Some(stream));
            }
            if self.must_wait() {
                return Ok(None);
            }
            let Some(address) = self.remaining.pop_front() else {
                return Err(self
                    .error
                    .take()
                    .map_or_else(Failure::host_not_found, |(_, error)| Failure::from(error)));
            };
            self.begin(address, registration);
        }
    }

    /// The attempt that stands, the earliest of several. Those that failed are closed.
    fn take_winner(&mut self) -> Option<TcpStream> {
        let mut at = 0;
        while let Some(attempt) = self.attempts.get(at) {
            match tcp::is_connected(&attempt.stream) {
                Ok(Some(_)) => return Some(self.attempts.remove(at).stream),
                Ok(None) => at += 1,
                Err(error) => {
                    let failed = self.attempts.remove(at);
                    self.note(failed.number, error);
                }
            }
        }
        None
    }

    fn must_wait(&self) -> bool {
        if self.remaining.is_empty() {
            return !self.attempts.is_empty();
        }
        let latest = self.attempts.last();
        let latest_goes_on = latest.is_some_and(|attempt| attempt.number == self.begun);
        latest_goes_on && !self.alarm.as_ref().is_some_and(Alarm::has_rung)
    }

    fn begin(&mut self, address: SocketAddr, registration: &Registration) {
        if self.delay.is_none() {
            self.attempts.clear(); // it had its share
        }
        self.begun += 1;
        match connect(address, registration) {
            Ok(stream) => self.attempts.push(Attempt {
                number: self.begun,
                stream,
            }),
            Err(error) => self.note(self.begun, error),
        }
        self.alarm = self
            .next_begins(registration)
            .map(|at| registration.alarm(at));
    }

    /// When the next address has its turn at the latest; `None` if there is none, or never.
    fn next_begins(&self, registration: &Registration) -> Option<Instant> {
        if self.remaining.is_empty() {
            return None;
        }
        let now = registration.dispatcher().read_clock();
        let wait = match (self.delay, registration.deadline()) {
            (Some(delay), _) => delay,
            (None, Some(deadline)) => {
                let sharers = u32::try_from(self.remaining.len() + 1).unwrap_or(u32::MAX);
                deadline.saturating_duration_since(now) / sharers
            }
            (None, None) => LONGEST_SHARE,
        };
        now.checked_add(wait)
    }

    fn note(&mut self, number: usize, error: io::Error) {
        if self.error.as_ref().is_none_or(|(other, _)| *other < number) {
            self.error = Some((number, error));
        }
    }
}

fn connect(address: SocketAddr, registration: &Registration) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(address)?;
    registration.register(&mut stream, Interest::BOTH)?;
    Ok(stream)
}

/// One address of each family after the other, from the family of the first on. Within a family the order stays.
fn by_turns(addresses: Vec<SocketAddr>) -> VecDeque<SocketAddr> {
    let starts_with_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (preferred, other): (Vec<_>, Vec<_>) = addresses
        .into_iter()
        .partition(|address| address.is_ipv6() == starts_with_v6);
    let mut other = other.into_iter();
    let mut order = VecDeque::new();
    for address in preferred {
        order.push_back(address);
        order.extend(other.next());
    }
    order.extend(other);
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn ordered(given: &[&str], expected: &[&str]) {
        let address = |text: &&str| SocketAddr::new(text.parse().expect("an address"), 1);
        let order = by_turns(given.iter().map(address).collect());
        assert_eq!(order, expected.iter().map(address).collect::<Vec<_>>());
    }

    #[test]
    fn families_take_turns_from_that_of_the_first_address_on() {
        ordered(
            &["::1", "::2", "::3", "0.0.0.1", "0.0.0.2"],
            &["::1", "0.0.0.1", "::2", "0.0.0.2", "::3"],
        );
        ordered(
            &["0.0.0.1", "0.0.0.2", "::1", "::2", "::3"],
            &["0.0.0.1", "::1", "0.0.0.2", "::2", "::3"],
        );
        ordered(
            &["0.0.0.1", "::1", "::2", "0.0.0.2"],
            &["0.0.0.1", "::1", "0.0.0.2", "::2"],
        );
    }

    #[test]
    fn one_family_alone_keeps_its_order() {
        ordered(&["::2", "::1", "::3"], &["::2", "::1", "::3"]);
        ordered(&[], &[]);
    }
}
