//! A socket's go in a turn of the loop.

use std::rc::Rc;

use qeventloop::reactor::{Progress, Ready, Source};

use super::WebSocket;
use super::link::Base;
use crate::network::SocketState;

impl Source for WebSocket {
    fn turn(self: Rc<Self>, ready: Ready) -> Progress {
        let Some(base) = self.base.get() else {
            return Progress::Drained;
        };
        let _turn = self.begin_turn();
        // What a panicking slot or the one that runs this loop left untold comes first.
        self.tell();
        self.end_if_abandoned();
        if ready.is_deadline() {
            self.on_deadline();
        }
        let mut ready = ready;
        if self.state() == SocketState::Connecting && self.advance_opening(base) {
            // The edge that brought the server's answer may have brought frames too.
            ready = ready.union(Ready::READABLE);
        }
        let progress = if self.has_stream() {
            self.work_stream(base, ready)
        } else {
            Progress::Drained
        };
        self.report_written();
        self.end_if_abandoned();
        progress
    }
}

impl WebSocket {
    fn work_stream(self: &Rc<Self>, base: &Base, ready: Ready) -> Progress {
        if ready.is_writable() {
            self.link.with(|link| link.blocked = false);
        }
        if self.owes_close.get() && !self.nesting.telling_about_to_close.get() {
            self.send_close_frame(base);
        }
        self.write_queued(base);
        let only_writes = !ready.is_readable() && !ready.is_read_closed();
        if only_writes && self.undelivered.with(|held| held.is_none()) {
            return Progress::Drained;
        }
        let progress = self.read_turn(base, ready);
        // What the slots of this turn sent leaves in one write.
        self.write_queued(base);
        progress
    }

    fn has_stream(&self) -> bool {
        self.link
            .with(|link| link.opening.is_none() && link.stream.is_some())
    }
}
