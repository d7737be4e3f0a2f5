//! `migrate`: documents and files from one place into another, and the proof that all of it came across.

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;

use super::folder::{Sharing, Taken};
use super::opening::{app_over, open_store, store_folder};
use super::{Problem, print_report};
use crate::app::migrate::{FilesProgress, Progress, copy, copy_files};
use crate::app::{App, fixity, verify};
use crate::blob::{BlobStore, Location};
use crate::config::{Config, Secret, StoreSetting, blobs_of};

/// How often a line says how far the copy is, and how often it moves on a terminal.
const TELL: Duration = Duration::from_secs(2);
const MOVE: Duration = Duration::from_millis(100);
/// Characters of the bar.
const BAR: u64 = 30;

/// From where to where. What is not named stays where it is.
#[derive(Args)]
pub struct Way {
    /// The store to copy: sqlite://PATH or mongodb://… [default: that of --store]
    #[arg(long, env = "MINHCHUNG_FROM", hide_env_values = true, value_name = "URL")]
    from: Option<Secret>,
    /// The store to copy into: an empty one, or one that an earlier copy was cut off in [default: that of --from]
    #[arg(long, env = "MINHCHUNG_TO", hide_env_values = true, value_name = "URL")]
    to: Option<Secret>,
    /// Where the files are, as --blobs says it; gridfs is that of --from [default: that of --blobs]
    #[arg(long, env = "MINHCHUNG_FROM_BLOBS", hide_env_values = true, value_name = "URL")]
    from_blobs: Option<String>,
    /// Where the files go; gridfs is that of --to [default: where they are]
    #[arg(long, env = "MINHCHUNG_TO_BLOBS", hide_env_values = true, value_name = "URL")]
    to_blobs: Option<String>,
}

/// Where documents and files are, or go.
#[derive(Clone, PartialEq, Eq)]
struct Ends {
    store: StoreSetting,
    blobs: Location,
}

impl Way {
    /// Both ends.
    ///
    /// # Errors
    /// When a URL names none, and when there is nothing to copy.
    fn ends(&self, config: &Config) -> Result<(Ends, Ends), String> {
        let store_of = |url: &Option<Secret>, default: &StoreSetting| match url {
            Some(url) => StoreSetting::of(Some(url), &config.data),
            None => Ok(default.clone()),
        };
        let from = store_of(&self.from, &config.store)?;
        let to = store_of(&self.to, &from)?;
        let from_blobs = match &self.from_blobs {
            Some(url) => blobs_of(Some(url), Some(&from), &config.data)?,
            None => config.blobs.clone(),
        };
        let to_blobs = match &self.to_blobs {
            Some(url) => blobs_of(Some(url), Some(&to), &config.data)?,
            None if from_blobs == Location::GridFs && to != from => {
                return Err("the files lie in the store that is left: say with --to-blobs where they go".to_owned());
            }
            None => from_blobs.clone(),
        };
        let ends = [(from, from_blobs), (to, to_blobs)].map(|(store, blobs)| Ends { store, blobs });
        let [from, to] = ends;
        if from == to {
            return Err(
                "there is nothing to copy: name another store with --to, or another place with --to-blobs".into(),
            );
        }
        Ok((from, to))
    }
}

impl Ends {
    /// Whether files lie in the same place; GridFS is a part of its store.
    fn has_files_of(&self, other: &Self) -> bool {
        self.blobs == other.blobs && (self.blobs != Location::GridFs || self.store == other.store)
    }

    async fn open_blobs(&self) -> Result<Arc<dyn BlobStore>, Problem> {
        Ok(self.blobs.open(self.store.url().reveal()).await?)
    }
}

/// Copies files, then the documents that name them; compares the chains, verifies the target.
pub async fn run(config: &Config, way: &Way) -> Result<ExitCode, Problem> {
    let (source, target) = way.ends(config)?;
    if let StoreSetting::Embedded(file) = &source.store
        && !file.is_file()
    {
        return Err(format!("there is no {}", file.display()).into());
    }
    let _taken = take(config, &source, &target)?;
    let from = open_store(&source.store).await?;
    let from_blobs = source.open_blobs().await?;
    let is_one_store = source.store == target.store;
    let to = if is_one_store {
        Arc::clone(&from)
    } else {
        open_store(&target.store).await?
    };
    let app = match source.has_files_of(&target) {
        true => app_over(config, Arc::clone(&to), from_blobs)?,
        false => {
            let from = app_over(config, Arc::clone(&from), from_blobs)?;
            let to = app_over(config, Arc::clone(&to), target.open_blobs().await?)?;
            move_files(&from, &to).await?;
            to
        }
    };
    if !is_one_store {
        let mut line = Line::new();
        let mut tell = |done: Progress| {
            line.show(done.streams, done.of, || {
                format!(
                    "{} of {} streams, {} entries copied",
                    done.streams, done.of, done.entries
                )
            })
        };
        let done = copy(&*from, &*to, &mut tell).await?;
        line.end();
        println!(
            "{} streams: {} entries copied, {} were there; the heads of all chains are the same",
            done.streams, done.entries, done.found
        );
    }
    Ok(print_report(verify::verify(&app).await?))
}

/// Nobody writes into the folders meanwhile. Whoever writes into a cluster or a bucket has to be stopped by hand.
fn take(config: &Config, source: &Ends, target: &Ends) -> Result<Taken, Problem> {
    if let Location::Folder(files) = &source.blobs
        && !files.is_dir()
    {
        return Err(format!("there is no folder {}", files.display()).into());
    }
    let mut taken = Taken::default();
    taken.take(&config.data, Sharing::Alone)?;
    for end in [source, target] {
        if let Some(folder) = store_folder(&end.store) {
            taken.take(&folder, Sharing::Alone)?;
        }
        if let Location::Folder(files) = &end.blobs {
            taken.take(files, Sharing::Alone)?;
        }
    }
    Ok(taken)
}

/// Copies the files, and names those that the source does not have whole, with the evidence that uses them.
async fn move_files(from: &App, to: &App) -> Result<(), Problem> {
    let mut line = Line::new();
    let mut tell = |done: &FilesProgress| {
        // Hashes are spread evenly, so that the last one tells how far the copy is.
        let place = done
            .at
            .as_ref()
            .and_then(|sha256| u64::from_str_radix(&sha256[..4], 16).ok());
        line.show(place.unwrap_or(0) + 1, 0x1_0000, || {
            format!(
                "{} files, {} bytes copied, {} were there",
                done.copied, done.bytes, done.found
            )
        });
    };
    let done = copy_files(&*from.blobs, &*to.blobs, &*to.clock, &mut tell).await?;
    line.end();
    println!(
        "{} files, {} bytes copied, {} were there",
        done.copied, done.bytes, done.found
    );
    for (sha256, wrong) in &done.wrong {
        println!("not copied: {}", fixity::finding(from, sha256, wrong).await?);
    }
    if done.wrong_count > 0 {
        println!("{} files were not copied", done.wrong_count);
    }
    Ok(())
}

/// How far something is: a bar that moves on a terminal, a line now and then elsewhere.
struct Line {
    is_terminal: bool,
    shown: Instant,
    is_open: bool,
}

impl Line {
    fn new() -> Self {
        Self {
            is_terminal: std::io::stderr().is_terminal(),
            shown: Instant::now(),
            is_open: false,
        }
    }

    fn show(&mut self, done: u64, of: u64, text: impl FnOnce() -> String) {
        let pause = if self.is_terminal { MOVE } else { TELL };
        if self.shown.elapsed() < pause {
            return;
        }
        self.shown = Instant::now();
        let filled = (done * BAR / of.max(1)).min(BAR);
        let bar = "#".repeat(filled as usize) + &"-".repeat((BAR - filled) as usize);
        let percent = (done * 100 / of.max(1)).min(100);
        // Somebody may have closed the other end, which is no reason to stop.
        let _ = match self.is_terminal {
            true => write!(std::io::stderr(), "\r[{bar}] {percent:3} % {}", text()),
            false => writeln!(std::io::stderr(), "{percent:3} % {}", text()),
        };
        self.is_open = self.is_terminal;
    }

    fn end(&mut self) {
        if self.is_open {
            eprintln!();
        }
    }
}
