//! Copying one store into another: every entry of every stream, in order, with its bytes as they are.
//!
//! What is there already is compared and left, so that a copy that was cut off goes on where it stopped; a target that
//! holds anything else is refused before anything is written. The copy is proved by the heads of all chains.
//!
//! Files are copied beside, before the documents that name them.

mod files;

pub use files::{FilesProgress, copy_files};

use super::documents::COLLECTIONS;
use crate::store::entry::{EntryDocument, put};
use crate::store::{ChangeSet, CommitError, EntryRecord, Head, Put, SealedEntry, Store, StoreError, StreamId};

/// Entries read at once; each is at most 8 MiB, and nearly all are some kilobytes.
const PAGE: usize = 20;
/// Streams looked at at once.
const STREAMS: usize = 200;

/// How far a copy has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    pub streams: u64,
    /// Streams of the source.
    pub of: u64,
    pub entries: u64,
    /// Entries that were there already.
    pub found: u64,
}

/// Why a store was not copied.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// The target's history is not that of the source.
    #[error("the target holds something else: {0}; copy into an empty one, or on into what a copy of this source left")]
    Differs(String),
    /// A body that the journal does not hold any more cannot be written again.
    #[error("entry {number} of {stream}: {document} is not in the journal any more")]
    Redacted {
        stream: StreamId,
        number: u64,
        document: String,
    },
}

/// Copies what the target lacks. Tells after each stream how far it is.
///
/// # Errors
/// As [`MigrateError`] says; what was copied until then stays, and counts the next time.
pub async fn copy(
    from: &dyn Store,
    to: &dyn Store,
    tell: &mut (dyn FnMut(Progress) + Send),
) -> Result<Progress, MigrateError> {
    check_target(from, to).await?;
    let mut progress = Progress {
        of: count(from).await?,
        ..Progress::default()
    };
    let mut after = None;
    loop {
        let streams = from.heads(after.as_ref(), STREAMS).await?;
        for (stream, head) in &streams {
            copy_stream(from, to, stream, head, &mut progress).await?;
            progress.streams += 1;
            tell(progress);
        }
        match streams.last() {
            Some((last, _)) => after = Some(last.clone()),
            None => break,
        }
    }
    prove(from, to).await?;
    Ok(progress)
}

async fn count(store: &dyn Store) -> Result<u64, StoreError> {
    let (mut found, mut after) = (0, None);
    loop {
        let streams = store.heads(after.as_ref(), STREAMS).await?;
        found += streams.len() as u64;
        match streams.into_iter().last() {
            Some((last, _)) => after = Some(last),
            None => return Ok(found),
        }
    }
}

/// Everything in the target is the beginning of something in the source.
async fn check_target(from: &dyn Store, to: &dyn Store) -> Result<(), MigrateError> {
    let mut after = None;
    loop {
        let streams = to.heads(after.as_ref(), STREAMS).await?;
        for (stream, head) in &streams {
            let same = from.entries(stream, head.number, 1).await?;
            if same.first().is_none_or(|entry| entry.hash != head.hash) {
                let what = format!("entry {} of {stream} is not the source's", head.number);
                return Err(MigrateError::Differs(what));
            }
        }
        match streams.last() {
            Some((last, _)) => after = Some(last.clone()),
            None => return Ok(()),
        }
    }
}

async fn copy_stream(
    from: &dyn Store,
    to: &dyn Store,
    stream: &StreamId,
    head: &Head,
    progress: &mut Progress,
) -> Result<(), MigrateError> {
    let mut number = to.head(stream).await?.map_or(0, |head| head.number);
    progress.found += number;
    while number < head.number {
        let entries = from.entries(stream, number + 1, PAGE).await?;
        if entries.is_empty() {
            let what = format!("entry {} of {stream} is missing", number + 1);
            return Err(StoreError::Corrupt(what).into());
        }
        for entry in entries {
            number = entry.number;
            to.commit(change_of(entry)?).await?;
            progress.entries += 1;
        }
    }
    Ok(())
}

/// The commit that made an entry, with the bytes that it had.
fn change_of(entry: EntryRecord) -> Result<ChangeSet, MigrateError> {
    let puts = entry
        .documents
        .iter()
        .map(|document| put_of(&entry, document))
        .collect::<Result<_, _>>()?;
    Ok(ChangeSet {
        stream: entry.stream,
        expected: entry.number - 1,
        entry: SealedEntry {
            number: entry.number,
            at_ms: entry.at_ms,
            attempt: entry.attempt,
            hash: entry.hash,
            header: entry.header,
            private: entry.private,
        },
        puts,
    })
}

fn put_of(entry: &EntryRecord, document: &EntryDocument) -> Result<Put, MigrateError> {
    let Some(body) = &document.body else {
        return Err(MigrateError::Redacted {
            stream: entry.stream.clone(),
            number: entry.number,
            document: format!("{}/{}", document.collection, document.id),
        });
    };
    // The projected fields are made again, by the newest program.
    let collection = COLLECTIONS.iter().copied().find(|one| one.name == document.collection);
    let Some((collection, project)) = collection.and_then(|one| Some((one, one.project?))) else {
        let name = &document.collection;
        return Err(StoreError::Corrupt(format!("a document of the unknown kind {name}")).into());
    };
    let fields = project(body)?;
    Ok(put(
        collection,
        document.id.clone(),
        body.to_vec(),
        document.salt,
        fields,
    ))
}

/// Both stores hold the same chains: each head's hash covers all before it.
async fn prove(from: &dyn Store, to: &dyn Store) -> Result<(), MigrateError> {
    let mut after = None;
    loop {
        let (source, target) = (
            from.heads(after.as_ref(), STREAMS).await?,
            to.heads(after.as_ref(), STREAMS).await?,
        );
        if let Some(((stream, _), _)) = source.iter().zip(&target).find(|(one, other)| one != other) {
            return Err(MigrateError::Differs(format!("{stream} is not as in the source")));
        }
        if source.len() != target.len() {
            return Err(MigrateError::Differs(
                "a stream is there in one of them alone".to_owned(),
            ));
        }
        match source.last() {
            Some((last, _)) => after = Some(last.clone()),
            None => return Ok(()),
        }
    }
}
