//! Rows of documents: read and checked before the command runs, and kept in the revision when they are few, in the
//! blob store when they are many.
//!
//! Bytes come before words: a large set lies in the blob store, pinned, before the commit that refers to it. Files are read
//! a few at a time, off the async threads, and their bytes are fetched only when it is their turn.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use jiff::SignedDuration;
use serde::Serialize;

use unicode_normalization::UnicodeNormalization as _;

use super::error::Error;
use super::keep_evidence::RevisionInput;
use super::{App, Session};
use crate::blob::upload::Kept;
use crate::blob::{BlobError, read_all, stage_bytes};
use crate::domain::evidence::{EvidenceKind, Revision, RowOrigin, RowSet};
use crate::domain::mapping::{Layout, ReadBy};
use crate::domain::rows::mapped::read_mapped;
use crate::domain::rows::{
    Row, RowKind, RowReport, RowsProblem, RowsRead, pack, read_csv, read_csv_text, read_entered, unpack,
};
use crate::domain::text::Text;
use crate::store::Digest;

/// Most bytes of rows, as JSON, that lie in the revision itself (64 KiB): what is read with every look at a dossier.
const MAX_INLINE_BYTES: usize = 64 * 1024;
/// Largest packed row set that is read back, in bytes (128 MiB): 100,000 rows of 1,300 bytes.
const MAX_PACKED_BYTES: u64 = 128 * 1024 * 1024;
/// How long a row set is protected without a reference: a command ends long before.
const PINNED: SignedDuration = SignedDuration::from_hours(1);
/// Most problems of rows that one answer lists; the counts tell how many there are.
pub const MAX_LISTED_PROBLEMS: usize = 100;
/// Largest file whose rows are read, in bytes (16 MiB): 100,000 rows of 160 bytes, or a workbook of ten times as much text.
const MAX_FILE_BYTES: u64 = 16 * 1024 * 1024;
/// Files that are read at once (2): each may take some 200 MiB, its text, shared texts and rows together.
pub(super) const READINGS_AT_ONCE: usize = 2;
/// Most rows kept in memory because they were used lately: two full sets, some 200 MB.
const MAX_REMEMBERED_ROWS: usize = 200_000;

/// Rows as they come with a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowsInput {
    pub source: RowsSource,
    /// Total that the document states.
    pub stated_total: Option<u32>,
}

/// Where rows come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowsSource {
    /// The bytes of a CSV file among the document's files.
    Csv { file: String, bytes: Vec<u8> },
    /// A file that the blob store has.
    Kept(KeptFile),
    /// The text of a CSV table that is no file of the document: given directly.
    CsvText(String),
    /// Given directly.
    Entered(Vec<BTreeMap<String, String>>),
}

/// A file of rows in the blob store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptFile {
    pub name: String,
    pub sha256: String,
    /// The mapping by which it is read; none for a CSV file in the documented header.
    pub read_by: Option<ReadBy>,
}

/// A file at hand, and how it is read.
struct AtHand {
    name: String,
    bytes: Vec<u8>,
    by: Option<(ReadBy, Layout)>,
}

/// Rows that were read and are all good. What is stored stands in the set; the rows are at hand for computing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReadRows {
    #[serde(flatten)]
    pub set: RowSet,
    #[serde(skip)]
    pub rows: Arc<Vec<Row>>,
    /// The bytes for the blob store, when the rows are many.
    #[serde(skip)]
    packed: Option<Bytes>,
}

impl ReadRows {
    /// What their sender is told: every row is good, or nothing would have been read.
    pub fn report(&self) -> RowReport {
        RowReport {
            good_rows: self.set.count,
            remark_count: self.set.remark_count,
            remarks: self.set.remarks.clone(),
            ..RowReport::default()
        }
    }
}

/// The rows of an input, for computing.
pub fn rows_of_input(input: &RevisionInput) -> Option<Arc<Vec<Row>>> {
    input.rows.as_ref().map(|read| Arc::clone(&read.rows))
}

/// What rows are read from: a file, or what was given directly.
enum Given {
    File(Box<AtHand>),
    CsvText(String),
    Entered(Vec<BTreeMap<String, String>>),
}

/// Reads rows of a kind of documents from what is at hand, off the async threads.
///
/// # Errors
/// [`Error::Invalid`] when nothing can be read, [`Error::Rows`] with the report when some rows are bad.
pub async fn read_rows(kind: EvidenceKind, input: RowsInput) -> Result<ReadRows, Error> {
    let given = match input.source {
        RowsSource::Csv { file: name, bytes } => Given::File(Box::new(AtHand { name, bytes, by: None })),
        RowsSource::CsvText(text) => Given::CsvText(text),
        RowsSource::Entered(rows) => Given::Entered(rows),
        RowsSource::Kept(file) => {
            return Err(Error::Internal(
                format!("{} is fetched by a session", file.sha256).into(),
            ));
        }
    };
    let stated_total = input.stated_total;
    off_the_threads(move || read_now(kind, given, stated_total)).await?
}

async fn off_the_threads<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    let working = tokio::task::spawn_blocking(work);
    working.await.map_err(|error| Error::Internal(Box::new(error)))
}

impl Session {
    /// Reads rows of a kind of documents, wherever they are; files one after the other.
    ///
    /// # Errors
    /// As [`read_rows`], and [`Error::NotFound`] for a mapping that is not there.
    pub(super) async fn read_rows(&self, kind: EvidenceKind, input: RowsInput) -> Result<ReadRows, Error> {
        let RowsInput {
            source: RowsSource::Kept(file),
            stated_total,
        } = input
        else {
            return read_rows(kind, input).await;
        };
        let row_kind = row_kind(kind)?;
        let layout = self.layout_of(row_kind, &file, "content.rows.mapped.mapping").await?;
        let turn = self.turn().await?;
        let file = self.fetch(file, layout, "content.rows").await?;
        let read = move || {
            let _turn = turn;
            read_now(kind, Given::File(Box::new(file)), stated_total)
        };
        off_the_threads(read).await?
    }

    /// Reads a file and keeps nothing.
    ///
    /// # Errors
    /// When the mapping is not there, or may not be used.
    pub(super) async fn try_reading(
        &self,
        kind: RowKind,
        file: KeptFile,
    ) -> Result<Result<RowsRead, RowsProblem>, Error> {
        let layout = self.layout_of(kind, &file, "mapping").await?;
        let turn = self.turn().await?;
        let file = self.fetch(file, layout, "reference").await?;
        let read = move || {
            let _turn = turn;
            read_file(kind, &file)
        };
        off_the_threads(read).await
    }

    /// The turn of a file. It goes with the reading, which ends by itself when nobody waits for it any more.
    async fn turn(&self) -> Result<tokio::sync::OwnedSemaphorePermit, Error> {
        let turn = Arc::clone(&self.app.readings).acquire_owned().await;
        turn.map_err(|error| Error::Internal(Box::new(error)))
    }

    async fn layout_of(&self, kind: RowKind, file: &KeptFile, place: &str) -> Result<Option<Layout>, Error> {
        match &file.read_by {
            None => Ok(None),
            Some(read_by) => self.layout(kind, &read_by.mapping, place).await.map(Some),
        }
    }

    /// The bytes of a file and how they are read. `place` is where the file is named in the input.
    async fn fetch(&self, file: KeptFile, layout: Option<Layout>, place: &str) -> Result<AtHand, Error> {
        let read = read_all(&*self.app.blobs, &file.sha256, MAX_FILE_BYTES).await;
        let bytes = read.map_err(|error| match error {
            BlobError::TooLarge { limit } => Error::TooLarge {
                field: place.to_owned(),
                message: Text::new(
                    format!("Tệp số liệu tối đa {limit} byte; hãy chia nhỏ."),
                    format!("A file of rows has at most {limit} bytes; split it."),
                ),
            },
            other => Error::Internal(Box::new(other)),
        })?;
        Ok(AtHand {
            name: file.name,
            bytes,
            by: file.read_by.zip(layout),
        })
    }
}

fn row_kind(kind: EvidenceKind) -> Result<RowKind, Error> {
    kind.row_kind().ok_or_else(|| {
        Error::invalid(
            "content.rows",
            "Loại tài liệu này không có dòng số liệu.",
            "This kind has no rows.",
        )
    })
}

fn read_file(kind: RowKind, file: &AtHand) -> Result<RowsRead, RowsProblem> {
    match &file.by {
        Some((read_by, layout)) => read_mapped(kind, layout, &read_by.given, &file.bytes),
        None => match std::str::from_utf8(&file.bytes) {
            Ok(text) => read_csv(kind, text.nfc().collect::<String>().as_bytes()),
            // The reader says what to do about it.
            Err(_) => read_csv(kind, &file.bytes),
        },
    }
}

fn read_now(kind: EvidenceKind, given: Given, stated_total: Option<u32>) -> Result<ReadRows, Error> {
    let row_kind = row_kind(kind)?;
    let (origin, file, read_by, read) = match given {
        Given::File(file) => {
            let read = read_file(row_kind, &file);
            (
                RowOrigin::File,
                Some(file.name),
                file.by.map(|(read_by, _)| read_by),
                read,
            )
        }
        Given::CsvText(text) => (RowOrigin::Entered, None, None, read_csv_text(row_kind, &text)),
        Given::Entered(rows) => (RowOrigin::Entered, None, None, read_entered(row_kind, rows)),
    };
    let read = read.map_err(|problem| Error::Invalid {
        field: "content.rows".to_owned(),
        message: problem.message,
    })?;
    if !read.is_clean() {
        return Err(bad_rows("content.rows", read.summary(MAX_LISTED_PROBLEMS)));
    }
    let rows = read.rows;
    let size = serde_json::to_vec(&rows).map_or(usize::MAX, |json| json.len());
    let packed = (size > MAX_INLINE_BYTES).then(|| Bytes::from(pack(row_kind, &rows)));
    let set = RowSet {
        origin,
        file,
        count: u32::try_from(rows.len()).unwrap_or(u32::MAX),
        stated_total,
        inline: packed.is_none().then(|| rows.clone()),
        blob: packed.as_ref().map(|bytes| Digest::of(&[bytes]).to_string()),
        read_by,
        remark_count: read.remark_count,
        remarks: read.remarks,
    };
    Ok(ReadRows {
        set,
        rows: Arc::new(rows),
        packed,
    })
}

/// What is wrong with rows, at the first of them; `field` is where they stand in the input.
pub(super) fn bad_rows(field: &str, report: RowReport) -> Error {
    let Some(first) = report.problems.first() else {
        return Error::Internal("bad rows without a problem".into());
    };
    let column = first
        .column
        .as_ref()
        .map_or_else(String::new, |column| format!(".{column}"));
    let count = report.problem_count;
    Error::Rows {
        field: format!("{field}.{}{column}", first.line),
        message: Text::new(
            format!("{count} lỗi; dòng {}: {}", first.line, first.message.vi),
            format!("{count} problems; line {}: {}", first.line, first.message.en),
        ),
        report: Box::new(report),
    }
}

/// Row sets that one request put into the blob store before its commit.
#[derive(Default)]
pub struct NewRowSets(Vec<Kept>);

impl NewRowSets {
    /// Keeps a large row set; a small one lies in its revision.
    pub async fn keep(&mut self, app: &App, read: &ReadRows) -> Result<(), Error> {
        let Some(packed) = &read.packed else { return Ok(()) };
        let staged = stage_bytes(&*app.blobs, packed).await.map_err(Error::unavailable)?;
        let kept = Kept::publish(&*app.blobs, vec![staged], PINNED, app.clock.now())
            .await
            .map_err(Error::unavailable)?;
        if let (Some(sha256), Some(rows)) = (&read.set.blob, Some(&read.rows)) {
            app.row_sets.remember(sha256, Arc::clone(rows));
        }
        self.0.extend(kept);
        Ok(())
    }

    /// After the commit: its reference protects the bytes, or, if it was refused, nothing needs them.
    pub async fn settle<T>(self, app: &App, result: &Result<T, Error>) {
        for kept in self.0 {
            match result {
                Ok(_) => kept.release(&*app.blobs).await,
                // Whether the commit came is not known; the sweep finds out.
                Err(error) if error.outcome_unknown() => {}
                Err(_) => kept.take_back(&*app.blobs, app, app.clock.now()).await,
            }
        }
    }
}

/// The rows of a revision, wherever they lie.
///
/// # Errors
/// [`Error::Internal`] when the blob store has lost or changed them.
pub async fn rows_of(app: &App, revision: &Revision) -> Result<Option<Arc<Vec<Row>>>, Error> {
    let Some(set) = &revision.content.rows else {
        return Ok(None);
    };
    if let Some(inline) = &set.inline {
        return Ok(Some(Arc::new(inline.clone())));
    }
    let Some(sha256) = &set.blob else { return Ok(None) };
    if let Some(rows) = app.row_sets.find(sha256) {
        return Ok(Some(rows));
    }
    let damaged = |why: &str| {
        let name = Revision::key_of(&revision.evidence, revision.number);
        Error::Internal(format!("the rows of revision {name} ({sha256}) are {why}").into())
    };
    let bytes = match read_all(&*app.blobs, sha256, MAX_PACKED_BYTES).await {
        Ok(bytes) => bytes,
        Err(BlobError::NotFound) => return Err(damaged("not there")),
        Err(error) => return Err(Error::unavailable(error)),
    };
    let name = sha256.clone();
    let reading = tokio::task::spawn_blocking(move || {
        let whole = Digest::of(&[&bytes]).to_string() == name;
        whole.then(|| unpack(&bytes).ok()).flatten()
    });
    let rows = reading
        .await
        .map_err(|error| Error::Internal(Box::new(error)))?
        .ok_or_else(|| damaged("damaged"))?;
    let rows = Arc::new(rows);
    app.row_sets.remember(sha256, Arc::clone(&rows));
    Ok(Some(rows))
}

/// Large row sets that were used lately, by hash; they never change.
#[derive(Default)]
pub struct RowSets(Mutex<VecDeque<(String, Arc<Vec<Row>>)>>);

impl RowSets {
    fn find(&self, sha256: &str) -> Option<Arc<Vec<Row>>> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = known.iter().position(|(name, _)| name == sha256)?;
        let found = known.remove(place)?;
        let rows = Arc::clone(&found.1);
        known.push_back(found);
        Some(rows)
    }

    fn remember(&self, sha256: &str, rows: Arc<Vec<Row>>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|(name, _)| name != sha256);
        known.push_back((sha256.to_owned(), rows));
        while known.iter().map(|(_, rows)| rows.len()).sum::<usize>() > MAX_REMEMBERED_ROWS {
            known.pop_front();
        }
    }

    /// Forgets everything, as a new process would have.
    pub fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
