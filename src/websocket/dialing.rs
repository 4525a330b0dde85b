//! The way to a stream, gone on with. TLS may have to ask for a pre-shared key in the middle of it.

use std::rc::Rc;

use super::WebSocket;
use super::answer::Step;
use super::link::{Base, Ends, Link};
use crate::network::SslPreSharedKeyAuthenticator;
use crate::transport::tls::KeyAsker;
use crate::transport::{Dial, DialProgress};

/// The way to a stream while it is worked on: out of its cell, since slots may be asked meanwhile. Goes back when this is
/// dropped, also by a panic, if the attempt at a connection is still the same.
struct LiftedDial<'a> {
    socket: &'a WebSocket,
    epoch: u32,
    dial: Option<Dial>,
}

impl Drop for LiftedDial<'_> {
    fn drop(&mut self) {
        let dial = self.dial.take();
        if self.socket.epoch.get() != self.epoch {
            return; // a slot ended the attempt
        }
        self.socket.link.with(|link| {
            if let Some(opening) = &mut link.opening {
                opening.dial = dial;
                opening.lifted = None;
            }
        });
    }
}

impl Link {
    fn lift_dial(&mut self) -> Option<Dial> {
        let opening = self.opening.as_mut()?;
        let dial = opening.dial.take()?;
        opening.lifted = Some(dial.stream().map_or_else(Ends::default, Ends::of));
        Some(dial)
    }
}

impl WebSocket {
    /// Goes on with the way to a stream as far as possible without waiting; `None` once there is one.
    pub(super) fn advance_dial(&self, base: &Base) -> Option<Step> {
        let is_lifted = self.link.with(|link| {
            let opening = link.opening.as_ref();
            opening.is_some_and(|opening| opening.lifted.is_some())
        });
        if is_lifted {
            return Some(Step::Wait); // a slot that is asked for a key runs this loop
        }
        let mut lifted = LiftedDial {
            socket: self,
            epoch: self.epoch.get(),
            dial: Some(self.link.with(Link::lift_dial)?),
        };
        let dial = lifted.dial.as_mut()?;
        let progress = dial.advance(&base.registration, &base.buffers);
        let epoch = lifted.epoch;
        drop(lifted);
        if !self.is_current(epoch) {
            return Some(Step::Wait); // a slot ended it
        }
        match progress {
            DialProgress::Pending => Some(Step::Wait),
            DialProgress::Connected => self.advance_dial(base), // now that slots can see the addresses
            DialProgress::Failed(failure) => Some(Step::Failed(failure)),
            DialProgress::Asked => Some(Step::AskedByProxy),
            DialProgress::Judged(verdict) => Some(Step::Judged(verdict)),
            DialProgress::Established(stream) => {
                drop(self.link.with(|link| {
                    link.stream = Some(stream);
                    link.opening.as_mut()?.dial.take()
                }));
                None
            }
        }
    }

    /// Who asks for a pre-shared key: nobody where no slot would answer.
    pub(super) fn key_asker(&self) -> Option<KeyAsker> {
        if !self.pre_shared_key_authentication_required.is_connected() {
            return None;
        }
        let socket = self.weak();
        Some(Rc::new(move |authenticator| {
            let socket = socket.upgrade();
            socket.is_some_and(|socket| socket.ask_for_key(authenticator))
        }))
    }

    /// Gives whether the connection is still wanted.
    fn ask_for_key(&self, authenticator: &SslPreSharedKeyAuthenticator) -> bool {
        let Some(base) = self.base.get() else {
            return false;
        };
        let (_turn, epoch) = (self.begin_turn(), self.epoch.get());
        let _clock = self.stop_clock(base);
        self.pre_shared_key_authentication_required
            .emit(authenticator);
        self.is_current(epoch)
    }
}
