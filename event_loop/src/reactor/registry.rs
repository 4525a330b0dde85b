//! The sources of a dispatcher and the queues that say whose turn it is.

use std::collections::VecDeque;
use std::rc::{Rc, Weak};
use std::time::Instant;

use super::deadlines::Deadlines;
use super::{Ready, Source, Token};

/// A source whose turn it is, and why.
pub(super) type Due = (Token, Rc<dyn Source>, Ready);

/// Plain data: nothing in here calls a source.
#[derive(Default)]
pub(super) struct Sources {
    slots: Vec<Slot>,
    free: Vec<usize>,
    ready: VecDeque<Token>,
    due: VecDeque<Token>,
    dirty: VecDeque<Token>,
    deadlines: Deadlines,
}

/// What an idle source costs the dispatcher.
struct Slot {
    source: Option<Weak<dyn Source>>,
    deadline: Option<Instant>,
    /// The entry of the heap that counts; it may be earlier than the deadline, never later.
    armed: Option<Instant>,
    generation: u32,
    pending: Ready,
    is_ready: bool,
    is_due: bool,
    is_dirty: bool,
}

impl Slot {
    fn new(generation: u32) -> Self {
        Self {
            source: None,
            deadline: None,
            armed: None,
            generation,
            pending: Ready::EMPTY,
            is_ready: false,
            is_due: false,
            is_dirty: false,
        }
    }
}

impl Sources {
    pub(super) fn insert(&mut self, source: Weak<dyn Source>) -> Token {
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot::new(0));
            self.slots.len() - 1
        });
        assert!(
            index <= Token::MAX_INDEX,
            "more sources than a token can name"
        );
        let slot = &mut self.slots[index];
        slot.source = Some(source);
        Token::new(index, slot.generation)
    }

    pub(super) fn remove(&mut self, token: Token) {
        if let Some(slot) = self.slot(token) {
            *slot = Slot::new(slot.generation.wrapping_add(1));
            self.free.push(token.index());
        }
    }

    /// Merges `ready` into what the source will be told in its next turn.
    pub(super) fn mark_ready(&mut self, token: Token, ready: Ready) {
        let Some(slot) = self.slot(token) else { return };
        slot.pending |= ready;
        if !ready.is_empty() && !std::mem::replace(&mut slot.is_ready, true) {
            self.ready.push_back(token);
        }
    }

    pub(super) fn mark_dirty(&mut self, token: Token) {
        let Some(slot) = self.slot(token) else { return };
        if !std::mem::replace(&mut slot.is_dirty, true) {
            self.dirty.push_back(token);
        }
    }

    pub(super) fn deadline(&self, token: Token) -> Option<Instant> {
        self.slots
            .get(token.index())
            .filter(|slot| slot.is_named(token))?
            .deadline
    }

    /// Returns whether the loop has to wake up earlier than it knew.
    pub(super) fn set_deadline(&mut self, token: Token, deadline: Option<Instant>) -> bool {
        let Some(slot) = self.slot(token) else {
            return false;
        };
        slot.deadline = deadline;
        let Some(at) = deadline else { return false };
        if slot.armed.is_some_and(|armed| armed <= at) {
            return false; // the earlier entry finds the new deadline when it comes up
        }
        slot.armed = Some(at);
        let is_first = self.deadlines.first().is_none_or(|(first, _)| at < first);
        self.deadlines.push(at, token);
        self.sweep_deadlines();
        is_first
    }

    /// The earliest deadline that is set.
    pub(super) fn next_deadline(&mut self) -> Option<Instant> {
        loop {
            let (at, token) = self.deadlines.first()?;
            match self.slot(token).filter(|slot| slot.armed == Some(at)) {
                Some(slot) if slot.deadline == Some(at) => return Some(at),
                Some(_) => self.disarm_first(at, token),
                None => self.deadlines.pop(),
            }
        }
    }

    /// Queues every source whose deadline has passed and says how many are queued.
    pub(super) fn collect_due(&mut self, now: Instant) -> usize {
        while let Some(at) = self.next_deadline().filter(|at| *at <= now) {
            let Some((_, token)) = self.deadlines.first() else {
                break;
            };
            self.deadlines.pop();
            let Some(slot) = self.slot(token).filter(|slot| slot.deadline == Some(at)) else {
                continue;
            };
            slot.armed = None;
            if !std::mem::replace(&mut slot.is_due, true) {
                self.due.push_back(token);
            }
        }
        self.due.len()
    }

    /// The next source of the due queue whose deadline still stands; it is unset with that.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<Due> {
        let token = self.due.pop_front()?;
        let slot = self.slot(token)?;
        slot.is_due = false;
        let source = slot.source()?;
        slot.deadline.take_if(|at| *at <= now)?;
        Some((token, source, Ready::DEADLINE))
    }

    pub(super) fn take_ready(&mut self) -> Option<Due> {
        let token = self.ready.pop_front()?;
        let slot = self.slot(token)?;
        slot.is_ready = false;
        let ready = std::mem::take(&mut slot.pending);
        Some((token, slot.source()?, ready))
    }

    pub(super) fn take_dirty(&mut self) -> Option<Due> {
        let token = self.dirty.pop_front()?;
        let slot = self.slot(token)?;
        slot.is_dirty = false;
        Some((token, slot.source()?, Ready::FLUSH))
    }

    pub(super) fn ready_count(&self) -> usize {
        self.ready.len()
    }

    pub(super) fn dirty_count(&self) -> usize {
        self.dirty.len()
    }

    pub(super) fn has_deadlines(&self) -> bool {
        self.deadlines.first().is_some() || !self.due.is_empty()
    }

    /// Whether a source waits for its turn already.
    pub(super) fn has_work(&self) -> bool {
        !(self.ready.is_empty() && self.due.is_empty() && self.dirty.is_empty())
    }

    /// How many sources live.
    pub(super) fn alive(&self) -> usize {
        let sources = self.slots.iter().filter_map(|slot| slot.source.as_ref());
        sources.filter(|source| source.strong_count() > 0).count()
    }

    /// The end of the thread: nobody gets a turn any more. Slots stay, their owners free them.
    pub(super) fn silence(&mut self) {
        self.ready.clear();
        self.due.clear();
        self.dirty.clear();
        self.deadlines.clear();
    }

    fn slot(&mut self, token: Token) -> Option<&mut Slot> {
        self.slots
            .get_mut(token.index())
            .filter(|slot| slot.is_named(token))
    }

    /// The top of the heap came up before the deadline of its source: goes back in, or nowhere.
    fn disarm_first(&mut self, at: Instant, token: Token) {
        self.deadlines.pop();
        let Some(slot) = self.slot(token) else { return };
        slot.armed = slot.deadline;
        debug_assert!(slot.armed.is_none_or(|later| later > at));
        if let Some(later) = slot.armed {
            self.deadlines.push(later, token);
        }
    }

    /// A deadline that moves ahead again and again leaves entries behind; they must not pile up.
    fn sweep_deadlines(&mut self) {
        if self.deadlines.len() > 64 + 2 * self.slots.len() {
            let slots = &self.slots;
            self.deadlines.retain(|at, token| {
                let slot = slots.get(token.index()).filter(|slot| slot.is_named(token));
                slot.is_some_and(|slot| slot.armed == Some(at))
            });
        }
    }
}

impl Slot {
    fn is_named(&self, token: Token) -> bool {
        self.source.is_some() && Token::new(token.index(), self.generation) == token
    }

    fn source(&self) -> Option<Rc<dyn Source>> {
        self.source.as_ref()?.upgrade()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reactor::Progress;
    use std::time::Duration;

    struct Idle;
    impl Source for Idle {
        fn turn(self: Rc<Self>, _: Ready) -> Progress {
            Progress::Drained
        }
    }

    fn idle() -> (Rc<dyn Source>, Weak<dyn Source>) {
        let source: Rc<dyn Source> = Rc::new(Idle);
        let weak = Rc::downgrade(&source);
        (source, weak)
    }

    #[test]
    fn an_idle_source_costs_at_most_64_bytes() {
        assert!(size_of::<Slot>() <= 64, "{}", size_of::<Slot>());
    }

    #[test]
    fn an_event_for_a_dead_generation_falls_on_the_floor() {
        let mut sources = Sources::default();
        let (_alive, weak) = idle();
        let old = sources.insert(weak.clone());
        sources.mark_ready(old, Ready::READABLE);
        sources.remove(old);
        let new = sources.insert(weak);
        assert_eq!(old.index(), new.index());
        assert!(
            sources.take_ready().is_none(),
            "what was queued for the old one"
        );
        sources.mark_ready(old, Ready::READABLE);
        assert_eq!(sources.ready_count(), 0, "what arrives late");
    }

    #[test]
    fn a_deadline_put_off_is_pushed_again_only_when_it_comes_up() {
        let mut sources = Sources::default();
        let (_alive, weak) = idle();
        let token = sources.insert(weak);
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        for seconds in 1..100 {
            sources.set_deadline(token, Some(after(seconds)));
        }
        assert_eq!(sources.deadlines.len(), 1);
        assert_eq!(sources.collect_due(after(1)), 0);
        assert_eq!(sources.next_deadline(), Some(after(99)));
        assert_eq!(sources.collect_due(after(99)), 1);
    }

    #[test]
    fn a_deadline_moved_ahead_again_and_again_does_not_pile_up() {
        let mut sources = Sources::default();
        let (_alive, weak) = idle();
        let token = sources.insert(weak);
        let far = Instant::now() + Duration::from_secs(1_000_000);
        for second in 0..10_000 {
            sources.set_deadline(token, Some(far - Duration::from_secs(second)));
        }
        assert!(sources.deadlines.len() < 100, "{}", sources.deadlines.len());
    }

    #[test]
    fn a_deadline_taken_back_after_it_was_queued_is_not_served() {
        let mut sources = Sources::default();
        let (_alive, weak) = idle();
        let token = sources.insert(weak);
        let now = Instant::now();
        sources.set_deadline(token, Some(now));
        assert_eq!(sources.collect_due(now), 1);
        sources.set_deadline(token, Some(now + Duration::from_secs(1)));
        assert!(sources.take_due(now).is_none());
        assert_eq!(sources.next_deadline(), Some(now + Duration::from_secs(1)));
    }
}
