//! Rules of this house that no compiler checks, read off the sources.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// A file, as it is and as far as it matters here.
struct Source {
    /// Relative to the repository, with `/`.
    path: String,
    text: String,
    /// Comments, and what stands in quotes, are blank; so is everything from the unit tests on, which come last.
    code: String,
}

impl Source {
    fn read(path: &Path) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let text = fs::read_to_string(path).expect("a readable file");
        let relative = path.strip_prefix(root).expect("a file of the repository");
        Self {
            path: relative.to_string_lossy().replace('\\', "/"),
            code: without_tests(&blanked(&text)),
            text,
        }
    }

    /// `path:line` for an offset.
    fn place(&self, offset: usize) -> String {
        format!("{}:{}", self.path, line_of(&self.code, offset))
    }

    /// The offsets of all `needles` in the code.
    fn find(&self, needles: &[&str]) -> Vec<usize> {
        let mut found = Vec::new();
        for needle in needles {
            found.extend(self.code.match_indices(needle).map(|(at, _)| at));
        }
        found
    }
}

/// What both crates consist of, their tests left out.
fn library() -> Vec<Source> {
    let sources = sources(&["src", "event_loop/src"]);
    let is_test =
        |source: &Source| source.path.contains("/tests/") || source.path.ends_with("/tests.rs");
    sources
        .into_iter()
        .filter(|source| !is_test(source))
        .collect()
}

/// All Rust files below these directories of the repository.
fn sources(directories: &[&str]) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut waiting: Vec<PathBuf> = directories.iter().map(|name| root.join(name)).collect();
    let mut found = Vec::new();
    while let Some(path) = waiting.pop() {
        if path.is_dir() && !path.ends_with("target") {
            let entries = fs::read_dir(path).expect("a readable directory");
            waiting.extend(entries.map(|entry| entry.expect("an entry").path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    assert!(found.len() > 3, "there is something to look at");
    found.iter().map(|path| Source::read(path)).collect()
}

#[track_caller]
fn none(what: &str, offenders: impl IntoIterator<Item = String>) {
    let mut list = String::new();
    for offender in offenders {
        writeln!(list, "  {offender}").expect("a string takes everything");
    }
    assert!(list.is_empty(), "{what}:\n{list}");
}

#[test]
fn no_unsafe_code() {
    for lib in ["src/lib.rs", "event_loop/src/lib.rs"] {
        let source = Source::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join(lib));
        assert!(source.code.contains("#![forbid(unsafe_code)]"), "{lib}");
    }
}

/// A layer, what of this crate it may name, and which other crates.
struct Layer {
    name: &'static str,
    layers: &'static [&'static str],
    crates: &'static [&'static str],
}

const LAYERS: [Layer; 6] = [
    Layer {
        name: "protocol",
        layers: &[],
        crates: &["simdutf8"],
    },
    Layer {
        name: "handshake",
        layers: &[],
        crates: &["base64", "md5", "sha1", "sha2"],
    },
    Layer {
        name: "network",
        // What may stand in a header is known there, and known once.
        layers: &[
            "handshake::field",
            "handshake::host",
            "handshake::subprotocol",
        ],
        crates: &[
            "base64",
            "md5",
            "pkcs8",
            "rustls_native_certs",
            "rustls_pki_types",
            "sha1",
            "sha2",
            "url",
            "webpki_root_certs",
        ],
    },
    Layer {
        name: "transport",
        // A proxy answers with the heads and challenges that servers answer with; they are read once.
        layers: &[
            "network",
            "handshake::HeadLimits",
            "handshake::HeadScanner",
            "handshake::ResponseHead",
            "handshake::Skipped",
            "handshake::UnwantedBody",
            "handshake::challenge",
            "handshake::field",
            "handshake::host",
        ],
        crates: &[
            "mio",
            "openssl",
            "qeventloop",
            "qwebsocket_openssl_extras",
            "rustls",
            "rustls_pki_types",
            "socket2",
            "webpki",
        ],
    },
    Layer {
        name: "websocket",
        layers: &["transport", "protocol", "handshake", "network"],
        crates: &["getrandom", "qeventloop", "url"],
    },
    Layer {
        name: "server",
        // The sockets it hands out.
        layers: &["transport", "protocol", "handshake", "network", "websocket"],
        crates: &["mio", "qeventloop", "url"],
    },
];

/// Every dependency there is.
const CRATES: [&str; 18] = [
    "base64",
    "getrandom",
    "md5",
    "mio",
    "openssl",
    "pkcs8",
    "qeventloop",
    "qwebsocket_openssl_extras",
    "rustls",
    "rustls_native_certs",
    "rustls_pki_types",
    "sha1",
    "sha2",
    "simdutf8",
    "socket2",
    "url",
    "webpki",
    "webpki_root_certs",
];

#[test]
fn layers_name_only_what_is_below_them() {
    let library = library();
    let mut offenders = Vec::new();
    for layer in &LAYERS {
        let inside = format!("src/{}/", layer.name);
        for source in library
            .iter()
            .filter(|source| source.path.starts_with(&inside))
        {
            for at in source.find(&["crate::"]) {
                let named = named_by(&source.code[at + "crate::".len()..]);
                let refused = named.iter().filter(|name| !layer.may_name(name));
                offenders.extend(refused.map(|name| format!("{} names {name}", source.place(at))));
            }
            for at in source.find(&[&way_out(&source.path)]) {
                offenders.push(format!("{} leaves by super", source.place(at)));
            }
            for name in CRATES.iter().filter(|name| !layer.crates.contains(name)) {
                let uses = paths_into(&source.code, name);
                offenders.extend(uses.map(|at| format!("{} uses {name}", source.place(at))));
            }
        }
    }
    none("what a layer must not name", offenders);
}

#[test]
fn the_list_of_dependencies_is_complete() {
    let manifest = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"));
    let manifest = manifest.expect("a manifest");
    let dependencies = manifest
        .split("[dependencies]\n")
        .nth(1)
        .expect("dependencies");
    let names: Vec<String> = dependencies
        .lines()
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split_once(" ="))
        .map(|(name, _)| name.replace('-', "_"))
        .collect();
    let mut known: Vec<&str> = CRATES.to_vec();
    known.sort_by_key(|name| names.iter().position(|other| other == name));
    assert_eq!(names, known);
}

impl Layer {
    /// `name` is a path below `crate::`.
    fn may_name(&self, name: &str) -> bool {
        let is_within = |outer: &&str| {
            let rest = name.strip_prefix(outer);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
        };
        self.layers.iter().any(is_within) || is_within(&self.name)
    }
}

/// The paths, two names deep, that follow `crate::`; more than one where they stand in braces.
fn named_by(rest: &str) -> Vec<String> {
    let first = identifier(rest);
    let Some(below) = rest[first.len()..].strip_prefix("::") else {
        return vec![first.to_owned()];
    };
    let Some(group) = below.strip_prefix('{') else {
        return vec![format!("{first}::{}", identifier(below))];
    };
    let group = group.split(['}', '{']).next().unwrap_or(group);
    group
        .split(',')
        .map(|name| identifier(name.trim()))
        .filter(|name| !name.is_empty())
        .map(|name| format!("{first}::{name}"))
        .collect()
}

fn identifier(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
    &text[..end.unwrap_or(text.len())]
}

/// The chain of `super` that leads from a file to the root of its crate, and so to another layer.
fn way_out(path: &str) -> String {
    let depth = path.split('/').count() - 1 - usize::from(path.ends_with("/mod.rs"));
    "super::".repeat(depth)
}

/// Where `name` begins a path, as a crate's name does.
fn paths_into<'a>(code: &'a str, name: &'a str) -> impl Iterator<Item = usize> + 'a {
    code.match_indices(name)
        .map(|(at, _)| at)
        .filter(move |&at| {
            let before = code[..at].chars().next_back().unwrap_or(' ');
            let is_start =
                !before.is_alphanumeric() && before != '_' && before != ':' && before != '.';
            is_start && code[at + name.len()..].starts_with("::")
        })
}

#[test]
fn cells_are_borrowed_in_one_file_only() {
    let mut library = library();
    library.retain(|source| source.path != "event_loop/src/reactor/shared.rs");
    let bare = ["RefCell", ".borrow()", ".borrow_mut()"];
    none("a bare RefCell outside shared.rs", places(&library, &bare));
}

#[test]
fn nothing_is_left_undone_and_nobody_sleeps() {
    let directories = [
        "src",
        "event_loop/src",
        "event_loop/tests",
        "tests",
        "examples",
    ];
    let mut all = sources(&directories);
    for source in &mut all {
        source.code = blanked(&source.text); // unit tests count here
    }
    let undone = ["todo!", "unimplemented!", "dbg!", "thread::sleep"];
    none("what must not stand there", places(&all, &undone));
}

fn places(sources: &[Source], needles: &[&str]) -> Vec<String> {
    let of_one = |source: &Source| {
        let found = source.find(needles);
        found
            .into_iter()
            .map(|at| source.place(at))
            .collect::<Vec<_>>()
    };
    sources.iter().flat_map(of_one).collect()
}

#[test]
fn who_expects_something_says_why() {
    let mut offenders = Vec::new();
    for source in &library() {
        let lines: Vec<&str> = source.text.lines().collect();
        // A method of ours called `expect` is not meant: that takes no text.
        let texts = |at: &usize| {
            source.text[at + ".expect(".len()..]
                .trim_start()
                .starts_with('"')
        };
        let mut found = source.find(&[".expect("]);
        found.retain(texts);
        found.extend(source.find(&[".unwrap()"]));
        for at in found {
            let line = line_of(&source.code, at) - 1;
            // On the line itself, or in the comment above the statement.
            let near = &lines[line.saturating_sub(4)..=line];
            if !near.iter().any(|line| line.contains("// invariant:")) {
                offenders.push(source.place(at));
            }
        }
    }
    none("unwrap or expect without `// invariant:`", offenders);
}

#[test]
fn files_and_functions_are_short() {
    let mut offenders = Vec::new();
    for source in &library() {
        let lines = source.code.trim_end().lines().count();
        if lines > 300 {
            offenders.push(format!("{}: {lines} lines", source.path));
        }
        for (at, name, lines) in functions(&source.code) {
            if lines > 50 {
                offenders.push(format!("{}: {name} has {lines} lines", source.place(at)));
            }
        }
    }
    none("files above 300 and functions above 50 lines", offenders);
}

/// Offset, name and number of lines of each function that has a body.
fn functions(code: &str) -> Vec<(usize, &str, usize)> {
    let starts = code.match_indices("fn ").filter(|(at, _)| {
        let before = code[..*at].chars().next_back();
        before.is_none_or(|before| before.is_whitespace())
    });
    starts
        .filter_map(|(at, _)| {
            let name = identifier(&code[at + "fn ".len()..]);
            let body = at + code[at..].find(['{', ';'])?;
            if name.is_empty() || code[body..].starts_with(';') {
                return None;
            }
            let end = body + matching_brace(&code[body..])?;
            Some((at, name, line_of(code, end) - line_of(code, at) + 1))
        })
        .collect()
}

/// The offset of the brace that closes the one at the start.
fn matching_brace(code: &str) -> Option<usize> {
    let mut depth = 0;
    for (at, c) in code.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return Some(at),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn line_of(text: &str, offset: usize) -> usize {
    text[..offset].matches('\n').count() + 1
}

/// `code` up to its unit tests, which come last in a file.
fn without_tests(code: &str) -> String {
    let end = code.find("#[cfg(test)]\nmod tests {");
    code[..end.unwrap_or(code.len())].to_owned()
}

/// `text` with blanks instead of comments and of what stands in quotes. Lines and offsets stay.
fn blanked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = token_to_blank(rest).unwrap_or(0);
        if length == 0 {
            // A raw string or byte string must not be taken for a name and a string.
            let word = identifier(rest).len().max(c.len_utf8());
            out.push_str(&rest[..word]);
            rest = &rest[word..];
            continue;
        }
        let blank = |c: char| {
            if c == '\n' {
                "\n".into()
            } else {
                " ".repeat(c.len_utf8())
            }
        };
        out.extend(rest[..length].chars().map(blank));
        rest = &rest[length..];
    }
    out
}

/// The length of the comment, string or character that `text` starts with.
fn token_to_blank(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    if text.starts_with("/*") {
        return Some(text.find("*/").map_or(text.len(), |end| end + 2));
    }
    let unprefixed = text.strip_prefix('b').unwrap_or(text);
    let prefix = text.len() - unprefixed.len();
    if let Some(raw) = unprefixed.strip_prefix('r') {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        if raw[hashes..].starts_with('"') {
            let close = format!("\"{}", "#".repeat(hashes));
            let body = &raw[hashes + 1..];
            let end = body
                .find(&close)
                .map_or(body.len(), |end| end + close.len());
            return Some(prefix + 1 + hashes + 1 + end);
        }
    }
    if let Some(body) = unprefixed.strip_prefix('"') {
        return Some(prefix + 1 + end_of_quoted(body, '"')?);
    }
    let body = unprefixed.strip_prefix('\'')?;
    // A lifetime has no closing quote right behind its first character.
    let is_character = body.starts_with('\\') || body.chars().nth(1) == Some('\'');
    is_character
        .then(|| end_of_quoted(body, '\''))
        .flatten()
        .map(|end| prefix + 1 + end)
}

fn end_of_quoted(body: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in body.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

#[test]
fn the_reader_of_sources_is_not_fooled() {
    let text = "let a = \"todo!\"; // b\nlet c = 'x'; fn f<'a>(x: &'a str) { r#\"\"fn\"# } /* } */ b\"\\\"{\" '\\''";
    let code = "let a =        ;     \nlet c =    ; fn f<'a>(x: &'a str) {          }                     ";
    assert_eq!(blanked(text).trim_end(), code.trim_end());
    assert_eq!(functions(&blanked(text)).len(), 1);
    let long = format!("fn long() {{{}}}\n", "\n".repeat(60));
    assert_eq!(functions(&long), [(0, "long", 61)]);
    assert_eq!(
        named_by("network::{a, b::c, d};"),
        ["network::a", "network::b", "network::d"]
    );
    assert_eq!(named_by("handshake::field as f"), ["handshake::field"]);
}
