//! Programs nobody thought of: some actions in some slots, under some cause of the end.

use std::rc::Rc;

use super::actions::Action;
use super::cells::{Column, play};
use super::matrix::{alone, report};
use super::oracle::{ALL, transcript};
use super::scene::Step;
use super::stage::Stage;

const PROGRAMS_PER_COLUMN: u64 = 40;

/// Plays programs on every column, each made from a seed that a failure names.
pub fn run(columns: Vec<(&'static str, Column)>) {
    alone(move || {
        let mut failures = Vec::new();
        for (number, (name, column)) in columns.into_iter().enumerate() {
            let stage = Rc::new(Stage::new(column.is_secure, column.script.clone()));
            for program in 0..PROGRAMS_PER_COLUMN {
                let seed = number as u64 * PROGRAMS_PER_COLUMN + program + 1;
                let plan = plan(&column, seed);
                let outcome = play(&stage, &column, plan.clone());
                let log = transcript(&outcome.log);
                let told = |complaint| {
                    format!("{name}, seed {seed}: {complaint}\n    {plan:?}\n    {log}")
                };
                failures.push(outcome.complaints.iter().map(told).collect());
            }
        }
        report(failures);
    });
}

fn plan(column: &Column, seed: u64) -> Vec<Step> {
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let actions = Action::all(column.end);
    let length = 3 + random.below(4);
    (0..length)
        .map(|_| Step {
            told: ALL[random.below(ALL.len())],
            action: actions[random.below(actions.len())],
        })
        .collect()
}

/// xorshift64*: the same programs everywhere and for ever.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let bits = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        bits as usize % bound
    }
}
