//! Where documents and the journal live.
//!
//! A store keeps *streams*. A commit appends one numbered entry to one stream and writes the documents that changed
//! with it, atomically; the entry number is the only lock. Documents are never deleted: what is over says so in its
//! body. **A store knows no meaning**: it sees bytes, projected fields and numbers, never a unit, a score or a person.

mod body;
pub mod canonical;
#[doc(hidden)]
pub mod conformance;
pub mod entry;
mod known_heads;
pub mod mongo;
pub mod query;
pub mod sqlite;
pub mod typed;

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

pub use entry::{Digest, EntryRecord, Salt, SealedEntry};
pub use query::{Condition, Cursor, Direction, Order, Page, Query, Window};
pub use typed::{Document, Field};

/// Largest canonical body of one document, in bytes (1 MiB): what a document store takes without trouble, with room
/// for its own fields below MongoDB's 16 MiB.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;
/// Largest commit, in bytes of bodies (8 MiB): half of MongoDB's 16 MiB for one transaction entry.
pub const MAX_COMMIT_BYTES: usize = 8 * 1024 * 1024;
/// Most documents in one commit: keeps a transaction below the second that readers and failovers wait for.
pub const MAX_COMMIT_DOCUMENTS: usize = 1000;
/// Most keys of one `get_many`: a whole dossier (90 leaves with evidence and links) fits in one call.
pub const MAX_GET_KEYS: usize = 2000;
/// Most items of one page of `find`.
pub const MAX_PAGE: usize = 500;

/// The unit of consistency: everything whose rules must hold together is written in one stream.
///
/// Written `kind:natural key`, for example `dossier:QNM-2019/SGTVT`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct StreamId(String);

impl StreamId {
    /// Names a stream. The caller guarantees that `kind` has no colon.
    pub fn new(kind: &str, key: &str) -> Self {
        debug_assert!(!kind.contains(':'));
        Self(format!("{kind}:{key}"))
    }

    /// Reads back what [`StreamId::as_str`] printed; `None` if it is not of that form.
    pub fn parse(text: &str) -> Option<Self> {
        text.split_once(':')
            .filter(|(kind, key)| !kind.is_empty() && !key.is_empty())?;
        Some(Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `dossier` of `dossier:QNM-2019/SGTVT`.
    pub fn kind(&self) -> &str {
        self.0.split_once(':').map_or("", |(kind, _)| kind)
    }

    /// `QNM-2019/SGTVT` of `dossier:QNM-2019/SGTVT`.
    pub fn key(&self) -> &str {
        self.0.split_once(':').map_or("", |(_, key)| key)
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a projected field holds. Integers also carry instants (milliseconds since 1970, UTC) and scaled decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    Text,
    Integer,
}

/// The value of a projected field; absent is a value of its own and sorts first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum FieldValue {
    Absent,
    Integer(i64),
    /// Compared by its UTF-8 bytes.
    Text(String),
}

impl FieldValue {
    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl From<&str> for FieldValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for FieldValue {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for FieldValue {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl<T: Into<FieldValue>> From<Option<T>> for FieldValue {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Absent, Into::into)
    }
}

/// A declared, projected field of a collection. Fields are copies for finding things and are never hashed.
#[derive(Debug)]
pub struct FieldSpec {
    /// Lower-case letters and underscores: it becomes a column name.
    pub name: &'static str,
    pub kind: FieldKind,
}

/// A kind of document: its name, its projected fields, and the indexes that served queries need.
///
/// The fields of every index are implicitly followed by (stream, id), the tie-break of every order.
#[derive(Debug)]
pub struct Collection {
    /// Lower-case letters and underscores: it becomes a table name.
    pub name: &'static str,
    pub fields: &'static [FieldSpec],
    pub indexes: &'static [Index],
    /// Makes the projected fields from a body. Where it is known, a field that is declared later is filled for documents
    /// that were there before, when a store is opened.
    pub project: Option<Project>,
}

/// Reads a body and projects its fields, absent ones left out.
pub type Project = fn(&[u8]) -> Result<query::Fields, StoreError>;

/// An index of a collection.
#[derive(Clone, Copy, Debug)]
pub struct Index {
    /// Names of the fields that are looked for and ordered by, most significant first.
    pub fields: &'static [&'static str],
    /// Fields that come with them, behind the tie-break: what is only counted by these is counted without a look at the
    /// documents.
    pub carried: &'static [&'static str],
    /// A field and the value of it that a document has to have to be in the index: others cost it nothing when they are
    /// written. It answers only what is asked with that very condition.
    pub only: Option<(&'static str, i64)>,
}

impl Index {
    pub const fn on(fields: &'static [&'static str]) -> Self {
        Self {
            fields,
            carried: &[],
            only: None,
        }
    }

    /// The same index, of those documents alone whose field has a value.
    pub const fn only(self, field: &'static str, value: i64) -> Self {
        Self {
            only: Some((field, value)),
            ..self
        }
    }

    /// The same index, with other fields carried along.
    pub const fn carrying(self, carried: &'static [&'static str]) -> Self {
        Self { carried, ..self }
    }

    /// A name that says what is in it: an index of other fields has another name.
    fn name(&self) -> String {
        let names = [self.fields, self.carried].map(|fields| fields.join("__"));
        let mut name = names.join("___").trim_end_matches('_').to_owned();
        if let Some((field, value)) = self.only {
            let _ = write!(name, "____{field}_{value}");
        }
        name
    }
}

impl Collection {
    /// The declared field of that name; panics when there is none, because that is a mistake in the program.
    pub fn field(&self, name: &str) -> &FieldSpec {
        self.fields
            .iter()
            .find(|field| field.name == name)
            .unwrap_or_else(|| panic!("collection {} declares no field {name}", self.name))
    }
}

/// Where one document is: collection, stream and id within both.
#[derive(Clone)]
pub struct Key {
    pub collection: &'static Collection,
    pub stream: StreamId,
    pub id: String,
}

impl Key {
    fn parts(&self) -> (&str, &str, &str) {
        (self.collection.name, self.stream.as_str(), &self.id)
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }
}
impl Eq for Key {}
impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Key {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.parts().cmp(&other.parts())
    }
}
impl std::hash::Hash for Key {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.parts().hash(state);
    }
}
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.collection.name, self.stream, self.id)
    }
}

/// A document as it stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredDocument {
    pub stream: StreamId,
    pub id: String,
    /// Number of the entry that last wrote it.
    pub version: u64,
    /// Canonical bytes, exactly as hashed.
    pub body: Bytes,
    /// The salt of the digest that the entry of this version lists.
    pub salt: Salt,
}

/// One document of a changeset.
#[derive(Clone, Debug)]
pub struct Put {
    pub collection: &'static Collection,
    pub id: String,
    pub body: Bytes,
    pub salt: Salt,
    /// A value for each declared field that is not absent.
    pub fields: BTreeMap<&'static str, FieldValue>,
}

/// What one commit does: entry `expected + 1` of `stream`, and the documents that changed.
#[derive(Clone, Debug)]
pub struct ChangeSet {
    pub stream: StreamId,
    /// Number of the stream's last entry as the command read it; 0 for a new stream.
    pub expected: u64,
    pub entry: SealedEntry,
    pub puts: Vec<Put>,
}

impl ChangeSet {
    /// Checks the limits that hold in every store.
    pub fn check_limits(&self) -> Result<(), CommitError> {
        let total: usize = self.puts.iter().map(|put| put.body.len()).sum();
        let largest = self.puts.iter().map(|put| put.body.len()).max().unwrap_or(0);
        if largest > MAX_BODY_BYTES || total > MAX_COMMIT_BYTES || self.puts.len() > MAX_COMMIT_DOCUMENTS {
            return Err(CommitError::TooLarge {
                largest,
                total,
                documents: self.puts.len(),
            });
        }
        Ok(())
    }
}

/// The last entry of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    pub number: u64,
    pub hash: Digest,
    /// Time of that entry, milliseconds since 1970 (UTC): time never decreases in a stream.
    pub at_ms: i64,
}

/// A reading failed; nothing changed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The store does not answer; trying again may help.
    #[error("the store is unavailable: {0}")]
    Unavailable(#[source] BoxError),
    /// What is stored cannot be read: a program error or damage.
    #[error("the store holds something unreadable: {0}")]
    Corrupt(String),
}

/// A commit did not succeed, or nobody knows.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// The entry number is taken: somebody else committed first. Certainly not applied.
    #[error("entry {number} of {stream} is taken")]
    Taken { stream: StreamId, number: u64 },
    /// Over a limit of this module. Certainly not applied.
    #[error("too large: {documents} documents, {total} bytes, the largest {largest} bytes")]
    TooLarge {
        largest: usize,
        total: usize,
        documents: usize,
    },
    /// Certainly not applied; trying again may help.
    #[error("not committed: {0}")]
    NotApplied(#[source] BoxError),
    /// The outcome is unknown: look for the attempt, or write at the same number to find out.
    #[error("it is unknown whether the commit was applied: {0}")]
    Unknown(#[source] BoxError),
}

pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Everything that reads. A [`Store`] reads the newest state; a [`Snapshot`] reads one moment.
#[async_trait]
pub trait Read: Send + Sync {
    /// The documents at these keys, in the order asked; at most [`MAX_GET_KEYS`].
    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<StoredDocument>>, StoreError>;
    /// One page of a query.
    async fn find(&self, query: &Query) -> Result<Page, StoreError>;
    /// Documents by key and one page of a query, together: one way to the store and back where that costs something.
    async fn get_and_find(
        &self,
        keys: &[Key],
        query: &Query,
    ) -> Result<(Vec<Option<StoredDocument>>, Page), StoreError> {
        Ok((self.get_many(keys).await?, self.find(query).await?))
    }
    /// How many documents match; order, cursor and limit are ignored.
    async fn count(&self, query: &Query) -> Result<u64, StoreError>;
    /// How many documents match for each value of `field`, by that value.
    async fn count_by(&self, query: &Query, field: &'static str) -> Result<Vec<(FieldValue, u64)>, StoreError>;
    /// The last entry of a stream, `None` if there is no such stream.
    async fn head(&self, stream: &StreamId) -> Result<Option<Head>, StoreError>;
    /// Entries `from ..` of a stream in order, at most `limit`.
    async fn entries(&self, stream: &StreamId, from: u64, limit: usize) -> Result<Vec<EntryRecord>, StoreError>;
}

/// A reading of one moment: what is read through it never mixes two states.
pub trait Snapshot: Read {}

/// A place in the store's feed of commits, opaque and durable.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TailPosition(pub String);

/// Keeps documents and journals. Implemented by `sqlite` (embedded) and `mongo`.
#[async_trait]
pub trait Store: Read {
    /// One moment for a load, fixed by reading the heads of these streams, of which there is at least one: their heads are
    /// at hand then.
    async fn snapshot(&self, streams: &[StreamId]) -> Result<Box<dyn Snapshot>, StoreError>;
    /// Appends the entry and writes the documents, atomically and durably.
    async fn commit(&self, change: ChangeSet) -> Result<(), CommitError>;
    /// Heads of all streams in the order of their names, after `after`, at most `limit`.
    async fn heads(&self, after: Option<&StreamId>, limit: usize) -> Result<Vec<(StreamId, Head)>, StoreError>;
    /// Commits after a position (`None`: from the beginning): ordered per stream, at least once, without gaps. Waits
    /// at most `wait` for the first one; an empty answer means that there was none.
    async fn tail(
        &self,
        after: Option<&TailPosition>,
        limit: usize,
        wait: std::time::Duration,
    ) -> Result<Vec<(TailPosition, StreamId, u64)>, StoreError>;
    /// Answers if the store can be read and written now.
    async fn ready(&self) -> Result<(), StoreError>;
    /// Waits until nothing can ever be written here again and the process has to end, so that the next one reads what
    /// really is on the disk. A store that heals by itself waits for ever.
    async fn until_broken(&self) {
        std::future::pending().await
    }
}

/// All documents of a collection within a stream, in order of id; a stream is bounded by what it is about.
pub async fn documents_of(
    read: &dyn Read,
    collection: &'static Collection,
    stream: &StreamId,
) -> Result<Vec<StoredDocument>, StoreError> {
    let mut query = Query::of(collection);
    query.stream = Some(stream.clone());
    query.limit = MAX_PAGE;
    let mut found = Vec::new();
    loop {
        let page = read.find(&query).await?;
        query.after = page.documents.last().map(|(_, cursor)| cursor.clone());
        found.extend(page.documents.into_iter().map(|(document, _)| document));
        if !page.more {
            return Ok(found);
        }
    }
}

/// Opens the store that a setting names: `sqlite://PATH` (`sqlite:///var/lib/minhchung.db` is absolute), or
/// `mongodb://…` with the database in the path (`minhchung` if there is none).
///
/// # Errors
/// When the setting is neither, or the store cannot be opened.
pub async fn open(setting: &str, collections: &'static [&'static Collection]) -> Result<Arc<dyn Store>, StoreError> {
    if let Some(path) = setting.strip_prefix("sqlite://").filter(|path| !path.is_empty()) {
        let path = std::path::PathBuf::from(path);
        let opened = tokio::task::spawn_blocking(move || sqlite::SqliteStore::open(&path, collections));
        let store = opened
            .await
            .map_err(|error| StoreError::Unavailable(Box::new(error)))??;
        return Ok(Arc::new(store));
    }
    if setting.starts_with("mongodb://") {
        return Ok(Arc::new(mongo::MongoStore::open(setting, None, collections).await?));
    }
    // The setting may hold a password: it is not repeated.
    Err(StoreError::Unavailable(
        "the store's setting begins neither with sqlite:// nor with mongodb://".into(),
    ))
}
