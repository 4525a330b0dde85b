//! The short ones, which need nobody to talk to and end by themselves.

use std::process::Command;

use super::program::{Program, path_of};

const REFUSED: &str =
    "QWebSocketPrivate::processHandshake: Unhandled http status code: 503 (Service Unavailable).";

#[test]
fn wait_for_message() {
    expect_output(
        "wait_for_message",
        &[
            r#"Ok("Is anybody there?")"#,
            r#"Err("no answer in time")"#,
            r#"Err("closed without an answer")"#,
            r#"Err("Connection refused")"#,
        ],
    );
}

#[test]
fn reconnect() {
    expect_output(
        "reconnect",
        &[
            "connected",
            "again in 25ms: The remote host closed the connection",
            &format!("again in 50ms: {REFUSED}"),
            &format!("again in 100ms: {REFUSED}"),
            "connected",
            // A connection without a message does not make the pauses short again.
            "again in 200ms: The remote host closed the connection",
            "connected",
            "welcome back",
        ],
    );
}

#[test]
fn a_help_that_nobody_reads_to_the_end() {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let help = Command::new(path_of("chat_server"))
        .arg("--help")
        .stdout(writer)
        .output()
        .expect("the example is built");
    assert!(help.status.success(), "{help:?}");
}

#[test]
fn send_from_thread() {
    expect_output(
        "send_from_thread",
        &[
            "1 squared is 1",
            "2 squared is 4",
            "3 squared is 9",
            "4 squared is 16",
            "5 squared is 25",
        ],
    );
}

#[test]
fn upload_progress() {
    let percents = (1..=10).map(|tenth| format!("{}0 %", tenth));
    let lines: Vec<String> = percents
        .chain(["the server has 32 MiB".to_owned()])
        .collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    expect_output("upload_progress", &lines);
}

#[test]
fn spy_in_tests() {
    expect_output("spy_in_tests", &["the server calls me Ada"]);
}

#[track_caller]
fn expect_output(example: &str, lines: &[&str]) {
    let mut program = Program::start(example, &[]);
    assert_eq!(program.rest(), lines);
    program.expect_exit(0, "");
}
