//! Rules of this crate that the compiler does not know.

use std::fs;
use std::path::{Path, PathBuf};

fn rust_files(folder: &str) -> Vec<(PathBuf, String)> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                files.push((path, text));
            }
        }
    }
    assert!(!files.is_empty());
    files
}

/// Lines of code, without comments.
fn offenders(folder: &str, exempt: &str, words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in rust_files(folder)
        .iter()
        .filter(|(path, _)| !path.ends_with(exempt))
    {
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            if words.iter().any(|word| code.contains(word)) {
                found.push(format!(
                    "{}:{}: {}",
                    path.display(),
                    number + 1,
                    line.trim()
                ));
            }
        }
    }
    found
}

#[test]
fn no_cell_hands_out_a_guard() {
    let words = [".borrow(", ".borrow_mut(", ".try_borrow", "RefCell"];
    assert_eq!(offenders("src", "shared.rs", &words), [""; 0]);
}

#[test]
fn nothing_sleeps() {
    for folder in ["src", "tests"] {
        assert_eq!(
            offenders(folder, "house_rules.rs", &["thread::sleep", "sleep("]),
            [""; 0]
        );
    }
}

#[test]
fn nothing_is_unsafe() {
    assert!(include_str!("../src/lib.rs").contains("#![forbid(unsafe_code)]"));
}

#[test]
fn nothing_is_left_to_do() {
    assert_eq!(
        offenders("src", "", &["todo!", "unimplemented!", "dbg!"]),
        [""; 0]
    );
}
