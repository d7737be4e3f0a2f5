//! Verification: every chain, every digest, every current document against its journal, every stream that another names,
//! every file, every point from scratch.

mod brought;
mod conclusions;
mod files;
mod grounds;
mod named;
mod published;
mod summaries;
mod surveys;

use std::collections::BTreeMap;

use files::{Files, verify_files, verify_papers, verify_reports};
use named::{Announced, Streams, verify_named, verify_no_orphans};
use surveys::verify_surveys;

use super::App;
use super::desk::Desk;
use super::documents::COLLECTIONS;
use super::error::Error;
use super::open_round::reference;
use super::reader::Reader;
use crate::domain::assessment::Ledgers;
use crate::domain::score::ledgers;
use crate::domain::sheet::{SheetNode, recompute};
use crate::store::entry::{Basis, Header, ListedDocument, document_digest, entry_hash, private_digest};
use crate::store::{Digest, EntryRecord, MAX_PAGE, Snapshot, StreamId, documents_of};

/// What was verified.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub streams: u64,
    pub entries: u64,
    /// Current documents that were compared.
    pub documents: u64,
    /// Leaves whose points were computed again.
    pub leaves: u64,
    /// Files and large row sets whose bytes were hashed again, each once however often it is named.
    pub files: u64,
    /// Bytes of these.
    pub bytes: u64,
    /// The first difference; absent when all is well.
    pub difference: Option<String>,
}

/// Verifies everything in the store, up to the first difference.
pub async fn verify(app: &App) -> Result<Report, Error> {
    let mut report = Report::default();
    let mut after: Option<StreamId> = None;
    let mut known = Known::default();
    loop {
        let heads = app.store.heads(after.as_ref(), MAX_PAGE).await?;
        let Some((last, _)) = heads.last() else {
            report.difference = verify_no_orphans(app, &mut known.streams).await?;
            return Ok(report);
        };
        after = Some(last.clone());
        for (stream, _) in &heads {
            report.streams += 1;
            let found = verify_stream(app, stream, &mut known, &mut report).await?;
            report.difference = found.map(|problem| format!("{stream}: {problem}"));
            if report.difference.is_some() {
                return Ok(report);
            }
        }
    }
}

/// What was looked up so far.
#[derive(Default)]
struct Known {
    foreign: Foreign,
    streams: Streams,
    files: Files,
}

/// The newest entry that wrote each document, by collection and id, with the digest that the entry lists. A body that
/// was redacted from the journal still has its digest there.
type Replayed = BTreeMap<(String, String), (u64, Digest)>;

/// Hashes of foreign entries that decisions rest on, as far as they were looked up: most entries rest on the same few.
#[derive(Default)]
struct Foreign {
    hashes: BTreeMap<(StreamId, u64), Digest>,
}

/// Most foreign entries whose hashes are kept in memory (some 10 MiB).
const MAX_FOREIGN: usize = 100_000;

impl Foreign {
    /// Whether an entry that a decision names is there with that hash. It is older than the decision, so that it is in
    /// the store whatever has been added since the reading began.
    async fn holds(&mut self, app: &App, basis: &Basis) -> Result<bool, Error> {
        let key = (basis.stream.clone(), basis.number);
        if let Some(hash) = self.hashes.get(&key) {
            return Ok(*hash == basis.hash);
        }
        let found = app.store.entries(&basis.stream, basis.number, 1).await?;
        let Some(hash) = found.first().filter(|entry| entry.number == basis.number) else {
            return Ok(false);
        };
        if self.hashes.len() >= MAX_FOREIGN {
            self.hashes.clear();
        }
        self.hashes.insert(key, hash.hash);
        Ok(hash.hash == basis.hash)
    }
}

/// One moment of a stream: what a running server adds meanwhile is no difference. The answer is the first difference.
async fn verify_stream(
    app: &App,
    stream: &StreamId,
    known: &mut Known,
    report: &mut Report,
) -> Result<Option<String>, Error> {
    let snapshot = app.store.snapshot(std::slice::from_ref(stream)).await?;
    let read = Reader::new(app, &*snapshot);
    let mut replayed = Replayed::new();
    let mut announced = Announced::default();
    if let Some(problem) = verify_chain(&read, stream, &mut replayed, &mut announced, known, report).await? {
        return Ok(Some(problem));
    }
    if let Some(problem) = compare(&*snapshot, stream, &replayed, report).await? {
        return Ok(Some(problem));
    }
    if let Some(problem) = verify_named(&read, stream, &announced, &mut known.streams).await? {
        return Ok(Some(problem));
    }
    match stream.kind() {
        "dossier" => match verify_files(&read, stream, &mut known.files, &mut known.streams, report).await? {
            None => match verify_points(&read, stream, report).await? {
                None => match verify_surveys(&read, stream).await? {
                    None => brought::verify_brought(&read, stream).await,
                    found => Ok(found),
                },
                found => Ok(found),
            },
            found => Ok(found),
        },
        "round" => match verify_papers(&read, stream, &mut known.files, report).await? {
            None => published::verify_published(&read, stream).await,
            found => Ok(found),
        },
        "conclusion" => match verify_reports(&read, stream, &mut known.files, report).await? {
            None => conclusions::verify_cited(&read, stream, &mut known.streams).await,
            found => Ok(found),
        },
        _ => Ok(None),
    }
}

/// Every entry of a stream, and what each rests on.
async fn verify_chain(
    read: &Reader<'_>,
    stream: &StreamId,
    replayed: &mut Replayed,
    announced: &mut Announced,
    known: &mut Known,
    report: &mut Report,
) -> Result<Option<String>, Error> {
    let last = read.head(stream).await?.map_or(0, |head| head.number);
    let mut previous: Option<EntryRecord> = None;
    let mut number = 0;
    while number < last {
        let entries = read.entries(stream, number + 1, MAX_PAGE).await?;
        if entries.is_empty() {
            return Ok(Some(format!("entry {} is missing", number + 1)));
        }
        for entry in entries {
            number += 1;
            report.entries += 1;
            let header = match verify_entry(&entry, number, previous.as_ref()) {
                Ok(header) => header,
                Err(problem) => return Ok(Some(format!("entry {number}: {problem}"))),
            };
            for basis in &header.basis {
                if !known.foreign.holds(read.app(), basis).await? {
                    let what = format!("it rests on entry {} of {}", basis.number, basis.stream);
                    return Ok(Some(format!("entry {number}: {what}, which is not there")));
                }
            }
            if let Some(problem) = known.streams.actor(read.app(), &header).await? {
                return Ok(Some(format!("entry {number}: {problem}")));
            }
            announced.read(&entry)?;
            for listed in header.documents {
                replayed.insert((listed.collection, listed.id), (number, listed.digest));
            }
            previous = Some(entry);
        }
    }
    Ok(None)
}

/// An entry against its own header and the one before.
fn verify_entry(entry: &EntryRecord, number: u64, previous: Option<&EntryRecord>) -> Result<Header, String> {
    if entry_hash(&entry.header) != entry.hash {
        return Err("the header does not have the stored hash".to_owned());
    }
    let header = entry
        .header()
        .map_err(|error| format!("the header cannot be read: {error}"))?;
    if header.number != number || entry.number != number || header.stream != entry.stream {
        return Err(format!("the header says {} of {}", header.number, header.stream));
    }
    let at = header.at.parse::<jiff::Timestamp>().map(|at| at.as_millisecond());
    if at.ok() != Some(entry.at_ms) {
        return Err("its time is not the time in its header".to_owned());
    }
    if header.previous != previous.map(|before| before.hash) {
        return Err("it does not follow the entry before".to_owned());
    }
    if previous.is_some_and(|before| before.at_ms > entry.at_ms) {
        return Err("its time lies before that of the entry before".to_owned());
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
        _ => Ok(header),
    }
}

/// The current documents against the replayed ones.
async fn compare(
    read: &dyn Snapshot,
    stream: &StreamId,
    replayed: &Replayed,
    report: &mut Report,
) -> Result<Option<String>, Error> {
    let mut found = 0;
    for collection in COLLECTIONS {
        for document in documents_of(read, collection, stream).await? {
            found += 1;
            report.documents += 1;
            let name = format!("{}/{}", collection.name, document.id);
            let digest = document_digest(&document.salt, &document.body);
            match replayed.get(&(collection.name.to_owned(), document.id)) {
                Some((number, listed)) if *number == document.version && *listed == digest => {}
                Some(_) => return Ok(Some(format!("{name} differs from its journal"))),
                None => return Ok(Some(format!("{name} is in no entry"))),
            }
        }
    }
    Ok((found != replayed.len())
        .then(|| format!("{} documents are current, the journal has {}", found, replayed.len())))
}

/// Every point of a dossier from scratch.
async fn verify_points(read: &Reader<'_>, stream: &StreamId, report: &mut Report) -> Result<Option<String>, Error> {
    let desk = match Desk::load(read, stream, None).await {
        Ok(desk) => desk,
        // Rows that the blob store has lost or changed are a difference like any other.
        Err(Error::Internal(damage)) => return Ok(Some(damage.to_string())),
        Err(error) => return Err(error),
    };
    if reference(&desk.framework)? != desk.dossier.framework {
        return Ok(Some("the framework is not the one that the dossier names".to_owned()));
    }
    let mut computed: Vec<(&str, Ledgers)> = Vec::new();
    for (code, leaf) in &desk.leaves {
        report.leaves += 1;
        if leaf.assessment.section != desk.framework.outside_scale(code) {
            return Ok(Some(format!(
                "{code} is not in the section that the framework puts it in"
            )));
        }
        let again = ledgers(&desk.facts(code)?);
        if again != leaf.assessment.ledgers {
            return Ok(Some(format!("the points of {code} are not what its inputs give")));
        }
        let open = desk.facts(code)?.undecided().len();
        if leaf.item.open_differences as usize != open {
            return Ok(Some(format!(
                "the open differences of {code} are not what its figures give"
            )));
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
