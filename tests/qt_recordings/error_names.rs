//! An error has two names, of which the first is Qt 6's: `errorOccurred`, then `error`.
//!
//! The rules are about errors, not about names. So a recording is held against them with the pairs folded into
//! `error`, and gets both names back when the rules have had their say. A half without the other stays as it is, and
//! so is an unexplained difference.

use crate::rewrite::each_list;
use crate::transcript::Node;

const FIRST: &str = "errorOccurred";
const SECOND: &str = "error";

/// Takes the first name out of each pair.
pub fn fold(nodes: &mut Vec<Node>) {
    each_list(nodes, &mut |list| {
        let is_half: Vec<bool> = (0..list.len())
            .map(|index| list[index..].len() > 1 && is_pair(&list[index], &list[index + 1]))
            .collect();
        let mut is_half = is_half.into_iter();
        list.retain(|_| is_half.next() != Some(true));
    });
}

/// Puts the first name before each `error`.
pub fn unfold(nodes: &mut Vec<Node>) {
    each_list(nodes, &mut |list| {
        for index in (0..list.len()).rev() {
            if let Node::Signal(second) = &list[index]
                && second.name == SECOND
            {
                let mut first = second.clone();
                first.name = FIRST.into();
                first.inner.clear();
                list.insert(index, Node::Signal(first));
            }
        }
    });
}

fn is_pair(first: &Node, second: &Node) -> bool {
    let (Node::Signal(first), Node::Signal(second)) = (first, second) else {
        return false;
    };
    (first.name == FIRST && second.name == SECOND)
        && (&first.who, &first.args) == (&second.who, &second.args)
        && first.inner.is_empty()
}
