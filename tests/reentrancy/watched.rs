//! The same under a watcher, whose wake callback is the application's code too, and on another thread.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::actions::{Action, Call};
use super::cells::{Cause, Column, play};
use super::columns::{client, server};
use super::frames::CLOSE;
use super::matrix::{alone, report};
use super::oracle::{ALL, transcript};
use super::scene::Step;
use super::stage::Stage;

const ACTIONS: [Action; 7] = [
    Action::Call(Call::Open),
    Action::Call(Call::Drop),
    Action::AndTurns(Call::Send),
    Action::AndPanic(Call::Close),
    Action::AndWait(Call::Close),
    Action::AndWait(Call::Abort),
    Action::FromMaskGenerator(Call::Abort),
];
/// A callback that posts for ever keeps the loop busy for ever; this one does so a few times in each cell.
const POSTS: u32 = 5;

#[test]
fn a_client_that_closes() {
    run(client(Cause::Close, ""));
}

#[test]
fn a_client_that_is_closed() {
    run(client(Cause::Peer, "").then(CLOSE, b""));
}

#[test]
fn an_accepted_end_that_is_lost() {
    run(server(Cause::Peer, "").then_fin());
}

fn run(column: Column) {
    alone(move || {
        let stage = Rc::new(Stage::new(column.is_secure, column.script.clone()));
        stage.quiet_turns.set(100);
        let posts = Arc::new(AtomicU32::new(0));
        let (handle, left) = (stage.event_loop.handle(), posts.clone());
        let watch = stage.event_loop.watch(move || {
            let take = |left: u32| left.checked_sub(1);
            if left
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, take)
                .is_ok()
            {
                handle.post(|| {}).expect("the loop is there");
                handle.wake();
            }
        });
        let watch = watch.expect("a watcher");
        let mut failures = Vec::new();
        for told in ALL {
            for action in ACTIONS {
                posts.store(POSTS, Ordering::SeqCst);
                let outcome = play(&stage, &column, vec![Step { told, action }]);
                let log = transcript(&outcome.log);
                let told = |complaint| format!("{told} × {action:?}: {complaint}\n    {log}");
                failures.push(outcome.complaints.iter().map(told).collect());
            }
        }
        report(failures);
        drop(watch);
    });
}
