//! `docs/porting_from_qt.md`: every member of Qt's class is in it, and all that it shows in Rust is compiled.

use super::named_tests::{read, root};
use super::qt_api;

const GUIDE: &str = "docs/porting_from_qt.md";

/// One line of a table with a column headed `Rust`: that, and the first.
struct Row {
    qt: String,
    rust: String,
}

/// What stands between two headings of the third level.
#[derive(Default)]
struct Section {
    title: String,
    rows: Vec<Row>,
    /// The code that is compiled, without white space and comments.
    code: String,
}

impl Section {
    /// `block` begins with what stands behind the fence.
    fn read_block(&mut self, block: &str) {
        if let Some(("rust" | "rust,no_run", code)) = block.split_once('\n') {
            let lines = code.lines().map(without_comment);
            self.code.extend(lines.map(without_space));
        }
    }

    /// `table` are the lines of a table, from its head on.
    fn read_table(&mut self, table: &[&str]) {
        let head = cells(table[0]);
        let Some(rust) = head.iter().position(|cell| cell == "Rust") else {
            return;
        };
        let rows = table.iter().skip(2).map(|line| cells(line));
        self.rows.extend(rows.map(|mut cells| Row {
            rust: cells.swap_remove(rust),
            qt: cells.swap_remove(0),
        }));
    }

    /// A table may break its code in other places than the code below it.
    fn has_compiled(&self, code: &str) -> bool {
        !code.is_empty() && self.code.contains(&without_space(code))
    }
}

fn sections() -> Vec<Section> {
    let text = read(&root().join(GUIDE));
    let headings = text.split("\n##").map(|text| text.split("\n```"));
    let mut sections = Vec::new();
    for mut parts in headings {
        let mut section = Section::default();
        // What is between two fences, and what is not, by turns.
        while let Some(prose) = parts.next() {
            let lines: Vec<&str> = prose.lines().collect();
            let tables = lines.split(|line| !line.starts_with('|'));
            for table in tables.filter(|table| !table.is_empty()) {
                section.read_table(table);
            }
            if section.title.is_empty() {
                section.title = lines[0].trim_matches(['#', ' ']).to_owned();
            }
            section.read_block(parts.next().unwrap_or_default());
        }
        sections.push(section);
    }
    sections
}

fn cells(line: &str) -> Vec<String> {
    let line = line.replace("\\|", "\u{0}");
    let cells = line.trim_matches('|').split('|');
    cells
        .map(|cell| cell.trim().replace('\u{0}', "|"))
        .collect()
}

/// The first code of a cell; empty if it has none.
fn code_of(cell: &str) -> &str {
    cell.split('`').nth(1).unwrap_or_default()
}

/// What is commented out is not compiled. A URL has no space behind its slashes.
fn without_comment(line: &str) -> &str {
    line.split("// ").next().unwrap_or_default()
}

fn without_space(code: &str) -> String {
    code.split_whitespace().collect()
}

/// Whether `name` stands in `code` as a word.
fn mentions(code: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    code.split(|c| !is_part(c)).any(|word| word == name)
}

/// A getter and a signal may have the same name: the one is called, the other is a field.
fn is_used_as(section: &str, name: &str, code: &str) -> bool {
    match section {
        "Signals" => code.contains(&format!(".{name}.")),
        "Functions" | "Slots" => code.contains(&format!("{name}(")),
        _ => true,
    }
}

#[test]
fn every_member_has_a_row_whose_code_is_compiled() {
    let sections = sections();
    let mut complaints = Vec::new();
    for member in qt_api::rows() {
        let rows: Vec<(&Section, &Row)> = sections
            .iter()
            .filter(|section| section.title != "QWebSocketServer")
            .flat_map(|section| section.rows.iter().map(move |row| (section, row)))
            .filter(|(_, row)| code_of(&row.qt) == member.qt)
            .collect();
        let [(section, row)] = rows[..] else {
            complaints.push(format!("{} has {} rows", member.qt, rows.len()));
            continue;
        };
        let code = code_of(&row.rust);
        // What a destructor does is done by `drop`.
        let is_drop = member.qt.starts_with('~') && mentions(code, "drop");
        let is_ours =
            |ours: &String| mentions(code, ours) && is_used_as(&member.section, ours, code);
        if !is_drop && !member.ours.iter().any(is_ours) {
            complaints.push(format!("{}: {code} is not {:?}", member.qt, member.ours));
        }
        if !section.has_compiled(code) {
            complaints.push(format!("{}: {code} is not compiled", member.qt));
        }
    }
    assert!(complaints.is_empty(), "{complaints:#?}");
}

#[test]
fn all_code_of_the_tables_is_compiled() {
    let mut complaints = Vec::new();
    for section in sections() {
        for row in &section.rows {
            let mut code = row.rust.split('`').skip(1).step_by(2);
            if !code.all(|code| section.has_compiled(code)) {
                complaints.push(format!("{}: {}", section.title, row.rust));
            }
        }
    }
    assert!(complaints.is_empty(), "{complaints:#?}");
}

#[test]
fn cargo_test_compiles_it() {
    let library = read(&root().join("src/lib.rs"));
    assert!(library.contains(&format!("#[doc = include_str!(\"../{GUIDE}\")]")));
    for line in read(&root().join(GUIDE)).lines() {
        let language = line.strip_prefix("```").unwrap_or_default();
        assert!(
            ["", "cpp", "rust", "rust,no_run"].contains(&language),
            "{line}"
        );
    }
}

#[test]
fn its_links_lead_somewhere() {
    let text = read(&root().join(GUIDE));
    // What is between fences stands at odd places.
    let prose: Vec<&str> = text.split("\n```").step_by(2).collect();
    let lines = prose.iter().flat_map(|prose| prose.lines());
    let headings = lines.filter(|line| line.starts_with("##"));
    let anchors: Vec<String> = headings.map(anchor).collect();
    let links = prose.iter().flat_map(|prose| prose.split("](").skip(1));
    let targets = links.filter_map(|link| link.split(')').next());
    for target in targets {
        let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
        let is_there = match file {
            "" => anchors.iter().any(|heading| heading == anchor),
            file => root().join("docs").join(file).exists(),
        };
        assert!(is_there, "{target}");
    }
}

/// What GitHub makes of a heading.
fn anchor(heading: &str) -> String {
    let title = heading.trim_start_matches('#').trim();
    let kept = title
        .chars()
        .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}
