//! A heap of points in time, each naming a source.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Instant;

use super::Token;

/// Entries are never searched for: one that no longer counts is thrown away when it reaches the
/// top.
#[derive(Default)]
pub(super) struct Deadlines {
    heap: BinaryHeap<Reverse<Entry>>,
    pushed: u64,
}

/// Equal points in time come out in the order in which they went in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    at: Instant,
    order: u64,
    token: Token,
}

impl Deadlines {
    pub(super) fn push(&mut self, at: Instant, token: Token) {
        self.pushed += 1;
        self.heap.push(Reverse(Entry {
            at,
            order: self.pushed,
            token,
        }));
    }

    pub(super) fn first(&self) -> Option<(Instant, Token)> {
        self.heap
            .peek()
            .map(|Reverse(entry)| (entry.at, entry.token))
    }

    pub(super) fn pop(&mut self) {
        self.heap.pop();
    }

    pub(super) fn len(&self) -> usize {
        self.heap.len()
    }

    pub(super) fn retain(&mut self, mut keep: impl FnMut(Instant, Token) -> bool) {
        self.heap
            .retain(|Reverse(entry)| keep(entry.at, entry.token));
    }

    pub(super) fn clear(&mut self) {
        self.heap.clear();
    }
}
