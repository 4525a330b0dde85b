//! The table for readers, made from the rows and kept in `tests/bad_input_table.md`.

use std::fmt::Write;

use qwebsocket::SocketError;

use super::row::Row;
use super::*;

const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bad_input_table.md");

#[test]
#[cfg_attr(
    not(all(feature = "rustls", target_os = "linux")),
    ignore = "the table is that of the default build, on Linux"
)]
fn the_table_for_readers_is_up_to_date() {
    let table = markdown();
    if std::env::var_os("UPDATE_TABLE").is_some() {
        std::fs::write(TABLE, &table).expect("the table can be written");
    }
    let committed = std::fs::read_to_string(TABLE).unwrap_or_default();
    assert!(
        committed == table,
        "{TABLE} is not what the rows say: run this test with UPDATE_TABLE=1"
    );
}

fn markdown() -> String {
    let mut text = String::from(HEAD);
    let chapters: [(&str, Vec<Row>); 7] = [
        ("What `open` is given", arguments::rows()),
        ("Servers that cannot be reached", reachings()),
        ("Proxies", proxies::rows()),
        ("Answers to the upgrade request", answers::rows()),
        ("Frames from the server", frames::rows()),
        ("FIN and RST", losses::rows()),
        ("Frames from the client", accepted_frames::rows()),
    ];
    for (title, rows) in chapters {
        let _ = write!(text, "\n## {title}\n\n{COLUMNS}");
        rows.iter().for_each(|row| text.push_str(&line(row)));
    }
    let _ = write!(text, "\n## Requests to the server\n\n{REQUEST_COLUMNS}");
    for row in requests::rows() {
        let _ = writeln!(text, "| {} | {} | {} |", row.input, row.status, row.body);
    }
    text
}

fn reachings() -> Vec<Row> {
    let rows = reaching::rows();
    #[cfg(target_os = "linux")]
    let rows = rows
        .into_iter()
        .chain(reaching::black_hole::rows())
        .collect();
    rows
}

fn line(row: &Row) -> String {
    let outcome = &row.outcome;
    let error = match outcome.error {
        SocketError::Unknown => "none".into(),
        error => format!("{error:?}"),
    };
    let close = match outcome.close_reason.as_str() {
        "" => outcome.close_code.to_string(),
        reason => format!("{} {reason:?}", outcome.close_code),
    };
    format!(
        "| {} | {} | {error} | {} | {close} | {} |\n",
        row.input,
        outcome.signals,
        outcome.error_string.replace('|', "\\|"),
        outcome.peer_saw,
    )
}

const HEAD: &str = "# Bad input

Made from the rows in `tests/bad_input/`, each of which is a test. A signal in `[..]` came before `open` returned; a
state stands for `state_changed`. Error, text and close code are what the socket says in every slot of the end.
";

const COLUMNS: &str = "\
| input | signals | `error` | `error_string` | close code and reason | the peer saw |
|---|---|---|---|---|---|
";

const REQUEST_COLUMNS: &str = "\
| input | status | body |
|---|---|---|
";
