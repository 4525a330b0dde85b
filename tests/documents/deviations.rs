//! `docs/deviations.md`: what Qt does that we do not copy, and the tests that hold that.

use super::named_tests::{Named, named_in, read, root};

/// What was found about Qt and is not copied, by the number of its chapter.
const NOT_COPIED: [&str; 23] = [
    "Ignoring TLS errors before `open`",
    "A small read buffer",
    "Characters that span fragments, and byte order marks",
    "Unfinished messages",
    "The closing handshake",
    "`bytes_written`",
    "Refused handshakes",
    "A deadline for connecting",
    "`error()` and `error_string()`",
    "Close codes 1005 and 1006",
    "Close codes and reasons of one's own",
    "Close codes 1012 to 1014",
    "Masks in the wrong direction",
    "Reading the handshake",
    "Writing the handshake",
    "Frames before the upgrade",
    "Zero",
    "Proxies that refuse",
    "A bad argument while connected",
    "`open` while connected",
    "Each signal of an end once",
    "Limits",
    "The server answers",
];

struct Chapter {
    number: usize,
    title: String,
    tests: Vec<Named>,
}

fn chapters() -> Vec<Chapter> {
    let text = read(&root().join("docs/deviations.md"));
    let chapters = text.split("\n## ").skip(1);
    chapters.map(Chapter::read).collect()
}

impl Chapter {
    fn read(text: &str) -> Self {
        let (heading, body) = text.split_once('\n').expect("a heading");
        let (number, title) = heading.split_once(". ").expect("a number and a title");
        let about_tests = body
            .split("\n\n")
            .map(str::trim_start)
            .filter(|paragraph| paragraph.starts_with("Test:") || paragraph.starts_with("Tests:"));
        Self {
            number: number.parse().expect("a number"),
            title: title.into(),
            tests: about_tests.flat_map(named_in).collect(),
        }
    }
}

#[test]
fn nothing_of_what_we_do_not_copy_is_missing() {
    let chapters = chapters();
    for (at, chapter) in chapters.iter().enumerate() {
        assert_eq!(chapter.number, at + 1, "{}", chapter.title);
    }
    let titles: Vec<&str> = chapters
        .iter()
        .map(|chapter| chapter.title.as_str())
        .collect();
    assert_eq!(titles[..NOT_COPIED.len()], NOT_COPIED);
}

#[test]
fn every_deviation_names_its_tests() {
    let mut complaints = Vec::new();
    for chapter in chapters() {
        let place = format!("{}. {}", chapter.number, chapter.title);
        if !chapter.tests.iter().any(|test| !test.function.is_empty()) {
            complaints.push(format!("{place}: names no test"));
        }
        let wrong = chapter.tests.iter().filter_map(Named::complaint);
        complaints.extend(wrong.map(|complaint| format!("{place}: {complaint}")));
    }
    assert!(complaints.is_empty(), "{complaints:#?}");
}
