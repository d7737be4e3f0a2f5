//! How many leaves the rules evaluate per second of one processor: the domain alone, over every leaf of the
//! demonstration, rows of statistics and explanations in two languages included.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use minhchung::app::{App, Session};
use minhchung::domain::assessment::Ledger;

use crate::Problem;
use crate::measure::{line, median, thread_time};

/// How much is measured.
pub struct Sizes {
    /// Least processor time of one measurement.
    least: Duration,
    /// Measurements; the median counts.
    rounds: usize,
}

pub const FULL: Sizes = Sizes {
    least: Duration::from_millis(500),
    rounds: 5,
};
pub const TINY: Sizes = Sizes {
    least: Duration::from_millis(1),
    rounds: 1,
};

pub async fn run(sizes: &Sizes, demonstration: &Arc<App>) -> Result<(), Problem> {
    let manager = Session::of(demonstration, "snv.manager");
    let units = manager.round("QNM-2019").await?.units.clone();
    let mut dossiers = Vec::new();
    for unit in &units {
        dossiers.push(manager.dossier("QNM-2019", unit).await?.desk);
    }
    let mut leaves = Vec::new();
    for desk in &dossiers {
        for code in desk.leaves.keys() {
            leaves.push(desk.facts(code)?);
        }
    }
    let mut speeds = Vec::new();
    for _ in 0..sizes.rounds {
        let (started, mut done, mut spent) = (thread_time()?, 0_u32, Duration::ZERO);
        while spent < sizes.least {
            for facts in &leaves {
                for ledger in [Ledger::Declared, Ledger::Verified] {
                    done += u32::from(black_box(black_box(facts).evaluate(ledger)).is_some());
                }
            }
            spent = thread_time()? - started;
        }
        speeds.push(f64::from(done) / spent.as_secs_f64());
    }
    let speed = median(speeds);
    line(
        &format!("leaf evaluations per CPU second, over {} leaves", leaves.len()),
        &format!("{speed:.0}"),
        "",
    );
    Ok(())
}
