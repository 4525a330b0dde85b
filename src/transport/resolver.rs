//! Name lookup on a worker thread.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::rc::Rc;

use qeventloop::reactor::{BlockingJob, Dispatcher, Shared};

type Answer = io::Result<Vec<SocketAddr>>;

/// A lookup under way, or already answered. Dropping it forgets a late answer.
#[derive(Debug)]
pub(super) struct Resolving {
    answer: Rc<Shared<Option<Answer>>>,
    _job: Option<BlockingJob>,
}

impl Resolving {
    /// Starts to look up `host`; `wake` is called on this thread when the answer is there. An address needs no
    /// lookup and is answered at once.
    pub(super) fn start(
        host: &str,
        port: u16,
        dispatcher: &Rc<Dispatcher>,
        wake: impl Fn() + 'static,
    ) -> Self {
        if let Some(addresses) = known(host, port) {
            return Self {
                answer: Rc::new(Shared::new(Some(Ok(addresses)))),
                _job: None,
            };
        }
        let answer = Rc::new(Shared::new(None));
        #[cfg(all(test, target_os = "linux"))]
        if hosts::is_silent(host) {
            return Self { answer, _job: None };
        }
        let host = host.to_owned();
        let job = dispatcher.run_blocking(
            move || {
                (host.as_str(), port)
                    .to_socket_addrs()
                    .map(Iterator::collect)
            },
            {
                let answer = Rc::clone(&answer);
                move |addresses: Answer| {
                    answer.set(Some(addresses));
                    wake();
                }
            },
        );
        Self {
            answer,
            _job: Some(job),
        }
    }

    /// The answer, once.
    pub(super) fn take_answer(&self) -> Option<Answer> {
        self.answer.take()
    }
}

/// What needs no lookup.
fn known(host: &str, port: u16) -> Option<Vec<SocketAddr>> {
    #[cfg(all(test, target_os = "linux"))]
    if let Some(addresses) = hosts::find(host) {
        return Some(addresses);
    }
    if host.is_empty() {
        return Some(Vec::new()); // Windows takes it for the name of this machine
    }
    let address = host.parse::<IpAddr>().ok()?;
    Some(vec![SocketAddr::new(address, port)])
}

/// Names that a test gives meaning to, on its own thread. The port of a URL is of no consequence for them. The lookup of
/// one without addresses is never answered.
#[cfg(all(test, target_os = "linux"))]
pub(crate) mod hosts {
    use std::net::SocketAddr;

    use qeventloop::reactor::Shared;

    thread_local! {
        static HOSTS: Shared<Vec<(String, Vec<SocketAddr>)>> = const { Shared::new(Vec::new()) };
    }

    pub(crate) fn set(host: &str, addresses: &[SocketAddr]) {
        HOSTS.with(|hosts| hosts.with(|hosts| hosts.insert(0, (host.into(), addresses.into()))));
    }

    pub(super) fn find(host: &str) -> Option<Vec<SocketAddr>> {
        entry(host).filter(|addresses| !addresses.is_empty())
    }

    pub(super) fn is_silent(host: &str) -> bool {
        entry(host).is_some_and(|addresses| addresses.is_empty())
    }

    fn entry(host: &str) -> Option<Vec<SocketAddr>> {
        HOSTS.with(|hosts| {
            hosts.with(|hosts| {
                let mut found = hosts.iter().filter(|(name, _)| name == host);
                found.next().map(|(_, addresses)| addresses.clone())
            })
        })
    }
}
