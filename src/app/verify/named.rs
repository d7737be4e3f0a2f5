//! Streams that others name. A stream that is gone as a whole leaves no broken chain behind; what named it is still there.
//!
//! Nothing here counts streams: a store has no counter that every commit would have to move. What nobody ever named
//! (an account that never acted, a framework that no round used) can be taken away whole without a trace inside; a kept
//! receipt names it.

use std::collections::BTreeSet;

use super::super::App;
use super::super::documents::{COLLECTIONS, streams};
use super::super::error::Error;
use super::super::jobs::{Job, JobKind};
use super::super::reader::Reader;
use crate::domain::brought::FigureRun;
use crate::domain::dossier::Dossier;
use crate::domain::mapping::{ColumnMapping, MappingRef};
use crate::domain::round::{FrameworkRef, Round, RoundPhase};
use crate::domain::survey::SurveyImport;
use crate::store::entry::Header;
use crate::store::query::Cursor;
use crate::store::{Document, EntryRecord, FieldValue, Query, StreamId};

/// Most streams that are remembered to be there (some 10 MiB).
const MAX_KNOWN: usize = 100_000;

/// The acting part of the program itself, which has no account.
const SYSTEM: &str = "system";

/// Streams that were found: most name the same few. None is ever taken away by the program, so that what was there once
/// is there.
#[derive(Default)]
pub(super) struct Streams {
    there: BTreeSet<StreamId>,
    /// Versions of mappings that were found.
    mappings: BTreeSet<MappingRef>,
}

impl Streams {
    /// Whether a stream has a journal. What names it was committed after it.
    pub async fn holds(&mut self, app: &App, stream: StreamId) -> Result<bool, Error> {
        if self.there.contains(&stream) {
            return Ok(true);
        }
        if app.store.head(&stream).await?.is_none() {
            return Ok(false);
        }
        if self.there.len() >= MAX_KNOWN {
            self.there.clear();
        }
        self.there.insert(stream);
        Ok(true)
    }

    /// Whoever acted had an account, whether the act rests on the grants there or was done by a job.
    pub async fn actor(&mut self, app: &App, header: &Header) -> Result<Option<String>, Error> {
        let actor = &header.actor;
        let is_there = actor == SYSTEM || self.holds(app, streams::user(actor)).await?;
        Ok((!is_there).then(|| format!("{actor} made it, whose account is not there")))
    }

    /// The version of a mapping by which rows were read, without which they cannot be read again.
    pub async fn mapping(&mut self, read: &Reader<'_>, mapping: &MappingRef) -> Result<Option<String>, Error> {
        if self.mappings.contains(mapping) {
            return Ok(None);
        }
        // It was saved before the rows were read, and never changes.
        let (stream, id) = (streams::mapping(&mapping.code), ColumnMapping::key_of(mapping.version));
        let newest = Reader::new(read.app(), &*read.app().store);
        if newest.get::<ColumnMapping>(&stream, &id).await?.is_none() {
            let MappingRef { code, version } = mapping;
            return Ok(Some(format!(
                "version {version} of the column mapping {code} is not there"
            )));
        }
        if self.mappings.len() >= MAX_KNOWN {
            self.mappings.clear();
        }
        self.mappings.insert(mapping.clone());
        Ok(None)
    }

    async fn framework(&mut self, app: &App, framework: &FrameworkRef) -> Result<Option<String>, Error> {
        let FrameworkRef { code, version, .. } = framework;
        let is_there = self.holds(app, streams::framework(code, version)).await?;
        Ok((!is_there).then(|| format!("framework {code}@{version} is not there")))
    }
}

/// Jobs that a round has ever waited for, in order, from its journal.
#[derive(Default)]
pub(super) struct Announced(Vec<String>);

impl Announced {
    /// Takes down the job that an entry names. A body that was redacted names none any more.
    pub fn read(&mut self, entry: &EntryRecord) -> Result<(), Error> {
        let rounds = entry.documents.iter();
        let rounds = rounds.filter(|document| document.collection == Round::COLLECTION.name);
        for body in rounds.filter_map(|document| document.body.as_ref()) {
            let job = Round::from_body(body)?.job;
            self.0.extend(job.filter(|job| self.0.last() != Some(job)));
        }
        let runs = entry.documents.iter();
        let runs = runs.filter(|document| document.collection == FigureRun::COLLECTION.name);
        for body in runs.filter_map(|document| document.body.as_ref()) {
            // Its end is told by its job; before, the job may not be there yet.
            let run = FigureRun::from_body(body)?;
            self.0.extend((!run.is_running()).then_some(run.job));
        }
        Ok(())
    }
}

/// What the documents of a stream name and what is not there.
pub(super) async fn verify_named(
    read: &Reader<'_>,
    stream: &StreamId,
    announced: &Announced,
    known: &mut Streams,
) -> Result<Option<String>, Error> {
    match stream.kind() {
        "dossier" => of_dossier(read, stream, known).await,
        "round" => of_round(read, stream, announced, known).await,
        "job" => of_job(read, stream, known).await,
        "links" => of_links(read, stream, known).await,
        _ => Ok(None),
    }
}

async fn of_dossier(read: &Reader<'_>, stream: &StreamId, known: &mut Streams) -> Result<Option<String>, Error> {
    let dossier = read.require::<Dossier>(stream, stream.key(), "dossier").await?;
    if !known.holds(read.app(), streams::round(&dossier.round)).await? {
        return Ok(Some(format!("round {} is not there", dossier.round)));
    }
    known.framework(read.app(), &dossier.framework).await
}

async fn of_round(
    read: &Reader<'_>,
    stream: &StreamId,
    announced: &Announced,
    known: &mut Streams,
) -> Result<Option<String>, Error> {
    let round = read.require::<Round>(stream, stream.key(), "round").await?.value;
    for framework in round.frameworks.values() {
        if let Some(problem) = known.framework(read.app(), framework).await? {
            return Ok(Some(problem));
        }
    }
    for job in &announced.0 {
        // The entry that announces a job comes before the job itself; whatever follows rests on the job's work.
        if !round.waits_for(job) && !known.holds(read.app(), streams::job(job)).await? {
            return Ok(Some(format!("job {job} is not there")));
        }
    }
    for import in read.all::<SurveyImport>(stream).await? {
        let (code, version) = (&import.questionnaire, &import.value.version);
        if !known.holds(read.app(), streams::questionnaire(code, version)).await? {
            return Ok(Some(format!("questionnaire {code}@{version} is not there")));
        }
        // The entry of the import comes before its job, and the job's end says so in another.
        if !import.is_feeding() && !known.holds(read.app(), streams::job(&import.job)).await? {
            return Ok(Some(format!("job {} is not there", import.job)));
        }
    }
    for unit in opened(read, &round).await? {
        if !known.holds(read.app(), streams::dossier(&round.code, &unit)).await? {
            return Ok(Some(format!("the dossier of {unit} is not there")));
        }
    }
    Ok(None)
}

/// Units whose dossiers have been opened: all of them, or while the round is still opening those that its job has
/// reported without a problem.
async fn opened(read: &Reader<'_>, round: &Round) -> Result<Vec<String>, Error> {
    if round.phase != RoundPhase::Opening {
        return Ok(round.units.clone());
    }
    let Some(id) = &round.job else { return Ok(Vec::new()) };
    // As it is now, not as it was when the round was read: what it has done since is done.
    let now = Reader::new(read.app(), &*read.app().store);
    let Some(job) = now.get::<Job>(&streams::job(id), id).await? else {
        return Ok(Vec::new());
    };
    // A report keeps a hundred problems; with more, which units it does not name cannot be told.
    if job.kind != JobKind::OpenRound || job.problem_count as usize != job.problems.len() {
        return Ok(Vec::new());
    }
    let is_done = |unit: &&String| job.problems.iter().all(|problem| problem.item != **unit);
    let done = job.items.iter().take(job.cursor as usize);
    Ok(done.filter(is_done).cloned().collect())
}

async fn of_job(read: &Reader<'_>, stream: &StreamId, known: &mut Streams) -> Result<Option<String>, Error> {
    let job = read.require::<Job>(stream, stream.key(), "job").await?;
    let is_there = known.holds(read.app(), streams::round(&job.subject)).await?;
    Ok((!is_there).then(|| format!("round {} is not there", job.subject)))
}

async fn of_links(read: &Reader<'_>, stream: &StreamId, known: &mut Streams) -> Result<Option<String>, Error> {
    let is_there = known.holds(read.app(), streams::round(stream.key())).await?;
    Ok((!is_there).then(|| format!("round {} is not there", stream.key())))
}

/// Documents whose stream has no journal at all: the first one found. A document comes with the entry that wrote it.
pub(super) async fn verify_no_orphans(app: &App, known: &mut Streams) -> Result<Option<String>, Error> {
    for collection in COLLECTIONS {
        let mut query = Query::of(collection);
        query.limit = 1;
        // One document of each stream: the first one behind all of the stream before; at first, of one before all others.
        query.after = Some(behind(StreamId::new("\u{1}", "")));
        while let Some((document, _)) = app.store.find(&query).await?.documents.into_iter().next() {
            if !known.holds(app, document.stream.clone()).await? {
                let (stream, name, id) = (&document.stream, collection.name, &document.id);
                return Ok(Some(format!("{stream}: {name}/{id} is in no entry")));
            }
            query.after = Some(behind(document.stream));
        }
    }
    Ok(None)
}

/// The place behind every document of a stream.
fn behind(stream: StreamId) -> Cursor {
    Cursor {
        value: FieldValue::Absent,
        stream,
        id: char::MAX.to_string(),
    }
}
