//! Reading what the network has.

use std::rc::Rc;
use std::time::Duration;

use qeventloop::reactor::{Progress, Ready};

use super::WebSocket;
use super::deliver::Lifted;
use super::link::Base;
use crate::network::SocketState;
use crate::protocol::Role;
use crate::transport::{Failure, Received};

/// How much one socket may read before the others have their go.
const TURN_BUDGET: usize = 1 << 20;
/// What a read costs at least, however few bytes it brings.
const LEAST_COST: usize = TURN_BUDGET / 64;
/// How long a turn of the loop may last for one that would like to read on.
const TURN_TIME: Duration = Duration::from_millis(5);

/// What is left to read.
enum Left {
    Perhaps,
    Nothing,
    /// Nothing, and nothing will come.
    Lost(Failure),
}

impl WebSocket {
    /// Reads and delivers until there is nothing more, the connection ends or the budget is spent.
    pub(super) fn read_turn(self: &Rc<Self>, base: &Base, ready: Ready) -> Progress {
        let lifted = match self.nesting.delivering.get() {
            true => None,
            false => Lifted::lift(self, base),
        };
        let Some(mut lifted) = lifted else {
            self.nesting.missed_edge.set(true); // whoever has lifted it, further out, asks for another turn
            self.read_nested(base);
            return Progress::Drained;
        };
        let mut budget = TURN_BUDGET;
        let mut left = Left::Perhaps;
        while lifted.deliver() {
            if self.holds_back() {
                lifted.watch_message();
                return Progress::Drained;
            }
            match left {
                Left::Perhaps if budget == TURN_BUDGET || has_time(base, budget) => {
                    left = self.read(&mut lifted, ready, &mut budget);
                }
                Left::Perhaps => {
                    lifted.watch_message();
                    return Progress::MoreToDo;
                }
                Left::Nothing => {
                    lifted.watch_message();
                    return Progress::Drained;
                }
                Left::Lost(failure) => {
                    drop(lifted);
                    self.on_lost(failure);
                    return Progress::Drained;
                }
            }
        }
        Progress::Drained
    }

    fn read(&self, lifted: &mut Lifted<'_>, ready: Ready, budget: &mut usize) -> Left {
        // Only now: what is delivered between two pauses is not to be moved each time.
        lifted.buffer = lifted
            .base
            .buffers
            .roomy(std::mem::take(&mut lifted.buffer));
        self.link.with(|link| {
            let Some(stream) = &mut link.stream else {
                return Left::Nothing;
            };
            match stream.read(
                &mut lifted.buffer,
                &lifted.base.buffers,
                self.read_at_most(),
            ) {
                Ok(Some(received)) => {
                    *budget = budget.saturating_sub(received.count.max(LEAST_COST));
                    match received {
                        Received { ended: true, .. } => Left::Lost(Failure::remote_host_closed()),
                        Received { drained: true, .. } if may_skip_last_read(ready) => {
                            Left::Nothing
                        }
                        _ => Left::Perhaps,
                    }
                }
                Ok(None) => match link.failure.take() {
                    Some(failure) => Left::Lost(*failure),
                    None => Left::Nothing,
                },
                Err(failure) if lifted.buffer.is_empty() => Left::Lost(failure),
                Err(failure) => {
                    // Behind what came in front of it, which may have to wait.
                    link.failure = Some(Box::new(failure));
                    Left::Perhaps
                }
            }
        })
    }

    /// A nested loop runs in a slot of this connection, or in a message's slot, so no further message may be delivered.
    /// While closing, what comes is thrown away, so that the end of the stream is seen.
    fn read_nested(&self, base: &Base) {
        if self.state() != SocketState::Closing {
            return;
        }
        self.nesting.lost_track.set(true);
        if self.role == Role::Server {
            // The client's close frame goes unseen here; a client that sees the end of our stream ends its own.
            self.link.with(|link| link.ends_after_queue = true);
            self.write_queued(base);
        }
        let mut buffer = base.buffers.take_read_buffer();
        let mut budget = TURN_BUDGET;
        let ended = self.link.with(|link| {
            let stream = link.stream.as_mut()?;
            while budget > 0 {
                buffer.clear();
                match stream.read(&mut buffer, &base.buffers, usize::MAX) {
                    Ok(Some(received)) if !received.ended => {
                        budget = budget.saturating_sub(received.count.max(LEAST_COST));
                    }
                    Ok(None) => return Some(link.failure.is_some()),
                    Ok(Some(_)) | Err(_) => return Some(true),
                }
            }
            None
        });
        base.buffers.give_read_buffer(buffer);
        match ended {
            Some(true) => self.finish(),
            Some(false) => {}
            None => base.registration.mark_ready(Ready::READABLE),
        }
    }

    /// The peer sends nothing more.
    fn on_lost(&self, failure: Failure) {
        match self.state() {
            SocketState::Connected => self.lose(failure),
            SocketState::Closing => self.finish(),
            _ => {}
        }
    }
}

/// Whether a turn in which something was read may read on.
fn has_time(base: &Base, budget: usize) -> bool {
    let dispatcher = base.dispatcher();
    budget > 0 && dispatcher.read_clock().duration_since(dispatcher.now()) < TURN_TIME
}

/// A short read says that the kernel has no more, where readiness means that new bytes make a new edge. Not on
/// Windows, whose edges are re-armed by `WouldBlock` alone, and not behind a FIN, which makes no new edge.
fn may_skip_last_read(ready: Ready) -> bool {
    cfg!(unix) && !ready.is_read_closed()
}
