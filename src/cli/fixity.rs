//! `fixity`: all files read again, at once or by the schedule of a server, and what was found so far.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use jiff::SignedDuration;

use super::Problem;
use super::opening::{check_there, open, open_to_read};
use crate::app::error::Error;
use crate::app::fixity::{self, Asked, Finding, Fixity, Pace, RUN_BYTES};
use crate::app::{App, Entropy as _, SystemEntropy};
use crate::config::Config;

/// How often a server looks whether a run is due (10 min). The first look comes after the first interval.
const INTERVAL: Duration = Duration::from_secs(10 * 60);
/// Results that are shown.
const SHOWN: usize = 50;

/// What of all files.
#[derive(Args)]
pub struct How {
    /// Go on where the last reading was cut off
    #[arg(long)]
    resume: bool,
    /// Stop after so many bytes; --resume goes on
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
    /// Plant a damaged file, look whether it is found, and remove it
    #[arg(long, conflicts_with_all = ["resume", "limit", "results"])]
    self_test: bool,
    /// Show what the last readings found, those of the schedule too, and read nothing
    #[arg(long, conflicts_with_all = ["resume", "limit"])]
    results: bool,
}

/// Does what is asked for.
pub async fn run(config: &Config, how: &How) -> Result<ExitCode, Problem> {
    if how.self_test {
        return self_test(&*open_to_read(config).await?).await;
    }
    if how.results {
        return show_results(&*open_to_read(config).await?).await;
    }
    check_there(config)?;
    let opened = open(config).await?;
    let asked = Asked {
        resume: how.resume,
        limit: how.limit,
    };
    let mut found = 0_u64;
    let mut tell = |finding: &Finding| {
        found += 1;
        println!("{finding}");
    };
    let done = fixity::run_all(&opened.app, &worker(), asked, &mut tell).await?;
    println!("{}", in_words(&done));
    Ok(match found {
        0 => {
            println!("every file that was read is as it was uploaded");
            ExitCode::SUCCESS
        }
        _ => {
            println!("{found} files are not as they were uploaded");
            ExitCode::FAILURE
        }
    })
}

async fn self_test(app: &App) -> Result<ExitCode, Problem> {
    let unnoticed = fixity::self_test(app).await?;
    if unnoticed.is_empty() {
        println!("planted damage was found, and is removed");
        return Ok(ExitCode::SUCCESS);
    }
    for what in unnoticed {
        println!("not noticed: {what}");
    }
    Ok(ExitCode::FAILURE)
}

async fn show_results(app: &App) -> Result<ExitCode, Problem> {
    for (number, pass) in fixity::results(app, SHOWN).await? {
        let Some(run) = &pass.run else { continue };
        let tally = run.tally;
        println!(
            "entry {number}: {} files, {} bytes, {} wrong; {}",
            tally.files,
            tally.bytes,
            tally.wrong,
            in_words(&pass)
        );
        for finding in &run.findings {
            println!("  {finding}");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// How far a pass is.
fn in_words(pass: &Fixity) -> String {
    let Fixity { total, started_at, .. } = pass;
    let end = match &pass.ended_at {
        Some(at) => format!("ended {at}"),
        None => "not at its end yet".to_owned(),
    };
    format!(
        "pass {}, begun {started_at}, {end}: {} files, {} bytes, {} wrong",
        pass.pass, total.files, total.bytes, total.wrong
    )
}

/// A name of this process that no other has.
fn worker() -> String {
    hex::encode(SystemEntropy.salt().0)
}

/// Reads files again as long as the process lives, each about once in `every`.
pub async fn run_forever(app: Arc<App>, every: SignedDuration) {
    let (owner, run_bytes) = (worker(), RUN_BYTES);
    loop {
        tokio::time::sleep(INTERVAL).await;
        match fixity::run_due(&app, &owner, Pace { every, run_bytes }).await {
            Ok(None) => {}
            Ok(Some(pass)) => log(&pass),
            // Planted damage that nobody notices is among these.
            Err(error @ Error::Internal(_)) => tracing::error!(error = %error, "files cannot be read again"),
            Err(error) => tracing::warn!(error = %error, "files could not be read again; it will be tried again"),
        }
    }
}

fn log(pass: &Fixity) {
    let Some(run) = &pass.run else { return };
    for finding in &run.findings {
        tracing::error!(sha256 = finding.sha256, finding = %finding, "a file is not as it was uploaded");
    }
    let tally = run.tally;
    tracing::info!(
        pass = pass.pass,
        files = tally.files,
        bytes = tally.bytes,
        wrong = tally.wrong,
        ended = pass.ended_at.is_some(),
        "read files again"
    );
}
