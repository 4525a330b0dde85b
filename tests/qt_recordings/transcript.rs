//! What happens in a scenario, as a tree: signals inside the call that emitted them, calls inside the slot that made
//! them.

use std::fmt;

use serde_json::Value;

/// What the getters give at some moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    pub state: String,
    pub valid: bool,
    pub error: i64,
    pub error_string: String,
    pub close_code: i64,
    pub close_reason: String,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    Signal(Signal),
    Call(Call),
    /// Something the peer does.
    Peer(PeerAct),
    /// Time passes.
    Wait(u64),
    /// A look at getters, or at what the peer has got.
    Look(Look),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Signal {
    pub who: String,
    pub name: String,
    pub args: Vec<Value>,
    /// `None` where there is no object to look at: while it is destroyed.
    pub seen: Option<Seen>,
    pub inner: Vec<Node>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    pub who: String,
    /// The operation with its arguments.
    pub op: Value,
    pub returned: Value,
    pub seen: Option<Seen>,
    pub inner: Vec<Node>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct PeerAct {
    /// The number of the peer, which serves one connection.
    pub peer: usize,
    pub action: Action,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    Send(Bytes),
    /// Ends its direction of TLS.
    CloseNotify,
    /// Ends its direction of TCP.
    Fin,
    Reset,
}

/// Bytes of which some depend on the request.
#[derive(Clone, PartialEq)]
pub struct Bytes(pub Vec<u8>);

/// What stands for the accept key in [`Bytes`].
pub const ACCEPT: &str = "<ACCEPT>";

#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    pub name: String,
    pub value: Value,
}

impl Default for Seen {
    /// A new socket.
    fn default() -> Self {
        Self {
            state: "Unconnected".into(),
            valid: false,
            error: -1,
            error_string: String::new(),
            close_code: 1000,
            close_reason: String::new(),
        }
    }
}

impl Call {
    pub fn name(&self) -> &str {
        self.op["op"].as_str().unwrap_or_default()
    }
}

impl Signal {
    pub fn is(&self, name: &str) -> bool {
        self.name == name
    }

    /// The state that a `stateChanged` tells.
    pub fn new_state(&self) -> Option<&str> {
        match self.name.as_str() {
            "stateChanged" => self.args.first()?.as_str(),
            _ => None,
        }
    }

    /// What tells the kinds of signals apart: the name, and the state for `stateChanged`.
    pub fn kind(&self) -> String {
        match self.new_state() {
            Some(state) => format!("stateChanged({state})"),
            None => self.name.clone(),
        }
    }
}

impl Node {
    pub fn signal(&self) -> Option<&Signal> {
        match self {
            Node::Signal(signal) => Some(signal),
            _ => None,
        }
    }

    pub fn call(&self) -> Option<&Call> {
        match self {
            Node::Call(call) => Some(call),
            _ => None,
        }
    }

    pub fn is_signal(&self, kind: &str) -> bool {
        self.signal().is_some_and(|signal| signal.kind() == kind)
    }

    pub fn is_call(&self, name: &str) -> bool {
        self.call().is_some_and(|call| call.name() == name)
    }

    pub fn inner(&self) -> &[Node] {
        match self {
            Node::Signal(signal) => &signal.inner,
            Node::Call(call) => &call.inner,
            _ => &[],
        }
    }

    pub fn inner_mut(&mut self) -> Option<&mut Vec<Node>> {
        match self {
            Node::Signal(signal) => Some(&mut signal.inner),
            Node::Call(call) => Some(&mut call.inner),
            _ => None,
        }
    }
}

/// The number of signals in a forest.
pub fn count_signals(nodes: &[Node]) -> usize {
    nodes
        .iter()
        .map(|node| usize::from(node.signal().is_some()) + count_signals(node.inner()))
        .sum()
}

/// A forest as lines, one per moment. What the peer does is no line: it is not observed but done.
pub fn lines(nodes: &[Node]) -> Vec<String> {
    let mut lines = Vec::new();
    write_lines(nodes, 0, &mut lines);
    lines
}

fn write_lines(nodes: &[Node], depth: usize, lines: &mut Vec<String>) {
    let indent = "    ".repeat(depth);
    for node in nodes {
        match node {
            Node::Signal(signal) => {
                let (who, kind) = (&signal.who, &signal.name);
                let args = Value::Array(signal.args.clone());
                lines.push(format!(
                    "{indent}* {who} {kind} {args} {}",
                    look(&signal.seen)
                ));
                write_lines(&signal.inner, depth + 1, lines);
            }
            Node::Call(call) => {
                lines.push(format!("{indent}> {} {}", call.who, call.op));
                write_lines(&call.inner, depth + 1, lines);
                let returned = &call.returned;
                lines.push(format!(
                    "{indent}< {} = {returned} {}",
                    call.name(),
                    look(&call.seen)
                ));
            }
            Node::Wait(0) | Node::Peer(_) => {}
            Node::Wait(time) => lines.push(format!("{indent}~ {time} ms")),
            Node::Look(Look { name, value }) => match value {
                Value::Object(map) => lines.extend(
                    map.iter()
                        .map(|(key, value)| format!("{indent}? {name}.{key} = {value}")),
                ),
                value => lines.push(format!("{indent}? {name} = {value}")),
            },
        }
    }
}

fn look(seen: &Option<Seen>) -> String {
    seen.as_ref().map_or(String::from("{-}"), Seen::to_string)
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Seen { state, error, .. } = self;
        let valid = if self.valid { " valid" } else { "" };
        let (text, code, reason) = (&self.error_string, self.close_code, &self.close_reason);
        write!(
            f,
            "{{{state}{valid}, error {error} {text:?}, close {code} {reason:?}}}"
        )
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0[..self.0.len().min(200)].escape_ascii())
    }
}
