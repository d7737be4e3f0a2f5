//! A stream as it was: its documents rebuilt from the journal, to be read like the store.
//!
//! Everything that reads a dossier reads a [`Read`]; given a replay, it shows another moment, and there is no second way
//! to show anything. Other streams (frameworks, the round, people) are read as they are now.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;

use super::documents::{COLLECTIONS, fields_of};
use super::error::Error;
use crate::domain::text::Text;
use crate::store::entry::ListedDocument;
use crate::store::{
    Collection, Cursor, Direction, EntryRecord, FieldValue, Head, Key, MAX_PAGE, Page, Query, Read, Store, StoreError,
    StoredDocument, StreamId,
};

/// Most entries that one question replays: some twenty times what a dossier of 90 leaves gathers in two rounds, and a
/// few seconds of reading.
pub const MAX_REPLAYED: u64 = 10_000;

/// Collection and id.
type Place = (&'static str, String);

/// One stream as an entry left it.
pub struct Replay {
    stream: StreamId,
    head: Head,
    documents: BTreeMap<Place, StoredDocument>,
    redacted: Vec<ListedDocument>,
    now: Arc<dyn Store>,
}

impl Replay {
    /// The stream as of an instant, from one moment of the store: with every entry of that time or before. `None` before
    /// the first.
    ///
    /// # Errors
    /// [`Error::TooLarge`] beyond [`MAX_REPLAYED`] entries.
    pub async fn as_of(
        now: &Arc<dyn Store>,
        read: &dyn Read,
        stream: &StreamId,
        at: Timestamp,
    ) -> Result<Option<Self>, Error> {
        let at_ms = at.as_millisecond();
        let wanted = |entry: &EntryRecord| match entry.at_ms <= at_ms {
            true if entry.number > MAX_REPLAYED => Err(too_long()),
            wanted => Ok(wanted),
        };
        Self::until(now, read, stream, wanted).await
    }

    /// The stream as one of its entries left it, or its last entry if it has no such. `None` for no stream.
    pub async fn to_entry(now: &Arc<dyn Store>, stream: &StreamId, number: u64) -> Result<Option<Self>, Error> {
        let snapshot = now.snapshot(std::slice::from_ref(stream)).await?;
        Self::until(now, &*snapshot, stream, |entry| Ok(entry.number <= number)).await
    }

    /// The stream with its first entries, as long as they are wanted.
    async fn until(
        now: &Arc<dyn Store>,
        read: &dyn Read,
        stream: &StreamId,
        wanted: impl Fn(&EntryRecord) -> Result<bool, Error>,
    ) -> Result<Option<Self>, Error> {
        let mut head = None;
        let mut newest: BTreeMap<Place, Written> = BTreeMap::new();
        'reading: loop {
            let next = head.as_ref().map_or(1, |head: &Head| head.number + 1);
            let entries = read.entries(stream, next, MAX_PAGE).await?;
            if entries.is_empty() {
                break;
            }
            for entry in entries {
                if !wanted(&entry)? {
                    break 'reading;
                }
                head = Some(Head {
                    number: entry.number,
                    hash: entry.hash,
                    at_ms: entry.at_ms,
                });
                remember(&mut newest, entry)?;
            }
        }
        let Some(head) = head else { return Ok(None) };
        let (documents, redacted) = bodies(read, stream, newest).await?;
        Ok(Some(Self {
            stream: stream.clone(),
            head,
            documents,
            redacted,
            now: Arc::clone(now),
        }))
    }

    /// The entry that it ends with.
    pub fn last(&self) -> &Head {
        &self.head
    }

    /// Documents whose bodies of that moment are gone: redacted from the journal, and replaced since.
    pub fn redacted(&self) -> &[ListedDocument] {
        &self.redacted
    }

    /// What a query over this stream finds, in its order.
    fn matching(&self, query: &Query) -> Result<Vec<(&StoredDocument, Cursor)>, StoreError> {
        let mut found = Vec::new();
        let of_collection = self
            .documents
            .iter()
            .filter(|((name, _), _)| *name == query.collection.name);
        for (_, document) in of_collection {
            let fields = fields_of(query.collection, &document.body)?;
            if !query.conditions.iter().all(|condition| condition.holds(&fields)) {
                continue;
            }
            let value = match query.order {
                None => FieldValue::Absent,
                Some(order) => match fields.get(order.field) {
                    None | Some(FieldValue::Absent) => continue,
                    Some(value) => value.clone(),
                },
            };
            let cursor = Cursor {
                value,
                stream: self.stream.clone(),
                id: document.id.clone(),
            };
            found.push((document, cursor));
        }
        found.sort_by(|(_, one), (_, other)| (&one.value, &one.id).cmp(&(&other.value, &other.id)));
        if query
            .order
            .is_some_and(|order| order.direction == Direction::Descending)
        {
            found.reverse();
        }
        Ok(found)
    }

    fn is_own(&self, query: &Query) -> bool {
        query.stream.as_ref() == Some(&self.stream)
    }
}

/// What the newest entry wrote of a document.
struct Written {
    entry: u64,
    document: crate::store::entry::EntryDocument,
    listed: ListedDocument,
}

fn remember(newest: &mut BTreeMap<Place, Written>, entry: EntryRecord) -> Result<(), Error> {
    let corrupt = |what: String| Error::from(StoreError::Corrupt(what));
    let header = entry.header().map_err(|error| Error::Internal(Box::new(error)))?;
    for (document, listed) in entry.documents.into_iter().zip(header.documents) {
        let collection = collection(&document.collection)
            .ok_or_else(|| corrupt(format!("no collection is called {}", document.collection)))?;
        let written = Written {
            entry: entry.number,
            document,
            listed,
        };
        newest.insert((collection.name, written.listed.id.clone()), written);
    }
    Ok(())
}

fn collection(name: &str) -> Option<&'static Collection> {
    COLLECTIONS.iter().copied().find(|collection| collection.name == name)
}

/// The bodies of that moment. Where the journal's was redacted, the current document may still be the same one.
async fn bodies(
    read: &dyn Read,
    stream: &StreamId,
    newest: BTreeMap<Place, Written>,
) -> Result<(BTreeMap<Place, StoredDocument>, Vec<ListedDocument>), Error> {
    let (mut documents, mut redacted) = (BTreeMap::new(), Vec::new());
    for (place, written) in newest {
        let body = match written.document.body {
            Some(body) => Some(body),
            None => current_body(read, stream, &place, written.entry).await?,
        };
        match body {
            None => redacted.push(written.listed),
            Some(body) => {
                let document = StoredDocument {
                    stream: stream.clone(),
                    id: place.1.clone(),
                    version: written.entry,
                    body,
                    salt: written.document.salt,
                };
                documents.insert(place, document);
            }
        }
    }
    Ok((documents, redacted))
}

async fn current_body(
    read: &dyn Read,
    stream: &StreamId,
    (name, id): &Place,
    entry: u64,
) -> Result<Option<bytes::Bytes>, Error> {
    let Some(collection) = collection(name) else {
        return Ok(None);
    };
    let key = Key {
        collection,
        stream: stream.clone(),
        id: id.clone(),
    };
    let found = read.get_many(&[key]).await?.into_iter().next().flatten();
    Ok(found.filter(|document| document.version == entry).map(|one| one.body))
}

fn too_long() -> Error {
    Error::TooLarge {
        field: "asOf".to_owned(),
        message: Text::new(
            format!("Hồ sơ có hơn {MAX_REPLAYED} mục nhật ký đến thời điểm đó; hãy hỏi thời điểm sớm hơn."),
            format!("The dossier has more than {MAX_REPLAYED} entries up to that instant; ask for an earlier one."),
        ),
    }
}

#[async_trait]
impl Read for Replay {
    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<StoredDocument>>, StoreError> {
        let own = |key: &Key| key.stream == self.stream;
        let elsewhere: Vec<Key> = keys.iter().filter(|key| !own(key)).cloned().collect();
        let mut others = if elsewhere.is_empty() {
            Vec::new().into_iter()
        } else {
            self.now.get_many(&elsewhere).await?.into_iter()
        };
        let found = keys.iter().map(|key| {
            if own(key) {
                self.documents.get(&(key.collection.name, key.id.clone())).cloned()
            } else {
                others.next().flatten()
            }
        });
        Ok(found.collect())
    }

    async fn find(&self, query: &Query) -> Result<Page, StoreError> {
        if !self.is_own(query) {
            return self.now.find(query).await;
        }
        let mut found = self.matching(query)?;
        let place = |cursor: &Cursor| (cursor.value.clone(), cursor.id.clone());
        let is_behind = |cursor: &Cursor, bound: &Cursor| match query.direction() {
            Direction::Ascending => place(cursor) > place(bound),
            Direction::Descending => place(cursor) < place(bound),
        };
        found.retain(|(_, cursor)| {
            query.after.as_ref().is_none_or(|after| is_behind(cursor, after))
                && query.before.as_ref().is_none_or(|before| is_behind(before, cursor))
        });
        let limit = query.limit.clamp(1, MAX_PAGE);
        let more = found.len() > limit;
        if query.backwards {
            found.drain(..found.len().saturating_sub(limit));
        }
        found.truncate(limit);
        Ok(Page {
            documents: found
                .into_iter()
                .map(|(document, cursor)| (document.clone(), cursor))
                .collect(),
            more,
        })
    }

    async fn count(&self, query: &Query) -> Result<u64, StoreError> {
        if !self.is_own(query) {
            return self.now.count(query).await;
        }
        let unordered = Query {
            order: None,
            ..query.clone()
        };
        Ok(self.matching(&unordered)?.len() as u64)
    }

    async fn count_by(&self, query: &Query, field: &'static str) -> Result<Vec<(FieldValue, u64)>, StoreError> {
        if !self.is_own(query) {
            return self.now.count_by(query, field).await;
        }
        let unordered = Query {
            order: None,
            ..query.clone()
        };
        let mut counts = BTreeMap::<FieldValue, u64>::new();
        for (document, _) in self.matching(&unordered)? {
            let fields = fields_of(query.collection, &document.body)?;
            let value = fields.get(field).cloned().unwrap_or(FieldValue::Absent);
            *counts.entry(value).or_default() += 1;
        }
        Ok(counts.into_iter().collect())
    }

    async fn head(&self, stream: &StreamId) -> Result<Option<Head>, StoreError> {
        if *stream == self.stream {
            return Ok(Some(self.head.clone()));
        }
        self.now.head(stream).await
    }

    async fn entries(&self, stream: &StreamId, from: u64, limit: usize) -> Result<Vec<EntryRecord>, StoreError> {
        let mut entries = self.now.entries(stream, from, limit).await?;
        if *stream == self.stream {
            entries.retain(|entry| entry.number <= self.head.number);
        }
        Ok(entries)
    }
}
