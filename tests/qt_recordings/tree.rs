//! Finding one's way in a forest by the order of time.

use crate::transcript::Node;

/// Where a node is: its place among its siblings on each level.
pub type Path = Vec<usize>;

/// The paths of all nodes, in the order in which they begin.
pub fn paths(nodes: &[Node]) -> Vec<Path> {
    fn collect(nodes: &[Node], above: &mut Path, paths: &mut Vec<Path>) {
        for (index, node) in nodes.iter().enumerate() {
            above.push(index);
            paths.push(above.clone());
            collect(node.inner(), above, paths);
            above.pop();
        }
    }
    let mut paths = Vec::new();
    collect(nodes, &mut Vec::new(), &mut paths);
    paths
}

pub fn at<'a>(nodes: &'a [Node], path: &[usize]) -> &'a Node {
    match path {
        [last] => &nodes[*last],
        [first, rest @ ..] => at(nodes[*first].inner(), rest),
        [] => panic!("a path leads somewhere"),
    }
}

pub fn at_mut<'a>(nodes: &'a mut [Node], path: &[usize]) -> &'a mut Node {
    let (last, above) = path.split_last().expect("a path leads somewhere");
    let mut list = nodes;
    for index in above {
        list = list[*index]
            .inner_mut()
            .expect("nodes above have something inside");
    }
    &mut list[*last]
}

/// The list in which the node at `path` stands.
pub fn siblings<'a>(nodes: &'a mut Vec<Node>, path: &[usize]) -> &'a mut Vec<Node> {
    let (_, above) = path.split_last().expect("a path leads somewhere");
    let mut list = nodes;
    for index in above {
        list = list[*index]
            .inner_mut()
            .expect("nodes above have something inside");
    }
    list
}
