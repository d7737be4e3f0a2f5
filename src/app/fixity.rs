//! Fixity: everything that is stored is read again, in the order of the hashes, and so is whatever evidence refers to but
//! is not stored any more. The schedule of a server does it in runs of bounded length, a person at once.
//!
//! One stream is the aggregate: how far the pass is, who works on it under which lease, and what each run found, one entry
//! for the beginning of a run and one for its end. Two processes on one store thus do each run once. A pass begins with a
//! test of itself: damage is planted, and who does not find it has no business saying that all is well.

mod record;
mod self_test;
mod walk;

use jiff::SignedDuration;

pub use record::{Finding, Fixity, Kind, Run, Tally, Use};
pub use self_test::self_test;
pub use walk::finding;

use super::App;
use super::documents::streams;
use super::error::Error;
use super::gate::{Authority, run_as};
use super::reader::Reader;
use crate::store::Document;
use record::{BeginRun, EndRun, Why};
use walk::{Stretch, walk};

/// How often the schedule reads, and how much at once.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// From the beginning of one pass to that of the next.
    pub every: SignedDuration,
    /// A run ends with the file that reaches this.
    pub run_bytes: u64,
}

/// Bytes of one run (1 GiB): ten seconds of a disk, a minute of a slow network. At a run each ten minutes, a month has room
/// for four TiB.
pub const RUN_BYTES: u64 = 1024 * 1024 * 1024;

/// Where a person's pass begins and ends.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// Goes on with a pass that was cut off, if there is one; otherwise a new one begins.
    pub resume: bool,
    /// Stops with the file that reaches so many bytes.
    pub limit: Option<u64>,
}

/// One run of the schedule, if one is due and no other process is at it; the answer is how far the pass is then. `owner`
/// names this worker.
///
/// # Errors
/// When documents or files cannot be listed, and when the check does not notice planted damage.
pub async fn run_due(app: &App, owner: &str, pace: Pace) -> Result<Option<Fixity>, Error> {
    let why = Why::Due { every: pace.every };
    let Some(begun) = begin(app, owner, why).await? else {
        return Ok(None);
    };
    match run(app, &begun, pace.run_bytes, false, &mut |_| {}).await {
        Ok(fixity) => Ok(Some(fixity)),
        // Somebody asked for all of it meanwhile, or this process stood still for long.
        Err(Error::LeaseLost) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A pass, as a person asks for it, whoever else is at it; each finding is told as it is found.
///
/// # Errors
/// As [`run_due`], and [`Error::LeaseLost`] when another person began the same meanwhile.
pub async fn run_all(
    app: &App,
    owner: &str,
    asked: Asked,
    tell: &mut (dyn FnMut(&Finding) + Send),
) -> Result<Fixity, Error> {
    let why = Why::Asked { resume: asked.resume };
    let begun = begin(app, owner, why).await?;
    let mut fixity = begun.ok_or_else(|| Error::Internal("what is asked for begins".into()))?;
    let mut left = asked.limit.unwrap_or(u64::MAX);
    while fixity.ended_at.is_none() && left > 0 {
        let bytes = left.min(RUN_BYTES);
        fixity = run(app, &fixity, bytes, left > bytes, tell).await?;
        let read = fixity.run.as_ref().map_or(0, |run| run.tally.bytes);
        left = left.saturating_sub(read);
    }
    Ok(fixity)
}

/// What the newest runs found, the newest first: number of the entry, and the document as the entry left it.
///
/// # Errors
/// When the journal cannot be read.
pub async fn results(app: &App, limit: usize) -> Result<Vec<(u64, Fixity)>, Error> {
    let (read, stream) = (Reader::new(app, &*app.store), streams::fixity());
    let last = read.head(&stream).await?.map_or(0, |head| head.number);
    // Each run has two entries at most.
    let from = last.saturating_sub(2 * limit as u64) + 1;
    let mut found = Vec::new();
    for entry in read.entries(&stream, from, 2 * limit).await? {
        let bodies = entry
            .documents
            .iter()
            .filter(|one| one.collection == Fixity::COLLECTION.name);
        for body in bodies.filter_map(|document| document.body.as_ref()) {
            let fixity = Fixity::from_body(body)?;
            if fixity.run.is_some() {
                found.push((entry.number, fixity));
            }
        }
    }
    found.reverse();
    found.truncate(limit);
    Ok(found)
}

async fn begin(app: &App, owner: &str, why: Why) -> Result<Option<Fixity>, Error> {
    let owner = owner.to_owned();
    let begun = run_as(app, &Authority::System, &BeginRun { owner, why }, None).await?;
    Ok(begun.output)
}

/// Reads on from where the pass is, and writes down what was found. The lease is kept for the next run, or given back.
async fn run(
    app: &App,
    begun: &Fixity,
    bytes: u64,
    keep: bool,
    tell: &mut (dyn FnMut(&Finding) + Send),
) -> Result<Fixity, Error> {
    if begun.cursor.is_none() {
        let unnoticed = self_test(app).await?;
        if !unnoticed.is_empty() {
            let what = format!("the check of files does not notice {}", unnoticed.join(", "));
            return Err(Error::Internal(what.into()));
        }
    }
    let stretch = Stretch {
        after: begun.cursor.clone(),
        through: None,
    };
    let (run, done) = walk(app, stretch, bytes, tell).await?;
    let end = EndRun {
        fence: begun.lease.as_ref().map_or(0, |lease| lease.fence),
        run,
        done,
        keep,
    };
    Ok(run_as(app, &Authority::System, &end, None).await?.output)
}
