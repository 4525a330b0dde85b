//! What a player writes down.

use std::cell::{Cell, RefCell};

use crate::transcript::{Node, count_signals};

/// What happened so far.
#[derive(Default)]
pub struct Tape {
    /// The forest, and on top of it what is inside of what is under way.
    levels: RefCell<Vec<Vec<Node>>>,
    signals: Cell<usize>,
    has_given_up: Cell<bool>,
}

impl Tape {
    pub fn push(&self, node: Node) {
        let mut levels = self.levels.borrow_mut();
        if levels.is_empty() {
            levels.push(Vec::new());
        }
        levels.last_mut().expect("the level just pushed").push(node);
    }

    pub fn open(&self) {
        let mut levels = self.levels.borrow_mut();
        if levels.is_empty() {
            levels.push(Vec::new());
        }
        levels.push(Vec::new());
    }

    pub fn close(&self) -> Vec<Node> {
        self.levels.borrow_mut().pop().unwrap_or_default()
    }

    pub fn take(&self) -> Vec<Node> {
        self.levels.borrow_mut().drain(..).flatten().collect()
    }

    /// The signals between the last of the kind `from` and the call of `to` behind it, or the end.
    pub fn signals_between(&self, from: &str, to: &str) -> usize {
        let levels = self.levels.borrow();
        let nodes = levels.first().map_or(&[][..], Vec::as_slice);
        let start = nodes.iter().rposition(|node| node.is_signal(from));
        let rest = start.map_or(&[][..], |start| &nodes[start + 1..]);
        let end = rest.iter().position(|node| node.is_call(to));
        count_signals(&rest[..end.unwrap_or(rest.len())])
    }

    pub fn count_signal(&self) {
        self.signals.set(self.signals.get() + 1);
    }

    pub fn signals(&self) -> usize {
        self.signals.get()
    }

    /// Once something did not come, all that follows would only wait for it again.
    pub fn give_up(&self) {
        self.has_given_up.set(true);
    }

    pub fn is_hopeless(&self) -> bool {
        self.has_given_up.get()
    }
}
