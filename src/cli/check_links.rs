//! `check-links`: the links of a round's documents fetched, now or by the schedule of a server.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use jiff::SignedDuration;

use super::Problem;
use super::opening::{check_there, open};
use crate::app::check_links::{self, LinkRun, Wanted};
use crate::app::{App, Entropy as _, SystemEntropy};
use crate::config::Config;
use crate::domain::link_check::{LinkCheck, LinkState};
use crate::web::{Bounds, Fetcher};

/// How often a server looks whether a run is due (10 min). The first look comes after the first interval.
const INTERVAL: Duration = Duration::from_secs(10 * 60);

/// Which links.
#[derive(Args)]
pub struct Which {
    /// Code of the round
    #[arg(long, value_name = "CODE")]
    round: String,
    /// Only the documents of this unit
    #[arg(long, value_name = "CODE")]
    unit: Option<String>,
}

/// Checks links now; each that leads to no page is printed.
pub async fn run(config: &Config, which: &Which) -> Result<ExitCode, Problem> {
    check_there(config)?;
    let opened = open(config).await?;
    let fetcher = Fetcher::new(&config.private_hosts, Bounds::default())?;
    let wanted = Wanted {
        round: which.round.clone(),
        unit: which.unit.clone(),
    };
    let mut tell = |check: &LinkCheck| {
        if check.state() != LinkState::Alive {
            println!("{}", in_words(check));
        }
    };
    let done = check_links::check_links(&opened.app, &fetcher, &worker(), wanted, &mut tell).await?;
    println!("{}", sum_in_words(&done));
    Ok(ExitCode::SUCCESS)
}

/// Where a link stands, and why.
fn in_words(check: &LinkCheck) -> String {
    let state = match check.state() {
        LinkState::Alive => "alive",
        LinkState::Denied => "denied",
        LinkState::Failing => "failing",
        LinkState::Dead => "dead",
    };
    let failure = check.found.failure.map_or("", |failure| failure.name());
    let status = check
        .found
        .status
        .map_or_else(String::new, |status| format!(" {status}"));
    // An address may hold what a terminal takes for a command.
    format!("{state} {failure}{status} {}", check.url.escape_debug())
}

fn sum_in_words(run: &LinkRun) -> String {
    let tally = run.tally;
    format!(
        "{}: {} links checked, {} alive, {} denied, {} failing, {} dead; {} left for the next run",
        run.round,
        tally.checked(),
        tally.alive,
        tally.denied,
        tally.failing,
        tally.dead,
        run.left
    )
}

/// A name of this process that no other has.
fn worker() -> String {
    hex::encode(SystemEntropy.salt().0)
}

/// Checks links as long as the process lives, those of each round about once in `every`.
pub async fn run_forever(app: Arc<App>, every: SignedDuration, private_hosts: Vec<String>) {
    let owner = worker();
    loop {
        tokio::time::sleep(INTERVAL).await;
        let fetcher = match Fetcher::new(&private_hosts, Bounds::default()) {
            Ok(fetcher) => fetcher,
            Err(error) => {
                tracing::error!(error = %error, "links cannot be checked");
                continue;
            }
        };
        let mut tell = |_: &LinkCheck| {};
        match check_links::check_due(&app, &fetcher, &owner, every, &mut tell).await {
            Ok(runs) => runs.iter().for_each(log),
            Err(error) => tracing::warn!(error = %error, "links could not be checked; it will be tried again"),
        }
    }
}

fn log(run: &LinkRun) {
    let tally = run.tally;
    tracing::info!(
        round = run.round,
        checked = tally.checked(),
        alive = tally.alive,
        denied = tally.denied,
        failing = tally.failing,
        dead = tally.dead,
        left = run.left,
        "checked links"
    );
}
