//! Verification: every chain, every digest, every current document against its journal, every point from scratch.

use std::collections::BTreeMap;

use super::App;
use super::desk::Desk;
use super::documents::COLLECTIONS;
use super::error::Error;
use super::reader::Reader;
use crate::domain::assessment::Ledgers;
use crate::domain::score::ledgers;
use crate::domain::sheet::{SheetNode, recompute};
use crate::store::entry::{ListedDocument, document_digest, entry_hash, private_digest};
use crate::store::{Digest, EntryRecord, MAX_PAGE, StreamId};

/// What was verified.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub streams: u64,
    pub entries: u64,
    /// Current documents that were compared.
    pub documents: u64,
    /// Leaves whose points were computed again.
    pub leaves: u64,
    /// The first difference; absent when all is well.
    pub difference: Option<String>,
}

/// Verifies everything in the store, up to the first difference.
pub async fn verify(app: &App) -> Result<Report, Error> {
    let mut report = Report::default();
    let mut after: Option<StreamId> = None;
    loop {
        let heads = app.store.heads(after.as_ref(), MAX_PAGE).await?;
        let Some((last, _)) = heads.last() else {
            return Ok(report);
        };
        after = Some(last.clone());
        for (stream, head) in &heads {
            report.streams += 1;
            report.difference = verify_stream(app, stream, head.number, &mut report).await?;
            if report.difference.is_some() {
                return Ok(report);
            }
        }
    }
}

/// The newest body of each document, by collection and id, with the entry that wrote it.
type Replayed = BTreeMap<(String, String), (u64, Option<bytes::Bytes>)>;

async fn verify_stream(app: &App, stream: &StreamId, last: u64, report: &mut Report) -> Result<Option<String>, Error> {
    let mut replayed = Replayed::new();
    let mut previous: Option<Digest> = None;
    let mut number = 0;
    while number < last {
        let entries = app.store.entries(stream, number + 1, MAX_PAGE).await?;
        if entries.is_empty() {
            return Ok(Some(format!("{stream}: entry {} is missing", number + 1)));
        }
        for entry in entries {
            number += 1;
            report.entries += 1;
            if let Err(problem) = verify_entry(&entry, number, previous) {
                return Ok(Some(format!("{stream}: entry {number}: {problem}")));
            }
            previous = Some(entry.hash);
            for document in entry.documents {
                replayed.insert((document.collection, document.id), (number, document.body));
            }
        }
    }
    if let Some(problem) = compare(app, stream, &replayed, report).await? {
        return Ok(Some(format!("{stream}: {problem}")));
    }
    if stream.kind() == "dossier"
        && let Some(problem) = verify_points(app, stream, report).await?
    {
        return Ok(Some(format!("{stream}: {problem}")));
    }
    Ok(None)
}

/// An entry against its own header and the one before.
fn verify_entry(entry: &EntryRecord, number: u64, previous: Option<Digest>) -> Result<(), String> {
    if entry_hash(&entry.header) != entry.hash {
        return Err("the header does not have the stored hash".to_owned());
    }
    let header = entry
        .header()
        .map_err(|error| format!("the header cannot be read: {error}"))?;
    if header.number != number || entry.number != number || header.stream != entry.stream {
        return Err(format!("the header says {} of {}", header.number, header.stream));
    }
    if header.previous != previous {
        return Err("it does not follow the entry before".to_owned());
    }
    if header.documents.len() != entry.documents.len() {
        return Err("it carries other documents than it lists".to_owned());
    }
    for (listed, carried) in header.documents.iter().zip(&entry.documents) {
        let ListedDocument { collection, id, digest } = listed;
        if (collection, id) != (&carried.collection, &carried.id) {
            return Err(format!("{collection}/{id} is listed but not carried"));
        }
        let holds = carried
            .body
            .as_ref()
            .is_none_or(|body| document_digest(&carried.salt, body) == *digest);
        if !holds {
            return Err(format!("{collection}/{id} does not have the listed digest"));
        }
    }
    match (&header.private, &entry.private) {
        (Some(digest), Some(part)) if private_digest(&part.salt, &part.body) != *digest => {
            Err("the private part does not have the listed digest".to_owned())
        }
        (None, Some(_)) => Err("it carries a private part that it does not list".to_owned()),
        _ => Ok(()),
    }
}

/// The current documents against the replayed ones.
async fn compare(
    app: &App,
    stream: &StreamId,
    replayed: &Replayed,
    report: &mut Report,
) -> Result<Option<String>, Error> {
    let mut found = 0;
    for collection in COLLECTIONS {
        for document in app.store.documents(collection, stream).await? {
            found += 1;
            report.documents += 1;
            let name = format!("{}/{}", collection.name, document.id);
            match replayed.get(&(collection.name.to_owned(), document.id.clone())) {
                Some((number, Some(body))) if *number == document.version && *body == document.body => {}
                Some((number, None)) if *number == document.version => {}
                Some(_) => return Ok(Some(format!("{name} differs from its journal"))),
                None => return Ok(Some(format!("{name} is in no entry"))),
            }
        }
    }
    Ok((found != replayed.len())
        .then(|| format!("{} documents are current, the journal has {}", found, replayed.len())))
}

/// Every point of a dossier from scratch.
async fn verify_points(app: &App, stream: &StreamId, report: &mut Report) -> Result<Option<String>, Error> {
    let snapshot = app.store.snapshot(stream).await?;
    let read = Reader::new(app, &*snapshot);
    let desk = Desk::load(&read, stream, None).await?;
    let mut computed: Vec<(&str, Ledgers)> = Vec::new();
    for (code, leaf) in &desk.leaves {
        report.leaves += 1;
        let again = ledgers(&desk.facts(code)?);
        if again != leaf.assessment.ledgers {
            return Ok(Some(format!("the points of {code} are not what its inputs give")));
        }
        computed.push((code, again));
    }
    let totals = recompute(&desk.framework, computed.iter().map(|(code, ledgers)| (*code, ledgers)));
    for node in read.all::<SheetNode>(stream).await? {
        if totals.get(&node.node) != Some(&node.ledgers) {
            return Ok(Some(format!("the total of {} is not the sum of its leaves", node.node)));
        }
    }
    Ok(None)
}
