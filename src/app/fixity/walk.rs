//! A walk over the files in the order of their hashes: those that are stored, and those that evidence refers to.

use std::collections::BTreeMap;

use super::super::App;
use super::super::documents::file_use_fields;
use super::super::error::Error;
use super::super::reader::Reader;
use super::record::{Finding, Kind, Run, Use};
use crate::blob::{Wrong, examine};
use crate::domain::evidence::FileUse;
use crate::store::query::Cursor;
use crate::store::{Direction, Document, FieldValue, StreamId};

/// Files looked up at once.
const PAGE: usize = 500;
/// Most files of one run: half an hour where asking for one takes a fifth of a second.
const RUN_FILES: u64 = 10_000;
/// Most findings that one entry keeps, some 200 KiB; the count goes on.
const MAX_FINDINGS: usize = 100;
/// Most uses of a file that are named.
const MAX_USES: usize = 10;

/// Hashes behind one and up to another.
pub(super) struct Stretch {
    pub after: Option<String>,
    pub through: Option<String>,
}

/// Reads the files of a stretch again, until a file reaches so many bytes. The answer says whether nothing is left of it.
pub(super) async fn walk(
    app: &App,
    stretch: Stretch,
    bytes: u64,
    tell: &mut (dyn FnMut(&Finding) + Send),
) -> Result<(Run, bool), Error> {
    let mut run = Run {
        after: stretch.after.clone(),
        ..Run::default()
    };
    let mut after = stretch.after;
    loop {
        let page = Page::read(app, after.as_deref()).await?;
        let is_last = page.end.is_none();
        for (sha256, is_used) in page.files {
            if stretch.through.as_ref().is_some_and(|last| sha256 > *last) {
                return Ok((run, true));
            }
            if run.tally.bytes >= bytes || run.tally.files >= RUN_FILES {
                return Ok((run, false));
            }
            run.through = Some(sha256.clone());
            look(app, &sha256, is_used, &mut run, tell).await?;
        }
        after = page.end;
        if is_last {
            return Ok((run, true));
        }
    }
}

/// Looks at one file.
async fn look(
    app: &App,
    sha256: &str,
    is_used: bool,
    run: &mut Run,
    tell: &mut (dyn FnMut(&Finding) + Send),
) -> Result<(), Error> {
    let mut found = examine(&*app.blobs, sha256).await;
    if found.is_err() {
        // A second time: a network fails for a moment, and a copy that is read may be replaced by another.
        found = examine(&*app.blobs, sha256).await;
    }
    run.tally.files += 1;
    let wrong = match found {
        Ok(size) => {
            run.tally.bytes += size;
            return Ok(());
        }
        Err(wrong) => wrong,
    };
    let internal = |error| Error::Internal(Box::new(error));
    if !is_used && app.blobs.size(sha256).await.map_err(internal)?.is_none() {
        // Nobody needed it, and it was swept meanwhile.
        return Ok(());
    }
    let finding = finding(app, sha256, &wrong).await?;
    tell(&finding);
    run.tally.wrong += 1;
    if run.findings.len() < MAX_FINDINGS {
        run.findings.push(finding);
    }
    Ok(())
}

/// What is wrong with a file, together with the evidence that uses it.
///
/// # Errors
/// When the documents cannot be read.
pub async fn finding(app: &App, sha256: &str, wrong: &Wrong) -> Result<Finding, Error> {
    let (uses, more_uses) = uses(app, sha256).await?;
    Ok(Finding {
        sha256: sha256.to_owned(),
        kind: Kind::from(wrong),
        problem: wrong.to_string(),
        uses,
        more_uses,
    })
}

/// Evidence that refers to a file, and whether there is more of it.
async fn uses(app: &App, sha256: &str) -> Result<(Vec<Use>, bool), Error> {
    let query = FileUse::query().filter(file_use_fields::SHA256.equal(sha256));
    let page = Reader::new(app, &*app.store).page(&query.limit(MAX_USES)).await?;
    let named = |usage: FileUse| Use {
        round: usage.round,
        unit: usage.unit,
        evidence: usage.evidence,
        revision: usage.revision,
    };
    let uses = page.items.into_iter().map(|(usage, _)| named(usage.value));
    Ok((uses.collect(), page.more))
}

/// Some files, each with whether evidence refers to it, and the last of them if there may be more.
struct Page {
    files: BTreeMap<String, bool>,
    end: Option<String>,
}

impl Page {
    async fn read(app: &App, after: Option<&str>) -> Result<Self, Error> {
        let stored = app.blobs.list(after, PAGE).await;
        let stored = stored.map_err(Error::unavailable)?;
        let used = FileUse::query().order(&file_use_fields::SHA256, Direction::Ascending);
        let mut used = used.limit(PAGE);
        used.query.after = after.map(behind);
        let used = Reader::new(app, &*app.store).page(&used).await?;
        // Behind the end of the shorter page, the other one does not tell whether a file is stored, or used.
        let stored_end = (stored.len() == PAGE).then(|| stored.last()).flatten();
        let stored_end = stored_end.map(|entry| entry.blob.sha256.clone());
        let used_end = used.items.last().filter(|_| used.more);
        let used_end = used_end.map(|(usage, _)| usage.sha256.clone());
        let end = match (stored_end, used_end) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        let stored = stored.into_iter().map(|entry| (entry.blob.sha256, false));
        let used = used.items.into_iter().map(|(usage, _)| (usage.value.sha256, true));
        // The later of two with the same hash stands.
        let mut files: BTreeMap<String, bool> = stored.chain(used).collect();
        if let Some(end) = &end {
            files.retain(|sha256, _| sha256 <= end);
        }
        Ok(Self { files, end })
    }
}

/// The place behind every use of a file.
fn behind(sha256: &str) -> Cursor {
    Cursor {
        value: FieldValue::Text(sha256.to_owned()),
        stream: StreamId::new("\u{10ffff}", ""),
        id: String::new(),
    }
}
