//! `migrate`: from one store into another, and the proof that all of it came across.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;

use super::{Problem, folder, open_app, print_report};
use crate::app::documents::COLLECTIONS;
use crate::app::{migrate, verify};
use crate::config::{Config, Secret, StoreSetting};

/// How often a line says how far the copy is.
const TELL: Duration = Duration::from_secs(2);

/// From where to where.
#[derive(Args)]
pub struct Way {
    /// The store to copy: sqlite://PATH or mongodb://…
    #[arg(long, env = "MINHCHUNG_FROM", hide_env_values = true, value_name = "URL")]
    from: Secret,
    /// The store to copy into: an empty one, or one that an earlier copy was cut off in
    #[arg(long, env = "MINHCHUNG_TO", hide_env_values = true, value_name = "URL")]
    to: Secret,
}

/// Copies, compares the chains, verifies the target.
pub async fn run(config: &Config, way: &Way) -> Result<ExitCode, Problem> {
    let (source, target) = (setting(config, &way.from)?, setting(config, &way.to)?);
    if let StoreSetting::Embedded(file) = &source
        && !file.is_file()
    {
        return Err(format!("there is no {}", file.display()).into());
    }
    // Nobody writes into the folder meanwhile. Whoever writes into a cluster has to be stopped by hand.
    let _held = folder::hold(&config.data, folder::Sharing::Alone)?;
    let from = crate::store::open(source.url().reveal(), COLLECTIONS).await?;
    let config = Config {
        store: target,
        ..config.clone()
    };
    let (app, to) = open_app(&config).await?;
    let mut told = Instant::now();
    let mut tell = |progress: migrate::Progress| {
        if told.elapsed() >= TELL {
            told = Instant::now();
            eprintln!("{} streams, {} entries copied", progress.streams, progress.entries);
        }
    };
    let done = migrate::copy(&*from, &*to, &mut tell).await?;
    println!(
        "{} streams: {} entries copied, {} were there; the heads of all chains are the same",
        done.streams, done.entries, done.found
    );
    Ok(print_report(verify::verify(&Arc::clone(&app)).await?))
}

fn setting(config: &Config, url: &Secret) -> Result<StoreSetting, Problem> {
    Ok(StoreSetting::of(Some(url), &config.data)?)
}
