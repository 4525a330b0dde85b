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
        if let Ok(address) = host.parse::<IpAddr>() {
            let answer = Ok(vec![SocketAddr::new(address, port)]);
            return Self {
                answer: Rc::new(Shared::new(Some(answer))),
                _job: None,
            };
        }
        let answer = Rc::new(Shared::new(None));
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
