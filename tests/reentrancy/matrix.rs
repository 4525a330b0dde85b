//! All cells of one column.

use std::rc::Rc;
use std::sync::Mutex;
use std::thread;

use qwebsocket::SocketState;

use super::actions::Action;
use super::cells::{Column, Outcome, play};
use super::oracle::{ALL, Entry, REFUSALS, Told, transcript};
use super::scene::Step;
use super::stage::Stage;

/// Plays every cell of a column, and fails with a list of those that broke a rule.
pub fn run_column(name: &str, column: impl FnOnce() -> Column) {
    let column = column();
    let name = name.to_owned();
    alone(move || {
        let stage = Rc::new(Stage::new(column.is_secure, column.script.clone()));
        let undisturbed = play(&stage, &column, Vec::new());
        report(vec![judge_undisturbed(&name, &column, &undisturbed)]);
        let descriptors = open_sockets();
        let mut failures = Vec::new();
        let mut count = 0;
        for told in ALL {
            if !undisturbed.log.iter().any(|entry| entry.told == told) {
                continue;
            }
            for action in Action::all(column.end) {
                let outcome = play(&stage, &column, vec![Step { told, action }]);
                failures.push(judge_cell(
                    &name,
                    &column,
                    told,
                    action,
                    &outcome,
                    &undisturbed,
                ));
                count += 1;
            }
        }
        report(failures);
        drop(stage.peers.take());
        assert_eq!(
            open_sockets(),
            descriptors,
            "{name}: descriptors before and after"
        );
        println!("{name}: {count} cells");
    });
}

/// Runs on a thread, and so with a loop, of its own, while no other test of this program opens descriptors.
pub fn alone(test: impl FnOnce() + Send + 'static) {
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(|poison| poison.into_inner());
    if let Err(panic) = thread::spawn(test).join() {
        std::panic::resume_unwind(panic);
    }
}

/// How many sockets this process has open.
pub fn open_sockets() -> usize {
    let Ok(descriptors) = std::fs::read_dir("/dev/fd") else {
        return 0;
    };
    descriptors
        .flatten()
        .filter_map(|descriptor| std::fs::read_link(descriptor.path()).ok())
        .filter(|target| target.to_string_lossy().starts_with("socket:"))
        .count()
}

/// Fails with the first of the failures and their number.
pub fn report(failures: Vec<Vec<String>>) {
    let failures: Vec<String> = failures.into_iter().flatten().collect();
    let shown: Vec<&str> = failures.iter().take(12).map(String::as_str).collect();
    assert!(
        failures.is_empty(),
        "{} failures:\n{}",
        failures.len(),
        shown.join("\n")
    );
}

fn judge_undisturbed(name: &str, column: &Column, outcome: &Outcome) -> Vec<String> {
    let mut failures = Vec::new();
    let log = &outcome.log;
    let first = log
        .iter()
        .skip(1)
        .position(|entry| entry.told == Told::State(SocketState::Connecting))
        .map_or(log.len(), |next| next + 1);
    let is_preface = |entry: &Entry| {
        entry.told.is_delivery()
            || matches!(
                entry.told,
                Told::Connected | Told::State(SocketState::Connecting | SocketState::Connected)
            )
    };
    let preface = log[..first].iter().rposition(is_preface);
    let end = transcript(&log[preface.map_or(0, |last| last + 1)..first]);
    if end != column.tells {
        failures.push(format!(
            "{name}: the end tells `{end}`, all of it: {}",
            transcript(log)
        ));
    }
    if column.needs_clock != (outcome.advances > 0) {
        failures.push(format!(
            "{name}: the clock had to advance {} times",
            outcome.advances
        ));
    }
    failures.extend(
        outcome
            .complaints
            .iter()
            .map(|complaint| format!("{name}: {complaint}")),
    );
    failures
}

fn judge_cell(
    name: &str,
    column: &Column,
    told: Told,
    action: Action,
    outcome: &Outcome,
    undisturbed: &Outcome,
) -> Vec<String> {
    let mut complaints = outcome.complaints.clone();
    if outcome.ran != 1 {
        complaints.push(format!("ran {} times", outcome.ran));
    }
    // Who keeps a socket that is dropped afterwards has to end it some other way.
    // And who waits in about_to_close holds the close frame back.
    let may_need_clock = column.needs_clock
        || action == Action::Keep
        || told == Told::AboutToClose && action.turns();
    if outcome.advances > 0 && !may_need_clock {
        complaints.push(format!("needs {} deadlines to end", outcome.advances));
    }
    if column.lets_all_arrive()
        && action.is_harmless(column.end)
        && outcome.sent != outcome.received
    {
        complaints.push("what was sent did not arrive".into());
    }
    let is_told_alike = expected(&outcome.log) == expected(&undisturbed.log);
    // A nested loop in `open` gets the connection further than it was when the cause came at once.
    let is_same_moment = !column.cause.is_at_once() || !action.turns();
    if action.is_harmless(column.end) && is_same_moment && !is_told_alike {
        complaints.push("the signals differ from those of the undisturbed connection".into());
    }
    let log = transcript(&outcome.log);
    complaints
        .into_iter()
        .map(|complaint| format!("{name} × {told} × {action:?}: {complaint}\n    {log}"))
        .collect()
}

/// What a harmless action leaves as it was. It may add pongs, and errors that say what could not be done.
fn expected(log: &[Entry]) -> String {
    let is_extra = |entry: &Entry| {
        entry.text == "extra" || REFUSALS.contains(&entry.text.as_str()) && entry.told.is_error()
    };
    let kept = log.iter().filter(|entry| !is_extra(entry));
    transcript(&kept.cloned().collect::<Vec<_>>())
}
