//! The tests that a document names, looked up in the sources.

use std::fs;
use std::path::{Path, PathBuf};

/// A test, or another function that proves something, as a document names it: `` `file` `function` ``.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) file: String,
    /// Empty where the document names the file alone.
    pub(crate) function: String,
}

/// What stands in backticks, taken as files and the functions in them. A file is named once for all functions that
/// follow it.
pub(crate) fn named_in(text: &str) -> Vec<Named> {
    let mut found: Vec<Named> = Vec::new();
    for word in text.split('`').skip(1).step_by(2) {
        let is_file = word.ends_with(".rs") || word.contains('/');
        match found.last_mut() {
            _ if is_file => found.push(Named {
                file: word.into(),
                function: String::new(),
            }),
            Some(last) if last.function.is_empty() => last.function = word.into(),
            Some(last) => {
                let file = last.file.clone();
                found.push(Named {
                    file,
                    function: word.into(),
                });
            }
            None => {} // no file yet: a word of the text
        }
    }
    found
}

impl Named {
    /// What is wrong about it.
    pub(crate) fn complaint(&self) -> Option<String> {
        let Some(path) = resolve(&self.file) else {
            return Some(format!("there is no `{}`", self.file));
        };
        if self.function.is_empty() {
            return None;
        }
        let found = if path.is_dir() {
            // The rules that rewrite recordings are no tests themselves: each must change one, and that is tested.
            files_below(&path)
                .iter()
                .any(|file| read(file).contains(&format!("fn {}(", self.function)))
        } else {
            is_test(&read(&path), &self.function)
        };
        (!found).then(|| format!("there is no `{}` in `{}`", self.function, self.file))
    }
}

/// The names of all tests in a file.
pub(crate) fn tests_in(text: &str) -> Vec<&str> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let is_marked = |at: usize| {
        let above = lines[..at].iter().rev();
        above
            .take_while(|line| line.starts_with("#[") || line.starts_with("//"))
            .any(|line| *line == "#[test]")
    };
    lines
        .iter()
        .enumerate()
        .filter_map(|(at, line)| Some((at, line.strip_prefix("fn ")?.split_once('(')?.0)))
        .filter(|(at, _)| is_marked(*at))
        .map(|(_, name)| name)
        .collect()
}

pub(crate) fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All Rust files of a directory and below.
pub(crate) fn files_below(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("a readable directory");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let files = paths.flat_map(|path| match path.is_dir() {
        true => files_below(&path),
        false => vec![path],
    });
    files
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}

/// A file by its path in the repository, in `tests/` or in `src/`; a layer's name in front also stands for its tests.
fn resolve(file: &str) -> Option<PathBuf> {
    let (layer, rest) = file.split_once('/').unwrap_or(("", file));
    let places = [
        root().join(file),
        root().join("tests").join(file),
        root().join("src").join(layer).join("tests").join(rest),
        root().join("src").join(file),
    ];
    places.into_iter().find(|place| place.exists())
}

/// A function marked as a test, or a row of a table of tests: `name: "input", ..`.
fn is_test(text: &str, name: &str) -> bool {
    let row = format!("{name}: \"");
    let is_row = text.contains("! {\n") && text.lines().any(|line| line.trim().starts_with(&row));
    is_row || tests_in(text).contains(&name)
}

#[test]
fn names_are_read_as_they_are_written() {
    let named = |file: &str, function: &str| Named {
        file: file.into(),
        function: function.into(),
    };
    assert_eq!(
        named_in("a `word`: `a/b.rs` `one`, `two`; `c.rs`; `d/` `three`"),
        [
            named("a/b.rs", "one"),
            named("a/b.rs", "two"),
            named("c.rs", ""),
            named("d/", "three"),
        ]
    );
}

#[test]
fn what_is_missing_is_missed() {
    let complaint = |file: &str, function: &str| {
        let (file, function) = (file.into(), function.into());
        Named { file, function }.complaint()
    };
    let here = "documents/named_tests.rs";
    assert_eq!(complaint(here, "what_is_missing_is_missed"), None);
    assert_eq!(complaint(here, ""), None);
    assert_eq!(complaint("tests/documents/", "complaint"), None);
    assert!(complaint(here, "resolve").is_some(), "no test");
    assert!(complaint(here, "what_is_missing").is_some());
    assert!(complaint("documents/nowhere.rs", "").is_some());
    let rows = "rows! {\n    a_row: \"input\", 1;\n}\n/// Why.\n#[test]\nfn a_test() {}\nfn no_test() {}\n";
    assert!(is_test(rows, "a_row") && is_test(rows, "a_test"));
    assert!(!is_test(rows, "no_test") && !is_test(rows, "row"));
}
