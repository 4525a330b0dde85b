//! The guide for hosts shows what the host programs do: each of its snippets stands in the program that it is linked to.

use crate::named_tests::{read, root};

/// A snippet, and the program it claims to be from.
struct Snippet<'a> {
    program: &'a str,
    code: String,
}

#[test]
fn snippets_are_what_the_hosts_do() {
    let guide = read(&root().join("docs/embedding.md"));
    let snippets = snippets(&guide);
    let mut complaints = Vec::new();
    for Snippet { program, code } in &snippets {
        let source = trimmed(&read(&root().join(program)));
        // A line of two dots stands for what is left out.
        for part in code.split("// ..\n").filter(|part| !source.contains(*part)) {
            complaints.push(format!("not in {program}:\n{part}"));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn every_host_has_a_snippet() {
    let guide = read(&root().join("docs/embedding.md"));
    let snippets = snippets(&guide);
    let script = read(&root().join(".ci/hosts"));
    let (_, table) = script
        .split_once("readonly hosts=\"\n")
        .expect("a table of hosts");
    let (table, _) = table.split_once('"').expect("its end");
    let hosts = table
        .lines()
        .filter_map(|line| line.split_whitespace().next());
    for host in hosts.filter(|host| *host != "bare") {
        let folder = format!("examples/hosts/{host}/");
        let is_shown = |snippet: &Snippet<'_>| snippet.program.starts_with(&folder);
        assert!(snippets.iter().any(is_shown), "{host} is not in the guide");
    }
}

/// Every fenced piece of Rust or C++, with the nearest link to a program above it.
fn snippets(guide: &str) -> Vec<Snippet<'_>> {
    let mut program = "";
    let mut found = Vec::new();
    let mut lines = guide.lines();
    while let Some(line) = lines.next() {
        if let Some((_, link)) = line.split_once("](../") {
            program = link.split(')').next().unwrap_or_default();
        } else if line.starts_with("```rust") || line.starts_with("```cpp") {
            let code: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            let code = trimmed(&code.join("\n"));
            found.push(Snippet { program, code });
        }
    }
    found
}

/// Without indentation, and without blank lines.
fn trimmed(code: &str) -> String {
    let lines = code.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.flat_map(|line| [line, "\n"]).collect()
}
